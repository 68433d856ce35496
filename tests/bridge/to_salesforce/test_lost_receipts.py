"""Receipts that are lost, late or doubled, and transactions that die: on the shipped package."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from bridge.contract import KEYS, RECEIPT_TOPIC, STRIPE_EVENT_TOPIC
from bridge.health import Part
from bridge.salesforce_api.opening import open_http
from bridge.service import Service
from bridge.settings import Settings, StoreSettings
from bridge.store import State
from bridge.to_salesforce import resync
from rehearsal.org.apex import ApexRuntime
from rehearsal.org.bus import EARLIEST
from rehearsal.org.flow import FlowRuntime
from rehearsal.org.org import Org
from rehearsal.org.server.assembly import apex_subscribers, serving
from rehearsal.org.soql import parse
from rehearsal.org.source import load_project
from tests.bridge.company import KEY
from tests.bridge.salesforce_org import ROOT, SalesforceOrg

pytestmark = pytest.mark.slow

GREEDY = """trigger Greedy on Bridge_Customer__c (before insert, before update) {
    for (Bridge_Customer__c record : Trigger.new) {
        Integer times = record.Name.startsWith('Poison') ? 101 : record.Name == 'Greedy' ? 12 : 0;
        for (Integer i = 0; i < times; i++) {
            List<User> everybody = [SELECT Id FROM User LIMIT 1];
        }
    }
}
"""
META = (
    '<ApexTrigger xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<apiVersion>66.0</apiVersion><status>Active</status></ApexTrigger>"
)


class House:
    """A served org, a bridge, and Stripe's end."""

    def __init__(self, salesforce: SalesforceOrg, service: Service, deliver: Callable) -> None:
        self.salesforce, self.service, self.deliver = salesforce, service, deliver

    def published(self) -> list[str]:
        events = self.salesforce.org.bus.after(STRIPE_EVENT_TOPIC, EARLIEST)
        return [event.values["Stripe_Event_Id__c"] for event in events]

    async def control(self, path: str, **body) -> None:
        url = f"{self.salesforce.address.https_url}/localorg/{path}"
        async with self.salesforce.http.post(url, json=body) as answer:
            assert answer.status < 300, await answer.text()

    async def state(self, event_id: str) -> State:
        row, _ = await self.service.inbox.get_event(event_id)
        return row.state

    async def until(self, condition: Callable, seconds: float = 30.0) -> None:
        async with asyncio.timeout(seconds):
            while not await condition():
                await asyncio.sleep(0.02)

    async def all_done(self) -> bool:
        return not (await self.service.inbox.counts()).waiting

    async def timeline(self, event_id: str) -> list[str]:
        _, moments = await self.service.inbox.get_event(event_id)
        return [f"{moment.what} {moment.detail}".strip() for moment in moments]

    def query(self, soql: str) -> list[dict]:
        org = self.salesforce.org
        return org.run(lambda tx: tx.query(parse(soql)), user=org.admin)

    def applied(self) -> set[str]:
        rows = self.query("SELECT Stripe_Id__c FROM Bridge_Customer__c")
        return {row["Stripe_Id__c"] for row in rows}


@pytest.fixture
def open_house(configure, serve, connect, make_event, make_customer, tmp_path):
    @asynccontextmanager
    async def make(salesforce: SalesforceOrg, stripe=None, **changes) -> AsyncIterator[House]:
        known = configure(stripe)
        told = {"linger": 0.1, "receipt_timeout": 0.6, "ledger_requests": 600, **changes}
        settings = Settings(
            _env_file=None,
            stripe=known.stripe,
            salesforce=salesforce.settings(**told),
            store=StoreSettings(url=f"sqlite:///{tmp_path}/bridge.db"),
            http=known.http,
            booking=known.booking,
        )
        async with serve(settings) as service:
            await service.until_ready()
            client = connect(service)

            async def deliver(*names: str, begin: int = 0) -> list[str]:
                """Customers of these names: cus_<n> by evt_<n>."""
                sent = [
                    make_event(f"evt_{n}", make_customer(f"cus_{n}", name))
                    for n, name in enumerate(names, begin)
                ]
                answers = await asyncio.gather(*(client.deliver(each) for each in sent))
                assert set(answers) == {200}
                return [each["id"] for each in sent]

            house = House(salesforce, service, deliver)
            house.client = client

            async def listens() -> bool:
                return all(map(service.health.works, (Part.RECEIPTS, Part.TRIGGER)))

            await house.until(listens)
            yield house

    return make


@pytest.fixture
async def house(salesforce, open_house) -> AsyncIterator[House]:
    async with open_house(salesforce) as house:
        yield house


async def test_what_the_ledger_holds_is_done_although_its_receipt_is_lost(house):
    await house.salesforce.misbehave(kind="lose_events", topic="Bridge_Receipt__e", count=100)
    ids = await house.deliver("A", "B", "C", "D", "E")
    await house.until(house.all_done)
    assert sorted(house.published()) == ids  # each once
    for event_id in ids:
        assert "applied no receipt came; the ledger holds it" in await house.timeline(event_id)
    assert house.service.metrics.registry.get_sample_value("bridge_ledger_requests_total") <= 2


async def test_the_days_delivery_allocation_is_spent_and_receipts_come_late_and_doubled(house):
    await house.control("allocations", daily_delivered=0)
    ids = await house.deliver("A", "B", "C")
    await house.until(house.all_done)
    assert sorted(house.published()) == ids
    assert not house.service.health.works(Part.RECEIPTS)
    before = [await house.timeline(event_id) for event_id in ids]

    await house.control("allocations", daily_delivered=25_000)
    for receipt in house.salesforce.org.bus.after(RECEIPT_TOPIC, EARLIEST):
        house.salesforce.publish("Bridge_Receipt__e", Results__c=receipt.values["Results__c"])
    tip = house.salesforce.org.bus.tip(RECEIPT_TOPIC).to_bytes(8, "big")

    async def heard() -> bool:
        return (await house.service.inbox.get_cursor(RECEIPT_TOPIC) or b"") >= tip

    await house.until(heard)
    assert [await house.timeline(event_id) for event_id in ids] == before
    assert sorted(house.published()) == ids


async def test_what_the_bus_lost_goes_again(house):
    await house.salesforce.misbehave(kind="lose_events", topic="Bridge_Stripe_Event__e", count=3)
    ids = await house.deliver("A", "B", "C")
    await house.until(house.all_done)
    assert house.applied() == {"cus_0", "cus_1", "cus_2"}
    assert sorted(house.published()) == ids  # the first three were never stored
    lost = "due no receipt came, and the ledger lacks it"
    assert all([lost in await house.timeline(event_id) for event_id in ids])


async def test_another_version_of_the_same_second_proves_nothing(
    house, stripe, make_event, make_customer
):
    at = int(time.time()) - 5
    first = make_event("evt_1", make_customer(name="Old"), created=at)
    assert await house.client.deliver(first) == 200
    await house.until(house.all_done)
    await house.salesforce.misbehave(kind="lose_events", topic="Bridge_Stripe_Event__e", count=1)
    stripe.objects["cus_1"] = make_customer(name="New")
    assert await house.client.deliver(make_event("evt_2", stripe.objects["cus_1"], created=at))
    await house.until(house.all_done)
    row = house.query("SELECT Name FROM Bridge_Customer__c")[0]
    assert row["Name"] == "New"
    told = await house.timeline("evt_2")
    assert "due no receipt came, and the ledger lacks it" in told
    assert any(line.startswith("tie ") for line in told)


async def test_rows_of_every_object_are_known_again(salesforce, company, open_house):
    customer = await company.customer()
    await company.subscribe(customer, await company.price())
    await company.refund(await company.charge(customer))
    async with open_house(salesforce, {"api_key": KEY, "api_base": company.url}) as house:
        await house.control("allocations", daily_delivered=0)
        asked = resync.asked_for(customer, "1", at=1.0, livemode=False)
        await house.service.inbox.ask([asked])
        await house.until(house.all_done)
        published = house.published()
        assert len(published) > 5
        assert sorted(published) == sorted(set(published))  # each once
        for sobject in KEYS:
            assert house.query(f"SELECT Id FROM {sobject}")
        assert not house.service.metrics.registry.get_sample_value("bridge_receipts_missing_total")


async def test_while_the_trigger_is_suspended_nothing_is_published_and_nobody_is_blamed(house):
    await house.control("subscribers/BridgeStripeEvent/suspend")
    ids = await house.deliver("A", "B", "C")

    async def noticed() -> bool:
        return not house.service.health.works(Part.TRIGGER)

    await house.until(noticed)
    status, body = await house.client.get("/readyz")
    reason = json.loads(body)["parts"]["salesforce trigger"]["reason"]
    assert status == 503
    assert "Suspended" in reason
    assert "Setup" in reason
    late = await house.deliver("D", begin=3)
    await asyncio.sleep(2.0)  # three timeouts
    assert sorted(house.published()) == ids
    assert (await house.service.inbox.counts()).states[State.DEAD] == 0
    _, metrics = await house.client.get("/metrics")
    assert 'bridge_part_up{part="salesforce trigger"} 0.0' in metrics
    assert "bridge_publish_window 0.0" in metrics

    await house.control("subscribers/BridgeStripeEvent/resume")
    await house.until(house.all_done)
    assert house.service.health.works(Part.TRIGGER)
    assert house.applied() == {"cus_0", "cus_1", "cus_2", "cus_3"}
    assert sorted(house.published()) == sorted([*ids, *ids, *late])


@pytest.fixture(scope="module")
def greedy_org(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Org]:
    """An org whose own trigger on our customers takes 12 queries a record, or too many."""
    folder = tmp_path_factory.mktemp("greedy")
    shutil.copytree(ROOT / "salesforce", folder / "salesforce")
    project = json.loads((ROOT / "sfdx-project.json").read_text("utf-8"))
    project["packageDirectories"].append({"path": "theirs"})
    (folder / "sfdx-project.json").write_text(json.dumps(project), "utf-8")
    triggers = folder / "theirs" / "main" / "default" / "triggers"
    triggers.mkdir(parents=True)
    (triggers / "Greedy.trigger").write_text(GREEDY, "utf-8")
    (triggers / "Greedy.trigger-meta.xml").write_text(META, "utf-8")
    loaded = load_project(folder)
    apex = ApexRuntime(loaded.schema, loaded.classes, loaded.triggers)
    flows = FlowRuntime(loaded.schema, loaded.flows, apex.actions)
    return lambda: Org(loaded, apex, flows)


@pytest.fixture
async def greedy(greedy_org, open_house) -> AsyncIterator[House]:
    org = greedy_org()
    async with serving(org, apex_subscribers(org)) as address, AsyncExitStack() as stack:
        http = await open_http(Path(address.ca_file), stack)
        async with open_house(SalesforceOrg(org, address, http)) as house:
            yield house


async def test_a_transaction_that_dies_of_limits_is_sent_again_in_parts_that_fit(greedy):
    ids = await greedy.deliver(*["Greedy"] * 60)
    await greedy.until(greedy.all_done)
    assert greedy.applied() == {f"cus_{n}" for n in range(60)}
    assert (await greedy.service.inbox.counts()).states[State.DEAD] == 0
    assert len(greedy.published()) > len(ids)


async def test_an_event_that_kills_every_transaction_is_dead_and_all_others_are_applied(greedy):
    await greedy.deliver(*["A"] * 12, "Poison", *["A"] * 12)
    begin = 25

    async def only_the_poison_is_left() -> bool:
        return greedy.applied() == {f"cus_{n}" for n in range(25) if n != 12}

    await greedy.until(only_the_poison_is_left)

    async def is_dead() -> bool:
        nonlocal begin
        if await greedy.state("evt_12") is State.DEAD:
            return True
        await greedy.deliver("A", begin=begin)
        begin += 1
        await asyncio.sleep(0.2)
        return False

    await greedy.until(is_dead)
    await greedy.until(greedy.all_done)
    assert (await greedy.service.inbox.counts()).states[State.DEAD] == 1
    row, _ = await greedy.service.inbox.get_event("evt_12")
    assert "published alone three times" in row.reason
    assert greedy.applied() == {f"cus_{n}" for n in range(begin) if n != 12}
