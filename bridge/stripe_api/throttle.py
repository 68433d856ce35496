"""How fast the bridge may read: the account's limit is shared with the company's checkout."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Throttle:
    """At most so many requests at once and so many a second; all wait when Stripe says so.

    After a pause ``burst`` requests may start together; in no second more than ``per_second`` and
    those.
    """

    def __init__(self, *, at_once: int, per_second: float, burst: int = 1) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._spacing = 1.0 / per_second
        self._slack = (burst - 1) * self._spacing
        self._next = 0.0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place among the requests under way, once it is its turn."""
        async with self._places:
            while True:
                wait = self._turn()
                if wait <= 0:
                    break
                await asyncio.sleep(wait)
            yield

    def hold(self, seconds: float) -> None:
        """No request starts for so long."""
        start = asyncio.get_running_loop().time() + seconds
        self._next = max(self._next, start + self._slack)

    def _turn(self) -> float:
        """0 when a request may start now, which takes the turn; else seconds to wait."""
        now = asyncio.get_running_loop().time()
        if now < self._next - self._slack:
            return self._next - self._slack - now
        self._next = max(self._next, now) + self._spacing
        return 0.0
