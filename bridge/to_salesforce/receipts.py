"""Receipts: what Salesforce did with each event, and what to do when it does not say."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from bridge.clock import Backoff, Clock, system_clock
from bridge.contract import RECEIPT_TOPIC, Outcome, ReceiptMessage, ReceiptResult
from bridge.errors import BridgeError, StoreUnavailable
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.salesforce_api import Delivery, PubSub, Received
from bridge.store import Cursor, Inbox, InFlight, Move, Settlement, State
from bridge.to_salesforce.follow import follow, until_stored
from bridge.to_salesforce.gate import Gate
from bridge.to_salesforce.old_package import package_fault

_log = logging.getLogger(__name__)
_results = TypeAdapter(list[ReceiptResult])

_TIE = Backoff(first=2.2, longest=60.0)
"""Half of the first wait is more than a second: the read must bear a later one."""

_OVERDUE_ROWS = 200
_MOST_SILENCES = 8


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
    """Follows the receipts, and finds the events whose receipt does not come."""

    def __init__(
        self,
        inbox: Inbox,
        pubsub: PubSub,
        health: Health,
        metrics: Metrics,
        *,
        retry: Backoff,
        republish: Backoff,
        reconnect: Backoff,
        clock: Clock = system_clock,
        gate: Gate | None = None,
    ) -> None:
        """``gate`` is shut where the package turns out to be an old one."""
        self._gate = gate
        self._inbox = inbox
        self._pubsub = pubsub
        self._health = health
        self._metrics = metrics
        self._clock = clock
        self._retry = retry
        self._republish = republish
        self._reconnect = reconnect
        self._listening_since: float | None = None
        self._last_receipt = 0.0

    async def run(self) -> None:
        """Applies receipts until cancelled."""
        await follow(
            RECEIPT_TOPIC,
            self.apply,
            pubsub=self._pubsub,
            inbox=self._inbox,
            health=self._health,
            on_state=self._noted,
            reconnect=self._reconnect,
        )

    async def apply(self, delivery: Delivery) -> None:
        """Stores what a delivery says, with the cursor behind it."""
        results = [result for received in delivery.events for result in _read(received)]
        settlements = [settlement(result, self._retry) for result in results]
        cursor = Cursor(RECEIPT_TOPIC, delivery.replay_id)
        if not settlements and not delivery.replay_id:
            return
        moved = await until_stored(
            lambda: self._inbox.complete(settlements, cursor if delivery.replay_id else None),
            self._health,
        )
        if moved:
            self._last_receipt = self._clock()
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

    async def chase(self, every: float) -> None:
        """Until cancelled: makes events due again whose receipt is late."""
        while True:
            await asyncio.sleep(every)
            try:
                await self.chase_once(settled_for=every)
            except StoreUnavailable as error:
                self._health.bad(Part.STORE, error)

    async def chase_once(self, settled_for: float = 0.0) -> int:
        """Looks once; gives how many are made due again or dead.

        Nothing is late while the receipts themselves cannot be heard.
        """
        since = self._listening_since
        if since is None or self._clock() - since < settled_for:
            return 0
        late = await self._inbox.overdue(_OVERDUE_ROWS)
        if late:
            moves = [self._late(event) for event in late]
            await self._inbox.record(moves)
            self._metrics.republished.inc(sum(move.to is State.DUE for move in moves))
            self._metrics.dead.inc(sum(move.to is State.DEAD for move in moves))
        return len(late)

    def _late(self, event: InFlight) -> Move:
        # Where others get their receipts and this one never does, it is the event's own fault.
        if event.silences + 1 >= _MOST_SILENCES and self._last_receipt > event.sent_at:
            reason = f"no receipt after {_MOST_SILENCES} publishes, while others had theirs"
            return Move(event, State.DEAD, outcome="failed", reason=reason)
        # Once at once, before anything younger; then ever later, while its lane goes on.
        wait = self._republish.wait(event.silences) if event.silences else 0.0
        return Move(event, State.DUE, wait=wait, reason="no receipt came")

    def _noted(self, fault: BridgeError | None) -> None:
        if fault is None:
            if self._listening_since is None:
                self._listening_since = self._clock()
            self._health.good(Part.RECEIPTS)
        else:
            self._listening_since = None
            self._health.bad(Part.RECEIPTS, fault)


def _read(received: Received) -> Sequence[ReceiptResult]:
    try:
        return read_receipt(received)
    except (ValidationError, ValueError) as error:
        _log.error("a receipt cannot be read: %s", type(error).__name__)
        return ()
