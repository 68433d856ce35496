"""Faults of Salesforce and of Stripe, on the local org and the stand-in.

While one lasts the bridge says what it is, blames no event, and goes on by itself afterwards.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from click.testing import CliRunner

from bridge.cli.root import cli
from bridge.clock import Backoff
from bridge.errors import PermissionDenied
from bridge.salesforce_api.limits import read_limits
from bridge.service import Service
from bridge.settings import BookingSettings, HttpSettings, Settings, StoreSettings, StripeSettings
from bridge.store import State
from tests.bridge.company import KEY, Company
from tests.bridge.salesforce_org import SalesforceOrg

pytestmark = pytest.mark.slow

EVENT = "Bridge_Stripe_Event__e"
FAST = Backoff(first=0.1, longest=0.3)
RETRY = Backoff(first=0.1, longest=0.3)


@dataclass
class House:
    """A bridge between the local org and the stand-in."""

    service: Service
    salesforce: SalesforceOrg
    company: Company
    client: Any
    make_event: Callable[..., dict]
    make_customer: Callable[..., dict]

    async def deliver(self, *numbers: int) -> None:
        for n in numbers:
            found = self.make_customer(f"cus_{n}")
            assert await self.client.deliver(self.make_event(f"evt_{n}", found)) == 200

    async def done(self, *event_ids: str, seconds: float = 15.0) -> list:
        rows = []
        async with asyncio.timeout(seconds):
            for event_id in event_ids:
                while True:
                    found = await self.service.inbox.get_event(event_id)
                    assert found is not None
                    assert found[0].state is not State.DEAD, found[0].reason
                    if found[0].state is State.DONE:
                        rows.append(found[0])
                        break
                    await asyncio.sleep(0.02)
        return rows

    async def paused(self, part: str, fault: str) -> str:
        """Waits until every voice says so; gives the reason."""
        async with asyncio.timeout(10):
            while True:
                status, text = await self.client.get("/readyz")
                found = json.loads(text)["parts"][part]
                if found["fault"] == fault:
                    break
                await asyncio.sleep(0.02)
        assert status == 503
        assert found["since"]
        _, metrics = await self.client.get("/metrics")
        assert f'bridge_fault_since_seconds{{fault="{fault}",part="{part}"}}' in metrics
        assert f'bridge_part_up{{part="{part}"}} 0.0' in metrics
        while (told := await self.status())["parts"][part]["fault"] != fault:
            await asyncio.sleep(0.05)
        assert told["serving"]
        return str(found["reason"])

    async def status(self) -> dict:
        """What `stripe-sf status --json` says of the bridge."""
        url = self.service._settings.store.url.get_secret_value()
        async with asyncio.timeout(10):
            while True:
                answer = await asyncio.to_thread(
                    CliRunner().invoke, cli, ["status", "--json"], env={"BRIDGE_STORE__URL": url}
                )
                assert answer.exit_code == 0, answer.output
                if bridges := json.loads(answer.output)["bridges"]:
                    return bridges[0]
                await asyncio.sleep(0.05)

    async def goes_on(self) -> None:
        async with asyncio.timeout(10):
            while (await self.client.get("/readyz"))[0] != 200:
                await asyncio.sleep(0.02)

    def count(self, metric: str, **labels: str) -> float:
        return self.service.metrics.registry.get_sample_value(metric, labels) or 0.0


@pytest.fixture
def open_house(salesforce, company, connect, make_event, make_customer, tmp_path):
    @asynccontextmanager
    async def opened(**changes: Any):
        settings = Settings(
            _env_file=None,
            stripe=StripeSettings(api_key=KEY, webhook_secrets="whsec_new", api_base=company.url),
            salesforce=salesforce.settings(**{"linger": 0.01, "receipt_timeout": 1.0, **changes}),
            store=StoreSettings(url=f"sqlite:///{tmp_path}/bridge.db"),
            http=HttpSettings(port=0),
            booking=BookingSettings(),
        )
        async with Service(settings, grace=0.5, reconnect=FAST, retry=RETRY) as service:
            await service.until_ready()
            client = connect(service)
            house = House(service, salesforce, company, client, make_event, make_customer)
            await house.goes_on()
            yield house

    return opened


@pytest.fixture
async def house(open_house):
    async with open_house() as house:
        yield house


async def misbehaves(house: House, **fault: Any):
    await house.salesforce.misbehave(**fault)
    return house.salesforce.behave


async def is_not_deployed(house: House):
    return back(house.salesforce.undeploy(EVENT))


async def lacks_a_field(house: House):
    return back(house.salesforce.change(EVENT, Lane__c=None, Livemode__c=None))


async def take_rights(salesforce: SalesforceOrg):
    """Takes the integration user's permission sets; gives what assigns them again."""
    user = salesforce.org.integration_user.id
    soql = f"SELECT+Id,PermissionSetId+FROM+PermissionSetAssignment+WHERE+AssigneeId='{user}'"
    held = (await salesforce.admin("GET", f"query?q={soql}"))["records"]
    for each in held:
        await salesforce.admin("DELETE", f"sobjects/PermissionSetAssignment/{each['Id']}")

    async def end() -> None:
        for each in held:
            fields = {"AssigneeId": user, "PermissionSetId": each["PermissionSetId"]}
            await salesforce.admin("POST", "sobjects/PermissionSetAssignment", fields)

    return end


def back(undo: Callable[[], None]):
    async def end() -> None:
        undo()

    return end


async def has_spent_its_events(house: House):
    await house.salesforce.allocate(hourly_published=0)

    async def end() -> None:
        await house.salesforce.allocate(hourly_published=10_000)

    return end


CASES = {
    "maintenance": (lambda h: misbehaves(h, kind="maintenance"), "unavailable", ""),
    "session": (lambda h: misbehaves(h, kind="session_expired"), "auth", ""),
    "publishing": (lambda h: misbehaves(h, kind="publish_unavailable"), "unavailable", ""),
    "not deployed": (is_not_deployed, "package", "Deploy the package"),
    "a field missing": (lacks_a_field, "package", "Lane__c, Livemode__c"),
    "permission": (lambda h: take_rights(h.salesforce), "permission", "Bridge_Integration"),
    "allocation": (has_spent_its_events, "event_allocation", "HourlyPublishedPlatformEvents"),
}


async def test_each_fault_of_the_org_pauses_publishing_and_blames_no_event(house: House):
    await house.deliver(0)
    await house.done("evt_0")
    for n, (case, (begin, fault, says)) in enumerate(CASES.items()):
        end = await begin(house)
        numbers = (10 * n + 1, 10 * n + 2)
        await house.deliver(*numbers)
        assert says in await house.paused("salesforce publishing", fault), case
        calls = house.count("bridge_publish_calls_total")
        await asyncio.sleep(0.4)  # several probes
        # Only publishing itself tells that publishing is unavailable.
        more = house.count("bridge_publish_calls_total") - calls
        assert more <= (6 if case == "publishing" else 1), f"{case}: it publishes in a loop"
        await end()
        await house.done(*(f"evt_{number}" for number in numbers))
        await house.goes_on()
    assert house.count("bridge_dead_letters_total") == 0


async def test_an_old_packages_refusal_pauses_and_names_the_field(house: House):
    """A row's field that the ledger of the org lacks is found by the trigger alone."""
    schema = house.salesforce.org.schema
    customer = schema.objects["bridge_customer__c"]
    email = customer.fields.pop("email__c")
    try:
        await house.deliver(1)
        reason = await house.paused("salesforce publishing", "package")
        assert "Email__c" in reason
        assert house.count("bridge_dead_letters_total") == 0
    finally:
        customer.fields["email__c"] = email
    await house.done("evt_1")
    await house.goes_on()


async def test_one_bad_event_among_200_is_the_only_dead_letter(house: House):
    lane = house.salesforce.org.bus.event_type(EVENT).find("Lane__c")
    undo = house.salesforce.change(EVENT, Lane__c=replace(lane, length=40))
    bad = house.make_customer("cus_" + "x" * 60)
    await house.client.deliver(house.make_event("evt_bad", bad))
    await house.deliver(*range(199))
    await house.done(*(f"evt_{n}" for n in range(199)), seconds=30)
    row, _ = await house.service.inbox.get_event("evt_bad")
    assert (row.state, row.outcome) == (State.DEAD, "failed")
    assert "STRING_TOO_LONG" in row.reason
    assert house.service.health.ready
    undo()
    await house.service.inbox.retry(["evt_bad"])
    async with asyncio.timeout(10):
        while (await house.service.inbox.get_event("evt_bad"))[0].state is not State.DONE:
            await asyncio.sleep(0.02)


async def test_spent_requests_pause_what_needs_them_and_nothing_else(house: House):
    await house.deliver(1)
    await house.done("evt_1")
    query = "query?q=SELECT+Id+FROM+Bridge_Customer__c"
    (record,) = (await house.salesforce.admin("GET", query))["records"]
    await house.salesforce.misbehave(kind="request_limit")
    house.salesforce.publish("Bridge_Request__e", Kind__c="Resync", Record_Id__c=record["Id"])
    await house.paused("salesforce rest", "request_limit")
    await house.deliver(2)
    await house.done("evt_2")
    await house.salesforce.behave()
    await house.goes_on()
    async with asyncio.timeout(10):
        while True:
            rows = await house.service.inbox.list_events()
            if any((row.type, row.outcome) == ("bridge.request", "expanded") for row in rows):
                break
            await asyncio.sleep(0.02)


STRIPE_CASES = {
    "key": ({"status": 401}, "auth"),
    "permission": ({"status": 403, "path": "/v1/invoice_payments"}, "permission"),
    "rate limit": ({"status": 429, "retry_after": 3}, "rate_limit"),
    "trouble": ({"status": 500}, "unavailable"),
}


async def charges(house: House, n: int) -> list[dict]:
    """The events of charges, each of a customer of its own; Stripe must be asked about each."""
    made = set()
    for _ in range(n):
        made.add(await house.company.charge(await house.company.customer()))
    async with house.company.session.get(f"{house.company.url}/v1/events?limit=100") as answer:
        events = (await answer.json())["data"]
    return [
        each
        for each in events
        if each["type"] == "charge.succeeded" and each["data"]["object"]["id"] in made
    ]


@pytest.mark.parametrize("case", STRIPE_CASES)
async def test_a_fault_of_stripe_stops_what_asks_stripe_and_burns_no_attempt(
    house: House, case: str
):
    fault, kind = STRIPE_CASES[case]
    events = await charges(house, 8)
    standin = f"{house.company.url}/_standin"
    body = {"kind": "error", "count": 10_000, **fault}
    async with house.company.session.post(f"{standin}/faults", json=body) as answer:
        assert answer.status == 200, await answer.text()
    for event in events:
        assert await house.client.deliver(event) == 200
    await house.paused("stripe", kind)
    await house.deliver(1)
    await house.done("evt_1")  # asks nothing
    asked = sum(house.service._reader.requests.values())
    await asyncio.sleep(0.6)
    asked = sum(house.service._reader.requests.values()) - asked
    assert asked <= 12, "one asks for all, a few times a second"
    assert house.count("bridge_dead_letters_total") == 0
    async with house.company.session.delete(f"{standin}/faults") as answer:
        assert answer.status == 200
    rows = await house.done(*(event["id"] for event in events), seconds=20)
    assert {row.attempts for row in rows} == {1}
    await house.goes_on()


async def test_spent_deliveries_are_told_and_the_receipts_come_later(house: House):
    await house.salesforce.allocate(daily_delivered=0)
    await house.deliver(1)
    await house.paused("salesforce receipts", "event_allocation")
    row, _ = await house.service.inbox.get_event("evt_1")
    assert row.state is not State.DEAD
    await house.salesforce.allocate(daily_delivered=10_000)
    await house.done("evt_1")
    await house.goes_on()


async def test_from_the_reserve_only_urgent_events_are_published(house: House):
    org, budget = house.salesforce.org, house.service._budget
    await house.salesforce.allocate(hourly_published=1_000)
    org.bus.allocations.published.book(930, org.clock.now())
    await budget.look()
    urgent = house.make_event("evt_urgent", house.make_customer("cus_9"), "invoice.payment_failed")
    await house.deliver(1, 2)
    assert await house.client.deliver(urgent) == 200
    await house.done("evt_urgent")
    for n in (1, 2):
        row, _ = await house.service.inbox.get_event(f"evt_{n}")
        assert (row.state in {State.NEW, State.DUE, State.QUEUED}, row.attempts) == (True, 0)
    _, metrics = await house.client.get("/metrics")
    assert "bridge_reserve_only 1.0" in metrics
    assert 'bridge_allocation_max{allocation="HourlyPublishedPlatformEvents"} 1000.0' in metrics
    async with asyncio.timeout(12):
        while not (await house.status())["budget"]["reserve_only"]:
            house.service.health.changed.set()
            await asyncio.sleep(0.1)
    await house.salesforce.allocate(hourly_published=10_000)
    await budget.look()
    await house.done("evt_1", "evt_2")


async def test_a_user_without_view_setup_is_denied_the_limits(salesforce: SalesforceOrg):
    await take_rights(salesforce)
    with pytest.raises(PermissionDenied):
        await read_limits(salesforce.rest())
