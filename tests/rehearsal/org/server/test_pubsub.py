from __future__ import annotations

import asyncio
import datetime as dt
import io
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import fastavro
import grpc
import pytest

from rehearsal.org.bus import EARLIEST
from rehearsal.org.server.wire import pubsub_api_pb2 as wire
from tests.rehearsal.org.server.conftest import Served

TOPIC = "/event/Order__e"
Metadata = tuple[tuple[str, str], ...]


async def schema_of(stub: Any, metadata: Metadata) -> tuple[str, Any]:
    topic = await stub.GetTopic(wire.TopicRequest(topic_name=TOPIC), metadata=metadata)
    schema = await stub.GetSchema(wire.SchemaRequest(schema_id=topic.schema_id), metadata=metadata)
    return topic.schema_id, json.loads(schema.schema_json)


def encode(schema: Any, **fields: Any) -> bytes:
    record = {"CreatedDate": 1_759_320_000_000, "CreatedById": "005000000000002AAA", **fields}
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), record)
    return out.getvalue()


def decode(schema: Any, event: wire.ConsumerEvent) -> dict[str, Any]:
    payload = io.BytesIO(event.event.payload)
    record: Any = fastavro.schemaless_reader(payload, fastavro.parse_schema(schema), None)
    found: dict[str, Any] = record
    return found


async def publish(stub: Any, metadata: Metadata, *numbers: str) -> wire.PublishResponse:
    schema_id, schema = await schema_of(stub, metadata)
    events = [
        wire.ProducerEvent(id=n, schema_id=schema_id, payload=encode(schema, Number__c=n))
        for n in numbers
    ]
    request = wire.PublishRequest(topic_name=TOPIC, events=events)
    response: wire.PublishResponse = await stub.Publish(request, metadata=metadata)
    return response


class Subscriber:
    """A client that asks for events when it is told to."""

    def __init__(self, stub: Any, metadata: Metadata) -> None:
        self.requests: asyncio.Queue[wire.FetchRequest] = asyncio.Queue()
        self.call = stub.Subscribe(self._requests(), metadata=metadata)

    async def _requests(self) -> AsyncIterator[wire.FetchRequest]:
        while True:
            yield await self.requests.get()

    def ask(self, count: int, **options: Any) -> None:
        self.requests.put_nowait(
            wire.FetchRequest(topic_name=TOPIC, num_requested=count, **options)
        )

    async def next(self) -> wire.FetchResponse:
        response: wire.FetchResponse = await asyncio.wait_for(self.call.read(), 5)
        return response

    async def events(self, count: int) -> list[wire.ConsumerEvent]:
        found: list[wire.ConsumerEvent] = []
        while len(found) < count:
            found += (await self.next()).events
        return found

    async def refused(self) -> tuple[grpc.StatusCode, str]:
        """How the stream ends, whatever comes before."""
        try:
            while True:
                await self.next()
        except grpc.aio.AioRpcError as error:
            return refusal(error)


def refusal(error: grpc.aio.AioRpcError) -> tuple[grpc.StatusCode, str]:
    trailers = dict(error.trailing_metadata() or ())
    assert "rpcId: " in str(error.details())
    return error.code(), str(trailers["error-code"]).removeprefix("sfdc.platform.eventbus.grpc.")


@pytest.fixture
async def subscriber(stub: Any, metadata: Metadata) -> AsyncIterator[Subscriber]:
    made = Subscriber(stub, metadata)
    yield made
    made.call.cancel()


async def test_the_schema_is_salesforces(stub: Any, metadata: Metadata) -> None:
    schema_id, schema = await schema_of(stub, metadata)
    assert len(schema_id) == 22
    assert (schema["name"], schema["namespace"]) == ("Order__e", "com.sforce.eventbus")
    fields = {field["name"]: field for field in schema["fields"]}
    assert list(fields)[:2] == ["CreatedDate", "CreatedById"]
    assert fields["CreatedDate"] == {
        "name": "CreatedDate",
        "type": "long",
        "doc": "CreatedDate:DateTime",
    }
    assert fields["Amount__c"]["type"] == ["null", "double"]
    assert fields["Amount__c"]["doc"].startswith("Data:Double:00N")
    assert fields["At__c"]["type"] == ["null", "long"]


async def test_a_published_event_arrives_as_it_was_sent(
    served: Served, stub: Any, metadata: Metadata, subscriber: Subscriber
) -> None:
    schema_id, schema = await schema_of(stub, metadata)
    subscriber.ask(10, replay_preset=wire.ReplayPreset.EARLIEST)
    sent = {
        "Number__c": "A-1",
        "Amount__c": 1234.56,
        "Paid__c": True,
        "At__c": 1_759_320_000_000,
        "Day__c": 1_759_276_800_000,
        "Rows__c": None,
    }
    payload = encode(schema, **sent)
    event = wire.ProducerEvent(id="key", schema_id=schema_id, payload=payload)
    response = await stub.Publish(
        wire.PublishRequest(topic_name=TOPIC, events=[event]), metadata=metadata
    )
    (result,) = response.results
    assert (result.correlation_key, result.error.msg) == ("key", "")

    (received,) = await subscriber.events(1)
    assert received.replay_id == result.replay_id
    record = decode(schema, received)
    assert {name: record[name] for name in sent} == sent
    assert record["CreatedById"] == served.org.integration_user.id

    (stored,) = served.org.bus.after(TOPIC, EARLIEST)
    assert stored.values["Amount__c"] == Decimal("1234.56")
    assert stored.values["At__c"] == dt.datetime(2025, 10, 1, 12, tzinfo=dt.UTC)
    assert stored.values["Day__c"] == dt.date(2025, 10, 1)


async def test_each_event_has_its_own_result(stub: Any, metadata: Metadata) -> None:
    schema_id, schema = await schema_of(stub, metadata)
    payloads = [
        encode(schema, Number__c="ok"),
        encode(schema, Number__c="x" * 21),
        encode(schema, Number__c=None),
        b"\x01",
        encode(schema, Number__c="ok") + b"\0",
    ]
    events = [
        wire.ProducerEvent(id=str(index), schema_id=schema_id, payload=payload)
        for index, payload in enumerate(payloads)
    ]
    response = await stub.Publish(
        wire.PublishRequest(topic_name=TOPIC, events=events), metadata=metadata
    )
    assert [result.correlation_key for result in response.results] == ["0", "1", "2", "3", "4"]
    refused = [result.HasField("error") for result in response.results]
    assert refused == [False, True, False, True, True]  # a null required field is not refused


async def test_a_payload_needs_created_by_id(stub: Any, metadata: Metadata) -> None:
    schema_id, schema = await schema_of(stub, metadata)
    custom_only = {**schema, "fields": schema["fields"][2:]}
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(custom_only), {"Number__c": "1"})
    event = wire.ProducerEvent(schema_id=schema_id, payload=out.getvalue())
    response = await stub.Publish(
        wire.PublishRequest(topic_name=TOPIC, events=[event]), metadata=metadata
    )
    assert response.results[0].error.code == wire.ErrorCode.PUBLISH


async def test_an_event_above_1_mb_is_refused_and_4_mb_close_the_call(
    served: Served, stub: Any, metadata: Metadata
) -> None:
    schema_id, schema = await schema_of(stub, metadata)
    big = wire.ProducerEvent(
        schema_id=schema_id, payload=encode(schema, Number__c="1", Rows__c="x" * 1_048_576)
    )
    small = wire.ProducerEvent(schema_id=schema_id, payload=encode(schema, Number__c="2"))
    request = wire.PublishRequest(topic_name=TOPIC, events=[big, small])
    response = await stub.Publish(request, metadata=metadata)
    assert [result.HasField("error") for result in response.results] == [True, False]

    request = wire.PublishRequest(topic_name=TOPIC, events=[big] * 4)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.Publish(request, metadata=metadata)
    assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert len(served.org.bus.after(TOPIC, EARLIEST)) == 1


async def test_no_more_events_come_than_were_asked_for(
    stub: Any, metadata: Metadata, subscriber: Subscriber
) -> None:
    await publish(stub, metadata, *map(str, range(7)))
    subscriber.ask(5, replay_preset=wire.ReplayPreset.EARLIEST)
    first = await subscriber.next()
    assert (len(first.events), first.pending_num_requested) == (5, 0)
    assert first.latest_replay_id == first.events[-1].replay_id
    quiet = await subscriber.next()
    assert not quiet.events
    assert quiet.latest_replay_id == first.latest_replay_id  # two events lie beyond it
    subscriber.ask(5)
    second = await subscriber.next()
    assert (len(second.events), second.pending_num_requested) == (2, 3)


async def test_latest_starts_with_what_is_published_afterwards(
    stub: Any, metadata: Metadata, subscriber: Subscriber
) -> None:
    await publish(stub, metadata, "old")
    subscriber.ask(5)
    assert not (await subscriber.next()).events
    await publish(stub, metadata, "new")
    _, schema = await schema_of(stub, metadata)
    (event,) = await subscriber.events(1)
    assert decode(schema, event)["Number__c"] == "new"


async def test_a_subscriber_goes_on_behind_a_replay_id(
    stub: Any, metadata: Metadata, subscriber: Subscriber
) -> None:
    response = await publish(stub, metadata, "1", "2", "3")
    subscriber.ask(
        5,
        replay_preset=wire.ReplayPreset.CUSTOM,
        replay_id=response.results[0].replay_id,
    )
    assert [event.replay_id for event in await subscriber.events(2)] == [
        result.replay_id for result in response.results[1:]
    ]


async def test_the_replay_id_of_an_empty_response_is_good_to_come_back_with(
    stub: Any, metadata: Metadata, subscriber: Subscriber
) -> None:
    subscriber.ask(5)
    quiet = await subscriber.next()
    subscriber.call.cancel()
    await publish(stub, metadata, "1")
    again = Subscriber(stub, metadata)
    again.ask(5, replay_preset=wire.ReplayPreset.CUSTOM, replay_id=quiet.latest_replay_id)
    assert len(await again.events(1)) == 1
    again.call.cancel()


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"replay_id": b"\0\0\0\0\0\0\x7f\x7f\0\0"}, "INVALID_ARGUMENT", "replayid.corrupted"),
        ({"replay_id": b"nonsense"}, "INVALID_ARGUMENT", "replayid.corrupted"),
        ({}, "INVALID_ARGUMENT", "replayid.validation.failed"),
    ],
)
async def test_a_wrong_replay_id_ends_the_stream(
    subscriber: Subscriber, options: dict[str, Any], status: str, code: str
) -> None:
    subscriber.ask(5, replay_preset=wire.ReplayPreset.CUSTOM, **options)
    assert await subscriber.refused() == (
        grpc.StatusCode[status],
        f"subscription.fetch.{code}",
    )


async def test_an_expired_replay_id_is_corrupted(
    served: Served, stub: Any, metadata: Metadata, subscriber: Subscriber
) -> None:
    response = await publish(stub, metadata, "1")
    served.org.clock.advance(dt.timedelta(hours=1))
    await publish(stub, metadata, "2")  # keeps the session alive
    for _ in range(72):
        served.org.clock.advance(dt.timedelta(hours=1))
        await publish(stub, metadata, "3")
    subscriber.ask(
        5, replay_preset=wire.ReplayPreset.CUSTOM, replay_id=response.results[0].replay_id
    )
    assert await subscriber.refused() == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "subscription.fetch.replayid.corrupted",
    )


@pytest.mark.parametrize(
    ("asks", "code"),
    [([0], "requested.events.invalid"), ([101], "overflow"), ([60, 41], "overflow")],
)
async def test_at_most_100_events_can_be_outstanding(
    subscriber: Subscriber, asks: list[int], code: str
) -> None:
    for count in asks:
        subscriber.ask(count)
    _, refused = await subscriber.refused()
    assert refused == f"subscription.fetch.{code}"


async def test_the_daily_delivery_allocation_ends_the_subscription(
    served: Served, stub: Any, metadata: Metadata, subscriber: Subscriber
) -> None:
    await served.control("allocations", {"daily_delivered": 2})
    await publish(stub, metadata, "1", "2", "3")
    subscriber.ask(2, replay_preset=wire.ReplayPreset.EARLIEST)
    await subscriber.events(2)
    subscriber.ask(2)
    assert (await subscriber.refused())[1] == "subscription.limit.exceeded"


async def test_an_unknown_topic_is_not_found(stub: Any, metadata: Metadata) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.GetTopic(wire.TopicRequest(topic_name="/event/No__e"), metadata=metadata)
    assert refusal(error.value) == (grpc.StatusCode.NOT_FOUND, "topic.not.found")


async def test_an_event_without_permission_is_refused(stub: Any, metadata: Metadata) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.GetTopic(wire.TopicRequest(topic_name="/event/Secret__e"), metadata=metadata)
    assert refusal(error.value) == (grpc.StatusCode.PERMISSION_DENIED, "topic.meta.permission")
    requests = iter([wire.FetchRequest(topic_name="/event/Secret__e", num_requested=1)])
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.Subscribe(requests, metadata=metadata).read()
    assert refusal(error.value)[1] == "subscription.topic.cannot.subscribe"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"accesstoken": "00D!wrong"}, "service.auth.error"),
        ({"tenantid": "00D000000000009EAA"}, "service.auth.error"),
        ({"accesstoken": ""}, "service.auth.headers.invalid"),
        ({"instanceurl": ""}, "service.auth.headers.invalid"),
    ],
)
async def test_a_call_needs_the_headers_of_a_session(
    stub: Any, metadata: Metadata, changed: dict[str, str], code: str
) -> None:
    headers = tuple({**dict(metadata), **changed}.items())
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.GetTopic(wire.TopicRequest(topic_name=TOPIC), metadata=headers)
    assert refusal(error.value) == (grpc.StatusCode.UNAUTHENTICATED, code)


async def test_an_ended_session_ends_its_streams(served: Served, subscriber: Subscriber) -> None:
    subscriber.ask(5)
    await subscriber.next()
    await served.control("sessions/expire", {})
    assert await subscriber.refused() == (
        grpc.StatusCode.UNAUTHENTICATED,
        "service.auth.error",
    )


async def test_maintenance_ends_streams_and_calls_until_it_is_over(
    served: Served, stub: Any, metadata: Metadata, subscriber: Subscriber
) -> None:
    subscriber.ask(5)
    await subscriber.next()
    until = served.org.clock.now() + dt.timedelta(minutes=5)
    await served.control("faults", {"kind": "maintenance", "until": until.isoformat()})
    unavailable = (grpc.StatusCode.UNAVAILABLE, "service.unavailable")
    assert await subscriber.refused() == unavailable
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await publish(stub, metadata, "1")
    assert refusal(error.value) == unavailable
    await served.control("clock", {"advance_seconds": 300})
    assert len((await publish(stub, metadata, "1")).results) == 1


async def test_publishing_unavailable_is_each_events_result(
    served: Served, stub: Any, metadata: Metadata
) -> None:
    await served.control("faults", {"kind": "publish_unavailable", "count": 1})
    response = await publish(stub, metadata, "1", "2")
    assert "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE" in response.results[0].error.msg
    assert not response.results[1].HasField("error")


async def test_a_lost_event_looks_published(served: Served, stub: Any, metadata: Metadata) -> None:
    await served.control("faults", {"kind": "lose_events", "topic": TOPIC, "count": 1})
    response = await publish(stub, metadata, "lost", "kept")
    assert not any(result.HasField("error") for result in response.results)
    kept = served.org.bus.after(TOPIC, EARLIEST)
    assert [event.values["Number__c"] for event in kept] == ["kept"]


async def test_a_lost_reply_is_still_published(
    served: Served, stub: Any, metadata: Metadata
) -> None:
    await served.control("faults", {"kind": "drop_reply", "count": 1})
    schema_id, schema = await schema_of(stub, metadata)
    event = wire.ProducerEvent(schema_id=schema_id, payload=encode(schema, Number__c="1"))
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.Publish(wire.PublishRequest(topic_name=TOPIC, events=[event]), metadata=metadata)
    assert error.value.code() is grpc.StatusCode.UNAVAILABLE
    assert len(served.org.bus.after(TOPIC, EARLIEST)) == 1


async def test_a_publish_stream_answers_each_request(stub: Any, metadata: Metadata) -> None:
    schema_id, schema = await schema_of(stub, metadata)

    def request(number: str) -> wire.PublishRequest:
        event = wire.ProducerEvent(
            id=number, schema_id=schema_id, payload=encode(schema, Number__c=number)
        )
        return wire.PublishRequest(topic_name=TOPIC, events=[event])

    call = stub.PublishStream(iter([request("1"), request("2")]), metadata=metadata)
    keys = [response.results[0].correlation_key async for response in call]
    assert keys == ["1", "2"]


async def test_every_subscriber_has_its_own_copy(
    stub: Any, metadata: Metadata, subscriber: Subscriber
) -> None:
    subscriber.ask(5)
    await subscriber.next()
    other = Subscriber(stub, metadata)
    other.ask(5)
    await other.next()
    await publish(stub, metadata, "1")
    assert len(await subscriber.events(1)) == len(await other.events(1)) == 1
    other.call.cancel()
