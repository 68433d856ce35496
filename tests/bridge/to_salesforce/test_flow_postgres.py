"""From a webhook to its receipt with PostgreSQL as the store, and with two bridges on it."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from bridge.health import Part
from bridge.store import State
from tests.bridge.to_salesforce.test_flow import (  # noqa: F401
    beside,
    test_a_lane_is_published_in_one_call_and_in_order,
    test_a_webhook_becomes_an_event_and_its_receipt_finishes_it,
    test_an_event_that_cannot_be_translated_is_dead_and_holds_up_no_other,
    test_failed_is_a_dead_letter_that_an_operator_can_retry,
    test_retry_sends_the_event_again,
    test_the_metrics_count_the_way,
    until,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def store_url(postgres):
    return postgres.url


@pytest.fixture
async def two(configure, serve, connect, applied):
    """Two services on one store, the first of which reads the topics."""
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(2):
            service = await stack.enter_async_context(serve(configure()))
            await service.until_ready()
            clients.append(connect(service))
            await ready(clients[-1])
        yield clients


async def ready(client):
    async with asyncio.timeout(10):
        while (await client.get("/readyz"))[0] != 200:
            await asyncio.sleep(0.02)


def read_by(client):
    """The parts that this bridge sees to, of those that only one does."""
    return {Part.RECEIPTS, Part.REQUESTS} - set(client.service.health.standing_by)


async def test_whichever_is_told_each_event_is_published_once_and_done(two, org, make_event):
    first, second = two
    assert (len(read_by(first)), len(read_by(second))) == (2, 0)
    for n in range(30):
        assert await two[n % 2].deliver(make_event(f"evt_{n}")) == 200
        assert await two[(n + 1) % 2].deliver(make_event(f"evt_{n}")) == 200
    for n in range(30):
        await until(first.service.inbox, f"evt_{n}", State.DONE)
    published = [event["Stripe_Event_Id__c"] for event in org.published]
    assert sorted(published) == sorted({f"evt_{n}" for n in range(30)})
    assert org.streams == 2  # one for each topic
    _, text = await second.get("/metrics")
    assert 'bridge_stands_by{part="salesforce receipts"} 1.0' in text
    assert 'bridge_part_up{part="salesforce receipts"} 1.0' in text


async def test_when_one_stops_the_other_has_all_of_it_at_once(two, org, make_event):
    """What was under way at the stop is not waited for until its leases end."""
    first, second = two
    org.outcomes = lambda _: None  # no receipts for now
    await first.deliver(make_event("evt_1"))
    await until(first.service.inbox, "evt_1", State.SENT)
    stopping = asyncio.create_task(first.service.__aexit__(None, None, None))
    async with asyncio.timeout(first.service._settings.store.lease / 3):
        while len(read_by(second)) < 2:
            await asyncio.sleep(0.02)
        await stopping
    org.receipt({"id": "evt_1", "outcome": "applied"})
    await until(second.service.inbox, "evt_1", State.DONE)
    assert len(org.published) == 1
    assert [report.bridge for report in await second.service.inbox.told()]
    for name in (part.value for part in (Part.RECEIPTS, Part.REQUESTS)):
        assert second.service.health.works(Part(name))
