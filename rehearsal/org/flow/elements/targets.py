"""Where a value can be stored: a variable, a variable's field, or a field of `$Record`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.org.errors import MetadataError, Where
from rehearsal.org.flow import model
from rehearsal.org.flow.interview import Interview
from rehearsal.org.flow.resources import Resources, not_set
from rehearsal.org.flow.values import Record, Type, copied, field_type
from rehearsal.org.formula import Kind, round_half_up
from rehearsal.org.ports import Operation
from rehearsal.org.schema import Field

Setter = Callable[[Interview, Any], None]


def writable(field: Field, where: Where, operation: Operation | None = None) -> Field:
    """Raises MetadataError for a field that an operation, or None at all, can write."""
    match operation:
        case Operation.INSERT:
            allowed = field.createable
        case Operation.UPDATE:
            allowed = field.updateable
        case _:
            allowed = field.createable or field.updateable or field.name == "Id"
    if field.calculated or field.auto_number or not allowed:
        raise MetadataError(f"field {field.name} can't be written", where)
    return field


def target(resources: Resources, reference: model.Reference) -> tuple[Type, Setter]:
    """The type of what may be stored there, and how. Raises MetadataError."""
    kind, _ = resources.read(reference)
    root, key = reference.path[0], reference.path[0].lower()
    found = resources.flow.resources.get(key)
    if len(reference.path) == 1:
        if not isinstance(found, model.Variable):
            raise MetadataError(f"{reference} can't be assigned", reference.where)
        return kind, _variable(found, kind)
    if len(reference.path) > 2:
        raise MetadataError(f"{reference} can't be assigned", reference.where)
    holder, holder_get = resources.read(model.Reference((root,), reference.where))
    if key.startswith("$") and key != "$record":
        raise MetadataError(f"{reference} can't be assigned", reference.where)
    if holder.sobject is None or holder.collection:
        raise MetadataError(f"{reference} can't be assigned", reference.where)
    field = writable(
        resources.field(holder.sobject, reference.path[1], reference.where), reference.where
    )
    sobject, name = holder.sobject, field.name
    if key == "$record" and name == "Id":
        raise MetadataError(f"{reference} can't be assigned", reference.where)

    def assign(interview: Interview, value: Any) -> None:
        record: Record | None = holder_get(interview)
        if record is None:
            if not isinstance(found, model.Variable):
                raise not_set(reference)
            record = interview.values[key] = Record(sobject, {})
        record.set(name, value)

    return field_type(field), assign


def _variable(variable: model.Variable, kind: Type) -> Setter:
    key, scale = variable.name.lower(), variable.scale
    if kind.kind is Kind.NUMBER and not kind.collection and kind.sobject is None:

        def assign_number(interview: Interview, value: Any) -> None:
            interview.values[key] = None if value is None else round_half_up(value, scale)

        return assign_number

    def assign(interview: Interview, value: Any) -> None:
        interview.values[key] = copied(value)

    return assign


def object_of(kind: Type, where: Where) -> str:
    """The object of a record or a collection of records. Raises MetadataError."""
    if kind.sobject is None:
        raise MetadataError(f"{kind} is not a record", where)
    return kind.sobject
