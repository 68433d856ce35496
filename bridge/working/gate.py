"""Work stops as a whole when the org as a whole is at fault."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bridge.clock import Backoff
from bridge.errors import OrgFault, RequestRefused
from bridge.health import Health, Part
from bridge.salesforce_api.rest import lacks
from bridge.store import Claimed

T = TypeVar("T")


class Gate:
    """Open, or shut by a fault of the org until a probe says that it is over."""

    def __init__(
        self,
        probe: Callable[[], Awaitable[object]],
        backoff: Backoff,
        health: Health,
        part: Part = Part.PUBLISHING,
    ) -> None:
        self._probe = probe
        self._backoff = backoff
        self._health = health
        self._part = part
        self._fault: OrgFault | None = None
        self._failures = 0
        self._refusals = 0
        self._asking = asyncio.Lock()
        self._shut = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether work goes on."""
        return self._fault is None

    @property
    def is_doubted(self) -> bool:
        """Whether nothing has been done since the gate was shut last: the probe knows not all."""
        return self._failures > 0

    def shut(self, fault: OrgFault) -> None:
        """Stops the work."""
        self._fault = fault
        self._shut.set()
        self._health.bad(self._part, fault)

    def refused(self, fault: OrgFault) -> None:
        """What was published well is refused by the package: only an applied event is a cure."""
        if self.is_open:
            self._refusals += 1
        self.shut(fault)

    def applied(self) -> None:
        """The package has taken something."""
        self._refusals = 0

    def check(self) -> None:
        """Raises the fault that shut the gate."""
        if self._fault is not None:
            raise self._fault

    def worked(self) -> None:
        """Something was done."""
        self._failures = 0
        if self._fault is None:
            self._health.good(self._part)

    async def passed(self) -> None:
        """Returns when the gate is open; while it is shut, waits and probes."""
        async with self._asking:
            while self._fault is not None:
                self._failures += 1
                await asyncio.sleep(self._backoff.wait(self._failures + self._refusals))
                try:
                    await self._probe()
                except OrgFault as fault:
                    self.shut(fault)
                else:
                    self._fault = None
                    self._shut.clear()
                    self._health.good(self._part)

    async def keep(self) -> None:
        """Probes whenever the gate is shut, until cancelled: for work that does not wait here."""
        while True:
            await self._shut.wait()
            await self.passed()


def guarded(
    gate: Gate, errand: Callable[[Claimed], Awaitable[T]]
) -> Callable[[Claimed], Awaitable[T]]:
    """An errand that asks Salesforce, and is not even tried while the gate is shut.

    It raises an OrgFault, also where Salesforce calls what is asked for unknown: that is the
    package's fault, and no event's.
    """

    async def run(claimed: Claimed) -> T:
        gate.check()
        try:
            found = await errand(claimed)
        except OrgFault as fault:
            gate.shut(fault)
            raise
        except RequestRefused as error:
            missing = lacks(error)
            if missing is None:
                raise
            gate.shut(missing)
            raise missing from error
        gate.worked()
        return found

    return run
