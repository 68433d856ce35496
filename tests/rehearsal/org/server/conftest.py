"""An org with events and no records, served for real; and the clients' side of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

import aiohttp
import grpc
import pytest

from rehearsal.org.bus import EventBus
from rehearsal.org.bus.subscribers import ApexSubscribers
from rehearsal.org.clock import Clock
from rehearsal.org.org import Org
from rehearsal.org.ports import EventRun, Permissions, Transaction, TriggerRunner, User
from rehearsal.org.schema import Field, FieldType, ObjectKind, ObjectType, Schema
from rehearsal.org.server.assembly import Address, serving
from rehearsal.org.server.tls import Certificates, make_certificates
from rehearsal.org.server.wire import pubsub_api_pb2_grpc as rpc
from tests.rehearsal.org.server.record_org import load_org

T = TypeVar("T")
ADMIN = User("005000000000001AAA", "admin@example.com", "Admin", "UTC", "System Administrator")
SECRET_EVENT = "Secret__e"


def event_type(name: str, *fields: Field) -> ObjectType:
    return ObjectType(
        name=name,
        kind=ObjectKind.EVENT,
        key_prefix="e01",
        fields={field.name.lower(): field for field in fields},
    )


class EventOrg:
    """An org without records."""

    def __init__(self, clock: Clock | None = None) -> None:
        order = event_type(
            "Order__e",
            Field("Number__c", FieldType.STRING, "Number", length=20, required=True, custom=True),
            Field("Amount__c", FieldType.DOUBLE, "Amount", precision=18, scale=2, custom=True),
            Field("Paid__c", FieldType.BOOLEAN, "Paid", custom=True),
            Field("At__c", FieldType.DATETIME, "At", custom=True),
            Field("Day__c", FieldType.DATE, "Day", custom=True),
            Field(
                "Rows__c",
                FieldType.TEXTAREA,
                "Rows",
                length=4_000_000,
                custom=True,
                long_text=True,
            ),
        )
        secret = event_type(SECRET_EVENT, Field("Text__c", FieldType.STRING, custom=True))
        self.schema = Schema({"order__e": order, "secret__e": secret})
        self.clock = clock or Clock()
        self.bus = EventBus(self.schema, self.clock)
        self.locked_rows: set[str] = set()
        self.org_id = "00D000000000001EAA"
        self.admin = ADMIN
        self.integration_user = replace(
            ADMIN,
            id="005000000000002AAA",
            username="integration@example.com",
            permissions=Permissions(objects={"order__e": frozenset({"create", "read"})}),
        )

    def user(self, user_id: str) -> User:
        return next(one for one in (self.admin, self.integration_user) if one.id == user_id)

    def run(self, work: Callable[[Transaction], T], *, user: User) -> T:
        raise NotImplementedError


def no_triggers(bus: EventBus) -> ApexSubscribers:
    def run(work: Callable[[Transaction], EventRun]) -> EventRun:
        raise NotImplementedError

    return ApexSubscribers(bus, cast("TriggerRunner", None), [], run)


@dataclass
class Client:
    """An HTTP client of a served org."""

    address: Address
    http: aiohttp.ClientSession

    async def rest(
        self, method: str, path: str, *, token: str | None = None, **options: Any
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token or self.address.access_token}"}
        url = f"{self.address.http_url}/services/data/v66.0/{path}"
        async with self.http.request(method, url, headers=headers, **options) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else None

    async def control(self, path: str, body: dict[str, Any]) -> Any:
        url = f"{self.address.http_url}/localorg/{path}"
        async with self.http.post(url, json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def integration_token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.address.client_id,
            "client_secret": self.address.client_secret,
        }
        url = f"{self.address.http_url}/services/oauth2/token"
        async with self.http.post(url, data=form) as response:
            return str((await response.json())["access_token"])


@dataclass
class Served(Client):
    org: EventOrg


@dataclass
class ServedRecords(Client):
    org: Org


def pubsub_channel(address: Address, options: Iterable[tuple[str, Any]] = ()) -> Any:
    credentials = grpc.ssl_channel_credentials(Path(address.ca_file).read_bytes())
    return grpc.aio.secure_channel(address.pubsub_target, credentials, options=list(options))


@pytest.fixture
def org() -> EventOrg:
    return EventOrg()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
async def served(org: EventOrg, certificates: Certificates) -> AsyncIterator[Served]:
    serve = serving(org, no_triggers(org.bus), certificates=certificates, keepalive=0.3, hold=0.3)
    async with serve as address, aiohttp.ClientSession() as http:
        yield Served(address, http, org)


@pytest.fixture
async def records(tmp_path: Path, certificates: Certificates) -> AsyncIterator[ServedRecords]:
    org = load_org(tmp_path)
    serve = serving(org, no_triggers(org.bus), certificates=certificates)
    async with serve as address, aiohttp.ClientSession() as http:
        yield ServedRecords(address, http, org)


@pytest.fixture
async def stub(served: Served) -> AsyncIterator[Any]:
    async with pubsub_channel(served.address) as channel:
        yield rpc.PubSubStub(channel)  # type: ignore[no-untyped-call]


@pytest.fixture
async def metadata(served: Served) -> tuple[tuple[str, str], ...]:
    return (
        ("accesstoken", await served.integration_token()),
        ("instanceurl", served.address.https_url),
        ("tenantid", served.address.org_id),
    )
