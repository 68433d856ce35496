"""A store belongs to one Stripe account, one mode and one org, and to no others afterwards."""

import asyncio
import json
from contextlib import AsyncExitStack
from types import SimpleNamespace

import aiohttp
import pytest

from bridge.binding import ACCOUNT, MODE, ORG
from bridge.clock import Backoff
from bridge.errors import WrongOrg, WrongStore
from bridge.service import Service
from bridge.settings import HttpSettings, Settings, StoreSettings, StripeSettings
from bridge.store import SqliteInbox, State
from rehearsal.org.options import OrgOptions
from tests.bridge.company import open_company
from tests.bridge.salesforce_org import open_org
from tests.bridge.to_salesforce.conftest import SECRETS, event, sign

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("local org")]

KEYS = ("sk_test_ours0000000000", "sk_test_theirs00000000")
FAST = Backoff(first=0.05, longest=0.2)


@pytest.fixture
async def ours():
    async with open_company(1, KEYS[0]) as company:
        yield company


@pytest.fixture
async def theirs():
    async with open_company(2, KEYS[1]) as company:
        yield company


@pytest.fixture
async def refreshed():
    """The sandbox after a refresh."""
    async with open_org(options=OrgOptions(instance="Lc1")) as org:
        yield org


@pytest.fixture
def settings(ours, salesforce, tmp_path):
    def settings(company=ours, org=salesforce, key=KEYS[0], stripe=None, **changes):
        return Settings(
            _env_file=None,
            stripe=StripeSettings.model_validate(
                {
                    "api_key": key,
                    "webhook_secrets": SECRETS[0],
                    "api_base": company.url,
                    **(stripe or {}),
                }
            ),
            salesforce=org.settings(linger=0.01, **changes),
            store=StoreSettings(url=f"sqlite:///{tmp_path}/bridge.db"),
            http=HttpSettings(port=0),
        )

    return settings


@pytest.fixture
async def serve():
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def deliver(service, event_id):
            body = json.dumps(event(event_id)).encode()
            headers = {"Stripe-Signature": sign(body)}
            url = f"{service.url}/stripe/webhook"
            async with session.post(url, data=body, headers=headers) as response:
                return response.status

        def serve(settings):
            return Service(settings, grace=0.2, reconnect=FAST, retry=FAST)

        yield SimpleNamespace(service=serve, deliver=deliver)


@pytest.fixture
async def bound(serve, settings, salesforce, ours):
    """A store that has been used once."""
    async with serve.service(settings()) as service:
        await service.until_ready()
        return await service.inbox.bound()


async def customers(org):
    found = await org.rest().query("SELECT Stripe_Id__c FROM Bridge_Customer__c")
    return {row["Stripe_Id__c"] for row in found}


async def look(settings):
    inbox = await SqliteInbox.open(settings.store.path, serving=False)
    try:
        return {row.event_id: row for row in await inbox.list_events()}, await inbox.bound()
    finally:
        await inbox.close()


async def test_the_first_use_binds_and_the_same_may_come_again(
    bound, serve, settings, ours, salesforce
):
    account = ours.standin.world.account.id
    assert bound == {ACCOUNT: account, MODE: "test", ORG: salesforce.org.org_id}
    async with serve.service(settings()) as service:
        assert (await service.until_ready()).account == account


async def test_a_key_of_another_account_is_refused_and_its_webhooks_are_not_taken(
    bound, serve, settings, theirs, salesforce
):
    """Taken, they could not be told from ours when the key has been put right."""
    await theirs.control("faults", kind="slow", seconds=0.3)
    wrong = settings(theirs, key=KEYS[1])
    async with serve.service(wrong) as service:
        assert await serve.deliver(service, "evt_before") == 503
        with pytest.raises(WrongStore) as refused:
            await service.until_ready()
        assert await serve.deliver(service, "evt_after") == 503
    for part in (bound[ACCOUNT], theirs.standin.world.account.id, "BRIDGE_STORE__URL"):
        assert part in str(refused.value)
    rows, still = await look(wrong)
    assert (rows, still) == ({}, bound)
    assert await customers(salesforce) == set()


async def test_a_live_key_on_a_test_store_is_refused_at_once(bound, serve, settings):
    live = settings(key="rk_live_1")
    with pytest.raises(WrongStore, match="test mode, but the API key is for live mode"):
        async with serve.service(live):
            pass
    assert (await look(live))[1] == bound


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"stripe": {"account": "acct_other"}}, "BRIDGE_STRIPE__ACCOUNT"),
        ({"org_id": "00D000000000009AAA"}, "BRIDGE_SALESFORCE__ORG_ID"),
    ],
)
async def test_what_the_settings_name_is_compared_before_anybody_is_asked(
    bound, serve, settings, ours, changes, named
):
    await ours.control("faults", kind="drop", count=1000)
    with pytest.raises(WrongStore, match=named):
        async with serve.service(settings(**changes)):
            pass


async def test_a_key_that_was_seen_to_be_ours_is_trusted_while_stripe_is_away(
    bound, serve, settings, ours
):
    await ours.control("faults", kind="error", status=500, count=10_000)
    async with serve.service(settings()) as service:
        assert await serve.deliver(service, "evt_1") == 200


async def test_a_new_key_of_the_account_is_taken_as_soon_as_stripe_has_answered(
    bound, serve, settings, ours
):
    rolled = "rk_test_rolled00000000"
    ours.standin.api_key = rolled
    await ours.control("faults", kind="error", status=500, count=3)
    async with serve.service(settings(key=rolled)) as service:
        assert await serve.deliver(service, "evt_1") == 503
        await service.until_ready()
        assert await serve.deliver(service, "evt_1") == 200


async def test_a_refreshed_sandbox_is_refused_until_it_is_bound_on_purpose(
    bound, serve, settings, ours, salesforce, refreshed, run, tmp_path
):
    there = settings(org=refreshed)
    async with serve.service(there) as service:
        assert await serve.deliver(service, "evt_1") == 200  # it is of our account, and is kept
        with pytest.raises(WrongOrg) as refused:
            await service.until_ready()
    for part in (bound[ORG], refreshed.org.org_id, "stripe-sf rebind"):
        assert part in str(refused.value)
    assert await customers(refreshed) == set()

    environment = {
        **refreshed.environment(),
        "BRIDGE_STRIPE__API_KEY": KEYS[0],
        "BRIDGE_STRIPE__WEBHOOK_SECRETS": SECRETS[0],
        "BRIDGE_STRIPE__API_BASE": ours.url,
    }
    code, _, err = await run("serve", **environment, BRIDGE_HTTP__PORT="0")
    assert (code, "stripe-sf rebind" in err) == (1, True)
    code, out, err = await run("rebind", "--yes", **environment)
    assert (code, "1 events wait" in out) == (0, True), out + err
    async with serve.service(there) as service:
        await service.until_ready()
        async with asyncio.timeout(10):
            while (await look(there))[0]["evt_1"].state is not State.DONE:
                await asyncio.sleep(0.05)
    assert await customers(refreshed) == {"cus_1"}
    assert await customers(salesforce) == set()
    assert (await look(there))[1] == {**bound, ORG: refreshed.org.org_id}
    with pytest.raises(WrongOrg):
        async with serve.service(settings()) as service:
            await service.until_ready()


async def test_while_a_bridge_serves_or_nobody_says_yes_nothing_is_rebound(
    bound, serve, settings, ours, refreshed, run
):
    environment = {
        **refreshed.environment(),
        "BRIDGE_STRIPE__API_KEY": KEYS[0],
        "BRIDGE_STRIPE__WEBHOOK_SECRETS": SECRETS[0],
        "BRIDGE_STRIPE__API_BASE": ours.url,
    }
    async with serve.service(settings()) as service:
        await service.until_ready()
        code, _, err = await run("rebind", "--yes", **environment)
        assert (code, "stop it first" in err) == (1, True)
    assert (await run("rebind", **environment))[0] == 1
    assert (await look(settings()))[1] == bound


async def test_commands_that_write_refuse_another_store(
    bound, settings, ours, theirs, refreshed, run, tmp_path
):
    (tmp_path / "links.csv").write_text("Customer Id,Account Id\ncus_1,001000000000001AAA\n")
    code, _, err = await run("link", "links.csv", **refreshed.environment())
    assert (code, bound[ORG] in err) == (1, True), err
    environment = {
        **refreshed.environment(),
        "BRIDGE_STRIPE__API_KEY": KEYS[1],
        "BRIDGE_STRIPE__WEBHOOK_SECRETS": SECRETS[0],
        "BRIDGE_STRIPE__API_BASE": theirs.url,
    }
    code, _, err = await run("resync", "--since", "2026-01-01", **environment)
    assert (code, bound[ACCOUNT] in err) == (1, True), err
    live = {**environment, "BRIDGE_STRIPE__API_KEY": "rk_live_1"}
    assert (await run("resync", "cus_1", **live))[0] == 1
    assert (await look(settings()))[0] == {}
