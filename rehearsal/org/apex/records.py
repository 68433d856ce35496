"""Records between the org (rows) and Apex (SObjects)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.heap import row_values
from rehearsal.org.apex.values import (
    AggregateRow,
    ApexList,
    ApexMap,
    ApexSet,
    IdValue,
    LongValue,
    SObject,
)
from rehearsal.org.errors import QueryError
from rehearsal.org.schema import Field, FieldType, ObjectType
from rehearsal.org.soql.ast import Call, Query
from rehearsal.org.values import Row

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution
    from rehearsal.org.apex.world import World


def from_row(world: World, sobject: ObjectType, row: Mapping[str, Any]) -> SObject:
    """A row of the org as a record; numbers of Integer fields become int."""
    values: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Decimal):
            field = sobject.fields.get(name.lower())
            values[name] = value if field is None else _number(field, value)
        elif isinstance(value, dict):
            if name != "attributes":
                values[name] = _parent(world, value)
        elif isinstance(value, list):
            values[name] = _children(world, sobject, name, value)
        else:
            values[name] = value
    return SObject(sobject, values)


def _number(field: Field, value: Decimal) -> int | Decimal:
    """The scale of a Decimal that was read is that of its field: 5 of a Currency(16,2) is 5.00
    (Apex Developer Guide, "Primitive Data Types")."""
    if field.type is FieldType.INT:
        return int(value)
    return value.quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP)


def queried(world: World, sobject: ObjectType, row: Mapping[str, Any]) -> SObject:
    """A record from a query, which knows which fields it has."""
    record = from_row(world, sobject, row)
    record.selected = frozenset(record.values)
    return record


def _parent(world: World, row: Row) -> SObject | None:
    sobject = world.schema.find(row["attributes"]["type"]) if "attributes" in row else None
    return None if sobject is None else queried(world, sobject, row)


def _children(world: World, sobject: ObjectType, name: str, rows: list[Row]) -> ApexList:
    member = world.member(sobject, name)
    assert member is not None
    child = world.object_of(member.type.args[0])
    assert child is not None
    return ApexList(member.type, [queried(world, child, row) for row in rows])


def to_row(record: SObject, *, inserting: bool) -> Row:
    """What a DML call sends: the fields that may be written, and parents named by external id."""
    row: Row = {}
    for name, value in record.values.items():
        field = record.type.fields.get(name.lower())
        if field is None:
            if isinstance(value, SObject) and value.selected is None:
                row[name] = {
                    key: plain(item) for key, item in value.values.items() if item is not None
                }
            continue
        writable = field.createable if inserting else field.updateable
        if name != "Id" and (field.calculated or field.auto_number or not writable):
            continue
        row[name] = plain(value)
    return row


def plain(value: Any) -> Any:
    """A field's value as rows hold it."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return Decimal(int(value))
    if isinstance(value, str):
        return str(value)
    return value


def bind_value(value: Any) -> Any:
    """A bound variable as the query takes it; records stand for their ids."""
    if isinstance(value, SObject):
        return value.values.get("Id")
    if isinstance(value, (ApexList, ApexSet)):
        return [bind_value(item) for item in value]
    if isinstance(value, ApexMap):
        return [bind_value(item) for item in value]
    if isinstance(value, (LongValue, IdValue)):
        return plain(value)
    return value


def run_query(
    run: Execution,
    query: Query,
    binds: Callable[[str], Any],
    *,
    user_mode: bool = False,
) -> list[Any]:
    """The records or AggregateResults of a query. Raises QueryException."""
    try:
        rows = run.tx.query(query, binds, user_mode=user_mode, sharing=run.sharing)
    except QueryError as fault:
        raise run.error("QueryException", str(fault)) from None
    if query.count_only or aggregated(query):
        return [AggregateRow(_aggregate(row)) for row in rows]
    sobject = run.world.schema.find(query.object)
    assert sobject is not None
    world = run.world
    records = [queried(world, sobject, row) for row in rows]
    run.heap.made(run, row_values(rows), records)
    return records


def aggregated(query: Query) -> bool:
    """Whether the rows are AggregateResults."""
    return bool(query.group_by) or any(isinstance(item, Call) for item in query.select)


def _aggregate(row: Row) -> dict[str, Any]:
    return {name.lower(): value for name, value in row.items() if name != "attributes"}
