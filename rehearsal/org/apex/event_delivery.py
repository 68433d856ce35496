"""Platform events inside an Apex test: kept apart, and delivered when the test says so.

Platform Events Developer Guide, "Test Your Platform Event in Apex".
"""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.org.apex.own_context import in_own_context
from rehearsal.org.apex.runtime import ApexRuntime
from rehearsal.org.dml import OrgTransaction
from rehearsal.org.errors import LimitExceeded
from rehearsal.org.limits import Limits
from rehearsal.org.org import Org
from rehearsal.org.ports import EventRun, Operation, Timing
from rehearsal.org.schema import ObjectKind
from rehearsal.org.values import Row

MOST_EVENTS = 500
"""Events that one test may publish."""
MAX_RETRIES = 9


@dataclass(slots=True)
class _Batch:
    event: str
    rows: list[Row]
    retries: int = 0


class TestEvents:
    """The event bus of one test."""

    __test__ = False

    def __init__(self, org: Org, runtime: ApexRuntime, tx: OrgTransaction) -> None:
        self._org, self._runtime, self._tx = org, runtime, tx
        self._waiting: list[_Batch] = []
        self._replay = 0
        self._tips = {
            target.name: org.bus.tip(target.name)
            for target in org.schema.objects.values()
            if target.kind is ObjectKind.EVENT
        }
        self._sizes = {
            config.consumer.lower(): config.batch_size for config in org.project.subscriber_configs
        }

    def deliver(self) -> None:
        """Runs the triggers on what was published so far, and once more what asked for a retry."""
        self._collect()
        waiting, self._waiting = self._waiting, []
        for batch in waiting:
            self._run(batch)

    def _collect(self) -> None:
        """Takes the published events: those sent at once, then those that wait for the commit."""
        for event, tip in self._tips.items():
            for stored in self._org.bus.following(event, tip):
                self._tips[event] = stored.replay
                self._add(event, stored.as_row())
        for event, values in self._tx.outbox:
            row = {
                "attributes": {"type": event},
                **values,
                "CreatedDate": self._tx.now().replace(microsecond=0),
                "CreatedById": self._tx.user.id,
            }
            self._add(event, row)
        self._tx.outbox.clear()

    def _add(self, event: str, row: Row) -> None:
        """Events of one kind that follow each other come in one batch."""
        self._replay += 1
        if self._replay > MOST_EVENTS:
            raise LimitExceeded(f"Too many events in a test: {self._replay}")
        last = self._waiting[-1] if self._waiting else None
        if last is None or last.event != event or last.retries:
            last = _Batch(event, [])
            self._waiting.append(last)
        last.rows.append({**row, "ReplayId": str(self._replay)})

    def _run(self, batch: _Batch) -> None:
        if not self._runtime.has(batch.event, Timing.AFTER, Operation.INSERT):
            return
        rows = batch.rows
        while rows:
            size = self._batch_size(batch.event)
            run = self._in_own_context(batch.event, rows[:size], batch.retries)
            rest = _after(rows, run.checkpoint)
            if run.retry is not None:
                if batch.retries < MAX_RETRIES:
                    self._waiting.append(_Batch(batch.event, rest, batch.retries + 1))
                return
            if run.checkpoint is None:
                rest = rows[size:]
            rows = rest

    def _batch_size(self, event: str) -> int:
        names = self._runtime.trigger_names(event)
        return min((self._sizes.get(name.lower(), 2000) for name in names), default=2000)

    def _in_own_context(self, event: str, rows: list[Row], retries: int) -> EventRun:
        def work() -> EventRun:
            mark = self._tx.savepoint(counted=False)
            run = self._runtime.run_events(self._tx, event, rows, retries)
            if run.retry is not None or run.limit:
                self._tx.rollback(mark, counted=False)
            return run

        user, world = self._org.automated_process, self._runtime.world
        return in_own_context(self._tx, world, user, Limits(), work)


def _after(rows: list[Row], checkpoint: str | None) -> list[Row]:
    """The events after the checkpoint; all of them when there is none."""
    for index, row in enumerate(rows):
        if row["ReplayId"] == checkpoint:
            return rows[index + 1 :]
    return rows
