"""A company at the Stripe stand-in: what it sells, and what goes wrong with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from rehearsal.stripe.clock import Clock
from rehearsal.stripe.server.app import build
from rehearsal.stripe.server.standin import StandIn
from rehearsal.stripe.world import World

KEY = "sk_test_rehearsal0000"


class Company:
    """A stand-in and what is sold in it."""

    def __init__(self, url: str, session: aiohttp.ClientSession, standin: StandIn) -> None:
        self.url, self.session, self.standin = url, session, standin

    async def post(self, path: str, **form: str) -> Any:
        async with self.session.post(f"{self.url}/v1/{path}", data=form) as answer:
            body = await answer.json()
            assert answer.status == 200, body
            return body

    async def delete(self, path: str) -> None:
        async with self.session.delete(f"{self.url}/v1/{path}") as answer:
            assert answer.status == 200, await answer.text()

    async def control(self, path: str, **body: Any) -> Any:
        async with self.session.post(f"{self.url}/_standin/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def customer(self) -> str:
        customer = await self.post(
            "customers",
            name="Acme",
            payment_method="pm_card_visa",
            **{"invoice_settings[default_payment_method]": "pm_card_visa"},
        )
        return str(customer["id"])

    async def price(self) -> str:
        product = await self.post("products", name="Team")
        price = await self.post(
            "prices",
            product=product["id"],
            currency="usd",
            unit_amount="5000",
            **{"recurring[interval]": "month"},
        )
        return str(price["id"])

    async def subscribe(self, customer: str, price: str) -> str:
        sold = await self.post("subscriptions", customer=customer, **{"items[0][price]": price})
        return str(sold["id"])

    async def charge(self, customer: str) -> str:
        paid = await self.post(
            "payment_intents",
            customer=customer,
            amount="700",
            currency="usd",
            payment_method="pm_card_visa",
            confirm="true",
        )
        return str(paid["latest_charge"])

    async def refund(self, charge: str, **form: str) -> str:
        return str((await self.post("refunds", charge=charge, **form))["id"])

    async def dispute(self, charge: str) -> str:
        return str((await self.control("disputes", charge=charge))["id"])


@asynccontextmanager
async def open_company(seed: int = 1, key: str = KEY) -> AsyncIterator[Company]:
    """A stand-in in this process, on a real socket, with the wall clock; a seed is an account."""
    standin = StandIn(World(clock=Clock(), seed=seed), key)
    runner = web.AppRunner(build(standin), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session:
            yield Company(url, session, standin)
    finally:
        await runner.cleanup()
