"""Metadata XML with line numbers, read strictly: an element nobody knows is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from lxml import etree

from rehearsal.org.errors import MetadataError, Unsupported, Where

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_NAMESPACES = (NAMESPACE, "urn:metadata.tooling.soap.sforce.com")
"""A deployment takes files in that of the Tooling API too."""
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


class Node:
    """One element of a metadata file."""

    def __init__(self, element: etree._Element, path: Path) -> None:
        self._element, self._path = element, path

    @property
    def tag(self) -> str:
        return etree.QName(self._element).localname

    @property
    def where(self) -> Where:
        return Where(self._path, cast("int", self._element.sourceline or 0))

    @property
    def value(self) -> str:
        """The text, outer white space removed."""
        return (self._element.text or "").strip()

    @property
    def is_nil(self) -> bool:
        return self._element.get(f"{{{_XSI}}}nil") == "true"

    @property
    def xsi_type(self) -> str | None:
        return self._element.get(f"{{{_XSI}}}type")

    def __iter__(self) -> Iterator[Node]:
        for child in self._element.iterchildren(tag=etree.Element):
            yield Node(child, self._path)

    def only(self, *known: frozenset[str]) -> None:
        """Refuses children outside the known sets, and repeats that are not contiguous.

        The Metadata API refuses the latter too ("Element x is duplicated at this location").
        """
        allowed = frozenset().union(*known)
        seen: set[str] = set()
        last = ""
        for child in self:
            if child.tag not in allowed:
                raise Unsupported(f"{self.tag}.{child.tag}", child.where)
            if child.tag != last and child.tag in seen:
                raise MetadataError(
                    f"Element {child.tag} is duplicated at this location in type {self.tag}",
                    child.where,
                )
            seen.add(child.tag)
            last = child.tag

    def all(self, tag: str) -> list[Node]:
        return [child for child in self if child.tag == tag]

    def find(self, tag: str) -> Node | None:
        """The only child of that name. Raises MetadataError when there are several."""
        found = self.all(tag)
        if len(found) > 1:
            raise MetadataError(f"{self.tag} has several {tag}", found[1].where)
        return found[0] if found else None

    def at(self, *tags: str) -> Where:
        """Where the first of these children is; the element's own place when none is there."""
        found = (self.find(tag) for tag in tags)
        return next((child.where for child in found if child is not None), self.where)

    def text(self, tag: str) -> str | None:
        """A child's text; None when it is absent or empty."""
        child = self.find(tag)
        return (child.value or None) if child is not None else None

    def need(self, tag: str) -> str:
        """A child's text. Raises MetadataError when it is missing."""
        found = self.text(tag)
        if found is None:
            raise MetadataError(f"Required field is missing: {tag}", self.where)
        return found

    def flag(self, tag: str, default: bool = False) -> bool:
        child = self.find(tag)
        if child is None:
            return default
        if child.value not in {"true", "false"}:
            raise MetadataError(f"{tag}: '{child.value}' is not a boolean", child.where)
        return child.value == "true"

    def number(self, tag: str) -> int | None:
        child = self.find(tag)
        if child is None:
            return None
        if not child.value.isdigit():
            raise MetadataError(f"{tag}: '{child.value}' is not a whole number", child.where)
        return int(child.value)

    def one_of(self, tag: str, choices: frozenset[str], default: str) -> str:
        child = self.find(tag)
        if child is None:
            return default
        if child.value not in choices:
            raise MetadataError(
                f"{tag}: '{child.value}' is not one of {', '.join(sorted(choices))}", child.where
            )
        return child.value


def read_xml(path: Path, root: str) -> Node:
    """Parses a metadata file whose root element must be `root`. Raises MetadataError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        element = etree.fromstring(path.read_bytes(), parser)
    except etree.XMLSyntaxError as error:
        raise MetadataError(error.msg or "not XML", Where(path, error.lineno or 1)) from None
    name = etree.QName(element)
    if name.namespace not in _NAMESPACES or name.localname != root:
        raise MetadataError(
            f"expected a {root} in {NAMESPACE}, found {name.localname}", Where(path, 1)
        )
    return Node(element, path)
