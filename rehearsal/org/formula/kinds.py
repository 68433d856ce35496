"""The types that formulas know, and how an object's fields map to them."""

from __future__ import annotations

from collections.abc import Callable, Container
from enum import StrEnum

from rehearsal.org.formula.ast import Path
from rehearsal.org.formula.errors import FormulaError
from rehearsal.org.schema import NUMERIC, Field, FieldType, ObjectType, Schema


class Kind(StrEnum):
    """A type, by the name that Salesforce's error messages use."""

    TEXT = "Text"
    ID = "Id"
    NUMBER = "Number"
    PERCENT = "Percent"
    """A field that stores 10 for 10 %; a formula calculates with 0.1, as a Number."""
    BOOLEAN = "Boolean"
    DATE = "Date"
    DATETIME = "DateTime"
    PICKLIST = "Picklist"
    MULTIPICKLIST = "Multipicklist"
    NULL = "Null"
    ANY = "Object"
    """Not known before the formula runs."""


KindOf = Callable[[Path], Kind]
"""The type of a merge field; raises FormulaError when there is none of that name."""

TEXTUAL = frozenset({Kind.TEXT, Kind.ID})
"""Types that read as text without TEXT()."""


def field_kind(field: Field) -> Kind:
    """The type that a formula must give for a field.

    A percent field holds a hundred times what its formula gives.
    """
    match field.type:
        case FieldType.ID | FieldType.REFERENCE:
            return Kind.ID
        case FieldType.BOOLEAN:
            return Kind.BOOLEAN
        case FieldType.DATE:
            return Kind.DATE
        case FieldType.DATETIME:
            return Kind.DATETIME
        case FieldType.PICKLIST:
            return Kind.PICKLIST
        case FieldType.MULTIPICKLIST:
            return Kind.MULTIPICKLIST
    return Kind.NUMBER if field.type in NUMERIC else Kind.TEXT


def _read_kind(field: Field) -> Kind:
    return Kind.PERCENT if field.type is FieldType.PERCENT else field_kind(field)


def resolve_field(schema: Schema, sobject: str, path: Path) -> Field:
    """The field at the end of a path that starts at `sobject` and goes up by relationship names.

    Raises FormulaError when a part does not exist.
    """
    found = schema.find(sobject)
    for part in path[:-1]:
        parent = _parent(schema, found, part) if found else None
        if parent is None:
            raise FormulaError(f"Field {'.'.join(path)} does not exist. Check spelling.")
        found = parent
    field = found.find(path[-1]) if found else None
    if field is None:
        raise FormulaError(f"Field {'.'.join(path)} does not exist. Check spelling.")
    return field


def _parent(schema: Schema, child: ObjectType, relationship: str) -> ObjectType | None:
    for field in child:
        if field.relationship and field.relationship.lower() == relationship.lower():
            return schema.find(field.reference_to[0]) if len(field.reference_to) == 1 else None
    return None


def _declared(path: Path, names: Container[str]) -> None:
    if len(path) != 2 or path[1].lower() not in names:
        raise FormulaError(f"Field {'.'.join(path)} does not exist. Check spelling.")


def field_kinds(schema: Schema, sobject: str) -> KindOf:
    """The types of what a formula of `sobject` can name: its fields, its parents' and the globals
    `$User`, `$Profile`, `$Organization`, `$Permission` and `$Label`."""
    globals_ = {"$user": "User", "$profile": "Profile", "$organization": "Organization"}

    def kind_of(path: Path) -> Kind:
        first = path[0].lower()
        if first == "$permission":
            _declared(path, schema.custom_permissions)
            return Kind.BOOLEAN
        if first == "$label":
            _declared(path, schema.labels)
            return Kind.TEXT
        if first in globals_:
            return _read_kind(resolve_field(schema, globals_[first], path[1:]))
        if first.startswith("$"):
            raise FormulaError(f"Field {'.'.join(path)} does not exist. Check spelling.")
        return _read_kind(resolve_field(schema, sobject, path))

    return kind_of
