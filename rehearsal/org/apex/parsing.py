"""Apex source text as a tree-sitter tree, with places for messages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tree_sitter import Node
from tree_sitter_language_pack import get_parser

from rehearsal.org.errors import MetadataError, Unsupported, Where

_COMMENTS = frozenset({"line_comment", "block_comment"})


@dataclass(slots=True, eq=False)
class Unit:
    """One source file: its tree, and which of its lines can run and have run."""

    path: Path
    name: str
    root: Node
    hits: bytearray
    """One byte a line (index = line number), 1 when the line has run."""
    executable: set[int]

    def where(self, node: Node) -> Where:
        return Where(self.path, node.start_point[0] + 1, node.start_point[1] + 1)


def parse(path: Path, name: str, text: str) -> Unit:
    """Raises MetadataError for a syntax error, Unsupported for text blocks."""
    data = text.encode()
    tree = get_parser("apex").parse(data)
    unit = Unit(path, name, tree.root_node, bytearray(text.count("\n") + 3), set())
    if tree.root_node.has_error:
        fault = _first_error(tree.root_node)
        where = unit.where(fault)
        if b"'''" in data:
            raise Unsupported("multi-line string literal", where)
        if source(fault).lower().startswith("trigger.new["):
            raise Unsupported("an assignment to Trigger.new[…] (use a variable)", where)
        word = source(fault).split("\n")[0][:40] or f"missing '{fault.type}'"
        raise MetadataError(f"Unexpected syntax: {word}", where)
    return unit


def _first_error(node: Node) -> Node:
    for child in node.children:
        if child.is_error or child.is_missing:
            return child
        if child.has_error:
            return _first_error(child)
    return node


def source(node: Node) -> str:
    """The node's text."""
    return (node.text or b"").decode()


def children(node: Node) -> list[Node]:
    """Named children without comments."""
    return [child for child in node.named_children if child.type not in _COMMENTS]


def part(node: Node, field: str) -> Node:
    """The child in that field, which the grammar guarantees."""
    child = node.child_by_field_name(field)
    if child is None:
        raise AssertionError(f"{node.type} has no {field}")
    return child


def line(node: Node) -> int:
    return node.start_point[0] + 1


def modifiers(node: Node) -> frozenset[str]:
    """Lower-case modifiers and annotations (`@istest`) of a declaration."""
    found: set[str] = set()
    for child in children(node):
        if child.type != "modifiers":
            continue
        for item in children(child):
            if item.type == "annotation":
                found.add("@" + source(part(item, "name")).lower())
            else:
                found.add(" ".join(source(item).lower().split()))
    return frozenset(found)
