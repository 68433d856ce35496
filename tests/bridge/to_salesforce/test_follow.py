"""One bridge of several reads a topic, and another goes on where it ended, however it ended."""

import asyncio
import contextlib
import json

import pytest

from bridge.clock import Backoff
from bridge.contract import RECEIPT_TOPIC
from bridge.errors import StoreUnavailable
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.salesforce_api import Authenticator, PubSub
from bridge.store import Arrival, Cursor, Move, State
from bridge.to_salesforce.receipts import Receipts
from bridge.working import holding

FAST = Backoff(first=0.02, longest=0.05)
LONG, SHORT = 30.0, 0.4
"""Leases, in seconds: of a test that would not live to see it end, and of one that does."""


class Bridge:
    """The receipts of one bridge."""

    def __init__(self, inbox, pubsub, lease):
        self.inbox, self.heard = inbox, []
        self.health = Health()
        self.receipts = Receipts(
            inbox,
            pubsub,
            self.health,
            Metrics(),
            retry=FAST,
            reconnect=FAST,
            on_heard=self.heard.extend,
            lease=lease,
        )
        self.task = None

    def start(self):
        self.task = asyncio.create_task(self.receipts.run())

    async def stop(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    @property
    def stands_by(self):
        return not self.receipts.held and Part.RECEIPTS in self.health.standing_by

    @property
    def reads(self):
        return self.receipts.held and self.health.works(Part.RECEIPTS)


async def until(condition, seconds=10.0):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def looks_often(monkeypatch):
    monkeypatch.setattr(holding, "_LOOK", 0.03)


@pytest.fixture
async def make(either, pubsub):
    async with contextlib.AsyncExitStack() as stack:
        first = True

        async def made(lease=LONG, through=pubsub):
            nonlocal first
            # A second opening that serves is PostgreSQL's alone; for the topic it is one bridge.
            serving, first = first or either.kind == "postgres", False
            box = await either.open(serving=serving)
            stack.push_async_callback(box.close)
            return Bridge(box, through, lease)

        yield made


async def send(bridge, *event_ids):
    for event_id in event_ids:
        await bridge.inbox.admit(
            Arrival(event_id, "t", 1.0, None, False, None, event_id, b"{}"),
        )
    claimed = await bridge.inbox.claim(10)
    await bridge.inbox.record([Move(each, State.SENT, wait=60) for each in claimed])


async def test_one_reads_and_the_other_is_as_healthy(make, org):
    first, second = await make(), await make()
    first.start()
    await until(lambda: first.reads)
    second.start()
    await until(lambda: second.stands_by)
    assert second.health.works(Part.RECEIPTS)
    assert first.health.standing_by == []
    await send(second, "evt_1")  # whoever published it
    org.receipt({"id": "evt_1", "outcome": "applied"})
    await until(lambda: first.heard == ["evt_1"])
    assert org.streams == 1
    await first.stop()
    await second.stop()


async def test_when_one_stops_the_other_goes_on_at_once_where_it_ended(make, org):
    first, second = await make(), await make()
    first.start()
    await until(lambda: first.reads)
    second.start()
    await until(lambda: second.stands_by)
    await send(first, "evt_1", "evt_2")
    org.receipt({"id": "evt_1", "outcome": "applied"})
    await until(lambda: first.heard == ["evt_1"])
    await first.stop()
    assert not first.receipts.held
    before = second.receipts.since
    org.receipt({"id": "evt_2", "outcome": "applied"})
    await until(lambda: second.heard == ["evt_2"], LONG / 3)
    assert second.reads
    assert second.receipts.since > before
    await second.stop()


async def test_when_one_dies_the_other_takes_over_when_its_lease_ends(make, org, monkeypatch):
    first, second = await make(SHORT), await make(SHORT)
    first.start()
    await until(lambda: first.reads)
    second.start()
    await until(lambda: second.stands_by)
    await send(first, "evt_1")

    async def dead(_):
        raise StoreUnavailable("whoever is dead releases nothing")

    monkeypatch.setattr(first.inbox, "release", dead)
    await first.stop()
    org.receipt({"id": "evt_1", "outcome": "applied"})
    assert second.stands_by
    await until(lambda: second.heard == ["evt_1"])
    await second.stop()


async def test_one_that_lost_its_lease_in_the_middle_of_a_delivery_stores_nothing_of_it(
    make, org, monkeypatch
):
    """As of a machine that stood still: it does not know that time has passed."""
    first, second = await make(SHORT), await make(SHORT)
    await send(first, "evt_1")
    in_the_middle, go_on = asyncio.Event(), asyncio.Event()
    complete, acquire = first.inbox.complete, first.inbox.acquire

    async def slowly(settlements, cursor=None):
        if settlements:
            in_the_middle.set()
            await go_on.wait()
        return await complete(settlements, cursor)

    async def not_while_it_stands_still(name, seconds):
        if in_the_middle.is_set():
            await go_on.wait()
        return await acquire(name, seconds)

    monkeypatch.setattr(first.inbox, "complete", slowly)
    monkeypatch.setattr(first.inbox, "acquire", not_while_it_stands_still)
    first.start()
    await until(lambda: first.reads)
    second.start()
    org.receipt({"id": "evt_1", "outcome": "retry"})
    await in_the_middle.wait()
    await until(lambda: second.heard == ["evt_1"])
    cursor = await second.inbox.get_cursor(RECEIPT_TOPIC)
    # The event has gone again by the time that the first one wakes up.
    claimed = []
    async with asyncio.timeout(5):
        while not claimed:
            claimed = await second.inbox.claim(10)
            await asyncio.sleep(0.01)
    await second.inbox.record([Move(each, State.SENT, wait=60) for each in claimed])
    go_on.set()
    await until(lambda: first.stands_by)
    assert first.heard == []
    (row,) = await second.inbox.list_events()
    assert (row.state, row.attempts) == (State.SENT, 2)
    assert await second.inbox.get_cursor(RECEIPT_TOPIC) == cursor
    await first.stop()
    await second.stop()


@pytest.fixture
async def cut_off(org, http):
    """As the Pub/Sub API is from a machine that does not reach it."""
    settings = org.settings()
    authenticator = Authenticator(settings, http)
    client = PubSub("localhost:1", authenticator, ca=org.certificates.ca, timeout=0.2)
    yield client
    await client.close()


async def test_one_that_does_not_reach_salesforce_gives_way(make, org, cut_off):
    first, second = await make(SHORT, cut_off), await make(SHORT)
    first.start()
    await until(lambda: first.receipts.held)
    second.start()
    await until(lambda: second.stands_by)
    await send(first, "evt_1")
    org.receipt({"id": "evt_1", "outcome": "applied"})
    await until(lambda: second.heard == ["evt_1"])
    await until(lambda: first.stands_by)
    await first.stop()
    await second.stop()


async def test_where_nobody_stands_by_nobody_gives_way(make, org, cut_off):
    alone, beside = await make(SHORT / 4, cut_off), await make()
    alone.start()
    await until(lambda: alone.receipts.held)
    since = alone.receipts.since
    await asyncio.sleep(SHORT)
    assert alone.receipts.held
    assert alone.receipts.since == since
    assert await beside.inbox.acquire(RECEIPT_TOPIC, 1.0) is None
    await alone.stop()


async def test_a_fault_of_the_org_moves_the_topic_to_nobody(make, org):
    first, second = await make(SHORT / 4), await make(SHORT / 4)
    del org.fields[RECEIPT_TOPIC]  # the package is not there, for whoever asks
    first.start()
    await until(lambda: first.receipts.held)
    second.start()
    await until(lambda: second.stands_by)
    await asyncio.sleep(SHORT)
    assert first.receipts.held
    assert second.stands_by
    await first.stop()
    await second.stop()


async def test_a_store_that_was_away_makes_nobody_lose_its_place(make, org, monkeypatch):
    first = await make(SHORT)
    await send(first, "evt_1")
    complete, failures = first.inbox.complete, []

    async def at_last(settlements, cursor=None):
        if settlements and not failures:
            failures.append(1)
            raise StoreUnavailable("not now")
        return await complete(settlements, cursor)

    monkeypatch.setattr(first.inbox, "complete", at_last)
    first.start()
    org.receipt({"id": "evt_1", "outcome": "applied"})
    await until(lambda: first.heard == ["evt_1"])
    assert failures
    await first.stop()


async def test_what_another_has_read_meanwhile_is_not_read_again(make, org):
    first = await make()
    await send(first, "evt_1")
    org.receipt({"id": "evt_0", "outcome": "applied"})
    (body,) = org.bus[RECEIPT_TOPIC]
    assert json.loads(org.decode(RECEIPT_TOPIC, body)["Results__c"])[0]["id"] == "evt_0"
    await first.inbox.set_cursor(Cursor(RECEIPT_TOPIC, (1).to_bytes(8, "big")))
    org.receipt({"id": "evt_1", "outcome": "applied"})
    seen = []
    apply = first.receipts.apply

    async def watched(delivery, cursor):
        seen.extend(received.replay_id for received in delivery.events)
        await apply(delivery, cursor)

    first.receipts._follower._apply = watched
    first.start()
    await until(lambda: first.heard == ["evt_1"])
    assert seen == [(2).to_bytes(8, "big")]
    await first.stop()
