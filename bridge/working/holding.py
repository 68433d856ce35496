"""Work that one bridge at a time does, of those that share a store: under a lease.

Whoever does not get it stands by, which is as healthy, and asks for it again; a bridge that dies is
followed by another when the lease ends, one that stops at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bridge.errors import LeaseLost, StoreUnavailable
from bridge.health import Health, Part
from bridge.store import Inbox, Lease

T = TypeVar("T")

LEASE = 30.0
"""Seconds."""

_log = logging.getLogger(__name__)


async def holding(
    name: str,
    work: Callable[[Lease], Awaitable[None]],
    *,
    inbox: Inbox,
    health: Health,
    on_standby: Callable[[], None],
    seconds: float = LEASE,
) -> None:
    """Does the work, until cancelled, while this bridge has the lease.

    The work is cancelled when another bridge has taken over. ``on_standby`` is told whenever
    another one is found to have the lease. ``seconds`` is for how long it is had unless renewed.
    """
    while True:
        lease = await until_stored(lambda: inbox.acquire(name, seconds), health)
        if lease is None:
            on_standby()
            await asyncio.sleep(seconds / 3)
            continue
        try:
            await first_of(work(lease), _keep(lease, inbox, health, seconds))
        except LeaseLost as error:
            _log.warning("standing by: %s", error)
            on_standby()


async def _keep(lease: Lease, inbox: Inbox, health: Health, seconds: float) -> None:
    """Renews the lease. Raises LeaseLost."""
    while True:
        await asyncio.sleep(seconds / 3)
        if await until_stored(lambda: inbox.acquire(lease.name, seconds), health) != lease:
            raise LeaseLost(f"another bridge has taken over: {lease.name}")


async def first_of(*actions: Awaitable[None]) -> None:
    """Until one of them ends, and then none goes on. Raises what it raised."""
    tasks = [asyncio.ensure_future(action) for action in actions]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def until_stored(action: Callable[[], Awaitable[T]], health: Health) -> T:
    """Does it again until the store is there."""
    while True:
        try:
            return await action()
        except StoreUnavailable as error:
            health.bad(Part.STORE, error)
            await asyncio.sleep(1.0)
