"""Apex syntax trees with just enough of types: variables, fields and what they hold."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field

from tree_sitter import Node
from tree_sitter_language_pack import get_parser

from rehearsal.org.check.names import Names
from rehearsal.org.check.tree import Code
from rehearsal.org.check.words import words

DECLARATIONS = frozenset({"class_declaration", "interface_declaration", "enum_declaration"})
_METHODS = words(
    """
    method_declaration constructor_declaration trigger_declaration accessor_declaration
    static_initializer
    """
)
_APEX = {
    "Checkbox": "Boolean",
    "Currency": "Decimal",
    "Date": "Date",
    "DateTime": "Datetime",
    "Time": "Time",
    "Hierarchy": "Id",
    "Lookup": "Id",
    "MasterDetail": "Id",
    "MetadataRelationship": "Id",
    "Number": "Decimal",
    "Percent": "Decimal",
    "Summary": "",
    "Location": "",
}


@functools.lru_cache(maxsize=4_000)
def parsed(text: str) -> Node:
    """The root of the tree; it may hold syntax errors."""
    return get_parser("apex").parse(text.encode()).root_node


def text_of(node: Node | None) -> str:
    return (node.text or b"").decode() if node is not None else ""


def line_of(node: Node) -> int:
    return int(node.start_point[0]) + 1


def walk(node: Node) -> Iterator[Node]:
    """The node and every named node below it, in the order of the source."""
    stack = [node]
    while stack:
        at = stack.pop()
        yield at
        stack.extend(reversed(at.named_children))


def modifiers(node: Node) -> frozenset[str]:
    """Lower-case modifiers and annotations (`@istest`) of a declaration."""
    found: set[str] = set()
    for child in node.named_children:
        for item in child.named_children if child.type == "modifiers" else ():
            if item.type == "annotation":
                found.add("@" + text_of(item.child_by_field_name("name")).lower())
            else:
                found.add(" ".join(text_of(item).lower().split()))
    return frozenset(found)


@dataclass(slots=True)
class Member:
    """A field, property, method, constructor or inner type of a class."""

    name: str
    modifiers: frozenset[str]

    @property
    def private(self) -> bool:
        return not self.modifiers & {"public", "global", "protected"}


@dataclass(slots=True)
class ClassOf:
    """A class of the project; keys are lower case."""

    name: str
    top: str
    """The lower-case name of the file's class."""
    kind: str
    test: bool
    members: dict[str, list[Member]] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    """Types of fields and properties."""
    constructors: list[Member] = field(default_factory=list)


def classes(codes: list[Code]) -> dict[str, ClassOf]:
    """Every class by its lower-case name, inner ones as `outer.inner`."""
    found: dict[str, ClassOf] = {}
    for code in codes:
        for node in parsed(code.text).named_children:
            if node.type in DECLARATIONS:
                _declare(node, "", found)
    return found


def _declare(node: Node, outer: str, found: dict[str, ClassOf]) -> None:
    name = text_of(node.child_by_field_name("name"))
    full = f"{outer}.{name}" if outer else name
    top = full.split(".")[0].lower()
    test = "@istest" in modifiers(node) or (bool(outer) and found[top].test)
    made = found[full.lower()] = ClassOf(full, top, node.type.split("_")[0], test)
    body = node.child_by_field_name("body")
    for child in body.named_children if body is not None else ():
        given = modifiers(child)
        if child.type in DECLARATIONS:
            inner = text_of(child.child_by_field_name("name"))
            made.members.setdefault(inner.lower(), []).append(Member(inner, given))
            _declare(child, full, found)
        elif child.type == "field_declaration":
            kind = text_of(child.child_by_field_name("type"))
            for item in child.named_children:
                if item.type == "variable_declarator":
                    own = text_of(item.child_by_field_name("name"))
                    made.members.setdefault(own.lower(), []).append(Member(own, given))
                    made.fields[own.lower()] = kind
        elif child.type == "method_declaration":
            own = text_of(child.child_by_field_name("name"))
            if node.type == "interface_declaration":
                given |= {"public"}
            made.members.setdefault(own.lower(), []).append(Member(own, given))
        elif child.type == "constructor_declaration":
            made.constructors.append(Member(name, given))


@dataclass(slots=True)
class Scope:
    """Where a node is: its class, and the variables that it sees."""

    names: Names
    classes: dict[str, ClassOf]
    owner: ClassOf | None
    variables: dict[str, str]

    def variable(self, name: str) -> str:
        """A variable's or own field's type; empty when unknown."""
        low = name.lower()
        if low in self.variables:
            return self.variables[low]
        at = self.owner
        while at is not None:
            if low in at.fields:
                return at.fields[low]
            outer = at.name.rpartition(".")[0]
            at = self.classes.get(outer.lower()) if outer else None
        return ""

    def type_of(self, node: Node | None) -> str:
        """An expression's type as the source would name it; empty when unknown."""
        if node is None:
            return ""
        match node.type:
            case "identifier":
                return self.variable(text_of(node))
            case "parenthesized_expression":
                return self.type_of(node.named_children[0]) if node.named_children else ""
            case "string_literal":
                return "String"
            case "int":
                return "Integer"
            case "decimal" | "decimal_floating_point_literal":
                return "Decimal"
            case "boolean":
                return "Boolean"
            case "object_creation_expression" | "cast_expression":
                return text_of(node.child_by_field_name("type"))
            case "array_access":
                return element(self.type_of(node.child_by_field_name("array")))
            case "field_access":
                return self._field(node)
        return ""

    def _field(self, node: Node) -> str:
        base, name = node.child_by_field_name("object"), text_of(node.child_by_field_name("field"))
        if text_of(base).lower() == "this":
            return self.owner.fields.get(name.lower(), "") if self.owner else ""
        owner = self.type_of(base)
        if owner.lower() in self.classes:
            return self.classes[owner.lower()].fields.get(name.lower(), "")
        if not is_record(self.names, owner):
            return ""
        return self.names.up(owner, name) or field_type(self.names, owner, name)


def field_type(names: Names, owner: str, name: str) -> str:
    """The Apex type of an object's field; empty when unknown."""
    known = names.field(owner, name)
    if known is not None:
        return _APEX.get(known.type, "String")
    return names.standard_type(owner, name)


def element(kind: str) -> str:
    """`Account` of `List<Account>`, `Account[]` or `Set<Account>`."""
    flat = "".join(kind.split())
    low = flat.lower()
    if low.endswith("[]"):
        return flat[:-2]
    if low.startswith(("list<", "set<")) and low.endswith(">"):
        return flat[flat.index("<") + 1 : -1]
    return ""


def is_record(names: Names, kind: str) -> bool:
    """Whether the type is an sObject that is known."""
    return (
        bool(kind)
        and kind.lower() not in names.classes
        and "<" not in kind
        and (names.own(kind) is not None or names.is_standard(kind))
    )


def scopes(code: Code, names: Names, known: dict[str, ClassOf]) -> Iterator[tuple[Node, Scope]]:
    """Every named node of a file with its scope; a method's variables count for all of it."""

    def visit(
        node: Node, owner: ClassOf | None, variables: dict[str, str]
    ) -> Iterator[tuple[Node, Scope]]:
        if node.type in DECLARATIONS:
            name = text_of(node.child_by_field_name("name"))
            full = f"{owner.name}.{name}" if owner is not None else name
            owner, variables = known.get(full.lower()), {}
        elif node.type in _METHODS:
            variables = _variables(node)
        yield node, Scope(names, known, owner, variables)
        for child in node.named_children:
            yield from visit(child, owner, variables)

    yield from visit(parsed(code.text), None, {})


def _variables(method: Node) -> dict[str, str]:
    found: dict[str, str] = {}
    twice: set[str] = set()

    def add(name: Node | None, kind: Node | None) -> None:
        low, text = text_of(name).lower(), text_of(kind)
        if low in found and found[low].lower() != text.lower():
            twice.add(low)
        found[low] = text

    for node in walk(method):
        if node.type in ("formal_parameter", "enhanced_for_statement", "catch_formal_parameter"):
            add(node.child_by_field_name("name"), node.child_by_field_name("type"))
        elif node.type == "local_variable_declaration":
            for item in node.named_children:
                if item.type == "variable_declarator":
                    add(item.child_by_field_name("name"), node.child_by_field_name("type"))
    return {name: "" if name in twice else kind for name, kind in found.items()}
