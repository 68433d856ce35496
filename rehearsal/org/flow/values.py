"""What a Flow's resources hold while it runs, and the types they have.

A scalar is an `org.values.Value`, a record a `Record`, a collection a list of either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rehearsal.org.errors import MetadataError, Unsupported, Where
from rehearsal.org.formula import Kind, field_kind
from rehearsal.org.schema import Field, FieldType
from rehearsal.org.values import Row, Value

TEXTS = frozenset({Kind.TEXT, Kind.ID, Kind.PICKLIST, Kind.MULTIPICKLIST})
"""Kinds whose values are text."""


class Record:
    """A record in a Flow. `assigned` are the fields that the Flow has set itself."""

    __slots__ = ("assigned", "parents", "row", "sobject")

    def __init__(self, sobject: str, row: Row) -> None:
        self.sobject, self.row = sobject, row
        self.assigned: set[str] = set()
        self.parents: dict[tuple[str, str], Record | None] = {}

    def get(self, field: str) -> Value:
        value: Value = self.row.get(field)
        return value

    def set(self, field: str, value: Value) -> None:
        self.row[field] = value
        self.assigned.add(field)

    def copy(self) -> Record:
        """Flows pass records by value."""
        found = Record(self.sobject, dict(self.row))
        found.assigned = set(self.assigned)
        return found


@dataclass(frozen=True, slots=True)
class Type:
    """`sobject` is the object's name for a record; otherwise `kind` is the scalar's kind.

    `queried` names the only fields that a Get Records element fetched, in lower case. A `percent`
    is a Number.
    """

    kind: Kind = Kind.NULL
    sobject: str | None = None
    collection: bool = False
    queried: frozenset[str] | None = None
    percent: bool = False

    def __str__(self) -> str:
        name = self.sobject or str(self.kind)
        return f"collection of {name}" if self.collection else name

    @property
    def item(self) -> Type:
        return replace(self, collection=False)


NOTHING = Type()
_DATA_TYPES = {
    "Boolean": Kind.BOOLEAN,
    "Currency": Kind.NUMBER,
    "Date": Kind.DATE,
    "DateTime": Kind.DATETIME,
    "Multipicklist": Kind.MULTIPICKLIST,
    "Number": Kind.NUMBER,
    "Picklist": Kind.PICKLIST,
    "String": Kind.TEXT,
}


def field_type(field: Field) -> Type:
    """The type of a record's field."""
    return Type(field_kind(field), percent=field.type is FieldType.PERCENT)


def data_type(name: str) -> Kind:
    """The kind that a variable's `dataType` means."""
    return _DATA_TYPES[name]


def comparable(left: Type, right: Type) -> bool:
    """Whether values of the two types may be compared or assigned, without a conversion."""
    if NOTHING in (left, right):
        return True
    if left.sobject or right.sobject:
        return left.sobject == right.sobject
    return left.kind is right.kind or {left.kind, right.kind} <= TEXTS


def must_fit(source: Type, target: Type, where: Where) -> None:
    """Refuses a value of the wrong type.

    Conversions that Flow makes by the user's locale or zone (a number or a date to a text, a
    datetime to a date and back) are not supported: a formula says them exactly.
    """
    if source == NOTHING:
        return
    if source.collection != target.collection or bool(source.sobject) != bool(target.sobject):
        raise MetadataError(f"{source} can't stand where {target} is needed", where)
    if comparable(source, target):
        return
    if source.sobject is None and target.kind in TEXTS:
        raise Unsupported(f"Flow conversion of {source} to Text; use TEXT() in a formula", where)
    if {source.kind, target.kind} == {Kind.DATE, Kind.DATETIME}:
        raise Unsupported(f"Flow conversion of {source} to {target}; use a formula", where)
    raise MetadataError(f"{source} can't stand where {target} is needed", where)


def copied(value: Any) -> Any:
    """A value as an assignment passes it on."""
    if isinstance(value, Record):
        return value.copy()
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value
