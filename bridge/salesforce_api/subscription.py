"""A subscription that outlives its connections, over either transport."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable

from bridge.clock import Backoff
from bridge.errors import AuthFailed, BridgeError, ReplayRefused
from bridge.salesforce_api.bayeux import SessionLost
from bridge.salesforce_api.cometd import CometD, cometd_stream
from bridge.salesforce_api.delivery import Delivery
from bridge.salesforce_api.pubsub import PubSub
from bridge.salesforce_api.pubsub_stream import pubsub_stream

_SILENCE = 300.0
_log = logging.getLogger(__name__)

EventSource = PubSub | CometD
"""What events can be heard from."""


def position_name(source: EventSource, topic: str) -> str:
    """The name under which is stored how far a topic has been read: one for each transport, since
    nothing promises that one understands the other's replay ids."""
    return _positions(topic)[isinstance(source, CometD)]


def position_names(*topics: str) -> list[str]:
    """Those of all transports."""
    return [name for topic in topics for name in _positions(topic)]


def _positions(topic: str) -> tuple[str, str]:
    return topic, f"cometd:{topic}"


async def subscribe(
    source: EventSource,
    topic: str,
    replay: bytes | None,
    *,
    on_state: Callable[[BridgeError | None], None],
    backoff: Backoff,
    silence: float = _SILENCE,
) -> AsyncGenerator[Delivery]:
    """Yields deliveries until the iterator is closed, connecting again after every fault.

    Starts behind ``replay``; at the earliest event kept for None, or if Salesforce refuses the
    replay id. So an event may come twice, and never not at all while the org keeps it (72 hours).
    ``on_state`` is told of each fault, and None when the stream stands. A stream that says
    nothing for ``silence`` seconds is given up. It connects again at once where waiting mends
    nothing: after a session that has ended, and after a refused replay id.
    """
    failures = 0
    while True:
        at_once = False
        try:
            stream = _stream(source, topic, replay, silence)
            try:
                async for delivery in stream:
                    on_state(None)
                    if delivery is not None:
                        failures = 0
                        yield delivery
                        replay = delivery.replay_id or replay
            finally:
                await stream.aclose()
        except ReplayRefused as error:
            _log.warning("starting again from the earliest event: %s", error)
            at_once, replay = replay is not None, None
            on_state(error)
        except BridgeError as error:
            # A session that bore nothing is no better the next time.
            at_once = isinstance(error, AuthFailed | SessionLost) and failures == 0
            on_state(error)
        failures += 1
        if not at_once:
            await asyncio.sleep(backoff.wait(failures))


def _stream(
    source: EventSource, topic: str, replay: bytes | None, silence: float
) -> AsyncGenerator[Delivery | None]:
    if isinstance(source, CometD):
        return cometd_stream(source, topic, replay, silence)
    return pubsub_stream(source, topic, replay, silence)
