"""Receipts: what Salesforce did with each event."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence

from pydantic import TypeAdapter, ValidationError

from bridge.clock import Backoff, Clock, system_clock
from bridge.contract import RECEIPT_TOPIC, Outcome, ReceiptMessage, ReceiptResult
from bridge.errors import BridgeError
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.salesforce_api import Delivery, EventSource, Received
from bridge.store import Cursor, Inbox, Settlement, State
from bridge.to_salesforce.old_package import package_fault
from bridge.working.follow import Follower
from bridge.working.gate import Gate
from bridge.working.holding import LEASE, until_stored

_log = logging.getLogger(__name__)
_results = TypeAdapter(list[ReceiptResult])

_TIE = Backoff(first=2.2, longest=60.0)
"""Half of the first wait is more than a second: the read must bear a later one."""


def settlement(result: ReceiptResult, retry: Backoff) -> Settlement:
    """What a receipt's word means for the event."""
    outcome = result.outcome
    if (fault := package_fault(result)) is not None:
        return Settlement(result.id, State.DUE, fault.kind, result.reason, retry)
    if outcome.done:
        return Settlement(result.id, State.DONE, outcome.value, result.reason)
    if outcome is Outcome.FAILED:
        return Settlement(result.id, State.DEAD, outcome.value, result.reason)
    if outcome is Outcome.TIE and result.keys:
        return Settlement(
            result.id, State.DUE, outcome.value, result.reason, _TIE, read_keys=result.keys
        )
    return Settlement(result.id, State.DUE, outcome.value, result.reason, retry)


def read_receipt(received: Received) -> list[ReceiptResult]:
    """The results in a receipt. Raises ValueError for one that cannot be read."""
    message = ReceiptMessage.model_validate(received.fields)
    return _results.validate_json(message.results)


class Receipts:
    """Follows the receipts."""

    def __init__(
        self,
        inbox: Inbox,
        source: EventSource,
        health: Health,
        metrics: Metrics,
        *,
        retry: Backoff,
        reconnect: Backoff,
        on_heard: Callable[[Collection[str]], None] = lambda _: None,
        clock: Clock = system_clock,
        gate: Gate | None = None,
        lease: float = LEASE,
    ) -> None:
        """``on_heard`` is told the ids of events that receipts have moved. ``gate`` is shut where
        the package turns out to be an old one. ``lease`` is how long this bridge holds the topic
        without renewing that, in seconds."""
        self._gate = gate
        self._inbox = inbox
        self._health = health
        self._metrics = metrics
        self._clock = clock
        self._retry = retry
        self._on_heard = on_heard
        self._listens = False
        self.since = clock()
        """Since when the receipts have been heard without a break, or not been heard."""
        self.held = False
        """Whether it is this bridge that hears them, or would."""
        self._follower = Follower(
            RECEIPT_TOPIC,
            Part.RECEIPTS,
            self.apply,
            source=source,
            inbox=inbox,
            health=health,
            reconnect=reconnect,
            lease=lease,
            on_state=self._noted,
            on_rest=self._rest,
        )

    async def run(self) -> None:
        """Applies receipts until cancelled."""
        await self._follower.run()

    async def apply(self, delivery: Delivery, cursor: Cursor | None) -> None:
        """Stores what a delivery says, with the cursor behind it. Raises LeaseLost."""
        results = [result for received in delivery.events for result in _read(received)]
        settlements = [settlement(result, self._retry) for result in results]
        if not settlements and cursor is None:
            return
        moved = await until_stored(lambda: self._inbox.complete(settlements, cursor), self._health)
        if moved:
            self._on_heard(moved)
        faults = [fault for each in results if (fault := package_fault(each)) is not None]
        if self._gate is not None and faults:
            self._gate.refused(faults[0])
        elif self._gate is not None and results:
            self._gate.applied()
        for result in results:
            if result.id in moved:
                self._metrics.receipts.labels(result.outcome.value).inc()
                if result.outcome is Outcome.FAILED and package_fault(result) is None:
                    self._metrics.dead.inc()

    def _rest(self) -> None:
        self.held = self._listens = False

    def _noted(self, fault: BridgeError | None) -> None:
        if not self.held or self._listens is not (fault is None):
            self.held = True
            self._listens = fault is None
            self.since = self._clock()


def _read(received: Received) -> Sequence[ReceiptResult]:
    try:
        return read_receipt(received)
    except (ValidationError, ValueError) as error:
        _log.error("a receipt cannot be read: %s", type(error).__name__)
        return ()
