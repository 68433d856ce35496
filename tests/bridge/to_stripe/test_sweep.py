"""A change that no event told is found, and one that is known is not asked for again."""

import asyncio

import pytest

from bridge.health import Part
from bridge.store import State
from bridge.to_stripe.sweep import TOPIC

pytestmark = pytest.mark.slow

TEXT = "Bridge_Stripe_Metadata__c"
CUSTOMER = "Bridge_Stripe_Customer_Id__c"


async def test_what_no_event_told_is_found(rig):
    customers = [await rig.company.customer() for _ in range(3)]
    deals = rig.deals(*({TEXT: "a=1", CUSTOMER: each} for each in customers), {"Name": "Unlinked"})
    assert await rig.sweep.once() == 3, "one that names nothing in Stripe is not asked for"
    await rig.pusher.once()
    assert [await rig.said(each) for each in customers] == [{"a": "1"}] * 3
    assert await rig.sweep.once() == 0, "each version once"
    rig.edit(deals[0], **{TEXT: "a=2"})
    rig.edit(deals[1], **{CUSTOMER: None})
    rig.delete(deals[2])
    assert await rig.sweep.once() == 3
    await rig.pusher.once()
    assert [await rig.said(each) for each in customers] == [{"a": "2"}, {}, {}]
    assert await rig.inbox.get_cursor(TOPIC) is not None


async def test_pages_of_one_second_leave_nothing_out(rig, monkeypatch):
    monkeypatch.setattr("bridge.to_stripe.sweep._PAGE", 3)
    deals = rig.deals(*({TEXT: "a=1", CUSTOMER: f"cus_{n}"} for n in range(10)))
    assert await rig.sweep.once() == 10
    rows = await rig.inbox.list_events()
    assert {row.event_id.split(":")[1] for row in rows} == set(deals)


async def test_a_gap_in_the_events_is_swept_at_once(rig):
    (deal,) = rig.deals({TEXT: "a=1", CUSTOMER: await rig.company.customer()})
    task = asyncio.create_task(rig.sweep.run())
    try:
        await until(lambda: rig.health.works(Part.OPPORTUNITIES) and rig.swept() == 1)
        rig.edit(deal, **{TEXT: "a=2"})
        rig.sweep.soon()
        await until(lambda: rig.swept() == 2)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_org_that_is_away_pauses_and_blames_no_opportunity(rig):
    customer = await rig.company.customer()
    (deal,) = rig.deals({TEXT: "a=1", CUSTOMER: customer})
    await rig.salesforce.misbehave(kind="maintenance")
    await rig.push(deal)
    assert not rig.gate.is_open
    (row,) = await rig.inbox.list_events()
    assert (row.state, row.attempts) == (State.DUE, 0)
    await rig.salesforce.behave()
    await rig.gate.passed()
    async with asyncio.timeout(10):
        while not await rig.pusher.once():
            await asyncio.sleep(0.02)
    assert await rig.said(customer) == {"a": "1"}


async def until(condition, seconds=10):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)
