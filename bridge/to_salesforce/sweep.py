"""The sweep: what Stripe's Events API lists and no webhook has brought is admitted.

Stripe may give up on a webhook, or lose one, and a store may be an older copy that was restored.
``GET /v1/events`` still has the events of 30 days (API reference, "List all events"). It is read
from a stored position on, which moves only when all that is older is stored: whatever dies in
between is read again, and the inbox knows an event's id for longer than Stripe lists it.

A list is newest first, so a long way is gone window by window, the oldest first. An event may be
listed later than it says that it was created: each sweep begins a while before the position. The
youngest events are left to their webhooks.

Moments are Unix seconds by Stripe's own clock, which its answers tell.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Sequence
from typing import Any

from bridge.clock import Backoff, Clock, system_clock, utc
from bridge.errors import LeaseLost, StoreUnavailable
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.store import Cursor, Inbox, Lease
from bridge.stripe_api import RawPage, StripeApiError, StripeReader
from bridge.to_salesforce.admit import Admission
from bridge.to_salesforce.envelope import Envelope, NotAnEvent, read_envelope

PATH = "/v1/events"
TOPIC = "stripe:events"
"""The cursor that holds the position."""
LEASE = "sweep"

KEPT = 30 * 86_400
"""Seconds that Stripe lists an event."""
YOUNGEST = 60
"""Seconds: the webhook of a younger event is likely still on its way."""

_PAGE = 100
_WINDOW, _SHORTEST_WINDOW, _LONGEST_WINDOW = 3_600, 60, 86_400
_MANY_PAGES = 10
"""What a kill in the middle of a window costs to read again."""
_LEASE_SECONDS = 120.0
_BEHIND_ANOTHER = 30.0

_log = logging.getLogger(__name__)


class Sweep:
    """Sweeps as long as it runs, unless another bridge on the same store does."""

    def __init__(
        self,
        inbox: Inbox,
        reader: StripeReader,
        admission: Admission,
        health: Health,
        metrics: Metrics,
        *,
        every: float,
        overlap: float,
        backoff: Backoff,
        clock: Clock = system_clock,
    ) -> None:
        """``every`` and ``overlap`` are seconds. The admission must know its account."""
        self._inbox = inbox
        self._reader = reader
        self._admission = admission
        self._health = health
        self._metrics = metrics
        self._every = every
        self._overlap = math.ceil(overlap)
        self._backoff = backoff
        self._clock = clock
        self._ahead = 0.0
        """Stripe's clock less ours."""
        self._position: int | None = None
        metrics.sweep_age.set_function(self.age)
        metrics.sweep_cliff.set_function(lambda: KEPT - self.age())

    def age(self) -> float:
        """Seconds since the position; NaN before there is one."""
        if self._position is None:
            return math.nan
        return max(0.0, self._clock() + self._ahead - self._position)

    async def run(self) -> None:
        """Sweeps until cancelled."""
        failures = 0
        while True:
            wait = self._every
            try:
                if not await self.once():
                    wait = min(wait, _BEHIND_ANOTHER)
                failures = 0
            except LeaseLost as error:
                _log.info("the sweep ends: %s", error)
            except (StripeApiError, StoreUnavailable) as error:
                failures += 1
                wait = min(wait, self._backoff.wait(failures))
                self._health.bad(
                    Part.SWEEP, f"{error}; webhooks go on, but one that never comes is not found"
                )
            await asyncio.sleep(wait)

    async def once(self) -> bool:
        """One sweep up to now; False if another bridge is at it or has been since the last.

        Raises StripeApiError, StoreUnavailable, LeaseLost: then the position is where all older
        events are stored.
        """
        lease = await self._inbox.acquire(LEASE, _LEASE_SECONDS)
        if lease is None:
            self._position = await self._stored()
            self._health.good(Part.SWEEP)
            return False
        try:
            return await self._sweep(lease)
        finally:
            await self._inbox.release(lease)

    async def _sweep(self, lease: Lease) -> bool:
        before, position = self._position, await self._stored()
        if before is not None and position is not None and position > before:
            self._position = position
            self._health.good(Part.SWEEP)
            return False
        until = await self._now() - YOUNGEST
        if position is None:
            position = await self._begin(until, lease)
        # A clock that was set back (a rehearsal's) must not keep the sweep from ever looking.
        position = self._position = min(position, until)
        start, window = self._start(position, until), _WINDOW
        while start < until:
            end = min(start + window, until)
            pages = await self._window(start, end, lease)
            start = end
            if end > position:
                position = await self._move(end, lease)
            if pages > _MANY_PAGES:
                window = max(window // 2, _SHORTEST_WINDOW)
            elif pages == 1:
                window = min(window * 2, _LONGEST_WINDOW)
        self._metrics.sweeps.inc()
        return True

    async def _begin(self, until: int, lease: Lease) -> int:
        _log.info(
            "the first sweep begins %s before %s; events from before then are not looked for: "
            "what customers had already is a backfill's",
            _long(self._overlap),
            utc(until).isoformat(),
        )
        # Stored before anything is read: if this sweep dies, the next begins no later.
        return await self._move(until, lease)

    def _start(self, position: int, until: int) -> int:
        behind = until - position
        if behind > self._overlap + 2 * self._every:
            _log.warning(
                "Stripe's events have not been swept since %s, which is %s: no bridge ran, Stripe "
                "did not answer, or this store is an older copy. They are read from then on",
                utc(position).isoformat(),
                _long(behind),
            )
        horizon = until + YOUNGEST - KEPT
        if position < horizon:
            self._metrics.sweep_lost.inc(horizon - position)
            _log.error(
                "Stripe keeps its events for 30 days: those from %s to %s cannot be had any more. "
                "The sweep goes on from there, and nothing that is in the store is touched. Run "
                "`stripe-sf resync` for the customers who were active between the two",
                utc(position).isoformat(),
                utc(horizon).isoformat(),
            )
        return max(position - self._overlap, horizon)

    async def _window(self, start: int, end: int, lease: Lease) -> int:
        """Admits what is missing of what was created from ``start`` up to ``end``; gives pages."""
        params: dict[str, Any] = {"created": {"gte": start, "lt": end}, "limit": _PAGE}
        pages = 0
        while True:
            if await self._inbox.acquire(LEASE, _LEASE_SECONDS) != lease:
                raise LeaseLost("another bridge sweeps")
            page = await self._read(params)
            pages += 1
            last = await self._admit(page.elements)
            if not page.has_more or last is None:
                return pages
            params["starting_after"] = last

    async def _admit(self, elements: Sequence[bytes]) -> str | None:
        """Admits the events of a page that are missing; gives the last one's id."""
        events: list[tuple[Envelope, bytes]] = []
        for raw in elements:
            try:
                events.append((read_envelope(raw), raw))
            except NotAnEvent as error:
                _log.error(
                    "Stripe lists an event that cannot be read, and it is left out: %s", error
                )
        if not events:
            return None
        known = await self._inbox.known([envelope.id for envelope, _ in events])
        admitted = await asyncio.gather(
            *(
                self._inbox.admit(self._admission.arrival(envelope, raw))
                for envelope, raw in reversed(events)
                if envelope.id not in known
            )
        )
        if missing := sum(admitted):
            self._metrics.sweep_missing.inc(missing)
            _log.info("%d events had come by no webhook; they are in the inbox now", missing)
        return events[-1][0].id

    async def _now(self) -> int:
        await self._read({"limit": 1})
        return math.floor(self._clock() + self._ahead)

    async def _read(self, params: dict[str, Any]) -> RawPage:
        page = await self._reader.raw_page(PATH, params)
        self._ahead = page.as_of.timestamp() - self._clock()
        self._health.good(Part.SWEEP)
        return page

    async def _stored(self) -> int | None:
        stored = await self._inbox.get_cursor(TOPIC)
        return None if stored is None else int(stored)

    async def _move(self, position: int, lease: Lease) -> int:
        await self._inbox.set_cursor(Cursor(TOPIC, str(position).encode(), lease))
        self._position = position
        return position


def _long(seconds: float) -> str:
    days, rest = divmod(round(seconds), 86_400)
    hours, rest = divmod(rest, 3_600)
    return f"{days} d {hours} h {rest // 60} min" if days else f"{hours} h {rest // 60} min"
