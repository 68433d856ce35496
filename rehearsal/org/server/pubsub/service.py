"""GetTopic, GetSchema, Publish, PublishStream, Subscribe."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Collection,
    Coroutine,
    Iterable,
    Iterator,
)
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc

from rehearsal.org.bus import StoredEvent, topic_of
from rehearsal.org.bus.fields import checked
from rehearsal.org.bus.log import encode_replay
from rehearsal.org.errors import SaveError
from rehearsal.org.ports import User
from rehearsal.org.schema import ObjectType
from rehearsal.org.security import may
from rehearsal.org.server.faults import FaultKind, Faults
from rehearsal.org.server.ports import ServedOrg
from rehearsal.org.server.pubsub.avro import BadPayload, EventSchema
from rehearsal.org.server.pubsub.errors import ErrorCode, RpcContext, RpcRefused, abort
from rehearsal.org.server.pubsub.subscription import Subscription
from rehearsal.org.server.sessions import Sessions
from rehearsal.org.server.wire import pubsub_api_pb2 as wire
from rehearsal.org.server.wire import pubsub_api_pb2_grpc as rpc
from rehearsal.org.values import Row

MAX_EVENT = 1_048_576
MAX_MESSAGE = 4 * 1_048_576
"""Bytes of a message; a larger one ends the call."""
KEEPALIVE = 270.0
"""Seconds within which a quiet subscription hears something."""

T = TypeVar("T")
Status = grpc.StatusCode


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and with what token."""

    user: User
    token: str


class PubSubService(rpc.PubSubServicer):
    """The service of one org. Lives on the event loop; the bus is thread-safe."""

    def __init__(
        self,
        org: ServedOrg,
        sessions: Sessions,
        faults: Faults,
        *,
        instance_urls: Collection[str],
        keepalive: float = KEEPALIVE,
    ) -> None:
        """`instance_urls` are the addresses that a client may give for the org."""
        self._instance_urls = instance_urls
        self._org, self._sessions, self._faults = org, sessions, faults
        self._keepalive = keepalive
        self._schemas: dict[str, EventSchema] = {}
        self._by_id: dict[str, EventSchema] = {}
        """Also those of earlier versions of an event: whoever has an old event asks for it."""
        for event in org.bus.event_types():
            self._schema(event)

    def _schema(self, event: ObjectType) -> EventSchema:
        """The schema of an event as it is now; a deployment may have changed it."""
        known = self._schemas.get(event.name)
        if known is None or known.event is not event:
            known = self._schemas[event.name] = EventSchema(event)
            self._by_id[known.id] = known
        return known

    async def GetTopic(self, request: wire.TopicRequest, context: RpcContext) -> wire.TopicInfo:  # noqa: N802
        async def answer(caller: Caller) -> wire.TopicInfo:
            event = self._event(request.topic_name, ErrorCode.TOPIC_EMPTY)
            publishes, subscribes = self._rights(caller, event)
            return wire.TopicInfo(
                topic_name=topic_of(event.name),
                tenant_guid=f"core/local/{self._org.org_id}",
                can_publish=publishes,
                can_subscribe=subscribes,
                schema_id=self._schema(event).id,
                rpc_id=str(uuid.uuid4()),
            )

        return await self._call(context, answer)

    async def GetSchema(self, request: wire.SchemaRequest, context: RpcContext) -> wire.SchemaInfo:  # noqa: N802
        async def answer(caller: Caller) -> wire.SchemaInfo:
            if not request.schema_id:
                raise RpcRefused(
                    Status.INVALID_ARGUMENT, ErrorCode.SCHEMA_EMPTY, "The schema ID is blank."
                )
            schema = self._by_id.get(request.schema_id)
            if schema is None:
                raise RpcRefused(
                    Status.NOT_FOUND,
                    ErrorCode.SCHEMA_PERMISSION,
                    f"The schema {request.schema_id} was not found.",
                )
            self._rights(caller, schema.event)
            return wire.SchemaInfo(
                schema_json=schema.json, schema_id=schema.id, rpc_id=str(uuid.uuid4())
            )

        return await self._call(context, answer)

    async def Publish(  # noqa: N802
        self, request: wire.PublishRequest, context: RpcContext
    ) -> wire.PublishResponse:
        async def answer(caller: Caller) -> wire.PublishResponse:
            response = self._publish(caller, request)
            if self._faults.take(FaultKind.DROP_REPLY):
                raise _dropped()
            return response

        return await self._call(context, answer)

    async def PublishStream(  # noqa: N802
        self, requests: AsyncIterator[wire.PublishRequest], context: RpcContext
    ) -> AsyncIterator[wire.PublishResponse]:
        try:
            caller = await self._admit(context)
            topic: str | None = None
            async for request in requests:
                if request.auth_refresh:
                    caller = self._refreshed(request.auth_refresh)
                if topic is not None and request.topic_name not in {"", topic}:
                    raise RpcRefused(
                        Status.INVALID_ARGUMENT,
                        ErrorCode.PUBLISH_TOPIC_MISMATCH,
                        "All requests of a stream must have the same topic name.",
                    )
                topic = topic or request.topic_name
                self.check_live(caller.token)
                yield self._publish(caller, request, topic)
        except RpcRefused as refused:
            await abort(context, refused)

    async def Subscribe(  # noqa: N802
        self, requests: AsyncIterator[wire.FetchRequest], context: RpcContext
    ) -> AsyncIterator[wire.FetchResponse]:
        try:
            caller = await self._admit(context)
            first = await anext(aiter(requests), None)
            if first is None:
                return
            event = self._event(first.topic_name, ErrorCode.TOPIC_EMPTY)
            if not may(caller.user, event, "read"):
                raise RpcRefused(
                    Status.PERMISSION_DENIED,
                    ErrorCode.CANNOT_SUBSCRIBE,
                    f"The user cannot subscribe to {topic_of(event.name)}.",
                )
            subscription = Subscription(
                self._org.bus,
                lambda: self._schema(self._event(first.topic_name, ErrorCode.TOPIC_EMPTY)),
                first,
                self._keepalive,
            )
            async with aclosing(self._stream(subscription, requests, caller)) as responses:
                async for response in responses:
                    yield response
        except RpcRefused as refused:
            await abort(context, refused)

    def check_live(self, token: str) -> User:
        """Raises RpcRefused where maintenance or an ended session ends a call or a stream."""
        if self._faults.peek(FaultKind.MAINTENANCE):
            raise _unavailable()
        user = self._sessions.user(token)
        if user is None or self._faults.peek(FaultKind.SESSION_EXPIRED):
            raise _auth_error()
        return user

    async def _stream(
        self,
        subscription: Subscription,
        requests: AsyncIterator[wire.FetchRequest],
        caller: Caller,
    ) -> AsyncGenerator[wire.FetchResponse, None]:
        token = caller.token

        async def read() -> None:
            nonlocal token
            try:
                async for request in requests:
                    if request.auth_refresh:
                        token = self._refreshed(request.auth_refresh).token
                    subscription.request(request)
            except RpcRefused as refused:
                subscription.fail(refused)
            else:
                subscription.close()

        reader = asyncio.create_task(read())
        loop = asyncio.get_running_loop()

        def wake(_event: str = "") -> None:
            loop.call_soon_threadsafe(subscription.wake)

        unlisten_faults = self._faults.listen(wake)
        unlisten_bus = self._org.bus.listen(wake)
        try:
            async with aclosing(
                subscription.responses(
                    lambda: self.check_live(token),
                    lambda: self._faults.peek(FaultKind.SILENT) is not None,
                )
            ) as responses:
                async for response in responses:
                    yield response
        finally:
            unlisten_faults()
            unlisten_bus()
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    async def _call(
        self, context: RpcContext, answer: Callable[[Caller], Coroutine[Any, Any, T]]
    ) -> T:
        try:
            return await answer(await self._admit(context))
        except RpcRefused as refused:
            await abort(context, refused)

    async def _admit(self, context: RpcContext) -> Caller:
        """Raises RpcRefused."""
        slow = self._faults.take(FaultKind.SLOW)
        if slow is not None:
            await asyncio.sleep(slow.delay)
        if self._faults.take(FaultKind.MAINTENANCE):
            raise _unavailable()
        if self._faults.take(FaultKind.DROP):
            raise _dropped()
        headers = {str(key): str(value) for key, value in context.invocation_metadata() or ()}
        token = headers.get("accesstoken", "")
        tenant = headers.get("tenantid", "")
        instance = headers.get("instanceurl", "").rstrip("/")
        if not (token and instance and tenant):
            raise RpcRefused(
                Status.UNAUTHENTICATED,
                ErrorCode.AUTH_HEADERS_INVALID,
                "The accesstoken, instanceurl and tenantid headers are required.",
            )
        user = self._sessions.user(token)
        if user is None or self._faults.take(FaultKind.SESSION_EXPIRED):
            raise _auth_error()
        if tenant.rpartition("/")[2] != self._org.org_id or instance not in self._instance_urls:
            raise _auth_error()
        return Caller(user, token)

    def _refreshed(self, token: str) -> Caller:
        user = self._sessions.user(token)
        if user is None:
            raise RpcRefused(
                Status.UNAUTHENTICATED,
                ErrorCode.AUTH_REFRESH_INVALID,
                "The auth refresh token is invalid.",
            )
        return Caller(user, token)

    def _event(self, topic: str, blank: ErrorCode) -> ObjectType:
        if not topic:
            raise RpcRefused(Status.INVALID_ARGUMENT, blank, "The topic name is blank.")
        event = self._org.bus.event_type(topic) if topic.startswith("/event/") else None
        if event is None:
            raise RpcRefused(
                Status.NOT_FOUND,
                ErrorCode.TOPIC_NOT_FOUND,
                f"The topic information for org {self._org.org_id} and topic {topic} not found. "
                "Ensure the topic name is correct and that the topic exists.",
            )
        return event

    def _rights(self, caller: Caller, event: ObjectType) -> tuple[bool, bool]:
        publishes, subscribes = (may(caller.user, event, r) for r in ("create", "read"))
        if not (publishes or subscribes):
            raise RpcRefused(
                Status.PERMISSION_DENIED,
                ErrorCode.TOPIC_PERMISSION,
                f"The user has no access to {topic_of(event.name)}.",
            )
        return publishes, subscribes

    def _publish(
        self, caller: Caller, request: wire.PublishRequest, topic: str | None = None
    ) -> wire.PublishResponse:
        event = self._event(topic or request.topic_name, ErrorCode.PUBLISH_TOPIC_EMPTY)
        if not may(caller.user, event, "create"):
            raise RpcRefused(
                Status.PERMISSION_DENIED,
                ErrorCode.TOPIC_PERMISSION,
                f"The user cannot publish to {topic_of(event.name)}.",
            )
        if not request.events:
            raise RpcRefused(
                Status.INVALID_ARGUMENT,
                ErrorCode.PUBLISH_EMPTY,
                "At least one event is required.",
            )
        schema = self._schema(event)
        return wire.PublishResponse(
            results=self._results(caller, schema, request.events),
            schema_id=schema.id,
            rpc_id=str(uuid.uuid4()),
        )

    def _results(
        self, caller: Caller, schema: EventSchema, events: Iterable[wire.ProducerEvent]
    ) -> list[wire.PublishResult]:
        """The final result of each event; the good ones are published next to each other."""
        rows = [
            (produced.id or str(uuid.uuid4()), self._row(schema, produced)) for produced in events
        ]
        good = [row for _, row in rows if not isinstance(row, Exception)]
        refused: SaveError | None = None
        stored: Iterator[StoredEvent] = iter(())
        try:
            stored = iter(self._org.bus.append_all(schema.event.name, good, caller.user.id))
        except SaveError as limit:
            refused = limit
        results = []
        for key, row in rows:
            error_of_this = row if isinstance(row, Exception) else refused
            if error_of_this is None:
                replay = encode_replay(next(stored).replay)
                results.append(wire.PublishResult(replay_id=replay, correlation_key=key))
            else:
                error = wire.Error(code=wire.ErrorCode.PUBLISH, msg=str(error_of_this))
                results.append(wire.PublishResult(error=error, correlation_key=key))
        return results

    def _row(
        self, schema: EventSchema, produced: wire.ProducerEvent
    ) -> Row | SaveError | BadPayload:
        if self._faults.take(FaultKind.PUBLISH_UNAVAILABLE):
            return SaveError(
                "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE",
                "Publishing is temporarily unavailable. Try again later.",
            )
        if produced.schema_id != schema.id:
            return BadPayload(f"schema {produced.schema_id} is not that of {schema.event.name}")
        if len(produced.payload) > MAX_EVENT:
            return BadPayload("the event is larger than 1 MB")
        try:
            return checked(schema.event, schema.decode(produced.payload), enforce_required=False)
        except (BadPayload, SaveError) as refused:
            return refused


def _auth_error() -> RpcRefused:
    return RpcRefused(
        Status.UNAUTHENTICATED,
        ErrorCode.AUTH_ERROR,
        "An authentication exception occurred. Provide valid authentication.",
    )


def _unavailable() -> RpcRefused:
    return RpcRefused(
        Status.UNAVAILABLE,
        ErrorCode.SERVICE_UNAVAILABLE,
        "The Pub/Sub API service is unavailable.",
    )


def _dropped() -> RpcRefused:
    return RpcRefused(
        Status.UNAVAILABLE, ErrorCode.SERVICE_UNAVAILABLE, "RST_STREAM closed stream."
    )
