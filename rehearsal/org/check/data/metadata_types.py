"""Makes `metadata_types.json.gz` of the published type declarations of the Metadata API.

    npm pack @salesforce/types@1.9.0 @salesforce/source-deploy-retrieve@12.37.2   # and unpack
    python -m rehearsal.org.check.data.metadata_types TYPES/lib/metadata.d.ts \
        SDR/lib/src/registry/metadataRegistry.json

The result holds `enums` (name → values), `types` (name → base type and parts) and `suffixes`
(file suffix → types, folder). A part is `Type`, `Type?` (optional) or `Type[]`.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).with_name("metadata_types.json.gz")

_ENUM = re.compile(r"^export type (\w+) = (['\w].*);$", re.MULTILINE)
_TYPE = re.compile(r"^export type (\w+) = (?:(\w+) & )?\{\n(.*?)^\};$", re.MULTILINE | re.DOTALL)
_PART = re.compile(r"^ +'?(\w+)'?(\?)?: (.*);$", re.MULTILINE)
_CHOICE = re.compile(r"'([^']*)'")


def enums(text: str) -> Iterator[tuple[str, list[str] | None]]:
    """Each enumeration; None for one whose values are not listed."""
    for name, choices in _ENUM.findall(text):
        if choices == "string" or choices.startswith("'"):
            yield name, _CHOICE.findall(choices) or None


def types(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each type with its base and its parts."""
    for name, other in _ENUM.findall(text):
        if other[0].isupper():
            yield name, {"base": other, "parts": {}}
    for name, base, body in _TYPE.findall(text):
        parts = {}
        for part, optional, kind in _PART.findall(body):
            parts[part] = kind if kind.endswith("[]") else kind + optional
        yield name, {"base": base, "parts": parts} if base else {"parts": parts}


def suffixes(registry: dict[str, Any]) -> dict[str, tuple[list[str], str]]:
    """Each file suffix with its types and folder, those of an object's parts too."""
    found: dict[str, tuple[list[str], str]] = {}
    for entry in registry["types"].values():
        children = entry.get("children", {}).get("types", {}).values()
        for item in (entry, *children):
            if "suffix" in item:
                known = found.setdefault(item["suffix"], ([], item["directoryName"]))
                known[0].append(item["name"])
    return found


def main(declarations: Path, registry: Path) -> None:
    text = declarations.read_text("utf-8")
    data = {
        "enums": dict(enums(text)),
        "types": dict(types(text)),
        "suffixes": suffixes(json.loads(registry.read_text("utf-8"))),
    }
    compact = json.dumps(data, separators=(",", ":"), sort_keys=True).encode()
    OUTPUT.write_bytes(gzip.compress(compact, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
