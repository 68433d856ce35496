"""Who waits for something to do is told; each queue's worker by itself."""

from __future__ import annotations

import asyncio

from bridge.store.inbox import Queue


class Bell:
    """Of one process."""

    def __init__(self) -> None:
        self._rung = {queue: asyncio.Event() for queue in Queue}

    def ring(self) -> None:
        """There may be something new in any queue."""
        for event in self._rung.values():
            event.set()

    async def wait(self, queue: Queue, timeout: float) -> bool:
        """True when it has rung since this queue's worker heard it last; False after a time."""
        event = self._rung[queue]
        try:
            async with asyncio.timeout(timeout):
                await event.wait()
        except TimeoutError:
            return False
        event.clear()
        return True
