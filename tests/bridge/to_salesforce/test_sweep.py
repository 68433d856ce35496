"""What Stripe lists and no webhook has brought is found, whatever dies in between."""

import asyncio
import json
import math
import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest

from bridge.clock import Backoff
from bridge.errors import LeaseLost
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.settings import StripeSettings
from bridge.store import SqliteInbox
from bridge.stripe_api import StripeReader, StripeUnavailable, parse_event
from bridge.to_salesforce.admit import Admission
from bridge.to_salesforce.sweep import KEPT, LEASE, TOPIC, YOUNGEST, Sweep
from tests.bridge.company import KEY

DAY = 86_400
OVERLAP = 600


class Reader(StripeReader):
    """Something happens before a page is read."""

    pages = 0

    async def before(self, page):
        """Nothing does."""

    async def raw_page(self, path, params):
        Reader.pages += 1
        await self.before(Reader.pages)
        return await super().raw_page(path, params)


@pytest.fixture
async def at(tmp_path, company):
    """Sweeps of the company's events into one store; the stand-in's clock moves when told."""
    opened = []

    async def sweep(live=False, serving=True, clock=None, before=None):
        options = {} if clock is None else {"clock": clock}
        inbox = await SqliteInbox.open(tmp_path / "bridge.db", serving=serving, **options)
        reader = Reader(KEY, company.url, per_second=10_000.0, network_retries=0)
        Reader.pages = 0
        if before is not None:
            reader.before = before
        opened.append((inbox, reader))
        settings = StripeSettings(api_key="rk_live_1" if live else KEY, webhook_secrets="whsec_1")
        metrics, health = Metrics(), Health()
        admission = Admission(inbox, settings, metrics)
        admission.account = "acct_1"
        made = Sweep(
            inbox,
            reader,
            admission,
            health,
            metrics,
            every=300,
            overlap=OVERLAP,
            backoff=Backoff(first=0.05, longest=0.1),
            **options,
        )
        return SimpleNamespace(
            sweep=made, inbox=inbox, reader=reader, metrics=metrics, health=health
        )

    async def close():
        while opened:
            inbox, reader = opened.pop()
            await reader.close()
            await inbox.close()

    sweep.close = close
    yield sweep
    await close()


@pytest.fixture
def happen(company):
    """Makes so many events; gives the names that they carry."""

    async def happen(*names):
        await asyncio.gather(*(company.post("customers", name=name) for name in names))

    return happen


@pytest.fixture
def wait(company):
    async def wait(seconds):
        return (await company.control("clock", advance=seconds))["now"]

    return wait


async def names(inbox):
    """What the events in the inbox are of, in the order of admission."""
    rows = reversed(await inbox.list_events(limit=10_000))
    with closing(sqlite3.connect(inbox._path)) as connection:
        found = dict(
            connection.execute("SELECT event_id, body FROM inbox LEFT JOIN payload USING (seq)")
        )
    return [
        json.loads(found[row.event_id])["data"]["object"]["name"]
        for row in rows
        if found[row.event_id] is not None
    ]


async def position(inbox):
    return int(await inbox.get_cursor(TOPIC))


def value(metrics, name):
    return metrics.registry.get_sample_value(name)


async def test_the_first_sweep_looks_a_little_back_and_no_further(at, happen, wait):
    await happen("older")
    await wait(OVERLAP + 2 * YOUNGEST)
    await happen("missed")
    now = await wait(YOUNGEST + 10)
    await happen("young")
    rig = await at()
    assert await rig.sweep.once()
    assert await names(rig.inbox) == ["missed"]
    assert abs(await position(rig.inbox) - (now - YOUNGEST)) <= 5
    assert value(rig.metrics, "bridge_sweep_missing_total") == 1


async def test_what_a_webhook_has_brought_is_known(at, happen, wait, company):
    rig = await at()
    await happen("a", "b")
    await wait(2 * YOUNGEST)
    assert await rig.sweep.once()
    await wait(100)
    assert await rig.sweep.once()
    assert sorted(await names(rig.inbox)) == ["a", "b"]
    assert value(rig.metrics, "bridge_sweep_missing_total") == 2
    assert value(rig.metrics, "bridge_sweeps_total") == 2


async def test_it_is_judged_as_a_webhook_is(at, happen, wait):
    await happen("a")
    await wait(2 * YOUNGEST)
    rig = await at(live=True)
    assert await rig.sweep.once()
    (row,) = await rig.inbox.list_events()
    assert (row.outcome, row.reason) == ("foreign", "a test mode event")
    assert await names(rig.inbox) == []


async def test_the_body_is_stripes_own_text(at, company, wait):
    coupon = {"percent_off": "33.1", "duration": "forever"}
    await company.post("coupons", **coupon)
    await wait(2 * YOUNGEST)
    rig = await at()
    await rig.sweep.once()
    (claimed,) = await rig.inbox.claim(1)
    async with company.session.get(f"{company.url}/v1/events") as answer:
        assert claimed.payload in await answer.read()
    assert b'"percent_off":33.1' in claimed.payload


async def test_events_keep_the_shape_of_their_creation(at, company, wait):
    shapes = {}
    customer, price = await company.customer(), await company.price()
    for version in ("2025-02-24.acacia", "2026-10-28.endive"):
        await company.control("settings", api_version=version)
        await company.subscribe(customer, price)
    await wait(2 * YOUNGEST)
    rig = await at()
    await rig.sweep.once()
    for claimed in await rig.inbox.claim(100):
        body = parse_event(claimed.payload)
        row, _ = await rig.inbox.get_event(claimed.event_id)
        assert (row.api_version, row.lane) == (body.api_version, claimed.lane)
        if body.type == "invoice.paid":
            shapes[body.api_version] = "subscription" in body.object, "parent" in body.object
    assert shapes == {"2025-02-24.acacia": (True, False), "2026-10-28.endive": (False, True)}


async def test_an_event_that_is_listed_late_is_found(at, happen, wait, company):
    rig = await at()
    await company.control("settings", events_listed_after=400)
    await happen("late")
    await wait(300)
    await rig.sweep.once()
    assert await names(rig.inbox) == []
    await wait(200)
    await rig.sweep.once()
    assert await names(rig.inbox) == ["late"]


async def test_a_death_between_two_pages_loses_nothing(at, happen, wait):
    rig = await at()
    await rig.sweep.once()
    began = await position(rig.inbox)
    await happen(*(f"n{n}" for n in range(230)))
    await wait(2 * YOUNGEST)

    async def before(page):
        if page == 4:  # the first one asks for the time
            raise StripeUnavailable("gone")

    await at.close()
    rig = await at(before=before)
    with pytest.raises(StripeUnavailable):
        await rig.sweep.once()
    assert len(await names(rig.inbox)) == 200
    assert await position(rig.inbox) == began

    await at.close()
    rig = await at()
    assert await rig.sweep.once()
    assert sorted(await names(rig.inbox)) == sorted(f"n{n}" for n in range(230))
    assert await position(rig.inbox) > began


async def test_after_days_it_goes_window_by_window_the_oldest_first(at, happen, wait):
    rig = await at()
    await rig.sweep.once()
    for n in range(6):
        await happen(f"day {n}")
        await wait(DAY + 7 * n)
    assert await rig.sweep.once()
    assert await names(rig.inbox) == [f"day {n}" for n in range(6)]
    assert Reader.pages < 40


async def test_what_is_done_of_a_long_way_is_not_gone_again(at, happen, wait):
    rig = await at()
    await rig.sweep.once()
    began = await position(rig.inbox)
    for n in range(6):
        await happen(f"day {n}")
        await wait(DAY)

    async def before(page):
        if page == 7:
            raise StripeUnavailable("gone")

    await at.close()
    rig = await at(before=before)
    with pytest.raises(StripeUnavailable):
        await rig.sweep.once()
    halfway = await position(rig.inbox)
    assert began + DAY / 2 < halfway < began + 5 * DAY
    found = await names(rig.inbox)
    assert found == [f"day {n}" for n in range(len(found))]
    await at.close()
    rig = await at()
    await rig.sweep.once()
    assert await names(rig.inbox) == [f"day {n}" for n in range(6)]


async def test_what_stripe_has_forgotten_is_said_and_the_rest_is_found(at, happen, wait, caplog):
    rig = await at()
    await rig.sweep.once()
    await happen("forgotten")
    await wait(10 * DAY)
    await happen("kept")
    await wait(29 * DAY)
    assert await rig.sweep.once()
    assert await names(rig.inbox) == ["kept"]
    assert abs(value(rig.metrics, "bridge_sweep_lost_seconds_total") - 9 * DAY) < 2 * YOUNGEST
    assert "cannot be had any more" in caplog.text
    assert "stripe-sf resync" in caplog.text


async def test_the_gauges_say_how_near_the_cliff_is(at, wait):
    ours = SimpleNamespace(now=1_000.0)
    rig = await at(clock=lambda: ours.now)
    assert math.isnan(value(rig.metrics, "bridge_sweep_position_age_seconds"))
    await rig.sweep.once()
    ours.now += 29 * DAY
    age = value(rig.metrics, "bridge_sweep_position_age_seconds")
    assert abs(age - 29 * DAY - YOUNGEST) < 5
    assert abs(value(rig.metrics, "bridge_sweep_cliff_seconds") - (KEPT - age)) < 1


async def test_one_bridge_of_two_sweeps_and_the_other_takes_over(at, wait):
    first, second = await at(), await at(serving=False)
    assert await first.sweep.once()
    assert await second.sweep.once()  # it has just begun, and does not rely on the other
    await wait(300)
    assert await first.sweep.once()
    pages = Reader.pages
    assert not await second.sweep.once()
    assert Reader.pages == pages
    await wait(300)
    assert await second.sweep.once()
    assert not await first.sweep.once()


async def test_while_one_sweeps_the_other_asks_nothing(at, wait):
    first, second = await at(), await at(serving=False)
    lease = await first.inbox.acquire(LEASE, 60)
    assert not await second.sweep.once()
    assert Reader.pages == 0
    await first.inbox.release(lease)
    assert await second.sweep.once()


async def test_who_was_away_too_long_stops_and_moves_nothing(at, happen, wait):
    ours = SimpleNamespace(now=1_000.0)
    other = await at(clock=lambda: ours.now)
    await other.sweep.once()
    began = await position(other.inbox)
    await happen("a")
    await wait(2 * YOUNGEST)

    async def before(page):
        if page == 2:
            ours.now += 1_000
            assert await other.inbox.acquire(LEASE, 60)

    slow = await at(serving=False, clock=lambda: ours.now, before=before)
    with pytest.raises(LeaseLost):
        await slow.sweep.once()
    assert await position(other.inbox) == began
    assert await names(other.inbox) == ["a"]  # what it admitted is admitted


async def test_a_key_that_may_not_read_events_is_said_until_it_may(at, happen, wait, company):
    await happen("a")
    await wait(2 * YOUNGEST)
    await company.control("faults", kind="error", status=403, count=2)
    rig = await at()
    task = asyncio.create_task(rig.sweep.run())
    said = []
    async with asyncio.timeout(5):
        while not await names(rig.inbox):
            fault = rig.health.report()[Part.SWEEP]
            said.append(fault.reason if fault else "")
            await asyncio.sleep(0.01)
        while not rig.health.works(Part.SWEEP):
            await asyncio.sleep(0.01)
    task.cancel()
    assert any("/v1/events" in each and "webhooks go on" in each for each in said)
