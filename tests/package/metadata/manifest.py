"""Makes `bridge/preflight/package.json` from the package: what preflight compares an org with.

Run as `make manifest` after a change of fields or Flows; a test says when.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from lxml import etree

from bridge.contract import CONTRACT_VERSION
from rehearsal.org.schema import ObjectKind
from rehearsal.org.source import Project, load_project

ROOT = Path(__file__).parents[3]
TARGET = ROOT / "bridge/preflight/package.json"
_NAMESPACE = {"f": "http://soap.sforce.com/2006/04/metadata"}


def manifest() -> dict[str, Any]:
    """Objects with their custom fields and roll-ups, Flows, permission sets, and the fields that
    Flows fill when they create a record."""
    project = load_project(ROOT)
    return {
        "contract_version": CONTRACT_VERSION,
        "objects": _objects(project),
        "flows": sorted(flow.name for flow in project.flows),
        "permission_sets": sorted(grant.label for grant in project.permission_sets.values()),
        "fills": _fills(project),
    }


def _objects(project: Project) -> dict[str, Any]:
    found = {}
    for target in sorted(project.schema.objects.values(), key=lambda each: each.name):
        fields = {field.name: field.type.value for field in target if field.custom}
        if not fields or target.name == "Event":
            continue
        found[target.name] = {
            "kind": target.kind.value,
            "fields": dict(sorted(fields.items())),
            "roll_ups": sum(field.summary is not None for field in target),
        }
        assert target.kind is not ObjectKind.SETTING
    return found


def _fills(project: Project) -> dict[str, list[str]]:
    """By object; a Flow that creates a record from a variable fills what it assigns to it."""
    fills: dict[str, set[str]] = defaultdict(set)
    for flow in project.flows:
        tree = etree.fromstring(flow.text.encode())
        assigned: dict[str, set[str]] = defaultdict(set)
        for reference in _texts(tree, ".//f:assignToReference"):
            variable, _, field = reference.partition(".")
            assigned[variable].add(field)
        types = {
            _texts(variable, "f:name")[0]: (_texts(variable, "f:objectType") or [""])[0]
            for variable in tree.iterfind(".//f:variables", _NAMESPACE)
        }
        for create in tree.iterfind(".//f:recordCreates", _NAMESPACE):
            sobject = (_texts(create, "f:object") or [""])[0]
            fills[sobject] |= set(_texts(create, "f:inputAssignments/f:field"))
            for reference in _texts(create, "f:inputReference"):
                fills[types.get(reference, "")] |= assigned[reference]
    return {name: sorted(fields - {""}) for name, fields in sorted(fills.items()) if name}


def _texts(tree: Any, path: str) -> list[str]:
    return [node.text or "" for node in tree.iterfind(path, _NAMESPACE)]


def text() -> str:
    """The file's content."""
    return json.dumps(manifest(), indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text())
