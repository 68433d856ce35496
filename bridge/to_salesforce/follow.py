"""Following a topic behind a stored cursor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bridge.clock import Backoff
from bridge.errors import BridgeError, StoreUnavailable
from bridge.health import Health, Part
from bridge.salesforce_api import Delivery, PubSub, subscribe
from bridge.store import Inbox

T = TypeVar("T")


async def follow(
    topic: str,
    apply: Callable[[Delivery], Awaitable[None]],
    *,
    pubsub: PubSub,
    inbox: Inbox,
    health: Health,
    on_state: Callable[[BridgeError | None], None],
    reconnect: Backoff,
) -> None:
    """Hands each delivery to ``apply`` until cancelled.

    Begins behind the cursor in the store; without one, or when Salesforce refuses it, with the
    earliest event that the org keeps. ``apply`` stores what a delivery says with the cursor behind
    it, and knows again what it has stored already.
    """
    replay = await until_stored(lambda: inbox.get_cursor(topic), health)
    stream = subscribe(pubsub, topic, replay, on_state=on_state, backoff=reconnect)
    try:
        async for delivery in stream:
            await apply(delivery)
    finally:
        await stream.aclose()


async def until_stored(action: Callable[[], Awaitable[T]], health: Health) -> T:
    """Does it again until the store is there."""
    while True:
        try:
            return await action()
        except StoreUnavailable as error:
            health.bad(Part.STORE, error)
            await asyncio.sleep(1.0)
