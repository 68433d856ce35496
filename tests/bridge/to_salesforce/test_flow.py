"""From a webhook to its receipt, through the whole service."""

import asyncio
import json
import time
from collections import Counter

import grpc
import pytest

from bridge.contract import STRIPE_EVENT_TOPIC
from bridge.errors import SettingsError, WrongOrg
from bridge.health import Part
from bridge.store import Arrival, State, open_store
from bridge.to_salesforce.window import Lost

pytestmark = pytest.mark.slow


async def until(inbox, event_id, state, seconds=10.0):
    async with asyncio.timeout(seconds):
        while True:
            found = await inbox.get_event(event_id)
            if found is not None and found[0].state is state:
                return found[0]
            await asyncio.sleep(0.02)


@pytest.fixture
async def beside(service, store_url):
    inbox = await open_store(store_url, serving=False)
    yield inbox
    await inbox.close()


async def test_a_webhook_becomes_an_event_and_its_receipt_finishes_it(
    service, client, org, beside, applied, make_event
):
    assert await client.deliver(make_event("evt_1")) == 200
    row = await until(beside, "evt_1", State.DONE)
    assert (row.outcome, row.attempts) == ("applied", 1)
    (published,) = org.published
    assert published["Stripe_Event_Id__c"] == "evt_1"
    assert published["Lane__c"] == "cus_1"
    assert published["Stripe_Account__c"] == "acct_1"
    (record,) = json.loads(published["Rows__c"])
    assert record["attributes"] == {"type": "Bridge_Customer__c"}
    assert record["Stripe_Id__c"] == "cus_1"
    assert record["Stripe_Account__c"] == "acct_1"


async def test_ready_tells_who_is_at_both_ends(service, client):
    ready = await service.until_ready()
    assert (ready.org_id, ready.account) == ("00D000000000001AAA", "acct_1")
    async with asyncio.timeout(5):
        while (await client.get("/readyz"))[0] != 200:
            await asyncio.sleep(0.02)
    assert (await client.get("/healthz"))[0] == 200


async def test_the_metrics_count_the_way(service, client, beside, applied, make_event):
    await client.deliver(make_event("evt_1"))
    await client.deliver(make_event("evt_1"))
    await client.deliver(make_event("evt_2"), signature="t=1,v1=no")
    await until(beside, "evt_1", State.DONE)
    _, text = await client.get("/metrics")
    for line in (
        'bridge_webhooks_total{result="admitted"} 1.0',
        'bridge_webhooks_total{result="duplicate"} 1.0',
        'bridge_webhooks_refused_total{cause="wrong_signature"} 1.0',
        'bridge_published_total{result="published"} 1.0',
        'bridge_receipts_total{outcome="applied"} 1.0',
        'bridge_inbox_events{state="done"} 1.0',
        'bridge_stripe_reads_total{resource="account"} 1.0',
    ):
        assert line in text


async def test_an_unknown_type_is_kept_and_ignored(service, client, org, beside, make_event):
    await client.deliver(make_event("evt_1", {"id": "x_1", "object": "x"}, "x.happened"))
    row = await until(beside, "evt_1", State.DONE)
    assert row.outcome == "ignored"
    assert org.published == []


async def test_an_event_that_cannot_be_translated_is_dead_and_holds_up_no_other(
    service, client, org, beside, applied, make_event
):
    await client.deliver(make_event("evt_bad", data={"object": None}))
    await client.deliver(make_event("evt_good"))
    row = await until(beside, "evt_bad", State.DEAD)
    assert row.outcome == "failed"
    assert row.reason
    await until(beside, "evt_good", State.DONE)


async def test_failed_is_a_dead_letter_that_an_operator_can_retry(
    service, client, beside, applied, make_event
):
    applied("failed", reason="REQUIRED_FIELD_MISSING: Name")
    await client.deliver(make_event("evt_1"))
    row = await until(beside, "evt_1", State.DEAD)
    assert row.reason == "REQUIRED_FIELD_MISSING: Name"
    applied("applied")
    assert await beside.retry(["evt_1"]) == 1
    assert (await until(beside, "evt_1", State.DONE)).outcome == "applied"


async def test_retry_sends_the_event_again(service, client, org, beside, make_event):
    org.outcomes = lambda event: {
        "id": event["Stripe_Event_Id__c"],
        "outcome": "retry" if len(org.calls) == 1 else "applied",
    }
    await client.deliver(make_event("evt_1"))
    row = await until(beside, "evt_1", State.DONE)
    assert row.attempts == len(org.published) == 2


async def test_a_tie_is_settled_by_a_read_of_a_later_second(
    service, client, org, stripe, beside, make_event, make_customer
):
    org.outcomes = lambda event: {
        "id": event["Stripe_Event_Id__c"],
        **(
            {"outcome": "tie", "keys": ["cus_1"]} if len(org.calls) == 1 else {"outcome": "applied"}
        ),
    }
    stripe.objects["cus_1"] = make_customer(name="Newest")
    await client.deliver(make_event("evt_1", make_customer(name="Older")))
    row = await until(beside, "evt_1", State.DONE)
    assert (row.outcome, row.attempts) == ("applied", 2)
    first, second = org.published
    assert second["Stripe_Event_Id__c"] == "evt_1"
    assert second["As_Of__c"] > first["As_Of__c"]
    assert json.loads(second["Rows__c"])[0]["Name"] == "Newest"
    assert stripe.asked.count("cus_1") == 1


async def test_a_lane_is_published_in_one_call_and_in_order(
    configure, serve, connect, org, applied, make_event, make_customer
):
    async with serve(configure(salesforce_changes={"linger": 0.2})) as service:
        client = connect(service)
        await service.until_ready()
        now = int(time.time())
        for n in range(20):
            found = make_customer(name=f"Name {n}")
            await client.deliver(make_event(f"evt_{n}", found, created=now - 60 + n))
        await until(service.inbox, "evt_19", State.DONE)
    assert len(org.calls) == 1
    assert [e["Stripe_Event_Id__c"] for e in org.published] == [f"evt_{n}" for n in range(20)]


async def test_versions_of_one_second_in_one_batch_are_settled_by_one_read(
    configure, serve, connect, org, stripe, applied, make_event, make_customer
):
    stripe.objects["cus_1"] = make_customer(name="Newest")
    async with serve(configure(salesforce_changes={"linger": 0.2})) as service:
        client = connect(service)
        await service.until_ready()
        second = int(time.time()) - 5
        for n in range(3):
            event = make_event(f"evt_{n}", make_customer(name=f"Version {n}"), created=second)
            await client.deliver(event)
        for n in range(3):
            await until(service.inbox, f"evt_{n}", State.DONE)
    assert stripe.asked.count("cus_1") == 1
    rows = [json.loads(event["Rows__c"])[0] for event in org.published]
    assert [row["Name"] for row in rows] == ["Newest"] * 3
    assert len({row["As_Of__c"] for row in rows}) == 1


async def test_versions_that_cannot_be_read_are_published_as_they_came(
    configure, serve, connect, org, stripe, applied, make_event, make_customer
):
    async with serve(configure(salesforce_changes={"linger": 0.2})) as service:
        client = connect(service)
        await service.until_ready()
        second = int(time.time()) - 5
        for name in ("A", "B"):
            await client.deliver(make_event(name, make_customer(name=name), created=second))
        for name in ("A", "B"):
            await until(service.inbox, name, State.DONE)
    assert stripe.asked.count("cus_1") == 1
    assert [json.loads(event["Rows__c"])[0]["Name"] for event in org.published] == ["A", "B"]


async def test_a_read_in_the_second_of_the_tie_is_not_published(
    service, client, org, stripe, beside, make_event, make_customer
):
    created = 1_790_000_000
    reads = []

    def clock():
        reads.append(1)
        return created + len(reads)

    org.outcomes = lambda event: {
        "id": event["Stripe_Event_Id__c"],
        **(
            {"outcome": "tie", "keys": ["cus_1"]} if len(org.calls) == 1 else {"outcome": "applied"}
        ),
    }
    await service.until_ready()
    stripe.clock = clock
    stripe.objects["cus_1"] = make_customer()
    await client.deliver(make_event("evt_1", created=created))
    await until(beside, "evt_1", State.DONE)
    assert [event["As_Of__c"] for event in org.published] == [
        created * 1000,
        (created + 1) * 1000,
    ]
    assert len(reads) == 2


async def test_stripes_trouble_delays_only_what_asks_stripe(
    service, client, org, stripe, beside, applied, make_event, make_customer
):
    await service.until_ready()
    applied("tie", keys=["cus_1"])
    await client.deliver(make_event("evt_1"))
    await until(beside, "evt_1", State.DUE)
    stripe.status = 500
    applied("applied")
    await client.deliver(make_event("evt_2", make_customer("cus_2")))
    await until(beside, "evt_2", State.DONE)
    stripe.objects["cus_1"] = make_customer()
    stripe.status = 200
    await until(beside, "evt_1", State.DONE, seconds=20)


async def test_a_missing_receipt_is_published_again(configure, serve, connect, org, make_event):
    settings = configure(salesforce_changes={"receipt_timeout": 0.2})
    org.outcomes = lambda event: (
        None if len(org.calls) < 3 else {"id": event["Stripe_Event_Id__c"], "outcome": "stale"}
    )
    async with serve(settings) as service:
        await connect(service).deliver(make_event("evt_1"))
        row = await until(service.inbox, "evt_1", State.DONE)
    assert (row.outcome, row.attempts) == ("stale", 3)


@pytest.mark.parametrize(
    "status",
    [
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.INVALID_ARGUMENT,
    ],
)
async def test_a_fault_of_the_org_pauses_and_blames_no_event(
    configure, serve, connect, org, applied, make_event, make_customer, status
):
    settings = configure(salesforce_changes={"receipt_timeout": 1.0})
    org.on_publish = lambda _: status
    async with serve(settings) as service:
        client = connect(service)
        await service.until_ready()
        for n in range(5):
            await client.deliver(make_event(f"evt_{n}", make_customer(f"cus_{n}")))
        await org.until(lambda: len(org.calls) > 0)
        await org.until(lambda: not service.health.ready)
        org.on_publish = lambda _: None
        for n in range(5):
            await until(service.inbox, f"evt_{n}", State.DONE, seconds=15)


async def test_a_lone_event_is_not_blamed_while_nothing_is_published(
    configure, serve, connect, org, applied, make_event, make_customer
):
    def refuse(request):
        bad = any(b"evt_bad" in event.payload for event in request.events)
        return "UNKNOWN_EXCEPTION: something" if bad else None

    org.on_publish = refuse
    async with serve(configure()) as service:
        client = connect(service)
        await client.deliver(make_event("evt_bad"))
        await org.until(lambda: len(org.calls) == 3, seconds=20)
        row = await until(service.inbox, "evt_bad", State.DUE)
        assert row.reason == "UNKNOWN_EXCEPTION: something"
        await client.deliver(make_event("evt_good", make_customer("cus_2")))
        await until(service.inbox, "evt_good", State.DONE)
        await until(service.inbox, "evt_bad", State.DEAD, seconds=20)


async def test_an_event_that_is_surely_at_fault_is_dead_at_once(
    service, client, org, beside, make_event
):
    org.on_publish = lambda _: "STRING_TOO_LONG: Type__c"
    await client.deliver(make_event("evt_1"))
    row = await until(beside, "evt_1", State.DEAD)
    assert (row.attempts, row.reason) == (1, "STRING_TOO_LONG: Type__c")


async def test_events_wait_for_the_package(configure, serve, connect, org, applied, make_event):
    fields = org.fields.pop(STRIPE_EVENT_TOPIC)
    async with serve(configure()) as service:
        client = connect(service)
        assert await client.deliver(make_event("evt_1")) == 200
        async with asyncio.timeout(5):
            while "Deploy the package" not in (await client.get("/readyz"))[1]:
                await asyncio.sleep(0.02)
        org.fields[STRIPE_EVENT_TOPIC] = fields
        await until(service.inbox, "evt_1", State.DONE)


async def test_a_stop_and_a_start_lose_nothing_and_apply_nothing_twice(
    configure, serve, connect, org, applied, make_event, make_customer
):
    n = 60
    async with serve(configure()) as service:
        client = connect(service)
        for i in range(n):
            event = make_event(f"evt_{i}", make_customer(f"cus_{i % 7}"))
            assert await client.deliver(event) == 200
    async with serve(configure()) as service:
        for i in range(n):
            await until(service.inbox, f"evt_{i}", State.DONE)
    ids = [event["Stripe_Event_Id__c"] for event in org.published]
    assert sorted(ids) == sorted(f"evt_{i}" for i in range(n))


async def test_receipts_that_came_while_the_bridge_was_down_are_read(
    configure, serve, connect, org, make_event
):
    async with serve(configure()) as service:
        await connect(service).deliver(make_event("evt_1"))
        await until(service.inbox, "evt_1", State.SENT)
    org.receipt({"id": "evt_1", "outcome": "unmatched"})
    async with serve(configure()) as service:
        row = await until(service.inbox, "evt_1", State.DONE)
    assert (row.outcome, row.attempts) == ("unmatched", 1)


async def test_another_org_is_refused(configure, serve):
    settings = configure(salesforce_changes={"org_id": "00D000000000009AAA"})
    async with serve(settings) as service:
        with pytest.raises(WrongOrg):
            await service.until_ready()


async def test_a_key_of_another_account_is_refused(configure, serve):
    async with serve(configure({"account": "acct_9"})) as service:
        with pytest.raises(SettingsError, match="acct_9"):
            await service.until_ready()


async def test_an_org_that_is_silent_is_not_sent_more_than_the_cap(
    configure, serve, connect, org, applied, make_event, make_customer
):
    org.outcomes = lambda _: None
    async with serve(configure(salesforce_changes={"max_in_flight": 10})) as service:
        client = connect(service)
        for n in range(30):
            await client.deliver(make_event(f"evt_{n}", make_customer(f"cus_{n}")))
        await org.until(lambda: len(org.published) == 10)
        await asyncio.sleep(0.3)
        assert len(org.published) == 10
        applied("applied")
        org.receipt(*({"id": e["Stripe_Event_Id__c"], "outcome": "applied"} for e in org.published))
        for n in range(30):
            await until(service.inbox, f"evt_{n}", State.DONE)


async def test_an_unclear_publish_is_not_repeated_before_its_receipt_is_late(
    configure, serve, connect, org, make_event
):
    async with serve(configure()) as service:
        await service.until_ready()
        org.on_publish = lambda _: grpc.StatusCode.UNAVAILABLE
        await connect(service).deliver(make_event("evt_1"))
        row = await until(service.inbox, "evt_1", State.SENT)
        assert "may have arrived" in row.reason
        org.on_publish = lambda _: None
        await org.until(lambda: service.health.works(Part.PUBLISHING))
        await asyncio.sleep(0.3)
        assert len(org.calls) == 1


async def test_what_may_not_have_arrived_is_held_against_nobody(
    configure, serve, connect, org, make_event
):
    async with serve(configure(salesforce_changes={"receipt_timeout": 4.0})) as service:
        await service.until_ready()
        service._window.lost(["evt_earlier"])  # from now on one goes alone
        org.on_publish = lambda _: grpc.StatusCode.UNAVAILABLE
        assert await connect(service).deliver(make_event()) == 200
        await until(service.inbox, "evt_1", State.SENT)
        assert service._window.lost(["evt_1"]) == {"evt_1": Lost.FIRST}


async def test_publish_calls_of_a_backlog_are_full_though_much_of_it_is_not_published(
    configure, serve, store_url, applied, make_event, make_customer
):
    """Every second event is one that nothing comes of."""
    inbox = await open_store(store_url, serving=False)
    for n in range(400):
        event = (
            make_event(f"evt_{n}", make_customer(f"cus_{n}"))
            if n % 2
            else make_event(f"evt_{n}", {"id": "prod_1", "object": "product"}, "product.updated")
        )
        body = json.dumps(event).encode()
        arrival = Arrival(f"evt_{n}", event["type"], 1.0, None, False, None, f"cus_{n}", body)
        await inbox.admit(arrival)
    async with serve(configure(salesforce_changes={"batch_size": 20})) as service:
        await until(inbox, "evt_399", State.DONE, 20)
        async with asyncio.timeout(20):
            while (await inbox.counts()).waiting:
                await asyncio.sleep(0.02)
        calls = service.metrics.registry.get_sample_value("bridge_publish_calls_total")
    outcomes = Counter(row.outcome for row in await inbox.list_events(limit=1000))
    assert outcomes == {"applied": 200, "ignored": 200}
    assert 10 <= calls <= 15
    await inbox.close()
