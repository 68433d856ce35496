"""A Salesforce that answers at once: `python -m benchmarks.instant_org`.

It takes what is published, says in a receipt for each hundred that all was applied, and keeps
nothing. The Pub/Sub API is over gRPC with TLS, as Salesforce's is; tokens, limits and queries come
over plain http on loopback. Prints one JSON line when it listens. `GET /counts` says how often it
was asked, `POST /allocation/0` has the hour's events spent, another number gives them back.
"""

from __future__ import annotations

import asyncio
import io
import json
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import fastavro
import grpc
from aiohttp import web

from rehearsal.org.server.tls import make_certificates
from rehearsal.org.server.wire import pubsub_api_pb2 as pb
from rehearsal.org.server.wire import pubsub_api_pb2_grpc as rpc

ORG = "00D000000000001AAA"
USER = "005000000000001AAA"
INTO, RECEIPTS = "/event/Bridge_Stripe_Event__e", "/event/Bridge_Receipt__e"
_RUN = 100
"""Events that the package's trigger takes at a time, for each of which it sends a receipt."""
_MOST = 250_000

_FIELDS = {
    INTO: {
        "Stripe_Event_Id__c": "string",
        "Lane__c": "string",
        "Type__c": "string",
        "Stripe_Account__c": "string",
        "Livemode__c": "boolean",
        "As_Of__c": "long",
        "Contract_Version__c": "double",
        "Rows__c": "string",
    },
    RECEIPTS: {"Results__c": "string"},
    "/event/Bridge_Request__e": {
        "Kind__c": "string",
        "Record_Id__c": "string",
        "Stripe_Id__c": "string",
    },
}


def _schema(topic: str) -> str:
    own = [
        {"name": name, "type": ["null", kind], "default": None}
        for name, kind in _FIELDS[topic].items()
    ]
    system = [{"name": "CreatedDate", "type": "long"}, {"name": "CreatedById", "type": "string"}]
    return json.dumps({"type": "record", "name": topic.rpartition("/")[2], "fields": system + own})


_PARSED = {topic: fastavro.parse_schema(json.loads(_schema(topic))) for topic in _FIELDS}


class InstantOrg(rpc.PubSubServicer):
    """The event bus; a topic but that of the receipts is empty."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.remaining = _MOST
        self._receipts: list[bytes] = []
        self._changed = asyncio.Event()

    async def GetTopic(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.counts["schema"] += 1
        name = request.topic_name
        return pb.TopicInfo(topic_name=name, can_publish=True, can_subscribe=True, schema_id=name)

    async def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.counts["schema"] += 1
        return pb.SchemaInfo(schema_id=request.schema_id, schema_json=_schema(request.schema_id))

    async def Publish(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.counts["publish"] += 1
        if self.remaining <= 0:
            spent = pb.Error(code=pb.PUBLISH, msg="LIMIT_EXCEEDED")
            results = [pb.PublishResult(correlation_key=e.id, error=spent) for e in request.events]
            return pb.PublishResponse(results=results, schema_id=request.topic_name)
        self.counts["events"] += len(request.events)
        for start in range(0, len(request.events), _RUN):
            self._receipts.append(_receipt(request.events[start : start + _RUN]))
        self._changed.set()
        self._changed = asyncio.Event()
        results = [pb.PublishResult(correlation_key=e.id, replay_id=b"1") for e in request.events]
        return pb.PublishResponse(results=results, schema_id=request.topic_name)

    async def Subscribe(self, requests: Any, context: Any) -> AsyncIterator[Any]:  # noqa: N802
        self.counts["subscribe"] += 1
        first = await anext(requests)
        at, room = int.from_bytes(first.replay_id, "big"), first.num_requested
        while True:
            changed = self._changed
            bodies = self._receipts[at : at + room] if first.topic_name == RECEIPTS else []
            yield pb.FetchResponse(
                events=[
                    pb.ConsumerEvent(
                        event=pb.ProducerEvent(schema_id=first.topic_name, payload=body),
                        replay_id=(at + place).to_bytes(8, "big"),
                    )
                    for place, body in enumerate(bodies, 1)
                ],
                latest_replay_id=(at + len(bodies)).to_bytes(8, "big"),
                pending_num_requested=room - len(bodies),
            )
            at, room = at + len(bodies), room - len(bodies)
            if room <= 0:
                room += (await anext(requests)).num_requested
            elif at >= len(self._receipts) or first.topic_name != RECEIPTS:
                await _either(changed, 60.0)

    async def token(self, request: web.Request) -> web.Response:
        self.counts["token"] += 1
        url = f"http://{request.host}"
        return web.json_response(
            {"access_token": "t", "instance_url": url, "id": f"{url}/id/{ORG}/{USER}"}
        )

    async def limits(self, _: web.Request) -> web.Response:
        self.counts["rest"] += 1
        hour = {"Max": _MOST, "Remaining": self.remaining}
        return web.json_response({"HourlyPublishedPlatformEvents": hour})

    async def composite(self, request: web.Request) -> web.Response:
        self.counts["rest"] += 1
        nothing = {"httpStatusCode": 200, "body": {"done": True, "records": []}}
        asked = (await request.json())["compositeRequest"]
        answers = [{"referenceId": part["referenceId"], **nothing} for part in asked]
        return web.json_response({"compositeResponse": answers})

    async def query(self, _: web.Request) -> web.Response:
        self.counts["rest"] += 1
        trigger = {"Name": "BridgeStripeEvent", "Status": "Running", "Retries": 0}
        return web.json_response({"done": True, "records": [{**trigger, "LastError": None}]})

    async def opportunities(self, _: web.Request) -> web.Response:
        self.counts["rest"] += 1
        return web.json_response({"done": True, "records": []})

    async def allocation(self, request: web.Request) -> web.Response:
        self.remaining = int(request.match_info["left"])
        return web.json_response({})

    async def tell(self, _: web.Request) -> web.Response:
        return web.json_response(self.counts)


async def _either(changed: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(changed.wait(), seconds)
    except TimeoutError:
        pass


def _receipt(events: Any) -> bytes:
    results = [{"id": event_id, "outcome": "applied"} for event_id in _ids(events)]
    buffer = io.BytesIO()
    record = {
        "CreatedDate": int(time.time() * 1000),
        "CreatedById": USER,
        "Results__c": json.dumps(results),
    }
    fastavro.schemaless_writer(buffer, _PARSED[RECEIPTS], record)
    return buffer.getvalue()


def _ids(events: Any) -> Iterator[str]:
    for event in events:
        record: Any = fastavro.schemaless_reader(io.BytesIO(event.payload), _PARSED[INTO], None)
        yield record["Stripe_Event_Id__c"]


async def serve() -> None:
    """Serves until killed."""
    with tempfile.TemporaryDirectory(prefix="stripe-sf-bench-") as folder:
        certificates = await asyncio.to_thread(make_certificates, Path(folder))
        org = InstantOrg()
        server = grpc.aio.server(options=[("grpc.max_receive_message_length", 8 * 1024 * 1024)])
        rpc.add_PubSubServicer_to_server(org, server)  # type: ignore[no-untyped-call]
        credentials = grpc.ssl_server_credentials([(certificates.key, certificates.certificate)])
        port = server.add_secure_port("127.0.0.1:0", credentials)
        await server.start()
        app = web.Application()
        rest = "/services/data/v66.0"
        app.router.add_post("/services/oauth2/token", org.token)
        app.router.add_get(f"{rest}/limits", org.limits)
        app.router.add_get(f"{rest}/query", org.query)
        app.router.add_get(f"{rest}/queryAll", org.opportunities)
        app.router.add_post(f"{rest}/composite", org.composite)
        app.router.add_get("/counts", org.tell)
        app.router.add_post("/allocation/{left}", org.allocation)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        said = {
            "url": f"http://127.0.0.1:{runner.addresses[0][1]}",
            "pubsub_target": f"localhost:{port}",
            "ca_file": str(certificates.ca_file),
        }
        print(json.dumps(said), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
