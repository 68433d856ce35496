"""A Pub/Sub API client for tests."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import fastavro
import grpc

from rehearsal.org.server.wire import pubsub_api_pb2 as wire

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
