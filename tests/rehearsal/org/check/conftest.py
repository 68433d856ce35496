"""A small sfdx project to plant files in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rehearsal.org.check import Finding, run

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"


class Project:
    """Writes components below `app/main/default` and runs layers over them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.base = root / "app/main/default"
        self.base.mkdir(parents=True)
        data = {"packageDirectories": [{"path": "app"}], "sourceApiVersion": "66.0"}
        (root / "sfdx-project.json").write_text(json.dumps(data))

    def file(self, name: str, text: str) -> None:
        path = self.base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def xml(self, name: str, kind: str, body: str) -> None:
        self.file(name, f'<{kind} xmlns="{NAMESPACE}">\n{body}\n</{kind}>\n')

    def object(self, name: str, fields: dict[str, str] | None = None) -> None:
        """A custom object, with fields by name; a field's text is what follows its label."""
        self.xml(
            f"objects/{name}/{name}.object-meta.xml",
            "CustomObject",
            "<deploymentStatus>Deployed</deploymentStatus><label>X</label><nameField><label>N</label>"
            "<type>Text</type></nameField><pluralLabel>X</pluralLabel>"
            "<sharingModel>ReadWrite</sharingModel>",
        )
        for field, body in (fields or {}).items():
            self.field(name, field, body)

    def field(self, owner: str, name: str, body: str) -> None:
        self.xml(
            f"objects/{owner}/fields/{name}.field-meta.xml",
            "CustomField",
            f"<fullName>{name}</fullName><label>X</label>\n{body}",
        )

    def apex(self, name: str, text: str) -> None:
        self.file(f"classes/{name}.cls", text)
        self.xml(
            f"classes/{name}.cls-meta.xml",
            "ApexClass",
            "<apiVersion>66.0</apiVersion><status>Active</status>",
        )

    def findings(self, *layers: str) -> list[Finding]:
        return run(self.root, layers or ("metadata", "references", "apex", "local-org")).findings

    def said(self, *layers: str) -> list[tuple[str, int, str]]:
        """Severity, line and check of each finding."""
        return [(found.severity, found.line, found.check) for found in self.findings(*layers)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


TEXT = "<length>80</length><type>Text</type>"
CHECKBOX = "<defaultValue>false</defaultValue><type>Checkbox</type>"
