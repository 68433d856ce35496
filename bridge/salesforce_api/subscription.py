"""The Pub/Sub API: a subscription that outlives its connections.

Subscribing is pull: the client says how many events it can take, and the server holds the rest
(Pub/Sub API guide, "Subscribe RPC Method"). An answer without events comes within 270 seconds and
carries a replay id worth keeping.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

import grpc

from bridge.clock import Backoff
from bridge.errors import AuthFailed, BridgeError, OrgUnavailable, ReplayRefused
from bridge.salesforce_api.faults import fault_of
from bridge.salesforce_api.pubsub import PubSub, stub_of
from bridge.salesforce_api.wire import pubsub_api_pb2 as pb

_MOST_OUTSTANDING = 100
_SILENCE = 300.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Received:
    """An event with its fields by API name."""

    replay_id: bytes
    fields: dict[str, Any]
    id: str = ""
    """Of the event, wherever and however often it is delivered; replay ids can come again."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Some events, or none, and how far the topic has been read with them."""

    events: tuple[Received, ...]
    replay_id: bytes


async def subscribe(
    pubsub: PubSub,
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
            stream = _stream(pubsub, topic, replay, silence)
            try:
                async for delivery in stream:
                    on_state(None)
                    if delivery is not None:
                        failures = 0
                        yield delivery
                        replay = delivery.replay_id
            finally:
                await stream.aclose()
        except ReplayRefused as error:
            _log.warning("starting again from the earliest event: %s", error)
            at_once, replay = replay is not None, None
            on_state(error)
        except BridgeError as error:
            # A session that bore nothing is no better the next time.
            at_once = isinstance(error, AuthFailed) and failures == 0
            on_state(error)
        failures += 1
        if not at_once:
            await asyncio.sleep(backoff.wait(failures))


async def _stream(
    pubsub: PubSub, topic: str, replay: bytes | None, silence: float
) -> AsyncGenerator[Delivery | None]:
    """One connection: None once it stands, then deliveries. Raises the bridge's errors."""
    session, headers = await pubsub.metadata()
    await pubsub.topic(topic, fresh=True)
    # A channel that is used again after an error has multiplied events in other clients.
    channel = pubsub.new_channel()
    call: grpc.aio.StreamStreamCall[pb.FetchRequest, pb.FetchResponse] | None = None
    try:
        call = stub_of(channel).Subscribe(metadata=headers)
        await call.write(
            pb.FetchRequest(
                topic_name=topic,
                replay_preset=pb.EARLIEST if replay is None else pb.CUSTOM,
                replay_id=replay or b"",
                num_requested=_MOST_OUTSTANDING,
            )
        )
        yield None
        while True:
            response = await _read(call, topic, silence)
            events = [await _decode(pubsub, topic, event) for event in response.events]
            yield Delivery(
                tuple(event for event in events if event is not None),
                response.latest_replay_id or _last(response),
            )
            room = _MOST_OUTSTANDING - response.pending_num_requested
            if room >= _MOST_OUTSTANDING // 2:
                await call.write(pb.FetchRequest(topic_name=topic, num_requested=room))
    except grpc.aio.AioRpcError as error:
        fault = fault_of(error, topic)
        if isinstance(fault, AuthFailed):
            pubsub.refused(session)
        raise fault from error
    except asyncio.InvalidStateError as error:  # a write after the stream has ended
        raise OrgUnavailable(f"{topic}: the stream has ended") from error
    finally:
        if call is not None:
            call.cancel()
        await channel.close()


async def _read(
    call: grpc.aio.StreamStreamCall[pb.FetchRequest, pb.FetchResponse], topic: str, silence: float
) -> pb.FetchResponse:
    try:
        # Not wait_for, which before Python 3.12 can swallow that its task is cancelled.
        async with asyncio.timeout(silence):
            response = await call.read()
    except TimeoutError:
        raise OrgUnavailable(f"{topic}: nothing came for {silence:.0f} seconds") from None
    if not isinstance(response, pb.FetchResponse):
        raise OrgUnavailable(f"{topic}: Salesforce ended the stream")
    return response


async def _decode(pubsub: PubSub, topic: str, event: pb.ConsumerEvent) -> Received | None:
    codec = await pubsub.codec(topic, event.event.schema_id)
    try:
        return Received(event.replay_id, codec.decode(event.event.payload), event.event.id)
    except ValueError as error:
        _log.error("an event of %s is passed over: %s", topic, error)
        return None


def _last(response: pb.FetchResponse) -> bytes:
    return response.events[-1].replay_id if response.events else b""
