"""Following a topic behind a stored cursor: one bridge of those that share a store.

Each receipt is applied once however many read it, but each reader counts against the org's day. So
a topic is read under a lease. Whoever does not get it stands by, which is as healthy, and asks for
it again; a bridge that dies is followed by another when the lease ends, one that stops at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bridge.clock import Backoff
from bridge.errors import BridgeError, LeaseLost, StoreUnavailable
from bridge.health import Health, Part
from bridge.salesforce_api import Delivery, PubSub, subscribe
from bridge.store import Cursor, Inbox, Lease

T = TypeVar("T")
Apply = Callable[[Delivery, Cursor | None], Awaitable[None]]

LEASE = 30.0
"""Seconds."""

_log = logging.getLogger(__name__)


async def follow(
    topic: str,
    apply: Apply,
    *,
    pubsub: PubSub,
    inbox: Inbox,
    health: Health,
    on_state: Callable[[BridgeError | None], None],
    on_standby: Callable[[], None],
    reconnect: Backoff,
    lease: float = LEASE,
) -> None:
    """Hands each delivery to ``apply`` until cancelled, while this bridge holds the topic.

    Begins behind the cursor in the store; without one, or when Salesforce refuses it, with the
    earliest event that the org keeps. ``apply`` stores what a delivery says with the cursor that it
    is given, and knows again what it has stored already. ``on_standby`` is told whenever another
    bridge is found to hold the topic. ``lease`` is for how long it is held unless it is renewed, in
    seconds.
    """
    while True:
        held = await until_stored(lambda: inbox.acquire(topic, lease), health)
        if held is None:
            on_standby()
            await asyncio.sleep(lease / 3)
            continue
        try:
            await _first_of(
                _read(topic, apply, held, pubsub, inbox, health, on_state, reconnect),
                _keep(held, inbox, health, lease),
            )
        except LeaseLost as error:
            _log.warning("standing by: %s", error)
            on_standby()


async def _read(
    topic: str,
    apply: Apply,
    lease: Lease,
    pubsub: PubSub,
    inbox: Inbox,
    health: Health,
    on_state: Callable[[BridgeError | None], None],
    reconnect: Backoff,
) -> None:
    """Reads until another has the lease. Raises LeaseLost."""
    replay = await until_stored(lambda: inbox.get_cursor(topic), health)
    stream = subscribe(pubsub, topic, replay, on_state=on_state, backoff=reconnect)
    try:
        async for delivery in stream:
            at = delivery.replay_id
            await apply(delivery, Cursor(topic, at, lease) if at else None)
    finally:
        await stream.aclose()


async def _keep(lease: Lease, inbox: Inbox, health: Health, seconds: float) -> None:
    """Renews the lease. Raises LeaseLost."""
    while True:
        await asyncio.sleep(seconds / 3)
        if await until_stored(lambda: inbox.acquire(lease.name, seconds), health) != lease:
            raise LeaseLost(f"another bridge has taken over: {lease.name}")


async def _first_of(*actions: Awaitable[None]) -> None:
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
