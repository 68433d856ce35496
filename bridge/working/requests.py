"""Salesforce asks: one reader of ``Bridge_Request__e``, which hands each request to who takes it.

Each reader of a topic counts against the org's day, so all kinds come by one. A request becomes a
row of the inbox in the transaction that moves the cursor: from then on nothing can lose it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from pydantic import ValidationError

from bridge.clock import Backoff
from bridge.contract import REQUEST_TOPIC, RequestMessage
from bridge.errors import BridgeError, ReplayRefused
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.salesforce_api import Delivery, EventSource, Received
from bridge.store import Arrival, Cursor, Inbox
from bridge.working.follow import Follower
from bridge.working.holding import LEASE, until_stored

_log = logging.getLogger(__name__)

Taker = Callable[[RequestMessage, str], Arrival]
"""The row for a request, given the mark of who asked. Raises :class:`Unreadable`."""


class Unreadable(Exception):
    """A request that says nothing that can be done."""


class _PassedOver(Exception):
    """A request that leads to nothing."""

    def __init__(self, result: str, why: str) -> None:
        super().__init__(why)
        self.result = result


class Requests:
    """Follows the requests."""

    def __init__(
        self,
        inbox: Inbox,
        source: EventSource,
        health: Health,
        metrics: Metrics,
        takers: Mapping[str, Taker],
        *,
        reconnect: Backoff,
        lease: float = LEASE,
        on_gap: Callable[[], None] = lambda: None,
    ) -> None:
        """``takers`` are by the kind of request; ``lease`` is how long this bridge holds the topic
        without renewing that, in seconds. ``on_gap`` is told when requests may have been lost: when
        Salesforce refuses to go on from the stored position."""
        self._inbox = inbox
        self._health = health
        self._metrics = metrics
        self._takers = takers
        self._on_gap = on_gap
        self._follower = Follower(
            REQUEST_TOPIC,
            Part.REQUESTS,
            self.apply,
            source=source,
            inbox=inbox,
            health=health,
            reconnect=reconnect,
            lease=lease,
            on_state=self._noted,
        )

    async def run(self) -> None:
        """Takes requests until cancelled."""
        await self._follower.run()

    async def apply(self, delivery: Delivery, cursor: Cursor | None) -> None:
        """Stores what a delivery asks for, with the cursor behind it. Raises LeaseLost."""
        arrivals = [
            arrival
            for received in delivery.events
            if (arrival := self._arrival(received)) is not None
        ]
        if arrivals or cursor is not None:
            await until_stored(lambda: self._inbox.ask(arrivals, cursor), self._health)

    def _arrival(self, received: Received) -> Arrival | None:
        try:
            arrival = self._row(received)
        except _PassedOver as passed:
            self._metrics.requests.labels(passed.result).inc()
            _log.warning("a request is passed over: %s", passed)
            return None
        self._metrics.requests.labels("taken").inc()
        return arrival

    def _row(self, received: Received) -> Arrival:
        mark = received.id or received.replay_id.hex()
        try:
            request = RequestMessage.model_validate(received.fields)
        except ValidationError:
            raise _PassedOver("unreadable", f"request {mark} cannot be read") from None
        taker = self._takers.get(request.kind)
        if taker is None:
            raise _PassedOver("unknown", f"nothing answers requests of kind {request.kind}")
        try:
            return taker(request, mark)
        except Unreadable as error:
            raise _PassedOver("unreadable", f"request {mark}: {error}") from None

    def _noted(self, fault: BridgeError | None) -> None:
        if isinstance(fault, ReplayRefused):
            self._on_gap()
