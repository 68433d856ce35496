from __future__ import annotations

import io
from typing import Any

import fastavro
import grpc
import pytest

from rehearsal.org.bus import EARLIEST
from rehearsal.org.server.wire import pubsub_api_pb2 as wire
from tests.rehearsal.org.server.conftest import Served
from tests.rehearsal.org.server.pubsub_client import (
    TOPIC,
    Metadata,
    encode,
    publish,
    refusal,
    schema_of,
)


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
        ({"instanceurl": "https://other.example.com"}, "service.auth.error"),
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


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("maintenance", grpc.StatusCode.UNAVAILABLE),
        ("session_expired", grpc.StatusCode.UNAUTHENTICATED),
        ("drop", grpc.StatusCode.UNAVAILABLE),
    ],
)
async def test_a_counted_fault_refuses_that_many_calls(
    served: Served, stub: Any, metadata: Metadata, kind: str, status: grpc.StatusCode
) -> None:
    await served.control("faults", {"kind": kind, "count": 1})
    request = wire.TopicRequest(topic_name=TOPIC)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.GetTopic(request, metadata=metadata)
    assert error.value.code() is status
    assert (await stub.GetTopic(request, metadata=metadata)).topic_name == TOPIC


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
