"""Apex triggers on platform events: who receives what, when, and from where again.

Platform Events Developer Guide: "Subscribe to Platform Event Notifications with Apex Triggers",
"Resume a Platform Event Trigger After an Uncaught Exception", "Retry Event Triggers with
EventBus.RetryableException", "Platform Event Processing at Scale with Parallel Subscriptions for
Apex Triggers".
"""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Protocol

from rehearsal.org.bus.log import EventBus, StoredEvent
from rehearsal.org.errors import LimitExceeded
from rehearsal.org.ports import EventRun, Transaction, TriggerRunner
from rehearsal.org.values import Row, id18

MAX_RETRIES = 9
DEFAULT_BATCH = 2_000

_log = logging.getLogger(__name__)


class Runner(Protocol):
    """Runs work in one transaction of the Automated Process: commit on return, undo on raise."""

    def __call__(self, work: Callable[[Transaction], EventRun]) -> EventRun: ...


@dataclass(frozen=True, slots=True)
class EventTrigger:
    """An Apex trigger on an event and its `PlatformEventSubscriberConfig`, if it has one."""

    name: str
    event: str
    id: str
    batch_size: int = DEFAULT_BATCH
    partitions: int = 1
    partition_key: str | None = None


class _Undo(Exception):
    def __init__(self, run: EventRun) -> None:
        self.run = run


@dataclass(slots=True)
class _Partition:
    """One ordered stream of events with its own position and retries."""

    trigger: EventTrigger
    waiting: deque[StoredEvent] = field(default_factory=deque)
    position: int = 0
    retries: int = 0
    not_before: float = 0.0
    running: bool = False
    stopped: bool = False
    suspended: bool = False
    last_error: str | None = None

    def due(self, now: float) -> bool:
        return bool(self.waiting) and not self.stopped and self.not_before <= now

    @property
    def idle(self) -> bool:
        return not self.running and (self.stopped or not self.waiting)


def default_backoff(retries: int) -> float:
    """Seconds before the next retry. Salesforce waits longer each time too, but for minutes."""
    return min(0.02 * 2.0**retries, 0.25)


class ApexSubscribers:
    """Delivers events to the Apex triggers on a thread of its own, soon after their commit.

    The org is serialised, so partitions take turns; what a partition guarantees (its order, its
    position, its retries) does not depend on it.
    """

    def __init__(
        self,
        bus: EventBus,
        triggers: TriggerRunner,
        subscriptions: Iterable[EventTrigger],
        run: Runner,
        *,
        backoff: Callable[[int], float] = default_backoff,
    ) -> None:
        self._bus, self._triggers, self._run, self._backoff = bus, triggers, run, backoff
        self._partitions: dict[str, list[_Partition]] = {}
        self._cursors: dict[str, int] = {}
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._fault: BaseException | None = None
        self._coming: tuple[TriggerRunner, list[EventTrigger]] | None = None
        for trigger in subscriptions:
            self._subscribe(trigger)

    def _subscribe(self, trigger: EventTrigger) -> None:
        tip = self._bus.tip(trigger.event)
        self._cursors[trigger.name] = tip
        self._partitions[trigger.name] = [
            _Partition(trigger, position=tip) for _ in range(trigger.partitions)
        ]

    def start(self) -> None:
        """Subscribes at the tip of each topic."""
        self._bus.subscriber_rows = self.rows
        self._unlisten = self._bus.listen(self._published)
        self._thread = threading.Thread(target=self._loop, name="apex-events", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Waits for the batch that is running; later events are not delivered."""
        if self._thread is None:
            return
        self._unlisten()
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        self._thread.join()
        self._thread = None
        self._bus.subscriber_rows = list

    def drain(self, timeout: float = 30.0) -> bool:
        """Waits until every trigger is idle or in the error state; False if that took too long.

        Raises what stopped the delivery thread, which is a fault of the local org itself.
        """
        with self._wake:
            done = self._wake.wait_for(self._settled, timeout)
        if self._fault is not None:
            raise self._fault
        return done

    def suspend(self, trigger: str) -> None:
        """What an administrator does in Setup: it gets no events until it is resumed.

        Platform Events Developer Guide, "View and Manage an Event's Subscribers on the Platform
        Event's Detail Page". Raises KeyError for an unknown trigger.
        """
        with self._wake:
            for partition in self._partitions[trigger]:
                partition.stopped = partition.suspended = True
            self._wake.notify_all()

    def resume(self, trigger: str) -> None:
        """What saving a repaired trigger or *Resume from Tip* does: it runs again, and events sent
        meanwhile are gone.

        Raises KeyError for an unknown trigger.
        """
        with self._wake:
            for partition in self._partitions[trigger]:
                if partition.stopped:
                    partition.waiting.clear()
                    partition.position = self._bus.tip(partition.trigger.event)
                    partition.retries, partition.stopped = 0, False
                    partition.suspended = False
            self._wake.notify_all()

    def adopt(self, triggers: TriggerRunner, subscriptions: Iterable[EventTrigger]) -> None:
        """Goes on with other Apex: a new trigger subscribes at the tip, a known one keeps its
        position and the events that wait for it. The batch that is running ends as it began."""
        with self._wake:
            wanted = list(subscriptions)
            for trigger in wanted:
                if trigger.name not in self._partitions:
                    self._subscribe(trigger)
            self._coming = triggers, wanted
            if self._thread is None:
                self._take_over()
            self._wake.notify_all()

    def _take_over(self) -> None:
        if self._coming is None:
            return
        self._triggers, wanted = self._coming
        self._coming = None
        self._route()
        before = self._partitions
        self._partitions = {
            trigger.name: _repartitioned(trigger, before[trigger.name]) for trigger in wanted
        }
        self._cursors = {name: self._cursors[name] for name in self._partitions}

    def rows(self) -> list[Row]:
        """The `EventBusSubscriber` records.

        `LastProcessed` is the earliest of the partitions; `LastPublished` is always -1 for
        high-volume events. `Position` and `Tip` are the same as ints, which API version 66.0
        deprecates (Object Reference, "EventBusSubscriber").
        """
        with self._wake:
            return [self._row(partitions) for partitions in self._partitions.values()]

    @staticmethod
    def _row(partitions: list[_Partition]) -> Row:
        trigger = partitions[0].trigger
        stopped = [partition for partition in partitions if partition.stopped]
        position = min(partition.position for partition in partitions)
        errors = [p.last_error for p in (*stopped, *partitions) if p.last_error]
        return {
            "attributes": {"type": "EventBusSubscriber"},
            "Id": id18(f"0Em{trigger.id[3:15]}"),
            "ExternalId": trigger.id,
            "Name": trigger.name,
            "Topic": trigger.event,
            "Type": "ApexTrigger",
            "Status": _status(stopped),
            "LastProcessed": str(position),
            "LastPublished": "-1",
            "Position": Decimal(position),
            "Tip": Decimal(-1),
            "Retries": Decimal(max(partition.retries for partition in partitions)),
            "LastError": errors[0] if errors else None,
            "IsPartitioned": len(partitions) > 1,
        }

    def _published(self, _event: str) -> None:
        with self._wake:
            self._wake.notify_all()

    def _settled(self) -> bool:
        if self._fault is not None:
            return True
        if self._coming is not None:
            return False
        self._route()
        return all(p.idle for partitions in self._partitions.values() for p in partitions)

    def _loop(self) -> None:
        try:
            while True:
                with self._wake:
                    partition = self._next()
                    if partition is None:
                        return
                    batch = list(islice(partition.waiting, partition.trigger.batch_size))
                    partition.running = True
                self._deliver(partition, batch)
                with self._wake:
                    partition.running = False
                    self._wake.notify_all()
        except BaseException as fault:
            _log.critical("Delivery of platform events to Apex ended", exc_info=fault)
            with self._wake:
                self._fault = fault
                self._wake.notify_all()

    def _next(self) -> _Partition | None:
        """The partition whose oldest event has waited longest; None when it is time to stop."""
        while not self._stopping:
            self._take_over()
            self._route()
            now = time.monotonic()
            every = [p for partitions in self._partitions.values() for p in partitions]
            due = [partition for partition in every if partition.due(now)]
            if due:
                return min(due, key=lambda partition: partition.waiting[0].replay)
            later = [p.not_before for p in every if p.waiting and not p.stopped]
            self._wake.wait(min(later) - now if later else None)
        return None

    def _route(self) -> None:
        """Moves new events of each topic to the partition that their key hashes to."""
        for name, partitions in self._partitions.items():
            trigger = partitions[0].trigger
            for event in self._bus.following(trigger.event, self._cursors[name]):
                self._cursors[name] = event.replay
                partition = partitions[_partition_of(trigger, event)]
                if not partition.stopped:
                    partition.waiting.append(event)

    def _deliver(self, partition: _Partition, batch: list[StoredEvent]) -> None:
        trigger = partition.trigger

        def work(tx: Transaction) -> EventRun:
            rows = [event.as_row() for event in batch]
            run = self._triggers.run_events(tx, trigger.event, rows, partition.retries)
            if run.retry is not None or run.limit:
                raise _Undo(run)
            return run

        try:
            run = self._run(work)
        except _Undo as undone:
            run = undone.run
        except LimitExceeded as limit:
            run = EventRun(error=str(limit), limit=True)
        with self._wake:
            if run.retry is not None:
                self._retry(partition, run.retry)
            else:
                self._resume_after(partition, batch, run)

    def _retry(self, partition: _Partition, error: str) -> None:
        partition.last_error = error
        if partition.retries == MAX_RETRIES:
            partition.stopped = True
            partition.waiting.clear()
            return
        partition.not_before = time.monotonic() + self._backoff(partition.retries)
        partition.retries += 1

    @staticmethod
    def _resume_after(partition: _Partition, batch: list[StoredEvent], run: EventRun) -> None:
        """Goes on behind the checkpoint, or behind the batch: an uncaught exception or a governor
        limit without a checkpoint loses what the batch still held."""
        if run.error is not None:
            _log.warning("%s: %s", partition.trigger.name, run.error)
        partition.retries, partition.not_before = 0, 0.0
        end = batch[-1].replay if run.checkpoint is None else int(run.checkpoint)
        partition.position = end
        while partition.waiting and partition.waiting[0].replay <= end:
            partition.waiting.popleft()


def _status(stopped: list[_Partition]) -> str:
    if not stopped:
        return "Running"
    return "Suspended" if any(partition.suspended for partition in stopped) else "Error"


def _repartitioned(trigger: EventTrigger, known: list[_Partition]) -> list[_Partition]:
    """The partitions of a trigger that was deployed again, none of which is running."""
    if len(known) == trigger.partitions and known[0].trigger.partition_key == trigger.partition_key:
        for partition in known:
            partition.trigger = trigger
        return known
    position = min(partition.position for partition in known)
    made = [_Partition(trigger, position=position) for _ in range(trigger.partitions)]
    waiting = sorted(
        (event for partition in known for event in partition.waiting),
        key=lambda event: event.replay,
    )
    for event in waiting:
        made[_partition_of(trigger, event)].waiting.append(event)
    return made


def _partition_of(trigger: EventTrigger, event: StoredEvent) -> int:
    if trigger.partitions == 1 or trigger.partition_key is None:
        return 0
    key = str(event.as_row().get(trigger.partition_key))
    return zlib.crc32(key.encode()) % trigger.partitions
