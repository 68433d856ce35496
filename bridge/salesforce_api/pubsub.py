"""The Pub/Sub API: topics, schemas and publishing.

Publishing here costs no API request and gives a final result for each event (Pub/Sub API guide,
"Publish RPC Method"): at most 200 events and 3 MB a call, 1 MB an event.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

import grpc

from bridge.errors import (
    AllocationSpent,
    AuthFailed,
    OrgFault,
    OrgUnavailable,
    PackageMissing,
    PublishRefused,
    RequestRefused,
)
from bridge.salesforce_api.auth import Authenticator, Session
from bridge.salesforce_api.codec import Codec
from bridge.salesforce_api.faults import fault_of
from bridge.salesforce_api.wire import pubsub_api_pb2 as pb
from bridge.salesforce_api.wire.pubsub_api_pb2_grpc import PubSubStub

T = TypeVar("T")

MOST_EVENTS = 200
MOST_BYTES = 3_000_000
MOST_EVENT_BYTES = 1_000_000

_ENCODED_AT_ONCE = 10
"""Then the loop may do something else."""

_CHANNEL = [
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    # A hundred receipts, each as long as a Long Text Area can be.
    ("grpc.max_receive_message_length", 32 * 1024 * 1024),
]
# What the org says of an event, when the fault is the org's, and when it is the event's.
_LIMITS = ("LIMIT_EXCEEDED",)
_TRANSIENT = ("PLATFORM_EVENT_PUBLISHING_UNAVAILABLE", "SERVER_UNAVAILABLE")
_BROKEN = ("PLATFORM_EVENT_ENCRYPTION_ERROR",)
_LACKING = ("INVALID_FIELD", "NOT_FOUND")
_OWN = ("STRING_TOO_LONG", "REQUIRED_FIELD_MISSING", "NUMBER_OUTSIDE_VALID_RANGE")


class PublishStatus(Enum):
    """What became of an event that was to be published."""

    PUBLISHED = "published"
    REFUSED = "refused"
    """This event's fault; ``reason`` says why."""
    UNKNOWN = "unknown"
    """It may have arrived: wait for its receipt."""
    NOT_SENT = "not sent"
    """A fault of the org came first."""


@dataclass(frozen=True, slots=True)
class PublishOutcome:
    """The result for one event, in the order of the call."""

    status: PublishStatus
    replay_id: bytes = b""
    reason: str = ""
    certain: bool = True
    """For REFUSED: whether it is surely this event, and not the org, that is at fault."""
    fault: OrgFault | None = None
    """For UNKNOWN and NOT_SENT."""


@dataclass(frozen=True, slots=True)
class TopicInfo:
    """A topic as the org describes it to this user."""

    name: str
    schema_id: str
    can_publish: bool
    can_subscribe: bool


@dataclass(frozen=True, slots=True)
class _Item:
    index: int
    event: pb.ProducerEvent


class PubSub:
    """A client of one org's event bus."""

    def __init__(
        self,
        target: str,
        authenticator: Authenticator,
        *,
        ca: bytes | None = None,
        timeout: float = 30.0,
        on_publish: Callable[[], None] = lambda: None,
    ) -> None:
        """``timeout`` of a call in seconds; ``on_publish`` is told of each publish call."""
        self._target = target
        self._authenticator = authenticator
        self._ca = ca
        self._timeout = timeout
        self._on_publish = on_publish
        self._channel: grpc.aio.Channel | None = None
        self._topics: dict[str, TopicInfo] = {}
        self._codecs: dict[str, Codec] = {}

    def new_channel(self) -> grpc.aio.Channel:
        """A channel of its own, for the caller to close."""
        credentials = grpc.ssl_channel_credentials(root_certificates=self._ca)
        return grpc.aio.secure_channel(self._target, credentials, options=_CHANNEL)

    async def metadata(self) -> tuple[Session, tuple[tuple[str, str], ...]]:
        """The session, and the headers that every call carries."""
        session = await self._authenticator.session()
        return session, (
            ("accesstoken", session.access_token),
            ("instanceurl", session.instance_url),
            ("tenantid", session.org_id),
        )

    def refused(self, session: Session) -> None:
        """The org refused this session's token."""
        self._authenticator.refused(session)

    async def topic(self, name: str, *, fresh: bool = False) -> TopicInfo:
        """A topic, from the cache unless ``fresh``. Raises OrgFault."""
        if fresh or name not in self._topics:
            info: pb.TopicInfo = await self._call(
                name,
                lambda stub, headers: stub.GetTopic(
                    pb.TopicRequest(topic_name=name), metadata=headers, timeout=self._timeout
                ),
            )
            self._topics[name] = TopicInfo(
                name, info.schema_id, info.can_publish, info.can_subscribe
            )
        return self._topics[name]

    async def codec(self, topic: str, schema_id: str) -> Codec:
        """The codec of a schema, which never changes once it has an id. Raises OrgFault."""
        if schema_id not in self._codecs:
            info: pb.SchemaInfo = await self._call(
                topic,
                lambda stub, headers: stub.GetSchema(
                    pb.SchemaRequest(schema_id=schema_id), metadata=headers, timeout=self._timeout
                ),
            )
            self._codecs[schema_id] = Codec(topic, info.schema_json)
        return self._codecs[schema_id]

    async def publish(
        self, topic: str, payloads: Sequence[Mapping[str, Any]]
    ) -> list[PublishOutcome]:
        """Publishes events, in order, in as few calls as the limits allow.

        Payloads are custom fields by API name. A fault of the org is in the outcomes, so that
        what was published before it keeps its own.
        """
        outcomes: list[PublishOutcome | None] = [None] * len(payloads)
        try:
            items = await self._encode(topic, payloads, outcomes)
        except (OrgFault, RequestRefused) as error:
            return [_not_sent(_as_fault(error))] * len(payloads)
        fault: OrgFault | None = None
        for chunk in _chunks(items):
            if fault is None:
                fault = await self._publish_chunk(topic, payloads, chunk, outcomes)
            else:
                for item in chunk:
                    outcomes[item.index] = _not_sent(fault)
        return [outcome for outcome in outcomes if outcome is not None]

    async def close(self) -> None:
        """Closes the publishing channel."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close(grace=1.0)

    async def _encode(
        self,
        topic: str,
        payloads: Sequence[Mapping[str, Any]],
        outcomes: list[PublishOutcome | None],
        *,
        fresh: bool = False,
    ) -> list[_Item]:
        info = await self.topic(topic, fresh=fresh)
        codec = await self.codec(topic, info.schema_id)
        session = await self._authenticator.session()
        # The API does not fill these in, and fails without them.
        system = {"CreatedDate": int(time.time() * 1000), "CreatedById": session.user_id}
        items = []
        for index, payload in enumerate(payloads):
            if index % _ENCODED_AT_ONCE == 0:
                await asyncio.sleep(0)
            try:
                body = codec.encode({**payload, **system})
                if len(body) > MOST_EVENT_BYTES:
                    raise ValueError(f"{len(body)} bytes are more than an event may have")
            except ValueError as error:
                outcomes[index] = PublishOutcome(PublishStatus.REFUSED, reason=str(error))
            else:
                event = pb.ProducerEvent(
                    id=str(uuid.uuid4()), schema_id=info.schema_id, payload=body
                )
                items.append(_Item(index, event))
        return items

    async def _publish_chunk(
        self,
        topic: str,
        payloads: Sequence[Mapping[str, Any]],
        chunk: list[_Item],
        outcomes: list[PublishOutcome | None],
    ) -> OrgFault | None:
        """Fills the chunk's outcomes; gives the fault that must stop the next chunk."""
        try:
            fault = await self._send(topic, chunk, outcomes)
            if fault is None and topic not in self._topics:
                return await self._again(topic, payloads, chunk, outcomes)
            return fault
        except RequestRefused:
            # The schema may be a new one: encode by what the org says now, then look for the
            # one event that spoils the call.
            some: list[PublishOutcome | None] = [None] * len(chunk)
            try:
                again = await self._encode(
                    topic, [payloads[item.index] for item in chunk], some, fresh=True
                )
            except (OrgFault, RequestRefused) as error:
                return _all_not_sent(chunk, outcomes, _as_fault(error))
            fault = await self._bisect(topic, again, some)
            reasons = [
                outcome.reason
                for outcome in some
                if outcome is not None and outcome.status is PublishStatus.REFUSED
            ]
            if len(chunk) > 1 and len(reasons) == len(chunk):
                fault = PublishRefused(f"every event is refused: {reasons[0]}")
                return _all_not_sent(chunk, outcomes, fault)
            for item, outcome in zip(chunk, some, strict=True):
                outcomes[item.index] = outcome
            return fault

    async def _again(
        self,
        topic: str,
        payloads: Sequence[Mapping[str, Any]],
        chunk: list[_Item],
        outcomes: list[PublishOutcome | None],
    ) -> OrgFault | None:
        """The schema is a new one: what was refused without a clear reason is encoded by it."""
        refused = [
            item
            for item in chunk
            if (of := outcomes[item.index]) is not None
            and of.status is PublishStatus.REFUSED
            and not of.certain
        ]
        if not refused:
            return None
        some: list[PublishOutcome | None] = [None] * len(refused)
        try:
            items = await self._encode(
                topic, [payloads[item.index] for item in refused], some, fresh=True
            )
            fault = await self._bisect(topic, items, some)
        except (OrgFault, RequestRefused) as error:
            return _all_not_sent(refused, outcomes, _as_fault(error))
        for item, outcome in zip(refused, some, strict=True):
            outcomes[item.index] = outcome
        return fault

    async def _bisect(
        self, topic: str, items: list[_Item], outcomes: list[PublishOutcome | None]
    ) -> OrgFault | None:
        if not items:
            return None
        try:
            return await self._send(topic, items, outcomes)
        except RequestRefused as error:
            if len(items) == 1:
                # The only suspect of this moment; the next may show that it was the org.
                outcomes[items[0].index] = PublishOutcome(
                    PublishStatus.REFUSED, reason=str(error), certain=False
                )
                return None
        middle = len(items) // 2
        fault = await self._bisect(topic, items[:middle], outcomes)
        if fault is not None:
            _all_not_sent(items[middle:], outcomes, fault)
            return fault
        return await self._bisect(topic, items[middle:], outcomes)

    async def _send(
        self, topic: str, items: list[_Item], outcomes: list[PublishOutcome | None]
    ) -> OrgFault | None:
        """One call. Raises RequestRefused."""
        request = pb.PublishRequest(topic_name=topic, events=[item.event for item in items])
        self._on_publish()
        try:
            response: pb.PublishResponse = await self._call(
                topic,
                lambda stub, headers: stub.Publish(
                    request, metadata=headers, timeout=self._timeout
                ),
            )
        except OrgUnavailable as fault:
            for item in items:
                outcomes[item.index] = PublishOutcome(PublishStatus.UNKNOWN, fault=fault)
            return fault
        except OrgFault as fault:
            return _all_not_sent(items, outcomes, fault)
        if response.schema_id and response.schema_id != items[0].event.schema_id:
            self._topics.pop(topic, None)
        by_key = {result.correlation_key: result for result in response.results}
        fault_seen: OrgFault | None = None
        for position, item in enumerate(items):
            result = by_key.get(item.event.id)
            if result is None and position < len(response.results) and "" in by_key:
                result = response.results[position]
            outcome = _outcome(topic, result)
            outcomes[item.index] = outcome
            fault_seen = fault_seen or outcome.fault
        return fault_seen

    async def _call(
        self,
        topic: str,
        call: Callable[[PubSubStub, tuple[tuple[str, str], ...]], Awaitable[T]],
    ) -> T:
        """Makes a call, with a new token if the old one is refused. Raises the bridge's errors."""
        for last in (False, True):
            session, headers = await self.metadata()
            if self._channel is None:
                self._channel = self.new_channel()
            channel = self._channel
            try:
                return await call(stub_of(channel), headers)
            except grpc.aio.AioRpcError as error:
                fault = fault_of(error, topic)
            if isinstance(fault, AuthFailed):
                self.refused(session)
                if not last:
                    continue
            if isinstance(fault, OrgUnavailable):
                # The org may have moved to another instance: a new token tells its address.
                self.refused(session)
                if self._channel is channel:
                    self._channel = None
                    await channel.close()
            raise fault
        raise AssertionError("unreachable")


def stub_of(channel: grpc.aio.Channel) -> PubSubStub:
    """The generated stub, which has no types."""
    return PubSubStub(channel)  # type: ignore[no-untyped-call]


def _chunks(items: Sequence[_Item]) -> list[list[_Item]]:
    chunks: list[list[_Item]] = []
    size = 0
    for item in items:
        weight = len(item.event.payload) + 128
        if not chunks or len(chunks[-1]) == MOST_EVENTS or size + weight > MOST_BYTES:
            chunks.append([])
            size = 0
        chunks[-1].append(item)
        size += weight
    return chunks


def _outcome(topic: str, result: pb.PublishResult | None) -> PublishOutcome:
    if result is None:
        fault: OrgFault = OrgUnavailable(f"{topic}: no result for an event")
        return PublishOutcome(PublishStatus.UNKNOWN, fault=fault)
    if not result.HasField("error"):
        return PublishOutcome(PublishStatus.PUBLISHED, replay_id=result.replay_id)
    said = result.error.msg
    if any(code in said for code in _LIMITS):
        return _not_sent(AllocationSpent(f"{topic}: {said}"))
    if any(code in said for code in _LACKING):
        return _not_sent(PackageMissing(f"{topic}: {said}. Deploy this version's package"))
    if any(code in said for code in _BROKEN):
        return _not_sent(PublishRefused(f"{topic}: {said}"))
    if any(code in said for code in _TRANSIENT) or result.error.code == pb.COMMIT:
        return _not_sent(OrgUnavailable(f"{topic}: {said}"))
    certain = any(code in said for code in _OWN)
    return PublishOutcome(PublishStatus.REFUSED, reason=said, certain=certain)


def _not_sent(fault: OrgFault) -> PublishOutcome:
    return PublishOutcome(PublishStatus.NOT_SENT, fault=fault)


def _all_not_sent(
    items: Sequence[_Item], outcomes: list[PublishOutcome | None], fault: OrgFault
) -> OrgFault:
    for item in items:
        outcomes[item.index] = _not_sent(fault)
    return fault


def _as_fault(error: OrgFault | RequestRefused) -> OrgFault:
    return error if isinstance(error, OrgFault) else PublishRefused(str(error))
