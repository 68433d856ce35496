"""Publishing stops as a whole when the org as a whole is at fault."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bridge.clock import Backoff
from bridge.errors import OrgFault
from bridge.health import Health, Part


class Gate:
    """Open, or shut by a fault of the org until a probe says that it is over."""

    def __init__(
        self, probe: Callable[[], Awaitable[object]], backoff: Backoff, health: Health
    ) -> None:
        self._probe = probe
        self._backoff = backoff
        self._health = health
        self._fault: OrgFault | None = None
        self._failures = 0
        self._asking = asyncio.Lock()

    @property
    def is_open(self) -> bool:
        """Whether publishing goes on."""
        return self._fault is None

    def shut(self, fault: OrgFault) -> None:
        """Stops publishing."""
        self._fault = fault
        self._health.bad(Part.PUBLISHING, fault)

    def worked(self) -> None:
        """Something was published."""
        self._failures = 0
        if self._fault is None:
            self._health.good(Part.PUBLISHING)

    async def passed(self) -> None:
        """Returns when the gate is open; while it is shut, waits and probes."""
        async with self._asking:
            while self._fault is not None:
                self._failures += 1
                await asyncio.sleep(self._backoff.wait(self._failures))
                try:
                    await self._probe()
                except OrgFault as fault:
                    self.shut(fault)
                else:
                    self._fault = None
                    self._health.good(Part.PUBLISHING)
