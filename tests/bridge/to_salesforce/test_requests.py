"""Salesforce asks to read Stripe again; nothing that it asked for is lost, or asked for twice."""

import asyncio
from types import SimpleNamespace

import pytest

from bridge.clock import Backoff
from bridge.contract import REQUEST_TOPIC
from bridge.health import Health
from bridge.metrics import Metrics
from bridge.salesforce_api import Delivery, Received
from bridge.service import Service
from bridge.settings import PushSettings
from bridge.store import Arrival, Claimed, Cursor, SqliteInbox, State
from bridge.to_salesforce.outcomes import Expanded, Nothing
from bridge.to_salesforce.requests import RECORD, RESYNC, Records, Resyncs
from bridge.working.requests import Requests
from tests.bridge.company import KEY

pytestmark = pytest.mark.slow

FAST = Backoff(first=0.1, longest=0.5)
AS_OF = "2026-01-01T00:00:00Z"


def request(kind="Resync", record_id=None, stripe_id=None, event_id="uuid-1", replay_id=b"\x01"):
    fields = {"Kind__c": kind, "Record_Id__c": record_id, "Stripe_Id__c": stripe_id}
    return Received(replay_id, fields, event_id)


@pytest.fixture
async def inbox(tmp_path):
    box = await SqliteInbox.open(tmp_path / "box.db", serving=True)
    yield box
    await box.close()


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
def requests(inbox, pubsub, metrics):
    return Requests(
        inbox,
        pubsub,
        Health(),
        metrics,
        {RESYNC: Resyncs(livemode=False)},
        reconnect=FAST,
    )


async def ids(inbox):
    return {row.event_id for row in await inbox.list_events()}


def counted(metrics, result):
    return metrics.registry.get_sample_value("bridge_requests_total", {"result": result})


async def take(requests, delivery):
    await requests.apply(delivery, Cursor(REQUEST_TOPIC, delivery.replay_id))


async def test_a_request_becomes_a_row_and_the_cursor_moves_with_it(inbox, requests):
    await take(
        requests,
        Delivery(
            (
                request(stripe_id="sub_1"),
                request(stripe_id="cus_1", event_id="uuid-2"),
                request(record_id="a01000000000001AAA", event_id="uuid-3"),
            ),
            b"\x09",
        ),
    )
    assert await ids(inbox) == {
        "resync:sub_1:uuid-1",
        "resync:cus_1/all:uuid-2",
        "request:a01000000000001AAA:uuid-3",
    }
    assert await inbox.get_cursor(REQUEST_TOPIC) == b"\x09"


async def test_the_same_request_again_asks_for_nothing_more(inbox, requests):
    await take(requests, Delivery((request(stripe_id="sub_1"),), b"\x01"))
    assert len(await inbox.claim(10)) == 1
    await take(requests, Delivery((request(stripe_id="sub_1", replay_id=b"\x07"),), b"\x07"))
    assert await ids(inbox) == {"resync:sub_1:uuid-1"}
    assert await inbox.claim(10) == []


@pytest.mark.parametrize(
    ("received", "result"),
    [
        (request(kind="OpportunityChanged", record_id="006000000000001AAA"), "unknown"),
        (request(kind=None), "unreadable"),
        (request(), "unreadable"),
        (request(stripe_id="evt_1"), "unreadable"),
        (request(record_id="' OR Id != '"), "unreadable"),
        (Received(b"\x01", {}, "uuid-1"), "unreadable"),
    ],
)
async def test_what_nothing_answers_is_counted_and_passed_over(
    inbox, requests, metrics, received, result
):
    good = request(stripe_id="sub_1", event_id="uuid-2")
    await take(requests, Delivery((received, good), b"\x05"))
    assert await ids(inbox) == {"resync:sub_1:uuid-2"}
    assert (counted(metrics, result), counted(metrics, "taken")) == (1, 1)


async def test_an_event_without_an_id_is_known_by_its_replay_id(inbox, requests):
    for _ in range(2):
        await take(requests, Delivery((request(stripe_id="sub_1", event_id=""),), b"\x05"))
    assert await ids(inbox) == {"resync:sub_1:01"}


async def test_a_lost_cursor_means_from_the_beginning_and_each_once(configure, serve, org, applied):
    """The org refuses the replay id: what it kept comes again, and what is new is not lost."""
    settings = configure()
    beside = await SqliteInbox.open(settings.store.path, serving=False)
    for n in (1, 2):
        org.emit(REQUEST_TOPIC, {"Kind__c": "Resync", "Stripe_Id__c": f"sub_{n}"})
        async with serve(settings):
            async with asyncio.timeout(10):
                while len(await ids(beside)) < n or (await beside.counts()).waiting:
                    await asyncio.sleep(0.02)
        org.corrupt_replay = True
    rows = await beside.list_events()
    await beside.close()
    assert not org.corrupt_replay or len(rows) == 2
    assert sorted(row.event_id.split(":")[1] for row in rows) == ["sub_1", "sub_2"]
    assert {row.attempts for row in rows} == {1}


def record_row(record_id):
    arrival = Arrival(
        f"request:{record_id}:uuid-1", RECORD, 1.0, None, False, None, record_id, b"{}"
    )
    return Claimed(1, "c", arrival.event_id, RECORD, record_id, False, None, b"{}", 1, (), None)


@pytest.fixture
def ledger(salesforce):
    """A customer with one of everything."""
    own = {"As_Of__c": AS_OF}
    money = {"Currency__c": "USD"}
    return salesforce.seed(
        {
            "Account": [{"$ref": "account", "Name": "Acme"}, {"$ref": "nobody", "Name": "No"}],
            "Bridge_Customer__c": [
                {"$ref": "cus", "Name": "Acme", "Stripe_Id__c": "cus_1", "Account__c": "@account"}
                | own,
                {"Name": "Acme 2", "Stripe_Id__c": "cus_2", "Account__c": "@account"} | own,
            ],
            "Bridge_Subscription__c": [
                {
                    "$ref": "sub",
                    "Name": "S",
                    "Stripe_Id__c": "sub_1",
                    "Customer__c": "@cus",
                    "Status__c": "active",
                }
                | own
                | money
            ],
            "Bridge_Renewal__c": [
                {
                    "$ref": "next",
                    "Stripe_Key__c": "next:sub_1:month",
                    "Customer__c": "@cus",
                    "Status__c": "Upcoming",
                }
                | own
                | money
            ],
            "Bridge_Entry__c": [
                {"$ref": "entry", "Stripe_Key__c": "ch_1", "Customer__c": "@cus"} | own | money
            ],
            "Bridge_Exception__c": [
                {"$ref": "exception", "Key__c": "k", "Code__c": "ROW_HELD", "Stripe_Id__c": "in_1"},
                {"$ref": "bare", "Key__c": "k2", "Code__c": "ROW_HELD"},
            ],
        }
    )


@pytest.mark.parametrize(
    ("ref", "subjects"),
    [
        ("cus", {"cus_1/all"}),
        ("sub", {"sub_1"}),
        ("next", {"sub_1"}),
        ("entry", {"ch_1"}),
        ("exception", {"in_1"}),
        ("account", {"cus_1/all", "cus_2/all"}),
    ],
)
async def test_a_record_stands_for_its_stripe_ids(salesforce, ledger, ref, subjects):
    records = Records(salesforce.rest())
    found = await records.expand(record_row(ledger[ref]))
    assert isinstance(found, Expanded)
    assert {each.event_id for each in found.arrivals} == {
        f"resync:{subject}:uuid-1" for subject in subjects
    }


@pytest.mark.parametrize("ref", ["nobody", "bare"])
async def test_a_record_that_leads_to_no_stripe_id_is_done_with_a_reason(salesforce, ledger, ref):
    found = await Records(salesforce.rest()).expand(record_row(ledger[ref]))
    assert isinstance(found, Nothing)
    assert ledger[ref] in found.reason


async def test_a_record_of_any_other_object_is_done_with_a_reason(salesforce):
    found = await Records(salesforce.rest()).expand(record_row(salesforce.org.admin.id))
    assert isinstance(found, Nothing)


@pytest.fixture
async def whole(configure, serve, company, salesforce):
    """Stripe, the bridge and Salesforce."""
    settings = configure(
        stripe_changes={"api_key": KEY, "api_base": company.url},
    ).model_copy(
        update={
            "salesforce": salesforce.settings(linger=0.01),
            "push": PushSettings(enabled=False),
        }
    )
    return SimpleNamespace(
        settings=settings, serve=lambda: serve(settings), company=company, salesforce=salesforce
    )


async def customer_name(salesforce, key):
    query = f"SELECT Id, Name FROM Bridge_Customer__c WHERE Stripe_Id__c = '{key}'"
    found = await salesforce.rest().query(query)
    return found[0] if found else None


async def until_named(salesforce, key, name, seconds=20.0):
    async with asyncio.timeout(seconds):
        while True:
            found = await customer_name(salesforce, key)
            if found is not None and found["Name"] == name:
                return found["Id"]
            await asyncio.sleep(0.1)


async def test_what_salesforce_asks_for_is_fresh_in_the_ledger(whole):
    customer = await whole.company.customer()
    service: Service = whole.serve()
    async with service:
        whole.salesforce.publish("Bridge_Request__e", Kind__c="Resync", Stripe_Id__c=customer)
        record_id = await until_named(whole.salesforce, customer, "Acme")
        await asyncio.sleep(1.1)  # a read bears the second before its answer
        await whole.company.post(f"customers/{customer}", name="Renamed")
        whole.salesforce.publish("Bridge_Request__e", Kind__c="Resync", Record_Id__c=record_id)
        await until_named(whole.salesforce, customer, "Renamed")
        assert counted(service.metrics, "taken") == 2


async def test_a_record_waits_while_salesforce_does_not_answer(whole, ledger):
    """The request itself is safe; only what it stands for must still be asked."""
    service = whole.serve()
    async with service:
        await service.until_ready()
        await whole.salesforce.misbehave(kind="request_limit", count=3)
        beside = await SqliteInbox.open(whole.settings.store.path, serving=False)
        mark = f"request:{ledger['cus']}:uuid-9"
        row = Arrival(mark, RECORD, 1.0, None, False, None, ledger["cus"], b"{}")
        await beside.ask([row])
        async with asyncio.timeout(20):
            while (found := await beside.get_event(mark))[0].state is not State.DONE:
                await asyncio.sleep(0.05)
        await beside.close()
    row, moments = found
    assert row.outcome == "expanded"
    assert any("REQUEST_LIMIT_EXCEEDED" in moment.detail for moment in moments)
