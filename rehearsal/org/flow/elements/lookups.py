"""Get Records."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rehearsal.org.errors import MetadataError, QueryError
from rehearsal.org.flow import model
from rehearsal.org.flow.elements.queries import where_clause
from rehearsal.org.flow.elements.saving import fault
from rehearsal.org.flow.elements.targets import target
from rehearsal.org.flow.interview import Fault, Interview
from rehearsal.org.flow.parents import all_fields
from rehearsal.org.flow.resources import Resources
from rehearsal.org.flow.values import Record, Type, field_type, must_fit
from rehearsal.org.formula import Kind
from rehearsal.org.ports import Transaction
from rehearsal.org.soql import ast
from rehearsal.org.values import Row


class Lookup:
    """A compiled Get Records element; for several interviews it counts as one query."""

    def __init__(self, resources: Resources, element: model.RecordLookup) -> None:
        self._element = element
        self.next = element.next.target if element.next else None
        self.fault = element.fault.target if element.fault else None
        sobject = resources.object(element.object, element.where)
        self._object = sobject.name
        self._where = where_clause(
            resources, sobject.name, element.logic, element.filters, element.where
        )
        self._limit = resources.value(element.limit, Type(Kind.NUMBER), element.where)
        self._order = self._sort(resources)
        named = [
            resources.field(sobject.name, name, where).name
            for name, where in (
                *element.queried_fields,
                *((item.source, item.where) for item in element.output_assignments),
            )
        ]
        self._select = (
            tuple(ast.Path((name,)) for name in dict.fromkeys(["Id", *named]))
            if named
            else all_fields(sobject)
        )
        self._key = element.name.lower()
        self._output = None
        if element.output is not None:
            kind, self._output = target(resources, element.output)
            wanted = Type(sobject=sobject.name, collection=not element.first_only)
            must_fit(wanted, kind, element.output.where)
        self._fields = []
        for item in element.output_assignments:
            kind, assign = target(resources, item.target)
            field = resources.field(sobject.name, item.source, item.where)
            must_fit(field_type(field), kind, item.where)
            self._fields.append((field.name, assign))

    def _sort(self, resources: Resources) -> tuple[ast.Order, ...]:
        element = self._element
        if element.sort_field is None:
            return ()
        field = resources.field(self._object, element.sort_field, element.where)
        if field.long_text:
            raise MetadataError(f"field {field.name} can't be sorted", element.where)
        descending = element.descending
        return (ast.Order(ast.Path((field.name,)), descending, nulls_last=descending),)

    def prepare(self, interview: Interview) -> ast.Query:
        limit: Decimal | None = self._limit(interview)
        return ast.Query(
            self._object,
            self._select,
            self._where(interview),
            order_by=self._order,
            limit=1 if self._element.first_only else None if limit is None else int(limit),
        )

    def execute(self, tx: Transaction, work: Sequence[ast.Query]) -> list[Any | Fault]:
        return search_all(tx, work, "look up")

    def finish(self, interview: Interview, outcome: list[Record]) -> None:
        element = self._element
        found: Any = outcome
        if element.first_only:
            found = outcome[0] if outcome else None
        if element.store_automatically:
            interview.values[self._key] = found
        elif found or element.null_when_none:
            if self._output is not None:
                self._output(interview, found)
            for name, assign in self._fields:
                assign(interview, found.get(name) if found else None)


def search_all(
    tx: Transaction, queries: Sequence[ast.Query], verb: str
) -> list[list[Record] | Fault]:
    """The records that each interview's query finds, or the fault of an element that tried to
    `verb` records.

    Together they count as one query; each interview's rows count. Raises LimitExceeded.
    """
    tx.limits.use("queries")
    found: dict[ast.Query, list[Row] | Fault] = {}
    outcomes: list[list[Record] | Fault] = []
    for query in queries:
        if query not in found:
            found[query] = _search(tx, query, verb)
        rows = found[query]
        if isinstance(rows, Fault):
            outcomes.append(rows)
        else:
            tx.limits.use("query_rows", len(rows))
            outcomes.append([Record(query.object, dict(row)) for row in rows])
    return outcomes


def _search(tx: Transaction, query: ast.Query, verb: str) -> list[Row] | Fault:
    try:
        return tx.query(query, count_limits=False)
    except QueryError as error:
        return fault(verb, error.error_code, str(error))
