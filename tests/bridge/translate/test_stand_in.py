"""From a Stripe that runs as a process, through the reader, to rows; in two API versions."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from bridge.stripe_api import StripeReader
from bridge.to_salesforce.translate import (
    BookingRules,
    Facts,
    Translation,
    needs,
    parse_event,
    translate,
)

ROOT = Path(__file__).parents[3]
RULES = BookingRules(ZoneInfo("UTC"))
ROUNDS = 4

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class StandIn:
    url: str
    api_key: str
    session: aiohttp.ClientSession

    async def post(self, path: str, **form: str) -> Any:
        async with self.session.post(self.url + path, data=form) as answer:
            body = await answer.json()
            assert answer.status == 200, body
            return body

    async def advance(self, days: int) -> None:
        control, asked = f"{self.url}/_standin/clock", {"advance": days * 86_400}
        async with self.session.post(control, json=asked) as answer:
            assert answer.status == 200, await answer.text()

    async def events(self) -> list[bytes]:
        """All events so far, as Stripe would deliver them, in the order that they happened."""
        async with self.session.get(f"{self.url}/v1/events?limit=100") as answer:
            return [json.dumps(event).encode() for event in (await answer.json())["data"]][::-1]


@pytest.fixture(params=["2025-02-24.acacia", "2026-10-28.endive"])
async def stand_in(request: Any) -> AsyncIterator[StandIn]:
    command = ["-m", "rehearsal.stripe", "--port", "0", "--api-version", request.param]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
        headers = {"Authorization": f"Bearer {ready['api_key']}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            yield StandIn(ready["url"], ready["api_key"], session)
    finally:
        process.terminate()
        await process.wait()


async def sell(stripe: StandIn) -> Any:
    product = await stripe.post("/v1/products", name="Team")
    price = await stripe.post(
        "/v1/prices",
        **{
            "product": product["id"],
            "currency": "usd",
            "unit_amount": "4900",
            "recurring[interval]": "month",
        },
    )
    coupon = await stripe.post("/v1/coupons", percent_off="20", duration="forever")
    customer = await stripe.post(
        "/v1/customers",
        **{
            "name": "Globex",
            "payment_method": "pm_card_visa",
            "invoice_settings[default_payment_method]": "pm_card_visa",
        },
    )
    return await stripe.post(
        "/v1/subscriptions",
        **{
            "customer": customer["id"],
            "items[0][price]": price["id"],
            "items[0][quantity]": "10",
            "discounts[0][coupon]": coupon["id"],
            "metadata[contract_term_months]": "24",
            "metadata[salesforce_opportunity_id]": "006Ws000001AbCdIAK",
        },
    )


async def translate_all(events: list[bytes], reader: StripeReader) -> dict[str, Any]:
    """The newest row of each key, as the ledger would hold it."""
    ledger: dict[str, Any] = {}
    for raw in events:
        event = parse_event(raw)
        reader.notice(event)
        facts = Facts.empty()
        for _ in range(ROUNDS):
            missing = needs(event, facts, RULES)
            if not missing:
                break
            facts = await reader.resolve(missing, facts)
        answer = translate(event, facts, RULES)
        for row in answer.rows if isinstance(answer, Translation) else ():
            if row.key not in ledger or row.as_of >= ledger[row.key].as_of:
                ledger[row.key] = row
    return ledger


async def test_a_sale_becomes_its_rows(stand_in: StandIn) -> None:
    sold = await sell(stand_in)
    events = await stand_in.events()
    reader = StripeReader(stand_in.api_key, stand_in.url)
    try:
        ledger = await translate_all(events, reader)
        assert (await reader.read(sold["id"]))[0]["status"] == "active"
    finally:
        await reader.close()
    subscription = ledger[sold["id"]]
    assert subscription.status == "active"
    assert (subscription.mrr, subscription.acv, subscription.tcv) == (
        Decimal("392.00"),
        Decimal("4704.00"),
        Decimal("9408.00"),
    )
    assert subscription.plan_name == "Team"
    assert subscription.opportunity_ref == "006Ws000001AbCdIAK"
    assert ledger[f"next:{sold['id']}:month"].amount_due == Decimal("392.00")
    [entry] = [row for row in ledger.values() if row.sobject == "Bridge_Entry__c"]
    assert (entry.gross, entry.subscription) == (Decimal("392.00"), sold["id"])
    assert ledger[entry.renewal].status == "Collected"
    assert ledger[entry.renewal].interval == "month"
    assert ledger[entry.customer].name == "Globex"


async def test_a_renewal_is_collected_and_the_next_is_coming(stand_in: StandIn) -> None:
    sold = await sell(stand_in)
    events = await stand_in.events()
    for days in (5, 29):  # Stripe's list of events reaches back 30 days.
        await stand_in.advance(days)
        events = list(dict.fromkeys(events + await stand_in.events()))
    reader = StripeReader(stand_in.api_key, stand_in.url)
    try:
        ledger = await translate_all(events, reader)
    finally:
        await reader.close()
    renewals = [row for row in ledger.values() if row.sobject == "Bridge_Renewal__c"]
    assert sorted(row.status for row in renewals) == ["Collected", "Collected", "Upcoming"]
    coming = ledger[f"next:{sold['id']}:month"]
    assert coming.due_date > max(row.period_start for row in renewals if row is not coming)
    entries = [row for row in ledger.values() if row.sobject == "Bridge_Entry__c"]
    assert [row.gross for row in entries] == [Decimal("392.00")] * 2
    assert {row.settlement_pending for row in entries} == {False}
    assert max(row.occurred_at.timestamp() for row in entries) > sold["created"] + 28 * 86_400


async def test_events_that_come_in_order_need_few_reads(stand_in: StandIn) -> None:
    await sell(stand_in)
    events = await stand_in.events()
    reader = StripeReader(stand_in.api_key, stand_in.url)
    try:
        await translate_all(events, reader)
        few = sum(reader.requests.values())
        assert few <= 8, reader.requests
    finally:
        await reader.close()
