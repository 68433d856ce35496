"""The sweep of Opportunities: what was changed and no event told is asked for all the same.

An event can be lost: a Flow that is inactive, an allocation that is spent, an outage longer than
the org keeps events. ``SystemModstamp`` tells of each change, whoever made it, and of a deletion
while the record is in the recycle bin. The sweep reads from a stored position on, which moves in
the transaction that stores what was found. Each version of an Opportunity is asked for once: its
time and what it says are the mark of the row.

A record bears the time of its save and is seen when its transaction ends, so each sweep begins a
while before the position. Moments are Unix seconds by the org's clock.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import math

from bridge.clock import Backoff, Clock, system_clock, utc
from bridge.errors import OrgFault, RequestRefused
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.store import Cursor, Inbox, Lease
from bridge.to_stripe.changed import Changes
from bridge.to_stripe.opportunities import Change, Opportunities, fault_behind
from bridge.working.gate import Gate
from bridge.working.holding import LEASE, holding, until_stored
from bridge.working.per_minute import PerMinute

TOPIC = "salesforce:opportunities"
"""The cursor that holds the position, and the lease."""
_FIRST = 3 * 86_400.0
"""Seconds before its start that the first sweep begins: as long as the org keeps events."""
_PAGE = 2_000

_log = logging.getLogger(__name__)


class OpportunitySweep:
    """Sweeps as long as it runs, unless another bridge on the same store does."""

    def __init__(
        self,
        inbox: Inbox,
        opportunities: Opportunities,
        changes: Changes,
        gate: Gate,
        budget: PerMinute,
        health: Health,
        metrics: Metrics,
        *,
        every: float,
        overlap: float,
        backoff: Backoff,
        lease: float = LEASE,
        clock: Clock = system_clock,
    ) -> None:
        """``every``, ``overlap`` and ``lease`` are seconds."""
        self._inbox = inbox
        self._opportunities = opportunities
        self._changes = changes
        self._gate = gate
        self._budget = budget
        self._health = health
        self._metrics = metrics
        self._every = every
        self._overlap = overlap
        self._backoff = backoff
        self._lease = lease
        self._clock = clock
        self._asked = asyncio.Event()
        self._position: float | None = None
        metrics.opportunities_age.set_function(self.age)

    def age(self) -> float:
        """Seconds since the last sweep's beginning; NaN before there was one."""
        return math.nan if self._position is None else max(0.0, self._clock() - self._position)

    def soon(self) -> None:
        """Events may have been lost: sweeps as soon as may be."""
        self._asked.set()

    async def run(self) -> None:
        """Sweeps until cancelled, while this bridge has the lease."""
        await holding(
            TOPIC,
            self._work,
            inbox=self._inbox,
            health=self._health,
            part=Part.OPPORTUNITIES,
            seconds=self._lease,
        )

    async def _work(self, lease: Lease) -> None:
        failures = 0
        while True:
            wait = self._every
            await self._gate.passed()
            self._asked.clear()
            try:
                await self.once(lease)
                failures = 0
            except (OrgFault, RequestRefused) as error:
                fault = fault_behind(error) if isinstance(error, RequestRefused) else error
                failures += 1
                wait = min(wait, self._backoff.wait(failures))
                self._gate.shut(fault)
                self._health.bad(Part.OPPORTUNITIES, fault)
            try:
                async with asyncio.timeout(wait):
                    await self._asked.wait()
            except TimeoutError:
                continue

    async def once(self, lease: Lease | None = None) -> int:
        """One sweep; gives how many Opportunities it asked for. Raises OrgFault, LeaseLost, and
        RequestRefused when Salesforce refuses the query."""
        begun = self._clock()
        stored = await until_stored(lambda: self._inbox.get_cursor(TOPIC), self._health)
        position = float(stored) if stored is not None else begun - _FIRST
        after: Change | None = None
        since = utc(position - self._overlap)
        asked = 0
        while True:
            await self._budget.taken()
            page = await self._opportunities.changed(since, after, _PAGE)
            asked += await self._ask(page, position, lease)
            if len(page) < _PAGE:
                break
            after = page[-1]
            position = max(position, _seconds(after.at))
        self._position = begun
        self._metrics.opportunity_sweeps.inc()
        self._health.good(Part.OPPORTUNITIES)
        return asked

    async def _ask(self, page: list[Change], position: float, lease: Lease | None) -> int:
        ids = [change.id for change in page]
        placed = {
            placing.opportunity
            for placing in await until_stored(lambda: self._inbox.placed(ids), self._health)
        }
        rows = [
            self._changes.row(change.id, f"{_seconds(change.at):.0f}-{change.digest}")
            for change in page
            if change.is_linked or change.id in placed
        ]
        position = max([position, *(_seconds(change.at) for change in page)])
        cursor = Cursor(TOPIC, f"{position:.0f}".encode(), lease)
        known = await until_stored(
            lambda: self._inbox.known([row.event_id for row in rows]), self._health
        )
        fresh = [row for row in rows if row.event_id not in known]
        await until_stored(lambda: self._inbox.ask(fresh, cursor), self._health)
        self._metrics.opportunities_swept.inc(len(fresh))
        return len(fresh)


def _seconds(at: dt.datetime) -> float:
    return at.timestamp()
