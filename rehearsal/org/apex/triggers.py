"""Running triggers: records in and out, refusals, uncaught exceptions."""

from __future__ import annotations

from typing import Any

from rehearsal.org.apex.classes import MethodInfo
from rehearsal.org.apex.execution import (
    EventContext,
    TriggerContext,
    execution,
    trace_text,
)
from rehearsal.org.apex.heap import row_values
from rehearsal.org.apex.records import from_row, plain
from rehearsal.org.apex.types import ID, Kind, Type, list_of, map_of
from rehearsal.org.apex.values import ApexList, ApexMap, ApexThrow, ExceptionObject, SObject
from rehearsal.org.apex.world import World
from rehearsal.org.errors import LimitExceeded, SaveError
from rehearsal.org.ports import Change, EventRun, Operation, Timing, Transaction
from rehearsal.org.schema import ObjectType
from rehearsal.org.values import Row

_READ_ONLY = "Record is read-only"
Key = tuple[str, Timing, Operation]


class Triggers:
    """The compiled triggers of a project."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_event: dict[Key, list[MethodInfo]] = {}

    def add(self, sobject: str, timing: Timing, operation: Operation, trigger: MethodInfo) -> None:
        self._by_event.setdefault((sobject.lower(), timing, operation), []).append(trigger)

    def find(self, sobject: str, timing: Timing, operation: Operation) -> list[MethodInfo]:
        return self._by_event.get((sobject.lower(), timing, operation), [])

    def run(
        self,
        tx: Transaction,
        sobject: str,
        timing: Timing,
        operation: Operation,
        changes: list[Change],
    ) -> None:
        """See `ports.TriggerRunner.run`."""
        found = self.find(sobject, timing, operation)
        kind = self._world.schema.find(sobject)
        if not found or kind is None:
            return
        run = execution(tx, self._world)
        context = self._context(kind, timing, operation, changes)
        outer, run.trigger = run.trigger, context
        try:
            run.heap.made(run, _values(changes))
            for trigger in found:
                assert trigger.invoke is not None
                try:
                    trigger.invoke(run, None, [])
                except ApexThrow as thrown:
                    _refuse_all(trigger, timing, operation, changes, thrown.value)
                    return
        finally:
            run.trigger = outer
        if timing is Timing.BEFORE and context.new is not None:
            for record, change in zip(context.new, changes, strict=True):
                _write_back(record, change)

    def _context(
        self, kind: ObjectType, timing: Timing, operation: Operation, changes: list[Change]
    ) -> TriggerContext:
        """Trigger.new can be changed before the save only; Trigger.old never."""
        record_type = Type(kind.name, (), Kind.SOBJECT)
        new = old = None
        if operation is not Operation.DELETE:
            lock = None if timing is Timing.BEFORE else _READ_ONLY
            new = self._records(kind, changes, [change.new for change in changes], lock)
        if operation in (Operation.UPDATE, Operation.DELETE):
            old = self._records(kind, changes, [change.old for change in changes], _READ_ONLY)
        maps = map_of(ID, record_type)
        new_map = old_map = None
        if new is not None and not (timing is Timing.BEFORE and operation is Operation.INSERT):
            new_map = ApexMap(maps, [(record.values.get("Id"), record) for record in new])
            new_map.locked = True
        if old is not None:
            old_map = ApexMap(maps, [(record.values.get("Id"), record) for record in old])
            old_map.locked = True
        return TriggerContext(
            kind.name, timing, operation, new, old, new_map, old_map, len(changes)
        )

    def _records(
        self, kind: ObjectType, changes: list[Change], rows: list[Row | None], lock: str | None
    ) -> ApexList:
        made = ApexList(list_of(Type(kind.name, (), Kind.SOBJECT)))
        for change, row in zip(changes, rows, strict=True):
            record = from_row(self._world, kind, row or {})
            record.lock = lock
            record.change = change
            made.append(record)
        made.locked = True
        return made

    # --- platform events ---------------------------------------------------------------

    def run_events(self, tx: Transaction, event: str, events: list[Row], retries: int) -> EventRun:
        """See `ports.TriggerRunner.run_events`."""
        found = self.find(event, Timing.AFTER, Operation.INSERT)
        kind = self._world.schema.find(event)
        if not found or kind is None:
            return EventRun()
        run = execution(tx, self._world)
        changes = [Change(None, row) for row in events]
        run.trigger = self._context(kind, Timing.AFTER, Operation.INSERT, changes)
        state = run.event = EventContext(retries)
        try:
            run.heap.made(run, _values(changes))
            for trigger in found:
                assert trigger.invoke is not None
                trigger.invoke(run, None, [])
        except ApexThrow as thrown:
            message = uncaught(thrown.value)
            if thrown.value.cls.name == "EventBus.RetryableException":
                return EventRun(state.checkpoint, retry=thrown.value.message or "")
            return EventRun(state.checkpoint, error=message)
        except LimitExceeded as exceeded:
            return EventRun(state.checkpoint, error=str(exceeded), limit=True)
        finally:
            run.trigger = run.event = None
        return EventRun(state.checkpoint)


def _values(changes: list[Change]) -> int:
    return row_values(row for change in changes for row in (change.old, change.new) if row)


def _write_back(record: SObject, change: Change) -> None:
    """What a before trigger changed goes into the row that is saved."""
    row = change.new
    assert row is not None
    for name, value in record.values.items():
        if isinstance(value, SObject):
            if value.selected is None and name not in row:
                row[name] = {key: plain(item) for key, item in value.values.items()}
            continue
        saved: Any = plain(value)
        if isinstance(saved, ApexList):
            continue
        if name not in row or row[name] != saved:
            row[name] = saved


def uncaught(thrown: ExceptionObject) -> str:
    """An exception as Salesforce words it where nobody caught it."""
    lines = [f"{thrown.type_name}: {thrown.message or 'Script-thrown exception'}"]
    trace = trace_text(thrown.trace)
    if trace:
        lines.append(trace)
    if thrown.cause is not None:
        lines.append(f"caused by: {uncaught(thrown.cause)}")
    return "\n\n".join(lines)


def _refuse_all(
    trigger: MethodInfo,
    timing: Timing,
    operation: Operation,
    changes: list[Change],
    thrown: ExceptionObject,
) -> None:
    """An uncaught exception refuses every record of the chunk."""
    name = trigger.owner.name
    moment = f"{timing.capitalize()}{operation.capitalize()}"
    message = f"{name}: execution of {moment}\n\ncaused by: {uncaught(thrown)}"
    for change in changes:
        change.errors.append(SaveError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message))
