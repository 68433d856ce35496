"""What becomes of events without a receipt, by what the org says and whether it says anything."""

import asyncio
import datetime as dt

import pytest

from bridge.clock import Backoff
from bridge.contract import CustomerRow
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.salesforce_api import Rest
from bridge.salesforce_api.auth import Authenticator
from bridge.store import Arrival, Move, SqliteInbox, State
from bridge.to_salesforce.chase import Chase, put_back
from bridge.to_salesforce.ledger import Ledger
from bridge.to_salesforce.sent_rows import dump_sent
from bridge.to_salesforce.trigger import Trigger, TriggerWatch
from bridge.to_salesforce.window import Window
from bridge.working.per_minute import PerMinute
from tests.bridge.manual_clock import ManualClock

AS_OF = dt.datetime(2026, 3, 1, 12, 0, 5, tzinfo=dt.UTC)
TIMEOUT = 60.0


class Rig:
    """A store, the chase, and an org that says what it is told to."""

    def __init__(self, inbox, org, rest, clock, a_minute):
        self.inbox, self.org, self.clock = inbox, org, clock
        self.health = Health()
        self.window = Window(200, 2_000, Backoff(1.0, 10.0), clock)
        self.heard_since = clock.now - 100
        self.trigger = TriggerWatch(rest, self.health, clock, 15.0)
        self.chase = Chase(
            inbox,
            Ledger(rest, PerMinute(a_minute, clock)),
            self.trigger,
            self.window,
            self.health,
            Metrics(),
            republish=Backoff(TIMEOUT, 3600.0),
            heard_since=lambda: self.heard_since,
            clock=clock,
        )

    async def send(self, *names):
        for name in names:
            await self.inbox.admit(Arrival(name, "t", 1.0, None, False, None, name, b"{}"))
        await self.send_due()

    async def send_due(self):
        """Publishes all that may be claimed, as far as the window allows."""
        claimed = await self.inbox.claim(self.window.room(await self.inbox.in_flight()))
        self.window.publishes([each.event_id for each in claimed])
        rows = {each.event_id: dump_sent([customer(each.event_id)]) for each in claimed}
        moves = [
            Move(each, State.SENT, wait=TIMEOUT, sent_rows=rows[each.event_id]) for each in claimed
        ]
        await self.inbox.record(moves)
        return [each.event_id for each in claimed]

    async def states(self):
        return {row.event_id: row.state for row in await self.inbox.list_events()}

    def holds(self, *names, **changes):
        self.org.ledger["Bridge_Customer__c"] = [
            {
                **customer(name).to_sobject(),
                "Automation_Hold__c": False,
                **changes,
            }
            for name in names
        ]


def customer(key):
    return CustomerRow(
        as_of=AS_OF,
        stripe_account="acct_1",
        stripe_link=None,
        stripe_id=key,
        name="Acme",
        email=None,
        currency="USD",
        opportunity_ref=None,
        deleted=False,
    )


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
async def make_rig(tmp_path, clock, org, http):
    box = await SqliteInbox.open(tmp_path / "bridge.db", serving=True, clock=clock)

    def make(a_minute=100):
        return Rig(box, org, Rest(Authenticator(org.settings(), http), http), clock, a_minute)

    yield make
    await box.close()


@pytest.fixture
def rig(make_rig):
    return make_rig()


async def test_what_the_ledger_holds_is_done_and_what_it_lacks_goes_again_first(rig, clock):
    await rig.send("evt_1", "evt_2", "evt_3")
    assert await rig.chase.once() == 0  # nothing is late
    assert rig.org.ledger_requests == 0
    rig.holds("evt_2")
    clock.now += TIMEOUT + 1
    await rig.inbox.admit(Arrival("evt_4", "t", 1.0, None, False, None, "evt_4", b"{}"))
    assert await rig.chase.once() == 3
    due = State.QUEUED, State.DUE
    states = await rig.states()
    assert states["evt_2"] is State.DONE
    assert {states["evt_1"], states["evt_3"]} <= set(due)
    clock.now += 2
    assert await rig.send_due() == ["evt_1"]
    rig.holds("evt_1", "evt_2")
    clock.now += TIMEOUT + 1
    await rig.chase.once()
    assert await rig.send_due() == ["evt_3", "evt_4"]


async def test_what_is_there_on_hold_is_applied_with_an_exception(rig, clock):
    await rig.send("evt_1")
    rig.holds("evt_1", Automation_Hold__c=True)
    clock.now += TIMEOUT + 1
    await rig.chase.once()
    row, _ = await rig.inbox.get_event("evt_1")
    assert (row.state, row.outcome) == (State.DONE, "applied_with_exception")


async def test_receipts_that_are_just_coming_are_awaited_and_none_are_not(rig, clock):
    await rig.send("evt_1")
    rig.holds("evt_1")
    clock.now += TIMEOUT + 1
    rig.heard_since = clock.now
    assert await rig.chase.once(settled_for=5) == 0
    clock.now += 6
    assert await rig.chase.once(settled_for=5) == 1


async def test_while_the_org_does_not_answer_everything_waits(rig, clock):
    await rig.send("evt_1")
    url, rig.org.url = rig.org.url, "https://localhost:1"
    rig.org.tokens.clear()
    clock.now += TIMEOUT + 1
    assert await rig.chase.once() == 0
    assert await rig.states() == {"evt_1": State.SENT}
    rig.org.url = url


async def test_more_than_the_budget_allows_waits_where_it_is(make_rig, clock):
    rig = make_rig(a_minute=1)
    await rig.send("evt_1")
    clock.now += TIMEOUT + 1
    await rig.chase.once()
    clock.now += 10
    assert await rig.send_due() == ["evt_1"]
    clock.now += TIMEOUT + 1
    assert rig.chase._ledger._budget.take()  # something else spent it
    await rig.chase.once()
    assert await rig.states() == {"evt_1": State.SENT}
    clock.now += 60
    await rig.chase.once()
    assert await rig.states() == {"evt_1": State.DUE}


@pytest.mark.parametrize("code", ["REQUEST_LIMIT_EXCEEDED", "INSUFFICIENT_ACCESS"])
async def test_an_org_that_may_not_be_asked_gets_it_again_and_nobody_is_blamed(rig, clock, code):
    rig.org.query_fault = code
    await rig.send("evt_1")
    for _ in range(12):
        clock.now += 10_000
        await rig.chase.once()
        assert await rig.states() == {"evt_1": State.DUE}
        clock.now += 10_000
        assert await rig.send_due() == ["evt_1"]
        rig.window._arrived_alone += 1  # others do, between any two


async def test_only_an_event_that_is_lost_alone_while_others_arrive_is_dead(rig, clock):
    await rig.send("bad", "good")
    good = {"good"}
    while (await rig.states())["bad"] is not State.DEAD:
        clock.now += TIMEOUT + 1
        rig.holds(*good)
        await rig.chase.once()
        if await rig.inbox.in_flight() == 0:
            name = f"good {len(good)}"
            await rig.inbox.admit(Arrival(name, "t", 1.0, None, False, None, name, b"{}"))
            good.add(name)
            assert len(good) < 20
        await rig.send_due()
    assert [name for name, at in (await rig.states()).items() if at is State.DEAD] == ["bad"]
    row, _ = await rig.inbox.get_event("bad")
    assert row.outcome == "failed"
    assert "published alone three times" in row.reason


@pytest.mark.parametrize("state", ["Error", "Suspended"])
async def test_while_the_trigger_stands_nothing_moves(rig, clock, state):
    await rig.trigger.look()
    rig.org.trigger = state
    await rig.send("evt_1")
    for _ in range(5):
        clock.now += TIMEOUT + 1
        await rig.chase.once()
        assert await rig.states() == {"evt_1": State.SENT}
        assert rig.window.room(0) == 0
    assert rig.org.ledger_requests == 1  # only the trigger is asked, until it runs
    assert state in rig.health.report()[Part.TRIGGER].reason
    rig.trigger.works()  # a receipt of what went before is no sign of life
    assert not rig.health.works(Part.TRIGGER)
    rig.org.trigger = "Running"
    clock.now += 60
    await rig.chase.once()
    assert rig.health.works(Part.TRIGGER)
    assert await rig.states() == {"evt_1": State.DUE}
    clock.now += 10
    assert await rig.send_due() == ["evt_1"]


async def test_a_trigger_that_cannot_be_seen_is_told_until_a_receipt_comes(rig, clock):
    rig.org.trigger = None
    await rig.send("evt_1")
    clock.now += TIMEOUT + 1
    await rig.chase.once()
    assert "salesforce/core" in rig.health.report()[Part.TRIGGER].reason
    assert await rig.states() == {"evt_1": State.DUE}  # it goes again, carefully
    rig.trigger.works()
    assert rig.health.works(Part.TRIGGER)
    clock.now += 60
    assert await rig.trigger.look() is Trigger.UNKNOWN
    assert rig.health.works(Part.TRIGGER)


async def test_an_event_that_is_put_back_is_claimed_first_and_its_attempt_is_not_counted(
    rig, clock
):
    for name in ("evt_1", "evt_2"):
        await rig.inbox.admit(Arrival(name, "t", 1.0, None, False, None, name, b"{}"))
        clock.now += 1
    first, second = await rig.inbox.claim(10)
    await rig.inbox.record([Move(first, State.DUE), put_back(second)])
    (again,) = await rig.inbox.claim(1)
    assert (again.event_id, again.attempts) == ("evt_2", 1)


async def test_of_several_bridges_the_one_that_hears_the_receipts_looks(rig, clock, tmp_path):
    """The others are not told what arrived: to them everything would look lost."""
    hears, looks = [False], []
    rig.chase._hears = lambda: hears[0]
    look = rig.chase.once

    async def counted(settled_for):
        looks.append(await look(settled_for))

    rig.chase.once = counted
    beside = await SqliteInbox.open(tmp_path / "bridge.db", serving=False, clock=clock)
    await rig.send("evt_1")
    rig.holds("evt_1")
    rig.window.lost(["evt_0"])
    assert rig.window.is_careful
    clock.now += TIMEOUT + 1
    running = asyncio.create_task(rig.chase.run(0.01))

    async def until(condition):
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.01)

    await until(lambda: not rig.window.is_careful)  # whoever hears them is careful instead
    assert (rig.org.ledger_requests, looks) == (0, [])
    hears[0] = True
    await until(lambda: 1 in looks)
    assert await rig.states() == {"evt_1": State.DONE}
    assert await beside.acquire("chase", 30) is None
    hears[0] = False
    async with asyncio.timeout(5):
        while await beside.acquire("chase", 30) is None:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await beside.close()
