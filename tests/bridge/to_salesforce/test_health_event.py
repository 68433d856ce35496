"""Stripe never generated an event, and says so: what it was of is read again."""

import asyncio
import json

import pytest

from bridge.store import SqliteInbox, State

pytestmark = pytest.mark.slow

TYPE = "v2.core.health.event_generation_failure.resolved"
SECRET = "whsec_thin"


def notification(event_id="evt_health", **changes):
    """What is delivered: no data."""
    return {
        "id": event_id,
        "object": "v2.core.event",
        "type": TYPE,
        "created": "2026-11-20T16:05:44.000Z",
        "livemode": False,
        "context": None,
        **changes,
    }


def told(stripe, key, kind="customer", event_type="customer.updated", **impact):
    """The event as it is fetched, in the shape of Stripe's own page about it."""
    related = {"id": key, "type": kind, "url": f"https://dashboard.stripe.com/{kind}s/{key}"}
    stripe.objects["evt_health"] = {
        **notification(),
        "data": {
            "alert_id": "halert_1",
            "grouping_key": "_grouping_1",
            "impact": {"event_type": event_type, "related_object": related, **impact},
            "resolved_at": "2026-11-20T16:05:44.000Z",
            "summary": "We have failed to create a notification for your Stripe account.",
        },
    }


@pytest.fixture
async def service(configure, serve):
    async with serve(configure(stripe_changes={"thin_secrets": SECRET})) as service:
        await service.until_ready()
        yield service


@pytest.fixture
async def beside(service, configure):
    inbox = await SqliteInbox.open(configure().store.path, serving=False)
    yield inbox
    await inbox.close()


@pytest.fixture
def deliver(client, make_signature):
    async def deliver(what, secret=SECRET, path="/stripe/thin"):
        body = json.dumps(what).encode()
        return await client.deliver(body, make_signature(body, secret), path)

    return deliver


async def settled(inbox, event_id, state=State.DONE):
    async with asyncio.timeout(10):
        while True:
            found = await inbox.get_event(event_id)
            # Before it is tried an event is due, too, and for no reason.
            tried = found is not None and (state is not State.DUE or found[0].reason != "")
            if found is not None and tried and found[0].state is state:
                return found[0]
            await asyncio.sleep(0.02)


async def test_the_object_that_it_names_is_read_and_sent(
    deliver, org, stripe, beside, applied, make_customer
):
    stripe.objects["ch_1"] = {"id": "ch_1", "object": "charge", "customer": "cus_1"}
    told(stripe, "ch_1", "charge", "charge.succeeded")
    assert await deliver(notification()) == 200
    row = await settled(beside, "evt_health")
    assert (row.outcome, row.created) == ("expanded", 1795190744.0)
    assert "charge.succeeded of ch_1" in row.reason
    row = await settled(beside, "resync:ch_1:evt_health")
    assert row.outcome == "ignored"  # this charge is not captured
    assert "ch_1" in stripe.asked


async def test_delivered_twice_it_is_one(deliver, org, stripe, beside, applied, make_customer):
    stripe.objects["cus_1"] = make_customer()
    told(stripe, "cus_1")
    for _ in range(2):
        assert await deliver(notification()) == 200
    await settled(beside, "resync:cus_1:evt_health")
    assert stripe.asked.count("evt_health") == 1


async def test_the_older_shape_names_it_too(deliver, stripe, beside):
    told(stripe, None, related_object=None, related_object_id="in_1")
    await deliver(notification())
    assert (await settled(beside, "resync:in_1:evt_health")).outcome == "ignored"


async def test_a_session_stands_for_what_it_sold(deliver, stripe, beside):
    stripe.objects["cs_1"] = {"id": "cs_1", "object": "checkout.session", "subscription": "sub_1"}
    told(stripe, "cs_1", "checkout.session", "checkout.session.completed")
    await deliver(notification())
    await settled(beside, "resync:sub_1:evt_health")


async def test_what_the_ledger_does_not_keep_is_nothing(deliver, stripe, beside):
    told(stripe, "prod_1", "product", "product.updated")
    await deliver(notification())
    row = await settled(beside, "evt_health")
    assert (row.outcome, "product.updated of prod_1" in row.reason) == ("ignored", True)


@pytest.mark.parametrize("key", ["di_1", None])
async def test_what_cannot_be_read_by_itself_is_left_to_an_operator(deliver, stripe, beside, key):
    told(stripe, key, "discount", "customer.discount.updated")
    await deliver(notification())
    row = await settled(beside, "evt_health", State.DEAD)
    assert "stripe-sf resync" in row.reason


async def test_it_waits_while_stripe_does_not_answer(deliver, stripe, beside):
    stripe.status = 500
    await deliver(notification())
    await settled(beside, "evt_health", State.DUE)
    told(stripe, "in_1", "invoice")
    stripe.status = 200
    await settled(beside, "resync:in_1:evt_health")


@pytest.mark.parametrize(
    ("secret", "path", "status"),
    [
        ("whsec_new", "/stripe/thin", 400),
        (SECRET, "/stripe/webhook", 400),
        ("whsec_new", "/stripe/webhook", 200),
    ],
)
async def test_each_destination_has_its_secrets(deliver, stripe, secret, path, status):
    told(stripe, "in_1", "invoice")
    assert await deliver(notification(), secret, path) == status


@pytest.mark.parametrize(
    "changes",
    [{"context": "acct_other"}, {"context": "org_1/acct_other"}, {"livemode": True}],
)
async def test_one_of_another_account_or_mode_is_foreign(deliver, stripe, beside, changes):
    await deliver(notification(**changes))
    assert (await settled(beside, "evt_health")).outcome == "foreign"
    assert "evt_health" not in stripe.asked


async def test_one_of_the_own_account_is_not(deliver, stripe, beside):
    told(stripe, "in_1", "invoice")
    await deliver(notification(context="org_1/acct_1"))
    await settled(beside, "resync:in_1:evt_health")


async def test_without_secrets_there_is_no_such_place(configure, serve, connect):
    async with serve(configure()) as service:
        client = connect(service)
        assert await client.deliver(notification(), path="/stripe/thin") == 404
