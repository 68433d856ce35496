"""What the org still allows, and what of it is kept for urgent events.

The limits are read rarely, since each reading is an API request; between two readings what is
published is counted down. What others in the org publish shows at the next reading.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.errors import AllocationSpent, OrgFault, PermissionDenied, RequestRefused
from bridge.metrics import Metrics
from bridge.salesforce_api.limits import Allocation, Limit

_log = logging.getLogger(__name__)

Read = Callable[[], Awaitable[Mapping[Allocation, Limit]]]

EVERY = 300.0
"""Seconds between two readings."""
_CLOSE = 60.0
"""Between two when little is left."""
_UNREADABLE = 3600.0
"""Until a user who may not read the limits tries again."""
_FEW_REQUESTS = 0.02
_SAVING = 1800.0
"""Between two when it is the API requests that are few."""
_FEW = 0.25
_DAY = 86_400.0
_LONGEST_LINGER = 10.0
_OF_A_RUN = 100
"""Events that one run of the trigger takes, at most: each run publishes one receipt."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be claimed now."""

    events: int | None
    """None: nobody knows of a limit."""
    urgent_only: bool


class Budget:
    """The org's allocations as one bridge sees them."""

    def __init__(
        self,
        read: Read,
        metrics: Metrics,
        *,
        reserve: float,
        every: float = EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``reserve`` is the share of the hour's events that is kept for urgent ones."""
        self._read = read
        self._metrics = metrics
        self._reserve = reserve
        self._every = every
        self._clock = clock
        self._limits: dict[Allocation, Limit] = {}
        self._published = 0
        self._spent = False
        self._readable: bool | None = None

    def allowance(self) -> Allowance:
        """How many events may be published now, and whether only urgent ones."""
        if self._spent:
            return Allowance(0, True)
        limit = self._limits.get(Allocation.PUBLISHED)
        if limit is None:
            return Allowance(None, False)
        free = limit.remaining - self._kept(limit)
        if free > 0:
            return Allowance(free, False)
        return Allowance(limit.remaining, True)

    def linger(self, least: float) -> float:
        """Seconds to gather events for: fewer runs of the trigger are fewer receipts delivered.

        Once a quarter of the day's deliveries is left, what is left is spread over a day.
        """
        limit = self._limits.get(Allocation.DELIVERED)
        if limit is None or limit.remaining >= limit.most * _FEW:
            return least
        return max(least, min(_LONGEST_LINGER, _DAY / max(1, limit.remaining)))

    def spend(self, events: int) -> None:
        """So many events were published, and their receipts will be."""
        if not events:
            return
        cost = events + math.ceil(events / _OF_A_RUN)
        self._published += cost
        limit = self._limits.get(Allocation.PUBLISHED)
        if limit is not None:
            left = max(0, limit.remaining - cost)
            self._limits[Allocation.PUBLISHED] = Limit(limit.most, left)

    def refused(self) -> AllocationSpent:
        """Salesforce, or the counting down, says that nothing is left; the fault to pause with."""
        self._spent = True
        return AllocationSpent(
            f"{Allocation.PUBLISHED} is used up. Publishing waits until the org's limits allow "
            "more; nothing is lost"
        )

    def used(self, requests: int, most: int) -> None:
        """What the header ``Sforce-Limit-Info`` says of the day's API requests."""
        self._limits[Allocation.REQUESTS] = Limit(most, max(0, most - requests))

    async def look(self) -> None:
        """Reads the limits. Raises an OrgFault; a user who may not read them is told of once."""
        before = self._published
        try:
            found = await self._read()
        except (PermissionDenied, RequestRefused) as error:
            if self._readable is not False:
                _log.warning(
                    "the org's limits cannot be read, so the bridge goes by what Salesforce "
                    "refuses, and keeps no reserve. The user needs View Setup and Configuration: "
                    "%s",
                    error,
                )
            self._readable = False
            self._spent = False
            self._limits.pop(Allocation.PUBLISHED, None)
            return
        self._readable = True
        since = self._published - before
        self._limits = dict(found)
        limit = self._limits.get(Allocation.PUBLISHED)
        if limit is not None:
            left = max(0, limit.remaining - since)
            self._limits[Allocation.PUBLISHED] = Limit(limit.most, left)
        self._spent = limit is not None and limit.remaining <= 0

    async def confirm(self) -> None:
        """Whether there is something to publish with again. Raises an OrgFault."""
        if self._spent:
            await self.look()
            if self._spent:
                raise self.refused()

    async def run(self, on_fault: Callable[[OrgFault], None]) -> None:
        """Reads the limits now and then until cancelled."""
        while True:
            try:
                await self.look()
            except OrgFault as fault:
                on_fault(fault)
            await asyncio.sleep(self._wait())

    def report(self) -> dict[str, Any]:
        """For people and programs."""
        return {
            "limits_readable": self._readable,
            "reserve_only": self.allowance().urgent_only,
            "allocations": {
                str(name): {"max": limit.most, "remaining": limit.remaining}
                for name, limit in self._limits.items()
            },
        }

    def show(self) -> None:
        """Brings the metrics up to date."""
        self._metrics.reserve_only.set(self.allowance().urgent_only)
        for name, limit in self._limits.items():
            self._metrics.allocation.labels(name).set(limit.remaining)
            self._metrics.allocation_max.labels(name).set(limit.most)

    def _kept(self, limit: Limit) -> int:
        return math.ceil(limit.most * self._reserve)

    def _wait(self) -> float:
        if self._readable is False:
            return _UNREADABLE
        requests = self._limits.get(Allocation.REQUESTS)
        if requests is not None and requests.remaining < requests.most * _FEW_REQUESTS:
            return _SAVING
        limit = self._limits.get(Allocation.PUBLISHED)
        close = limit is not None and limit.remaining < 2 * self._kept(limit)
        return min(self._every, _CLOSE) if close else self._every
