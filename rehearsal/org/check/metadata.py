"""Layer `metadata`: XML that is well formed, and of the Metadata API's types."""

from __future__ import annotations

import functools
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from rehearsal.org.check.finding import Finding
from rehearsal.org.check.layers import layer
from rehearsal.org.check.tree import Component, Element, read_tree

VERSION = 66.0
"""The API version of the types; what it requires, an older project may lack."""
_BOOLEANS = frozenset({"true", "false", "1", "0"})
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?|\d\d:\d\d:\d\d(?:\.\d+)?Z?")


@dataclass(frozen=True, slots=True)
class Part:
    """One element that a type may hold."""

    type: str
    required: bool
    many: bool


class Types:
    """The Metadata API's types (see `data/README.md` for their origin)."""

    def __init__(self) -> None:
        packed = resources.files("rehearsal.org.check.data").joinpath("metadata_types.json.gz")
        data = json.loads(gzip.decompress(packed.read_bytes()))
        self._raw: dict[str, dict[str, Any]] = data["types"]
        self._parts: dict[str, dict[str, Part]] = {}
        self.enums: dict[str, list[str] | None] = data["enums"]
        self.suffixes: dict[str, tuple[list[str], str]] = {
            suffix: (kinds, folder) for suffix, (kinds, folder) in data["suffixes"].items()
        }
        """The types and the folder of a file suffix."""
        self.named = {kind for kinds, _ in self.suffixes.values() for kind in kinds}

    def __contains__(self, name: str) -> bool:
        return name in self._raw

    def parts(self, name: str) -> dict[str, Part]:
        """What a type may hold, with what its base holds."""
        known = self._parts.get(name)
        if known is not None:
            return known
        declared = self._raw[name]
        made = dict(self.parts(declared["base"])) if "base" in declared else {}
        for key, kind in declared["parts"].items():
            optional, many = kind.endswith("?"), kind.endswith("[]")
            made[key] = Part(kind.rstrip("?[]"), not (optional or many), many)
        self._parts[name] = made
        return made


@functools.cache
def types() -> Types:
    """Reads the data file, once."""
    return Types()


@layer("metadata")
def check_metadata(root: Path) -> Iterator[Finding]:
    """Every metadata file against its type."""
    tree = read_tree(root)
    yield from tree.faults
    for component in tree.components:
        if component.root is not None:
            for finding in _component(component, component.root):
                if finding.check == "metadata-required" and tree.api_version < VERSION:
                    yield replace(finding, severity="warning")
                else:
                    yield finding


def _component(component: Component, root: Element) -> Iterator[Finding]:
    known = types()
    expected, folder = known.suffixes.get(component.suffix, ([], ""))
    if component.suffix in _PARENTS:
        expected = [_PARENTS[component.suffix]]
    if not expected and root.tag in known.named:
        message = f"no metadata type has the file suffix {component.suffix}"
        yield Finding(component.path, 1, "error", message, "file-name")
    elif (
        expected and root.tag not in expected and (root.tag in known.named or root.tag not in known)
    ):
        message = f"expected a {expected[0]}, found {root.tag}"
        yield Finding(component.path, root.line, "error", message, "metadata-type")
    elif component.suffix in _OBJECT_PARTS and component.path.parent.name != folder:
        message = f"a {root.tag} must be in the folder {folder} of its object"
        yield Finding(component.path, 1, "error", message, "file-name")
    if root.tag in known and (not expected or root.tag in expected or root.tag not in known.named):
        yield from _element(component.path, root, root.tag)


_PARENTS = {"labels": "CustomLabels"}
"""Suffixes that the registry gives to what a file holds."""
_OBJECT_PARTS = frozenset(
    {
        "field", "listView", "compactLayout", "fieldSet", "recordType", "validationRule",
        "webLink", "businessProcess", "index", "sharingReason",
    }
)  # fmt: skip


_ALSO = {
    "CustomField": frozenset({"displayLocationInDecimal"}),
    "CustomSite": frozenset({"allowGuestPaymentsApi"}),
}
_ALSO_VALUES = {"SiteType": frozenset({"ChatterNetwork"})}
"""Elements and values that orgs give out and the declarations lack."""


def _element(path: Path, element: Element, kind: str) -> Iterator[Finding]:
    parts = types().parts(kind)
    also = _ALSO.get(kind, frozenset())
    seen: set[str] = set()
    last = ""
    for child in element.children:
        part = parts.get(child.tag)
        if part is None and child.tag in also:
            continue
        if part is None:
            message = f"Element {child.tag} invalid at this location in type {kind}"
            yield Finding(path, child.line, "error", message, "metadata-element")
            continue
        if child.tag in seen and not (part.many and child.tag == last):
            message = f"Element {child.tag} is duplicated at this location in type {kind}"
            yield Finding(path, child.line, "error", message, "metadata-repeat")
        seen.add(child.tag)
        last = child.tag
        yield from _value(path, child, part)
    for name, part in parts.items():
        if part.required and name not in seen:
            message = f"Required field is missing: {name} (in type {kind})"
            yield Finding(path, element.line, "error", message, "metadata-required")


def _value(path: Path, element: Element, part: Part) -> Iterator[Finding]:
    known = types()
    if part.type in known:
        yield from _element(path, element, part.type)
        return
    if part.type == "any" or element.attribute("nil") == "true":
        return
    if part.type in known.enums and not element.value and not element.children:
        return  # as orgs give out the grammar of a label that is not translated
    if element.children:
        message = f"Element {element.children[0].tag} invalid inside the {part.type} {element.tag}"
        yield Finding(path, element.children[0].line, "error", message, "metadata-element")
        return
    message = _wrong(element.value, part.type, known.enums.get(part.type))
    if message:
        yield Finding(path, element.line, "error", f"{element.tag}: {message}", "metadata-value")


def _wrong(value: str, kind: str, choices: list[str] | None) -> str:
    """What is wrong with a simple value; empty when nothing is."""
    if choices is not None and value not in choices and value not in _ALSO_VALUES.get(kind, ()):
        listed = ", ".join(choices) if len(choices) <= 8 else f"the values of {kind}"
        return f"'{value}' is not one of {listed}"
    if kind == "boolean" and value not in _BOOLEANS:
        return f"'{value}' is not a boolean"
    if kind == "number" and not _NUMBER.fullmatch(value):
        return f"'{value}' is not a number"
    if kind == "Date" and not _DATE.fullmatch(value):
        return f"'{value}' is not a date, time or dateTime"
    return ""
