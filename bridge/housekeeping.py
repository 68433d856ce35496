"""What a serving bridge does for its store now and then."""

from __future__ import annotations

import asyncio

from bridge.clock import Clock, system_clock
from bridge.errors import StoreUnavailable
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.store import Inbox

_EVERY = 10.0
_ROUNDS = 20
"""Of forgetting at a time: a little goes in each, and admissions go between."""
_DAY = 24 * 3600.0
_REMEMBERED = 35 * _DAY
"""Longer than Stripe's Events API reaches back, so that no event is admitted twice."""


class Housekeeping:
    """Tells whether the store works, counts refusals in it, and forgets what is long done."""

    def __init__(
        self,
        inbox: Inbox,
        health: Health,
        metrics: Metrics,
        *,
        keep_days: float,
        clock: Clock = system_clock,
    ) -> None:
        """``keep_days``: how long bodies and timelines of finished events are kept."""
        self._inbox = inbox
        self._health = health
        self._metrics = metrics
        self._kept = keep_days * _DAY
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            await self.once()

    async def once(self) -> None:
        """All of it once; a store that cannot be written is told to the health."""
        await self.tell_refused()
        try:
            await self._inbox.check()
            self._health.good(Part.STORE)
            await self._forget()
        except StoreUnavailable as error:
            self._health.bad(Part.STORE, error)

    async def tell_refused(self) -> None:
        """Adds the requests that were refused since to the store's counters."""
        if causes := self._metrics.take_refused():
            try:
                await self._inbox.count_refused(causes)
            except StoreUnavailable as error:
                self._health.bad(Part.STORE, error)

    async def _forget(self) -> None:
        pruned = self._clock() - self._kept
        for _ in range(_ROUNDS):
            if not await self._inbox.prune(pruned):
                break
        for _ in range(_ROUNDS):
            if not await self._inbox.forget(pruned - _REMEMBERED):
                break
