"""When Stripe or the key is at fault, one probe asks on behalf of all, and nobody else does.

What a fault stops depends on it: a restricted key that lacks a permission stops the reads of that
resource, everything else stops them all. Stripe's trouble with one object is not Stripe's trouble:
whether it answers at all is asked at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bridge.clock import Backoff
from bridge.stripe_api.errors import (
    StripeApiError,
    StripeAuthenticationFailed,
    StripePaused,
    StripePermissionDenied,
    StripeRateLimited,
    StripeUnavailable,
)

Ask = Callable[[str, Mapping[str, Any]], Awaitable[object]]

_STOPS = (
    StripeAuthenticationFailed,
    StripePermissionDenied,
    StripeRateLimited,
    StripeUnavailable,
)
_ALL = ""
_ACCOUNT = "/v1/account"


@dataclass(frozen=True, slots=True)
class _Stopped:
    fault: StripeApiError
    path: str
    """What the probe asks for."""
    params: Mapping[str, Any]
    failures: int
    next_at: float


class Breaker:
    """Closed, or open for all reads or for those of some resources."""

    def __init__(
        self,
        backoff: Backoff,
        on_change: Callable[[StripeApiError | None], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``on_change`` is told the fault, and None once there is none any more."""
        self._backoff = backoff
        self._on_change = on_change
        self._clock = clock
        self._stopped: dict[str, _Stopped] = {}
        self._woken = asyncio.Event()

    def check(self, path: str) -> None:
        """Raises StripePaused while reads of this path are stopped."""
        stopped = self._stopped.get(_ALL) or self._stopped.get(_resource(path))
        if stopped is not None:
            raise StripePaused(stopped.fault, max(0.0, stopped.next_at - self._clock()))

    def failed(self, path: str, params: Mapping[str, Any], fault: StripeApiError) -> None:
        """A read failed; stops what that says of others."""
        if not isinstance(fault, _STOPS):
            return
        of_one = isinstance(fault, StripePermissionDenied)
        what = _resource(path) if of_one else _ALL
        if what in self._stopped:
            return
        wait = 0.0 if isinstance(fault, StripeUnavailable) else self._wait(fault, 1)
        probe = (path, params) if of_one else (_ACCOUNT, {})
        self._stopped[what] = _Stopped(fault, *probe, 0, self._clock() + wait)
        self._woken.set()
        self._on_change(fault)

    async def run(self, ask: Ask) -> None:
        """Probes what is stopped, until cancelled; ``ask`` raises a StripeApiError."""
        while True:
            due = min((each.next_at for each in self._stopped.values()), default=None)
            try:
                self._woken.clear()
                async with asyncio.timeout(None if due is None else max(0, due - self._clock())):
                    await self._woken.wait()
            except TimeoutError:
                await self._probe(ask)

    async def _probe(self, ask: Ask) -> None:
        what, stopped = min(self._stopped.items(), key=lambda item: item[1].next_at)
        try:
            await ask(stopped.path, stopped.params)
        except _STOPS as fault:
            failures = stopped.failures + 1
            # What stops one resource is its own fault; another one is for all to find out.
            found = stopped.fault if what != _ALL else fault
            self._stopped[what] = replace(
                stopped,
                fault=found,
                failures=failures,
                next_at=self._clock() + self._wait(fault, failures),
            )
            self._on_change(next(iter(self._stopped.values())).fault)
        except StripeApiError:
            self._release(what)
        else:
            self._release(what)

    def _release(self, what: str) -> None:
        del self._stopped[what]
        self._on_change(next((each.fault for each in self._stopped.values()), None))

    def _wait(self, fault: StripeApiError, failures: int) -> float:
        asked = fault.retry_after if isinstance(fault, StripeRateLimited) else 0.0
        return max(asked, self._backoff.wait(failures))


def _resource(path: str) -> str:
    return path.removeprefix("/v1/").split("/")[0]
