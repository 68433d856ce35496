from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import grpc
import pytest

from rehearsal.org.bus import EARLIEST
from rehearsal.org.server.wire import pubsub_api_pb2 as wire
from tests.rehearsal.org.server.conftest import Served
from tests.rehearsal.org.server.pubsub_client import (
    TOPIC,
    Metadata,
    Subscriber,
    decode,
    encode,
    publish,
    refusal,
    schema_of,
)

pytestmark = pytest.mark.slow


@pytest.fixture
async def subscriber(stub: Any, metadata: Metadata) -> AsyncIterator[Subscriber]:
    made = Subscriber(stub, metadata)
    yield made
    made.call.cancel()


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
