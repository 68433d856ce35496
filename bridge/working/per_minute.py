"""How often the org may be asked: each request is one of its daily API requests."""

from __future__ import annotations

import asyncio

from bridge.clock import Clock


class PerMinute:
    """So many requests a minute, and no more at once."""

    def __init__(self, a_minute: float, clock: Clock) -> None:
        self._a_minute = a_minute
        self._clock = clock
        self._left = float(a_minute)
        self._at = clock()

    def take(self) -> bool:
        """Whether one more may be made now; then it counts as made."""
        now = self._clock()
        self._left = min(
            self._a_minute, self._left + max(0.0, now - self._at) * self._a_minute / 60
        )
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    async def taken(self) -> None:
        """Waits until one more may be made; then it counts as made."""
        while True:
            if self.take():
                return
            await asyncio.sleep(0.5)
