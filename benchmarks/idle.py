"""From Stripe to the record, through the local org, when there is nothing else to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.claim import Claim
from benchmarks.load import percentile
from benchmarks.part import Found
from rehearsal.demo.clouds import Clouds

ROOT = Path(__file__).parents[1]
EVENTS = 100
_APART = 0.3
_PATIENCE = 30.0


async def idle(count: int = EVENTS) -> Found:
    """Customers are renamed and pay, one after the other, and the org is asked for the record.

    Timed from before Stripe is asked, so Stripe's own work is in it, until a query finds the
    record as it must be.
    """
    took: list[float] = []
    async with Clouds(ROOT, {"Account": []}) as between:
        api = between.stripe.v1
        made: Any = {"name": "Before", "payment_method": "pm_card_visa"}
        customers = [(await api.customers.create_async(made)).id for _ in range(10)]
        await between.settle()
        for number in range(count):
            customer = customers[number % len(customers)]
            began = time.perf_counter()
            done = await (_rename if number % 2 else _pay)(between, customer, number)
            while not await done():
                if time.perf_counter() - began > _PATIENCE:
                    raise TimeoutError(f"no record after {_PATIENCE} s")
                await asyncio.sleep(0.01)
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(_APART)
    took.sort()
    what = "latency: webhook to record when idle, local org"
    return Found(
        [
            Claim(f"{what}, p50", percentile(took, 0.5), "ms"),
            Claim(f"{what}, p99", percentile(took, 0.99), "ms"),
        ]
    )


async def _rename(between: Clouds, customer: str, number: int) -> Callable[[], Awaitable[bool]]:
    await between.stripe.v1.customers.update_async(customer, {"name": f"Customer {number}"})
    where = f"Stripe_Id__c = '{customer}' AND Name = 'Customer {number}'"
    return lambda: _is_there(between, "Bridge_Customer__c", where)


async def _pay(between: Clouds, customer: str, number: int) -> Callable[[], Awaitable[bool]]:
    asked: Any = {
        "amount": 1_000 + number,
        "currency": "usd",
        "customer": customer,
        "payment_method": "pm_card_visa",
        "payment_method_types": ["card"],
        "confirm": True,
    }
    paid = await between.stripe.v1.payment_intents.create_async(asked)
    where = f"Stripe_Key__c = '{paid.latest_charge}'"
    return lambda: _is_there(between, "Bridge_Entry__c", where)


async def _is_there(between: Clouds, sobject: str, where: str) -> bool:
    return bool(await between.org.query(f"SELECT Id FROM {sobject} WHERE {where}"))  # noqa: S608
