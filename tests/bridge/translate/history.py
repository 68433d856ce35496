"""A random history of one customer on the Stripe stand-in, heard late, shuffled and twice."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web

from bridge.contract import LedgerRow
from bridge.stripe_api import StripeEvent, StripeReader
from bridge.to_salesforce.translate import (
    BookingRules,
    Facts,
    Translation,
    needs,
    parse_event,
    read_event,
    translate,
)
from rehearsal.stripe.clock import Clock
from rehearsal.stripe.encoding import encode
from rehearsal.stripe.events import envelope
from rehearsal.stripe.periods import next_boundary
from rehearsal.stripe.server.app import build
from rehearsal.stripe.server.standin import StandIn
from rehearsal.stripe.versions import NEWEST
from rehearsal.stripe.world import World

NOW = int(dt.datetime(2026, 1, 31, 12, 0, tzinfo=dt.UTC).timestamp())
KEY = "sk_test_history"
ACACIA = "2025-02-24.acacia"
RULES = BookingRules(ZoneInfo("America/New_York"))
ROUNDS = 6
DAY = 86_400


@dataclass
class Ledger:
    """Rows by key as the guard keeps them: the newest, and what cannot be told apart is doubted."""

    rows: dict[str, LedgerRow] = field(default_factory=dict)
    doubted: set[str] = field(default_factory=set)

    def take(self, row: LedgerRow) -> None:
        held = self.rows.get(row.key)
        if held is None or row.as_of > held.as_of:
            self.rows[row.key] = row
        elif row.as_of == held.as_of and row != held:
            self.doubted.add(row.key)

    def of(self, sobject: str) -> list[Any]:
        return [row for row in self.rows.values() if row.sobject == sobject]


@dataclass
class Story:
    """A stand-in on a socket, what is done to it, and a bridge that hears of it."""

    world: World
    url: str
    session: aiohttp.ClientSession
    reader: StripeReader
    dice: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    heard: int = 0
    waiting: list[StripeEvent] = field(default_factory=list)
    customer: str = ""
    prices: list[str] = field(default_factory=list)
    coupons: list[str] = field(default_factory=list)

    async def post(self, path: str, method: str = "POST", version: str = "", **form: Any) -> Any:
        """A request; what Stripe refuses (the story may ask anything) is let be."""
        headers = {"Stripe-Version": version} if version else {}
        data = {name: str(value) for name, value in form.items()}
        async with self.session.request(
            method, self.url + path, data=data, headers=headers
        ) as answer:
            body = await answer.json()
            assert answer.status < 500, body
            return body if answer.status == 200 else None

    async def control(self, path: str, body: dict[str, Any]) -> None:
        async with self.session.post(f"{self.url}/_standin{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def open(self) -> None:
        product = await self.post("/v1/products", name="Team")
        for interval, amount in (("month", 4900), ("year", 49_000), ("month", 9900)):
            price = {"recurring[interval]": interval, "unit_amount": amount, "currency": "usd"}
            self.prices.append(
                (await self.post("/v1/prices", product=product["id"], **price))["id"]
            )
        for off in (10, 25):
            made = await self.post("/v1/coupons", percent_off=off, duration="forever")
            self.coupons.append(made["id"])
        card = {"payment_method": "pm_card_visa"}
        default = {"invoice_settings[default_payment_method]": "pm_card_visa"}
        self.customer = (await self.post("/v1/customers", name="Globex", **card, **default))["id"]

    # What people do at Stripe

    async def act(self, name: str) -> None:
        await getattr(self, f"_{name}")()

    def _subscription(self, *statuses: str) -> Any:
        found = [s for s in self.world.subscriptions if not s.ended]
        found = [s for s in found if not statuses or s.status in statuses]
        return self.dice.choice(found) if found else None

    def _invoice(self, *statuses: str) -> Any:
        found = [invoice for invoice in self.world.invoices if invoice.status in statuses]
        return self.dice.choice(found) if found else None

    async def _sell(self) -> None:
        price = self.dice.choice(self.prices)
        form: dict[str, Any] = {"customer": self.customer, "items[0][price]": price}
        form["items[0][quantity]"] = self.dice.randrange(1, 9)
        if self.dice.random() < 0.4:
            form["trial_period_days"] = self.dice.choice((5, 14))
        if self.dice.random() < 0.3:
            form["discounts[0][coupon]"] = self.coupons[0]
        if self.dice.random() < 0.3:
            form |= {"collection_method": "send_invoice", "days_until_due": 10}
        await self.post("/v1/subscriptions", **form)

    async def _change(self, **form: Any) -> None:
        found = self._subscription()
        if found is not None:
            await self.post(f"/v1/subscriptions/{found.id}", **form)

    async def _edit(self) -> None:
        found = self._subscription()
        if found is not None:
            edit: dict[str, Any] = {"items[0][id]": found.items[0].id}
            edit["items[0][price]"] = self.dice.choice(self.prices)
            edit["items[0][quantity]"] = self.dice.randrange(1, 9)
            edit["proration_behavior"] = self.dice.choice(
                ("none", "create_prorations", "always_invoice")
            )
            await self.post(f"/v1/subscriptions/{found.id}", **edit)

    async def _pause(self) -> None:
        behavior = self.dice.choice(("keep_as_draft", "mark_uncollectible", "void"))
        await self._change(**{"pause_collection[behavior]": behavior})

    async def _unpause(self) -> None:
        await self._change(pause_collection="")

    async def _leave(self) -> None:
        await self._change(cancel_at_period_end="true")

    async def _stay(self) -> None:
        await self._change(cancel_at_period_end="false")

    async def _discount(self) -> None:
        await self._change(**{"discounts[0][coupon]": self.dice.choice(self.coupons)})

    async def _undiscount(self) -> None:
        await self._change(discounts="")

    async def _cancel(self) -> None:
        found = self._subscription()
        if found is not None:
            await self.post(f"/v1/subscriptions/{found.id}", "DELETE")

    async def _schedule(self) -> None:
        found = self._subscription("active")
        if found is None:
            return
        form = {"from_subscription": found.id}
        made = await self.post("/v1/subscription_schedules", version=NEWEST, **form)
        if made is None:
            return
        first = made["phases"][0]
        starts, item = first["end_date"], found.items[0]
        phases: dict[str, Any] = {
            "phases[0][start_date]": first["start_date"],
            "phases[0][end_date]": starts,
            "phases[0][items][0][price]": item.price,
            "phases[0][items][0][quantity]": item.quantity,
            "phases[1][start_date]": starts,
            "phases[1][end_date]": self._period_after(found.billing_cycle_anchor, item, starts),
            "phases[1][items][0][price]": item.price,
            "phases[1][items][0][quantity]": self.dice.randrange(1, 9),
            "phases[1][discounts][0][coupon]": self.coupons[0],
            "end_behavior": self.dice.choice(("release", "cancel")),
        }
        assert await self.post(f"/v1/subscription_schedules/{made['id']}", version=NEWEST, **phases)

    def _period_after(self, anchor: int, item: Any, starts: int) -> int:
        recurring = self.world.prices[item.price].recurring
        assert recurring is not None
        return next_boundary(anchor, recurring.interval, recurring.interval_count, starts)

    async def _release(self) -> None:
        running = [each for each in self.world.schedules if each.status == "active"]
        if running:
            path = f"/v1/subscription_schedules/{self.dice.choice(running).id}/release"
            await self.post(path, version=NEWEST)

    async def _resume(self) -> None:
        found = self._subscription("paused")
        if found is not None:
            await self.post(f"/v1/subscriptions/{found.id}/resume")

    async def _vip(self) -> None:
        await self.post(f"/v1/customers/{self.customer}", version=ACACIA, coupon=self.coupons[1])

    async def _unvip(self) -> None:
        await self.post(f"/v1/customers/{self.customer}/discount", "DELETE")

    async def _card(self, code: str | None) -> None:
        method = self.world.customers[self.customer].default_payment_method
        if method is not None:
            await self.control(f"/payment_methods/{method}", {"declines_with": code})

    async def _fail(self) -> None:
        await self._card("insufficient_funds")
        await self._month()

    async def _fail_hard(self) -> None:
        await self._card("stolen_card")
        await self._month()

    async def _new_card(self) -> None:
        token = self.dice.choice(("pm_card_visa", "pm_card_authenticationRequired"))
        card = {"payment_method": token, "invoice_settings[default_payment_method]": token}
        await self.post(f"/v1/customers/{self.customer}", **card)

    async def _pay(self) -> None:
        found = self._invoice("open", "uncollectible")
        if found is not None:
            outside = "true" if self.dice.random() < 0.4 else "false"
            await self.post(f"/v1/invoices/{found.id}/pay", paid_out_of_band=outside)

    async def _pay_a_part(self) -> None:
        found = self._invoice("open")
        form = {"amount": 100, "currency": "usd", "customer": self.customer, "confirm": "true"}
        made = await self.post("/v1/payment_intents", payment_method="pm_card_visa", **form)
        if found is not None and made is not None:
            await self.post(
                f"/v1/invoices/{found.id}/attach_payment",
                version=NEWEST,
                payment_intent=made["id"],
            )

    async def _authenticate(self) -> None:
        waiting = [pi for pi in self.world.payment_intents if pi.status == "requires_action"]
        if waiting:
            path = f"/payment_intents/{self.dice.choice(waiting).id}/authenticate"
            await self.control(path, {"succeed": self.dice.random() < 0.5})

    async def _no_card(self) -> None:
        method = self.world.customers[self.customer].default_payment_method
        await self.post(f"/v1/payment_methods/{method}/detach")

    async def _delete_draft(self) -> None:
        found = self._invoice("draft")
        if found is not None:
            await self.post(f"/v1/invoices/{found.id}", "DELETE")

    async def _void(self) -> None:
        found = self._invoice("open", "uncollectible")
        if found is not None:
            await self.post(f"/v1/invoices/{found.id}/void")

    async def _write_off(self) -> None:
        found = self._invoice("open")
        if found is not None:
            await self.post(f"/v1/invoices/{found.id}/mark_uncollectible")

    async def _one_off(self) -> None:
        item = {"customer": self.customer, "currency": "usd", "amount": 1500}
        await self.post("/v1/invoiceitems", **item)
        sent = {"collection_method": "send_invoice", "days_until_due": 5}
        how = sent if self.dice.random() < 0.5 else {}
        behavior = {"pending_invoice_items_behavior": "include", "auto_advance": "true"}
        await self.post("/v1/invoices", customer=self.customer, **behavior, **how)

    async def _wait(self) -> None:
        seconds = self.dice.choice((1, 1, 3600, DAY, 2 * DAY, 4 * DAY, 11 * DAY))
        await self.control("/clock", {"advance": seconds})

    async def _month(self) -> None:
        """Until the next bill has been tried for."""
        live = [each.current_period_end for each in self.world.subscriptions if not each.ended]
        now = self.world.now()
        await self.control("/clock", {"to": max(now, min(live, default=now)) + 7200})

    # What the bridge hears of it

    async def hear(self, share: float) -> None:
        """Translates a share of what was not heard yet, in any order, some of it twice."""
        events = list(self.world.events)
        version = self.world.account.api_version
        told = [
            encode(envelope(self.world, each, version))
            for each in events[self.heard :]
            if version in each.payloads
        ]
        self.heard = len(events)
        self.waiting += [parse_event(raw) for raw in told]
        self.dice.shuffle(self.waiting)
        now = round(len(self.waiting) * share)
        batch, self.waiting = self.waiting[:now], self.waiting[now:]
        batch += [each for each in batch if self.dice.random() < 0.2]
        for event in batch:
            self.reader.notice(event)
        for event in batch:
            for row in await rows_of(event, self.reader):
                self.ledger.take(row)

    async def settle(self) -> None:
        """Hears the rest, and reads again what could not be told apart."""
        await self.hear(1.0)
        await self.control("/clock", {"advance": 60})
        await self.hear(1.0)
        for key in sorted(self.ledger.doubted):
            # A movement is its subscription's; the day is part of its key.
            for row in await self.read(key.split(":")[0] if key.startswith("sub_") else key):
                self.ledger.take(row)

    async def read(self, key: str, reader: StripeReader | None = None) -> list[LedgerRow]:
        reader = reader or self.reader
        found, as_of = await reader.read(key)
        return await rows_of(read_event(key, found, as_of, None, False), reader)

    async def fresh(self) -> dict[str, LedgerRow]:
        """What reading everything now gives, with nothing remembered."""
        reader = connect(self.url)
        found = Ledger()
        try:
            for table in (self.world.customers, self.world.subscriptions, self.world.invoices):
                for each in table:
                    for row in await self.read(each.id, reader):
                        found.take(row)
        finally:
            await reader.close()
        return found.rows


async def rows_of(event: StripeEvent, reader: StripeReader) -> list[LedgerRow]:
    facts = Facts.empty()
    for _ in range(ROUNDS):
        missing = needs(event, facts, RULES)
        if not missing:
            break
        facts = await reader.resolve(missing, facts)
    answer = translate(event, facts, RULES)
    return list(answer.rows) if isinstance(answer, Translation) else []


def connect(url: str) -> StripeReader:
    return StripeReader(KEY, url, at_once=50, per_second=100_000.0, burst=10_000)


@asynccontextmanager
async def story(version: str, seed: int) -> AsyncIterator[Story]:
    """A new account, and a bridge that has heard nothing."""
    world = World(clock=Clock(NOW, frozen=True), seed=seed)
    world.account.api_version = version
    runner = web.AppRunner(build(StandIn(world, KEY)), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    reader = connect(url)
    try:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            told = Story(world, url, session, reader, random.Random(seed))
            await told.open()
            yield told
    finally:
        await reader.close()
        await runner.cleanup()


def values(row: LedgerRow) -> dict[str, Any]:
    """What a row says, whenever it was so."""
    said: dict[str, Any] = json.loads(row.model_dump_json(exclude={"as_of"}))
    return said
