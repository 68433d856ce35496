"""Work that one bridge at a time does, of those that share a store: under a lease.

Whoever does not get it stands by, which is as healthy; a bridge that dies is followed by another
when the lease ends, one that stops within a second.
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
_LOOK = 1.0
"""Seconds between two looks of a bridge that stands by."""

_log = logging.getLogger(__name__)


async def holding(
    name: str,
    work: Callable[[Lease], Awaitable[None]],
    *,
    inbox: Inbox,
    health: Health,
    part: Part,
    seconds: float = LEASE,
) -> None:
    """Does the work, until cancelled, while this bridge has the lease.

    The work is cancelled when another bridge has taken over. ``part`` stands by while another one
    has the lease. ``seconds`` is for how long it is had unless renewed.
    """

    async def standby() -> None:
        health.stand_by(part)

    while True:
        lease = await take(name, standby, inbox=inbox, health=health, seconds=seconds)
        try:
            await first_of(work(lease), _keep(lease, inbox, health, seconds))
        except LeaseLost as error:
            _log.warning("standing by: %s", error)
        finally:
            await let_go(lease, inbox)


async def take(
    name: str,
    standby: Callable[[], Awaitable[None]],
    *,
    inbox: Inbox,
    health: Health,
    seconds: float,
) -> Lease:
    """Stands by until nobody else has the lease; ``standby`` is called at each look."""
    while True:
        # Looked at first: to try for it would write.
        if not await until_stored(lambda: inbox.is_held_elsewhere(name), health):
            lease = await until_stored(lambda: inbox.acquire(name, seconds), health)
            if lease is not None:
                return lease
        await standby()
        await asyncio.sleep(look(seconds))


def look(seconds: float) -> float:
    """How often a bridge looks that stands by for a lease of so many seconds, in seconds."""
    return min(_LOOK, seconds / 3)


async def renew(lease: Lease, inbox: Inbox, health: Health, seconds: float) -> None:
    """Makes it last so long from now. Raises LeaseLost."""
    if await until_stored(lambda: inbox.acquire(lease.name, seconds), health) != lease:
        raise LeaseLost(f"another bridge has taken over: {lease.name}")


async def let_go(lease: Lease, inbox: Inbox) -> None:
    """Lets another have it at once, if the store can be told."""
    try:
        await inbox.release(lease)
    except StoreUnavailable as error:
        _log.warning("%s is another's when the lease ends: %s", lease.name, error)


async def _keep(lease: Lease, inbox: Inbox, health: Health, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds / 3)
        await renew(lease, inbox, health, seconds)


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
