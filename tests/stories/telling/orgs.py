"""The orgs in which the stories are told: the package, and what a company has beside it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

ORGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "multicurrency": {
        "currencies": {
            "corporate": "USD",
            "rates": {"EUR": 0.92, "JPY": 150, "KWD": 0.31},
        }
    },
    "hostile": {"flows": "inactive", "language": "de", "time_zone": "Europe/Berlin"},
}
"""The kinds of org that the stories are told in, and what each is beside its metadata."""

FALLBACK = "frida@sales.example"
"""Who gets the Tasks of those who have left."""

SETTINGS = {
    "Fallback_Owner__c": ("string", FALLBACK),
    "Exception_Recipient__c": ("string", "admin@localorg.example"),
    "Planning_Rates__c": ("string", "EUR=1.08"),
}
"""What the admin of each of these orgs has decided: XML type and value by field."""

_OURS = Path(__file__).parents[1] / "orgs"
_RECORD = Path("settings/main/default/customMetadata/Bridge_Setting.Default.md-meta.xml")


def build(kind: str, project: Path, folder: Path) -> Path:
    """A copy of the project with the company's own components; gives its folder."""
    folder.mkdir(parents=True)
    shutil.copytree(project / "salesforce", folder / "salesforce")
    described = json.loads((project / "sfdx-project.json").read_text())
    for theirs in ("observer", kind):
        if (_OURS / theirs).is_dir():
            shutil.copytree(_OURS / theirs, folder / "theirs" / theirs)
            described["packageDirectories"].append({"path": f"theirs/{theirs}"})
    (folder / "sfdx-project.json").write_text(json.dumps(described))
    record = folder / "salesforce" / _RECORD
    record.write_text(_decided(record.read_text()))
    return folder


def _decided(record: str) -> str:
    for name, (kind, value) in SETTINGS.items():
        record = re.sub(rf"\s*<values>\s*<field>{name}</field>.*?</values>", "", record, flags=re.S)
        added = f'<field>{name}</field><value xsi:type="xsd:{kind}">{value}</value>'
        record = record.replace("</CustomMetadata>", f"<values>{added}</values></CustomMetadata>")
    return record
