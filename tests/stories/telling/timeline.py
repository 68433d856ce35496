"""Many stories on one timeline: one Stripe clock, one bridge, one org."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from tests.stories.telling import admin
from tests.stories.telling.company import Company
from tests.stories.telling.story import START, Story

MOST_MENDS = 3
"""How often the admin looks again: behind one refusal there may be another."""


class Storyteller:
    """Tells stories side by side, and lets Salesforce catch up before each step in time.

    ``disordered``: between two pauses Stripe's events are held back, then come twice and shuffled.
    """

    def __init__(self, company: Company, *, disordered: bool) -> None:
        self._company = company
        self._clouds = company.clouds
        self._disordered = disordered
        self._moment = START
        self.rounds = 0

    async def tell(self, stories: Sequence[Story]) -> None:
        """Returns when every story is over, and what was still due has arrived."""
        await self._hold()
        running = list(stories)
        while running:
            for story in running:
                if story.wake is None or story.wake <= self._moment:
                    await story.resume()
            if any(story.has_acted for story in running):
                await self.settle()
            for story in running:
                story.has_acted = False
            running = [story for story in running if not story.ended]
            if running and all(story.wake is not None for story in running):
                await self._advance(min(story.wake for story in running if story.wake))
        await self._advance(self._moment + dt.timedelta(hours=1))
        await self.settle()

    async def settle(self) -> None:
        """All that Stripe has said is in Salesforce, and is read.

        What the rules of a hostile org refused, its admin mends first.
        """
        self.rounds += 1
        if self._disordered:
            disorder = {"shuffle": 1_000, "concurrency": 4, "seed": self.rounds}
            await self._clouds.standin("POST", "delivery", disorder)
        await self._clouds.settle()
        if self._company.kind == "hostile":
            for _ in range(MOST_MENDS):
                if not await admin.mend(self._clouds.org):
                    break
                await self._clouds.settle()
        await self._hold()
        self._company.records = await self._company.reader.read()

    async def _hold(self) -> None:
        if self._disordered:
            await self._clouds.standin("POST", "delivery", {"hold": True, "duplicate": 1})

    async def _advance(self, to: dt.datetime) -> None:
        """Both clouds' clocks move on; each does on the way what falls due."""
        org, seconds = self._clouds.org, int((to - self._moment).total_seconds())
        await org.request("POST", "/localorg/clock", {"advance_seconds": seconds})
        await org.request("POST", "/localorg/schedules", {})
        await self._clouds.advance(to=int(to.timestamp()))
        self._moment = to
