"""A Stripe that answers reads, signed webhooks, and a whole service between it and the org."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from email.utils import formatdate
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bridge.clock import Backoff
from bridge.service import Service
from bridge.settings import (
    BookingSettings,
    HttpSettings,
    Settings,
    StoreSettings,
    StripeSettings,
)

SECRETS = ("whsec_new", "whsec_old")


def customer(customer_id="cus_1", name="Acme", **changes):
    return {
        "id": customer_id,
        "object": "customer",
        "name": name,
        "email": "billing@example.com",
        "currency": "usd",
        "metadata": {},
        "created": 1_760_000_000,
        "livemode": False,
        **changes,
    }


def event(event_id="evt_1", found=None, event_type="customer.updated", **changes):
    return {
        "id": event_id,
        "object": "event",
        "type": event_type,
        "created": int(time.time()) - 5,
        "livemode": False,
        "api_version": "2026-10-28.endive",
        "data": {"object": customer() if found is None else found},
        **changes,
    }


def sign(body: bytes, secret: str = SECRETS[0], at: float | None = None) -> str:
    stamp = int(time.time() if at is None else at)
    signed = f"{stamp}.".encode() + body
    return f"t={stamp},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


class Stripe:
    """Objects to read, and what was asked."""

    def __init__(self) -> None:
        self.objects: dict[str, dict] = {}
        self.asked: list[str] = []
        self.status = 200
        self.account = "acct_1"
        self.clock: Callable[[], float] = time.time

    async def answer(self, request: web.Request) -> web.Response:
        key = request.path.rsplit("/", 1)[1]
        self.asked.append(key)
        headers = {"Date": formatdate(self.clock(), usegmt=True)}
        if self.status != 200:
            body = {"error": {"type": "api_error", "message": "no"}}
            return web.json_response(body, status=self.status, headers=headers)
        if key == "account":
            dashboard = {"timezone": "Europe/Berlin"}
            body = {"id": self.account, "object": "account", "settings": {"dashboard": dashboard}}
            return web.json_response(body, headers=headers)
        if request.path == "/v1/events":
            return web.json_response(
                {"object": "list", "data": [], "has_more": False}, headers=headers
            )
        if key not in self.objects:
            body = {"error": {"type": "invalid_request_error", "code": "resource_missing"}}
            return web.json_response(body, status=404, headers=headers)
        return web.json_response(self.objects[key], headers=headers)

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", self.answer)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"


@pytest.fixture
async def stripe() -> AsyncIterator[Stripe]:
    stripe = Stripe()
    await stripe.start()
    yield stripe
    await stripe.runner.cleanup()


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/bridge.db"


@pytest.fixture
def configure(org, stripe, store_url: str) -> Callable[..., Settings]:
    def make(
        stripe_changes=None, salesforce_changes=None, http_changes=None, store_changes=None
    ) -> Settings:
        return Settings(
            _env_file=None,
            stripe=StripeSettings.model_validate(
                {
                    "api_key": "sk_test_1",
                    "webhook_secrets": ",".join(SECRETS),
                    "api_base": stripe.url,
                    **(stripe_changes or {}),
                }
            ),
            salesforce=org.settings(
                **{"linger": 0.01, "receipt_timeout": 30.0, **(salesforce_changes or {})}
            ),
            store=StoreSettings.model_validate({"url": store_url, **(store_changes or {})}),
            http=HttpSettings.model_validate({"port": 0, **(http_changes or {})}),
            booking=BookingSettings(),
        )

    return make


class Client:
    """Stripe's end of the webhook."""

    def __init__(self, session: aiohttp.ClientSession, service: Service) -> None:
        self.session = session
        self.service = service

    async def deliver(self, what, signature=None, path="/stripe/webhook") -> int:
        body = what if isinstance(what, bytes) else json.dumps(what).encode()
        headers = {"Stripe-Signature": sign(body) if signature is None else signature}
        url = self.service.url + path
        async with self.session.post(url, data=body, headers=headers) as response:
            return response.status

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(self.service.url + path) as response:
            return response.status, await response.text()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def serve() -> Callable[[Settings], Service]:
    """A service that does not wait long before it tries again."""
    fast = Backoff(first=0.1, longest=0.5)
    return lambda settings: Service(settings, grace=0.5, reconnect=fast, retry=fast)


@pytest.fixture
async def service(configure, serve) -> AsyncIterator[Service]:
    async with serve(configure()) as service:
        yield service


@pytest.fixture
def client(session, service) -> Client:
    return Client(session, service)


@pytest.fixture
def connect(session) -> Callable[[Service], Client]:
    return lambda service: Client(session, service)


@pytest.fixture
def make_event():
    return event


@pytest.fixture
def make_customer():
    return customer


@pytest.fixture
def make_signature():
    return sign


@pytest.fixture
def applied(org):
    """The org answers each event with an outcome."""

    def answer(outcome="applied", **more):
        org.outcomes = lambda event: {"id": event["Stripe_Event_Id__c"], "outcome": outcome, **more}

    answer()
    return answer
