"""A stand-in in this process, the official SDK to drive it, and an endpoint that listens."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import stripe
from aiohttp import web
from stripe import AIOHTTPClient, StripeClient

from rehearsal.stripe.clock import Clock
from rehearsal.stripe.server.app import build
from rehearsal.stripe.server.standin import StandIn
from rehearsal.stripe.world import World

NOW = int(dt.datetime(2026, 1, 31, 12, 0, tzinfo=dt.UTC).timestamp())
KEY = "sk_test_rehearsal0000"


@dataclass(slots=True)
class Rig:
    """A running stand-in and its ways in."""

    standin: StandIn
    url: str
    session: aiohttp.ClientSession
    clients: list[AIOHTTPClient] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.standin.world

    def client(self, version: str | None = None, **options: Any) -> StripeClient:
        """The official SDK, pinned to a version; its retries are off unless asked for."""
        http = AIOHTTPClient(timeout=10)
        self.clients.append(http)
        return StripeClient(
            options.pop("api_key", KEY),
            base_addresses={"api": self.url},
            http_client=http,
            stripe_version=version,
            max_network_retries=options.pop("max_network_retries", 0),
            **options,
        )

    async def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """A control of the stand-in; fails the test unless it answers 200."""
        async with self.session.request(method, f"{self.url}/_standin{path}", json=body) as answer:
            text = await answer.text()
            assert answer.status == 200, text
            return json.loads(text)

    async def advance(self, seconds: int = 0, *, days: int = 0) -> Any:
        return await self.control("POST", "/clock", {"advance": seconds + days * 86_400})

    async def to(self, moment: int) -> Any:
        return await self.control("POST", "/clock", {"to": moment})

    async def raw(self, path: str, version: str | None = None) -> dict[str, Any]:
        """A GET as plain JSON."""
        headers = {"Authorization": f"Bearer {KEY}"}
        if version:
            headers["Stripe-Version"] = version
        async with self.session.get(f"{self.url}{path}", headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            body: dict[str, Any] = await answer.json()
            return body

    def types(self, since: int = 0) -> list[str]:
        """The types of the events so far."""
        return [event.type for event in list(self.world.events)[since:]]


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    standin = StandIn(World(clock=Clock(NOW, frozen=True), seed=1), KEY)
    runner = web.AppRunner(build(standin), access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as session:
        rig = Rig(standin, url, session)
        yield rig
        for client in rig.clients:
            await client.close_async()
    await runner.cleanup()


@pytest.fixture
def api(rig: Rig) -> StripeClient:
    """The SDK in the newest version."""
    return rig.client()


@dataclass(slots=True)
class Endpoint:
    """A webhook receiver that remembers what it was sent; ``answers`` are given in turn."""

    url: str
    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    heard = Endpoint("")

    async def hear(request: web.Request) -> web.Response:
        heard.bodies.append(await request.read())
        heard.signatures.append(request.headers["Stripe-Signature"])
        return web.Response(status=heard.answers.pop(0) if heard.answers else 200)

    app = web.Application()
    app.router.add_post("/hook", hear)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    heard.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield heard
    await runner.cleanup()


@dataclass(slots=True)
class Sale:
    """A customer with a card, and a monthly price of $99."""

    customer: stripe.Customer
    product: stripe.Product
    price: stripe.Price


@pytest.fixture
async def sale(api: StripeClient) -> Sale:
    return await make_sale(api)


async def make_sale(
    api: StripeClient, *, card: str = "pm_card_visa", currency: str = "usd", amount: int = 9900
) -> Sale:
    customer = await api.v1.customers.create_async({"email": "ann@acme.example", "name": "Acme"})
    method = await api.v1.payment_methods.attach_async(card, {"customer": customer.id})
    customer = await api.v1.customers.update_async(
        customer.id, {"invoice_settings": {"default_payment_method": method.id}}
    )
    product = await api.v1.products.create_async({"name": "Pro"})
    price = await api.v1.prices.create_async(
        {
            "product": product.id,
            "currency": currency,
            "unit_amount": amount,
            "recurring": {"interval": "month"},
        }
    )
    return Sale(customer, product, price)
