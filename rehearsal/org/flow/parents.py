"""From a record to the record that its lookup names."""

from __future__ import annotations

from collections.abc import Callable

from rehearsal.org.flow.interview import Interview
from rehearsal.org.flow.values import Record
from rehearsal.org.schema import Field, ObjectType, Schema
from rehearsal.org.soql import ast


def all_fields(sobject: ObjectType) -> tuple[ast.Path, ...]:
    """Every field of an object, for a SELECT."""
    return tuple(ast.Path((field.name,)) for field in sobject)


def parent_of(
    schema: Schema, child: Callable[[Interview], Record | None], lookup: Field
) -> Callable[[Interview], Record | None]:
    """How to get the parent: None when the child or its lookup is null.

    Reading through a lookup costs no query of the transaction's limits. A parent is read once for
    each value of the lookup.
    """
    sobject = schema.find(lookup.reference_to[0])
    name, lookup_name = lookup.reference_to[0], lookup.name
    select = all_fields(sobject) if sobject else ()

    def read(interview: Interview) -> Record | None:
        record = child(interview)
        identifier = record.get(lookup_name) if record is not None else None
        if record is None or not isinstance(identifier, str):
            return None
        key = (lookup_name, identifier)
        if key not in record.parents:
            where = ast.Comparison(ast.Path(("Id",)), "=", ast.Literal(identifier))
            rows = interview.tx.query(ast.Query(name, select, where), count_limits=False)
            record.parents[key] = Record(name, rows[0]) if rows else None
        return record.parents[key]

    return read
