"""10,000 changes of 1,000 Opportunities in a burst: the right metadata, and hardly more writes."""

from __future__ import annotations

import asyncio
import random

import pytest

from bridge.clock import Backoff
from bridge.contract import REQUEST_TOPIC
from bridge.health import Health
from bridge.metrics import Metrics
from bridge.salesforce_api import Delivery, Received
from bridge.store import Cursor
from bridge.to_stripe.changed import KIND, Changes
from bridge.working.requests import Requests

TEXT = "Bridge_Stripe_Metadata__c"
CUSTOMER = "Bridge_Stripe_Customer_Id__c"
PART = 200


@pytest.mark.slow
async def test_a_burst_costs_one_write_an_opportunity(rig, pubsub):
    rounds, n = 10, 1_000
    customers = [await rig.company.customer() for _ in range(n)]
    deals = rig.deals(*({TEXT: "round=0", CUSTOMER: each} for each in customers))
    changes = Changes(livemode=False, linger=2.0)
    requests = Requests(
        rig.inbox, pubsub, Health(), Metrics(), {KIND: changes}, reconnect=Backoff(0.1, 1.0)
    )
    before = rig.writes()
    pushing = asyncio.create_task(rig.pusher.run())
    told = 0
    try:
        for round_ in range(1, rounds + 1):
            rig.edit_all({deal: {TEXT: f"round={round_}\nlast={told}"} for deal in deals})
            events = [*deals]
            random.shuffle(events)
            for start in range(0, n, PART):
                told += 1
                await requests.apply(
                    Delivery(
                        tuple(changed(each, round_) for each in events[start : start + PART]), b"1"
                    ),
                    Cursor(REQUEST_TOPIC, told.to_bytes(8, "big")),
                )
        async with asyncio.timeout(60):
            while (await rig.inbox.counts()).waiting:
                await asyncio.sleep(0.1)
    finally:
        pushing.cancel()
        await asyncio.gather(pushing, return_exceptions=True)
    writes = rig.writes() - before
    for customer in customers:
        assert rig.company.standin.world.customers.need(customer).metadata["round"] == str(rounds)
    assert n <= writes <= 1.1 * n


def changed(deal: str, round_: int) -> Received:
    fields = {"Kind__c": KIND, "Record_Id__c": deal, "Stripe_Id__c": None}
    return Received(b"1", fields, f"{deal}-{round_}")
