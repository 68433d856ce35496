"""Stripe is read again, and what is so now goes the way of every event."""

import asyncio
import json
from email.utils import formatdate
from types import SimpleNamespace

import pytest
from aiohttp import web

from bridge.store import Claimed, SqliteInbox, State
from bridge.stripe_api import StripeReader
from bridge.stripe_api.holdings import Holding
from bridge.to_salesforce import resync
from bridge.to_salesforce.outcomes import Nothing
from tests.bridge.company import KEY

pytestmark = pytest.mark.slow


def claimed(arrival, **changes):
    fields = {
        "seq": 1,
        "claim": "c",
        "event_id": arrival.event_id,
        "type": arrival.type,
        "lane": arrival.lane,
        "livemode": arrival.livemode,
        "account": None,
        "payload": arrival.payload,
        "attempts": 1,
        "read_keys": (),
        "sent_as_of": None,
    }
    return Claimed(**{**fields, **changes})


def asked(*keys, mark="1"):
    return [resync.asked_for(key, mark, at=1.0, livemode=False) for key in keys]


@pytest.fixture
async def server():
    """A Stripe that knows nothing."""

    async def answer(_):
        error = {"type": "invalid_request_error", "code": "resource_missing", "message": "no"}
        headers = {"Date": formatdate(usegmt=True)}
        return web.json_response({"error": error}, status=400, headers=headers)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield SimpleNamespace(url=f"http://127.0.0.1:{runner.addresses[0][1]}")
    await runner.cleanup()


@pytest.fixture
async def selling(configure, serve, company):
    """A service between the stand-in and the org, and the store beside it."""
    settings = configure(stripe_changes={"api_key": KEY, "api_base": company.url})
    async with serve(settings) as service:
        beside = await SqliteInbox.open(settings.store.path, serving=False)
        yield SimpleNamespace(service=service, inbox=beside, settings=settings)
        await beside.close()


async def until_idle(inbox, seconds=20.0):
    async with asyncio.timeout(seconds):
        while (await inbox.counts()).waiting:
            await asyncio.sleep(0.02)


async def rows(inbox):
    return {row.event_id: row for row in await inbox.list_events(limit=1000)}


def published(org):
    return {event["Stripe_Event_Id__c"]: json.loads(event["Rows__c"]) for event in org.published}


@pytest.mark.parametrize(
    ("key", "event_id", "lane", "kind"),
    [
        ("sub_1", "resync:sub_1:1", "sub_1", resync.OBJECT),
        ("next:sub_1:month", "resync:sub_1:1", "sub_1", resync.OBJECT),
        ("sub_1:2026-01-31", "resync:sub_1:1", "sub_1", resync.OBJECT),
        ("cn_1:oob", "resync:cn_1:1", "cn_1", resync.OBJECT),
        ("txn_1", "resync:txn_1:1", "txn_1", resync.OBJECT),
        ("cus_1", "resync:cus_1/all:1", "cus_1", resync.LIST),
    ],
)
def test_an_id_or_a_ledger_key_becomes_a_row(key, event_id, lane, kind):
    (row,) = asked(key)
    assert (row.event_id, row.lane, row.type) == (event_id, lane, kind)


@pytest.mark.parametrize("key", ["", "evt_1", "001000000000001AAA", "cus", "cus_"])
def test_what_names_nothing_is_refused(key):
    with pytest.raises(ValueError):
        asked(key)


async def test_an_object_is_read_and_sent_as_it_is_now(selling, company, org, applied):
    customer = await company.customer()
    await selling.inbox.ask(asked(await company.subscribe(customer, await company.price())))
    await until_idle(selling.inbox)
    (event,) = org.published
    assert event["Lane__c"] == customer
    assert event["Type__c"] == "bridge.resync"
    assert event["Stripe_Account__c"].startswith("acct_")
    (row,) = (await rows(selling.inbox)).values()
    assert (row.state, row.outcome) == (State.DONE, "applied")
    kinds = [row["attributes"]["type"] for row in json.loads(event["Rows__c"])]
    assert kinds[:2] == ["Bridge_Customer__c", "Bridge_Subscription__c"]


async def test_a_customer_is_all_that_it_has_once(selling, company, org, applied):
    customer, price = await company.customer(), await company.price()
    live, ended = [await company.subscribe(customer, price) for _ in range(2)]
    await company.delete(f"subscriptions/{ended}")
    charge = await company.charge(customer)
    refund = await company.refund(charge, amount="100")
    dispute = await company.dispute(await company.charge(customer))
    for _ in range(3):
        await selling.inbox.ask(asked(customer))
    await until_idle(selling.inbox)
    done = await rows(selling.inbox)
    objects = {row.event_id.split(":")[1] for row in done.values() if row.type == resync.OBJECT}
    assert objects >= {customer, live, ended, charge, refund, dispute}
    assert len([each for each in objects if each.startswith("in_")]) == 2
    assert {row.lane for row in done.values()} == {customer}
    lists = {row.event_id for row in done.values() if row.outcome == "expanded"}
    assert lists == {f"resync:{customer}/{each}:1" for each in ("all", *Holding)}
    sent = [event["Stripe_Event_Id__c"] for event in org.published]
    assert len(sent) == len(set(sent))
    keys = {
        row.get("Stripe_Id__c") or row["Stripe_Key__c"]
        for some in published(org).values()
        for row in some
    }
    assert keys >= {customer, live, ended, charge, refund}
    assert any(key.startswith("txn_") for key in keys), "the dispute's own money"


async def test_what_changed_while_no_webhook_came_is_seen_past_every_cache(
    selling, company, org, applied
):
    customer = await company.customer()
    subscription = await company.subscribe(customer, await company.price())
    await selling.inbox.ask(asked(subscription))
    await until_idle(selling.inbox)
    await company.post(f"customers/{customer}", name="Renamed")
    await selling.inbox.ask(asked(subscription, mark="2"))
    await until_idle(selling.inbox)
    (row,) = [
        row
        for row in published(org)[f"resync:{subscription}:2"]
        if row["attributes"]["type"] == "Bridge_Customer__c"
    ]
    assert row["Name"] == "Renamed"


async def test_what_stripe_does_not_know_is_done_with_a_reason(selling, org):
    await selling.inbox.ask(asked("sub_gone"))
    await until_idle(selling.inbox)
    (row,) = (await rows(selling.inbox)).values()
    assert (row.state, row.outcome) == (State.DONE, "ignored")
    assert "sub_gone" in row.reason
    assert org.published == []


async def test_a_customer_whom_stripe_does_not_know_leaves_no_dead_letter(selling, org):
    await selling.inbox.ask(asked("cus_gone"))
    await until_idle(selling.inbox)
    done = await rows(selling.inbox)
    assert {row.state for row in done.values()} == {State.DONE}
    assert {row.outcome for row in done.values()} == {"expanded", "ignored"}
    assert org.published == []


async def test_a_deleted_customer_keeps_the_name_of_its_last_invoice(
    selling, company, org, applied
):
    customer = await company.customer()
    await company.subscribe(customer, await company.price())
    await company.delete(f"customers/{customer}")
    await selling.inbox.ask(asked(customer))
    await until_idle(selling.inbox)
    (row,) = published(org)[f"resync:{customer}:1"]
    assert (row["Name"], row["Deleted__c"]) == ("Acme", True)


async def test_a_tie_of_a_resync_is_read_again(selling, company, org):
    subscription = await company.subscribe(await company.customer(), await company.price())
    org.outcomes = lambda event: {
        "id": event["Stripe_Event_Id__c"],
        "outcome": "tie" if len(org.calls) == 1 else "applied",
        "keys": [subscription],
    }
    await selling.inbox.ask(asked(subscription))
    await until_idle(selling.inbox)
    first, second = org.published
    assert second["As_Of__c"] > first["As_Of__c"]


async def test_without_a_receipt_stripe_is_read_again(configure, serve, company, org):
    settings = configure(
        stripe_changes={"api_key": KEY, "api_base": company.url},
        salesforce_changes={"receipt_timeout": 0.4},
    )
    customer = await company.customer()
    async with serve(settings):
        beside = await SqliteInbox.open(settings.store.path, serving=False)
        await beside.ask([resync.asked_for(customer, "1", at=1.0, livemode=False)])
        await org.until(lambda: any("resync:cus" in id_ for id_ in published(org)))
        await company.post(f"customers/{customer}", name="Renamed")
        org.outcomes = lambda event: {"id": event["Stripe_Event_Id__c"], "outcome": "applied"}
        await until_idle(beside)
        await beside.close()
    assert published(org)[f"resync:{customer}:1"][0]["Name"] == "Renamed"


async def test_a_list_of_a_customer_whom_stripe_does_not_know_is_nothing(server):
    """Stripe answers 400 with `resource_missing`, where the stand-in lists nothing."""
    reader = StripeReader(KEY, server.url, network_retries=0)
    row = claimed(asked("cus_gone")[0], event_id="resync:cus_gone/invoices:7")
    found = await resync.expand(row, reader, at=1.0)
    await reader.close()
    assert isinstance(found, Nothing)


async def test_a_list_whose_last_object_is_gone_begins_anew(company):
    customer = await company.customer()
    reader = StripeReader(KEY, company.url, network_retries=0)
    row = claimed(asked(customer)[0], event_id=f"resync:{customer}/invoices/in_gone:7")
    found = await resync.expand(row, reader, at=1.0)
    await reader.close()
    assert [each.event_id for each in found.arrivals] == [f"resync:{customer}/invoices:7~"]
