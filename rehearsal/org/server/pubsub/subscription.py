"""One Subscribe stream: pull flow control over the log of a topic."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable

import grpc

from rehearsal.org.bus import EARLIEST, AllocationExceeded, EventBus, InvalidReplayId, StoredEvent
from rehearsal.org.bus.log import decode_replay, encode_replay
from rehearsal.org.server.pubsub.avro import EventSchema
from rehearsal.org.server.pubsub.errors import ErrorCode, RpcRefused
from rehearsal.org.server.wire import pubsub_api_pb2 as wire

MAX_OUTSTANDING = 100
"""Events a client may have asked for and not yet received."""


class Subscription:
    """Where a subscriber stands, and how many events it still wants.

    The preset and replay id of the first request alone count (Pub/Sub API, "Subscribe RPC
    Method"). Raises RpcRefused where the first request is wrong.
    """

    def __init__(
        self,
        bus: EventBus,
        schema: Callable[[], EventSchema],
        first: wire.FetchRequest,
        keepalive: float,
    ) -> None:
        """`schema` gives the event's schema as it is when it is called."""
        self._bus, self._schema, self._keepalive = bus, schema, keepalive
        self._topic = schema().event.name
        self._topic_name = first.topic_name
        self._pending = 0
        self._closed = False
        self._failure: RpcRefused | None = None
        self._signal = asyncio.Event()
        self._position = self._start(first)
        self.request(first)

    def request(self, request: wire.FetchRequest) -> None:
        """Asks for more events. Raises RpcRefused."""
        if request.topic_name not in {"", self._topic_name}:
            raise RpcRefused(
                grpc.StatusCode.INVALID_ARGUMENT,
                ErrorCode.FETCH_TOPIC_MISMATCH,
                "All requests of a stream must have the same topic name.",
            )
        if request.num_requested <= 0:
            raise RpcRefused(
                grpc.StatusCode.INVALID_ARGUMENT,
                ErrorCode.REQUESTED_INVALID,
                "The number of requested events must be greater than 0.",
            )
        if self._pending + request.num_requested > MAX_OUTSTANDING:
            raise RpcRefused(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                ErrorCode.OVERFLOW,
                f"At most {MAX_OUTSTANDING} events can be requested and not yet received.",
            )
        self._pending += request.num_requested
        self.wake()

    def wake(self) -> None:
        """Something may have changed. Only on the event loop."""
        self._signal.set()

    def close(self) -> None:
        """The client will ask for no more."""
        self._closed = True
        self.wake()

    def fail(self, refused: RpcRefused) -> None:
        self._failure = refused
        self.wake()

    async def responses(
        self, check: Callable[[], object], silent: Callable[[], bool]
    ) -> AsyncGenerator[wire.FetchResponse, None]:
        """Events as they come, and an empty response where nothing came for the keepalive time.

        Calls `check` before each response; raises what it raises. Once `silent` is true, nothing
        ever comes again.
        """
        while True:
            self._signal.clear()
            if silent():
                await asyncio.Event().wait()
            if self._failure is not None:
                raise self._failure
            check()
            events = self._take()
            if events:
                yield self._response(events)
                continue
            if self._closed:
                return
            try:
                await asyncio.wait_for(self._signal.wait(), self._keepalive)
            except TimeoutError:
                check()
                yield self._quiet()

    def _start(self, first: wire.FetchRequest) -> int:
        match first.replay_preset:
            case wire.ReplayPreset.EARLIEST:
                return EARLIEST
            case wire.ReplayPreset.CUSTOM:
                return self._custom(first.replay_id)
            case _:
                return self._bus.tip(self._topic)

    def _custom(self, replay_id: bytes) -> int:
        if not replay_id:
            raise RpcRefused(
                grpc.StatusCode.INVALID_ARGUMENT,
                ErrorCode.REPLAY_MISSING,
                "The replay ID is required when the replay preset is CUSTOM.",
            )
        try:
            self._bus.after(self._topic, replay_id, limit=0)
            return decode_replay(replay_id)
        except InvalidReplayId:
            raise _corrupted() from None

    def _take(self) -> list[StoredEvent]:
        if not self._pending:
            return []
        events = self._bus.following(self._topic, self._position, self._pending)
        if not events:
            return events
        try:
            self._bus.deliver(len(events))
        except AllocationExceeded:
            raise RpcRefused(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                ErrorCode.DELIVERY_LIMIT,
                "You have exceeded the event delivery limit for your org.",
            ) from None
        self._pending -= len(events)
        self._position = events[-1].replay
        return events

    def _quiet(self) -> wire.FetchResponse:
        """Moves on to the tip only where no event lies before it."""
        tip = self._bus.tip(self._topic)
        if not self._bus.following(self._topic, self._position, 1):
            self._position = tip
        return self._response([])

    def _response(self, events: list[StoredEvent]) -> wire.FetchResponse:
        schema = self._schema()
        return wire.FetchResponse(
            events=[
                wire.ConsumerEvent(
                    event=wire.ProducerEvent(
                        id=event.uuid,
                        schema_id=schema.id,
                        payload=schema.encode(event),
                    ),
                    replay_id=encode_replay(event.replay),
                )
                for event in events
            ],
            latest_replay_id=encode_replay(max(self._position, 0)),
            rpc_id=str(uuid.uuid4()),
            pending_num_requested=self._pending,
        )


def _corrupted() -> RpcRefused:
    return RpcRefused(
        grpc.StatusCode.INVALID_ARGUMENT,
        ErrorCode.REPLAY_CORRUPTED,
        "The Replay ID validation failed. Ensure that the Replay ID is valid.",
    )
