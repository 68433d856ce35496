"""`stripe-sf resync`, beside a serving process that may be killed at any moment."""

import asyncio
import datetime as dt
import json
import random

import pytest

from bridge.store import SqliteInbox, State
from tests.bridge.company import KEY

pytestmark = pytest.mark.slow


@pytest.fixture
def stripe_url(company):
    """The stand-in, in the place of a Stripe that knows only its account."""
    return company.url


@pytest.fixture
def both_ends(both_ends):
    return {**both_ends, "BRIDGE_STRIPE__API_KEY": KEY}


@pytest.fixture
def applied(org):
    org.outcomes = lambda event: {"id": event["Stripe_Event_Id__c"], "outcome": "applied"}


async def test_it_waits_until_salesforce_has_said_what_became_of_it(
    run, serve_process, both_ends, company, org, applied
):
    customer = await company.customer()
    subscription = await company.subscribe(customer, await company.price())
    await serve_process()
    code, out, _ = await run("resync", customer, "--wait", "--json", **both_ends)
    said = json.loads(out)
    assert (code, said["dead"], said["served"]) == (0, 0, True)
    assert said["outcomes"]["applied"] >= 3
    assert f"resync:{subscription}" in {
        event["Stripe_Event_Id__c"].rpartition(":")[0] for event in org.published
    }


async def test_it_tells_people_too_and_what_stripe_does_not_know(
    run, serve_process, both_ends, applied
):
    await serve_process()
    code, out, err = await run("resync", "sub_gone", "--wait", **both_ends)
    assert (code, err) == (0, "")
    assert "no subscription sub_gone" in " ".join(out.split())


async def test_what_cannot_be_applied_is_1(run, serve_process, both_ends, company, org):
    org.outcomes = lambda event: {
        "id": event["Stripe_Event_Id__c"],
        "outcome": "failed",
        "reason": "REQUIRED_FIELD_MISSING",
    }
    await serve_process()
    subscription = await company.subscribe(await company.customer(), await company.price())
    code, out, err = await run("resync", subscription, "--wait", **both_ends)
    assert (code, "REQUIRED_FIELD_MISSING" in out) == (1, True)
    assert "events list --state dead" in err


@pytest.mark.parametrize(
    "arguments", [["evt_1"], ["001000000000001AAA", "sub_1"], [], ["--since", "soon"]]
)
async def test_what_names_nothing_is_wrong_usage(run, both_ends, arguments):
    assert (await run("resync", *arguments, **both_ends))[0] == 2


async def test_all_that_stripe_had_events_of_since_a_moment_is_read(
    run, serve_process, both_ends, company, org, applied
):
    await company.customer()
    since = (await company.control("clock", advance=3600))["now"] - 60
    price = await company.price()
    customer = await company.customer()
    await company.subscribe(customer, price)
    guest = await company.post(
        "payment_intents",
        amount="700",
        currency="usd",
        payment_method="pm_card_visa",
        confirm="true",
    )
    await serve_process()
    moment = dt.datetime.fromtimestamp(since, dt.UTC).isoformat()
    code, out, _ = await run("resync", "--since", moment, "--wait", "--json", **both_ends)
    said = json.loads(out)
    assert (code, said["dead"]) == (0, 0)
    asked = set(said["touched"]["keys"])
    assert customer in asked
    assert {key.partition("_")[0] for key in asked} == {"cus", "ch", "pi", "inpay"}
    assert said["touched"]["others"] == 2  # the product and its price
    assert said["touched"]["since"] == since
    published = {event["Stripe_Event_Id__c"].split(":")[1] for event in org.published}
    assert customer in published
    assert guest["latest_charge"] in asked
    code, out, err = await run("resync", "--since", "2020-01-01", **both_ends)
    assert (code, "customers and payments, of" in out) == (0, True)
    assert "Stripe has forgotten its events from before" in err


async def test_without_a_bridge_it_is_kept_and_not_waited_for(
    run, serve_process, both_ends, applied, org
):
    process, _ = await serve_process()
    process.terminate()
    await process.communicate()
    code, _, err = await run("resync", "sub_1", "--wait", **both_ends)
    assert (code, "no bridge serves" in err) == (1, True)
    code, out, _ = await run("resync", "sub_1", **both_ends)
    assert (code, "No bridge serves" in out) == (0, True)


async def test_the_time_to_wait_ends(run, serve_process, both_ends, company):
    subscription = await company.subscribe(await company.customer(), await company.price())
    await serve_process()
    arguments = ("resync", subscription, "--wait", "--timeout", "1")
    code, _, err = await run(*arguments, **both_ends)
    assert (code, "still wait after 1 seconds" in err) == (1, True)


async def test_a_customers_resync_outlives_kill_9(
    run, serve_process, both_ends, company, org, applied, tmp_path
):
    """Killed again and again, it goes on, and each object is sent at last, once at least."""
    customer, price = await company.customer(), await company.price()
    subscriptions = {await company.subscribe(customer, price) for _ in range(12)}
    process, _ = await serve_process()
    await company.control("faults", kind="slow", count=10_000, seconds=0.03)
    assert (await run("resync", customer, **both_ends))[0] == 0
    for _ in range(5):
        await asyncio.sleep(random.uniform(0.1, 0.6))
        process.kill()
        await process.communicate()
        process, _ = await serve_process()
        assert (await run("resync", customer, **both_ends))[0] == 0
    beside = await SqliteInbox.open(tmp_path / "bridge.db", serving=False)
    async with asyncio.timeout(60):
        while (await beside.counts()).waiting:
            await asyncio.sleep(0.1)
    rows = await beside.list_events(limit=10_000)
    await beside.close()
    assert {row.state for row in rows} == {State.DONE}
    assert {row.outcome for row in rows} == {"applied", "expanded"}
    sent = {event["Stripe_Event_Id__c"].split(":")[1] for event in org.published}
    assert sent >= subscriptions | {customer}
    assert {row.event_id.split(":")[1] for row in rows if row.outcome == "applied"} == sent
