"""The Pub/Sub API: one stream of a topic.

Subscribing is pull: the client says how many events it can take, and the server holds the rest
(Pub/Sub API guide, "Subscribe RPC Method"). An answer without events comes within 270 seconds and
carries a replay id worth keeping.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator

import grpc

from bridge.errors import AuthFailed, OrgUnavailable
from bridge.salesforce_api.delivery import Delivery, Received
from bridge.salesforce_api.faults import fault_of
from bridge.salesforce_api.pubsub import PubSub, stub_of
from bridge.salesforce_api.wire import pubsub_api_pb2 as pb

_MOST_OUTSTANDING = 100
_log = logging.getLogger(__name__)


async def pubsub_stream(
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
