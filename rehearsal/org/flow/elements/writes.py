"""Create, Update and Delete Records.

A write that fails for one interview leaves nothing of that interview's rows behind; those of the
other interviews at the same element stay (Salesforce Help, "How Flow Bulkification Works").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.org.errors import MetadataError
from rehearsal.org.flow import model
from rehearsal.org.flow.elements.lookups import search_all
from rehearsal.org.flow.elements.queries import where_clause
from rehearsal.org.flow.elements.saving import save
from rehearsal.org.flow.elements.targets import object_of, target, writable
from rehearsal.org.flow.expressions import Getter
from rehearsal.org.flow.interview import Fault, Interview
from rehearsal.org.flow.resources import Resources, not_set
from rehearsal.org.flow.values import Record, Type, field_type, must_fit
from rehearsal.org.formula import Kind
from rehearsal.org.ports import Operation, SaveResult, Transaction
from rehearsal.org.schema import ObjectKind, ObjectType
from rehearsal.org.soql import ast
from rehearsal.org.values import Row


@dataclass(slots=True)
class Work:
    """What one interview asks for: records, or the condition of those to be found first."""

    records: list[Record] = field(default_factory=list)
    where: ast.Condition | None = None
    values: Row = field(default_factory=dict)


def _field_values(
    resources: Resources, sobject: str, values: Sequence[model.FieldValue], operation: Operation
) -> list[tuple[str, Getter]]:
    found = []
    for item in values:
        field_ = resources.field(sobject, item.name, item.where)
        writable(field_, item.where, operation)
        getter = resources.value(item.value, field_type(field_), item.where)
        found.append((field_.name, getter))
    return found


Given = Callable[[Interview], list[Record]]
"""The records of an `inputReference`."""


def _subject(
    resources: Resources, element: model.RecordCreate | model.RecordUpdate | model.RecordDelete
) -> tuple[ObjectType, Given | None]:
    """The object that an element writes, and the records where they are given."""
    if element.input is None:
        return resources.object(element.object or "", element.where), None
    reference = element.input
    kind, getter = resources.read(reference)

    def read(interview: Interview) -> list[Record]:
        value: Any = getter(interview)
        if value is None:
            raise not_set(reference)
        return list(value) if isinstance(value, list) else [value]

    return resources.object(object_of(kind, reference.where), reference.where), read


class Create:
    """A compiled Create Records element. A platform event is published."""

    def __init__(self, resources: Resources, element: model.RecordCreate) -> None:
        self.next = element.next.target if element.next else None
        self.fault = element.fault.target if element.fault else None
        self._element = element
        sobject, self._input = _subject(resources, element)
        self._object, self._event = sobject.name, sobject.kind is ObjectKind.EVENT
        if not sobject.createable:
            raise MetadataError(f"records of {sobject.name} can't be created", element.where)
        self._values = _field_values(resources, sobject.name, element.values, Operation.INSERT)
        self._key = element.name.lower()
        self._id_target = None
        if element.id_target is not None:
            kind, self._id_target = target(resources, element.id_target)
            must_fit(Type(Kind.ID), kind, element.id_target.where)

    def prepare(self, interview: Interview) -> Work:
        if self._input is not None:
            return Work(self._input(interview))
        row: Row = {name: getter(interview) for name, getter in self._values}
        return Work([Record(self._object, row)])

    def execute(self, tx: Transaction, work: Sequence[Work]) -> list[Any | Fault]:
        rows = [[dict(record.row) for record in item.records] for item in work]

        def send(sent: list[Row], all_or_none: bool) -> list[SaveResult]:
            if self._event:
                return tx.publish(self._object, sent)
            return tx.insert(self._object, sent, all_or_none=all_or_none)

        outcomes = save(tx, "create", rows, send)
        for item, outcome in zip(work, outcomes, strict=True):
            if not isinstance(outcome, Fault) and not self._event:
                for record, result in zip(item.records, outcome, strict=True):
                    record.row["Id"] = result.id
        return list(outcomes)

    def finish(self, interview: Interview, outcome: list[SaveResult]) -> None:
        created = outcome[0].id if outcome else None
        if self._element.store_automatically:
            interview.values[self._key] = created
        if self._id_target is not None:
            self._id_target(interview, created)


class Update:
    """A compiled Update Records element.

    On `$Record` before the save it changes the record in place and counts no statement.
    """

    def __init__(self, resources: Resources, element: model.RecordUpdate) -> None:
        self.next = element.next.target if element.next else None
        self.fault = element.fault.target if element.fault else None
        sobject, self._input = _subject(resources, element)
        self._object = sobject.name
        if element.input is not None:
            if element.filters:
                raise MetadataError("filters don't go with inputReference", element.where)
            if element.values and resources.read(element.input)[0].collection:
                raise MetadataError("inputAssignments need a single record", element.where)
        if not sobject.updateable:
            raise MetadataError(f"records of {sobject.name} can't be updated", element.where)
        self._values = _field_values(resources, sobject.name, element.values, Operation.UPDATE)
        self._where = where_clause(
            resources, sobject.name, element.logic, element.filters, element.where
        )
        trigger = resources.flow.trigger
        self._in_place = (
            trigger is not None
            and trigger.moment is model.Moment.BEFORE_SAVE
            and element.input is not None
            and [part.lower() for part in element.input.path] == ["$record"]
        )

    def prepare(self, interview: Interview) -> Work:
        values: Row = {name: getter(interview) for name, getter in self._values}
        if self._input is None:
            return Work(where=self._where(interview), values=values)
        records = self._input(interview)
        if self._in_place:
            for name, value in values.items():
                records[0].set(name, value)
        return Work(records, values=values)

    def execute(self, tx: Transaction, work: Sequence[Work]) -> list[Any | Fault]:
        if self._in_place:
            return list(work)
        found = _found(tx, self._object, work, "update")
        rows = [
            [] if isinstance(records, Fault) else [_changes(record, item) for record in records]
            for item, records in zip(work, found, strict=True)
        ]
        outcomes = save(
            tx,
            "update",
            rows,
            lambda sent, all_or_none: tx.update(self._object, sent, all_or_none=all_or_none),
        )
        return [
            records
            if isinstance(records, Fault)
            else outcome
            if isinstance(outcome, Fault)
            else item
            for item, records, outcome in zip(work, found, outcomes, strict=True)
        ]

    def finish(self, interview: Interview, outcome: Work) -> None:
        """The Flow's own copy now says what was saved."""
        for record in outcome.records:
            record.row.update(outcome.values)
            if not outcome.values:
                record.assigned.clear()


def _changes(record: Record, work: Work) -> Row:
    """The fields to write: the element's own values, else those that the Flow has assigned."""
    values = work.values or {name: record.row[name] for name in record.assigned if name != "Id"}
    return {"Id": record.row.get("Id"), **values}


def _found(
    tx: Transaction, sobject: str, work: Sequence[Work], verb: str
) -> list[list[Record] | Fault]:
    """Each interview's records: given, or found by its filters in what counts as one query."""
    if all(item.where is None for item in work):
        return [item.records for item in work]
    select = (ast.Path(("Id",)),)
    return search_all(tx, [ast.Query(sobject, select, item.where) for item in work], verb)


class Delete:
    """A compiled Delete Records element."""

    def __init__(self, resources: Resources, element: model.RecordDelete) -> None:
        self.next = element.next.target if element.next else None
        self.fault = element.fault.target if element.fault else None
        sobject, self._input = _subject(resources, element)
        self._object = sobject.name
        if not sobject.deletable:
            raise MetadataError(f"records of {sobject.name} can't be deleted", element.where)
        self._where = where_clause(
            resources, sobject.name, element.logic, element.filters, element.where
        )

    def prepare(self, interview: Interview) -> Work:
        if self._input is not None:
            return Work(self._input(interview))
        return Work(where=self._where(interview))

    def execute(self, tx: Transaction, work: Sequence[Work]) -> list[Any | Fault]:
        found = _found(tx, self._object, work, "delete")
        rows: list[list[Row]] = [
            [] if isinstance(records, Fault) else [dict(record.row) for record in records]
            for records in found
        ]
        outcomes = save(
            tx,
            "delete",
            rows,
            lambda sent, all_or_none: tx.delete(
                self._object, [str(row.get("Id")) for row in sent], all_or_none=all_or_none
            ),
        )
        return [
            records if isinstance(records, Fault) else outcome
            for records, outcome in zip(found, outcomes, strict=True)
        ]

    def finish(self, interview: Interview, outcome: object) -> None:
        """A deletion stores nothing in the interview."""
