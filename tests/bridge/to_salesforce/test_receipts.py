"""What a receipt means, and what the lack of one means."""

import json

import pytest

from bridge.clock import Backoff
from bridge.contract import Outcome, ReceiptResult
from bridge.health import Health
from bridge.metrics import Metrics
from bridge.salesforce_api import Delivery, Received
from bridge.store import Arrival, Move, SqliteInbox, State
from bridge.to_salesforce.receipts import Receipts, settlement

RETRY = Backoff(first=2.0, longest=300.0)


class ManualClock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
async def inbox(tmp_path, clock):
    box = await SqliteInbox.open(tmp_path / "bridge.db", serving=True, clock=clock)
    yield box
    await box.close()


@pytest.fixture
def receipts(inbox, pubsub, clock):
    return Receipts(
        inbox,
        pubsub,
        Health(),
        Metrics(),
        retry=RETRY,
        republish=Backoff(first=60.0, longest=3600.0),
        reconnect=RETRY,
        clock=clock,
    )


def delivery(*results, replay_id=b"\x01"):
    return Delivery((Received(replay_id, {"Results__c": json.dumps(results)}),), replay_id)


async def send(inbox, *event_ids, wait=60.0):
    for event_id in event_ids:
        arrival = Arrival(event_id, "t", 1.0, None, False, None, f"lane of {event_id}", b"{}")
        await inbox.admit(arrival)
    claimed = await inbox.claim(10)
    await inbox.record([Move(each, State.SENT, wait=wait) for each in claimed])


async def state(inbox, event_id):
    row, _ = await inbox.get_event(event_id)
    return row.state


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("applied", State.DONE),
        ("applied_with_exception", State.DONE),
        ("stale", State.DONE),
        ("unmatched", State.DONE),
        ("tie", State.DUE),
        ("retry", State.DUE),
        ("failed", State.DEAD),
    ],
)
def test_each_outcome_has_its_state(outcome, expected):
    result = ReceiptResult(id="evt_1", outcome=outcome, keys=("cus_1",), reason="so")
    made = settlement(result, RETRY)
    assert (made.to, made.outcome, made.reason) == (expected, outcome, "so")
    assert {Outcome(outcome).done} == {expected is State.DONE}


def test_a_tie_is_read_again_after_more_than_a_second():
    made = settlement(ReceiptResult(id="evt_1", outcome="tie", keys=("cus_1",)), RETRY)
    assert made.read_keys == ("cus_1",)
    assert all(made.backoff.wait(1) > 1.0 for _ in range(100))


def test_a_tie_without_keys_is_sent_again():
    made = settlement(ReceiptResult(id="evt_1", outcome="tie"), RETRY)
    assert (made.to, made.read_keys) == (State.DUE, ())


async def test_a_receipt_settles_and_the_cursor_moves_with_it(inbox, receipts):
    await send(inbox, "evt_1", "evt_2")
    await receipts.apply(
        delivery(
            {"id": "evt_1", "outcome": "applied"},
            {"id": "evt_2", "outcome": "failed", "reason": "no"},
            {"id": "evt_of_another_bridge", "outcome": "applied"},
            replay_id=b"\x09",
        )
    )
    assert await state(inbox, "evt_1") is State.DONE
    assert await state(inbox, "evt_2") is State.DEAD
    assert await inbox.get_cursor("/event/Bridge_Receipt__e") == b"\x09"


async def test_a_delivery_without_events_moves_the_cursor(inbox, receipts):
    await receipts.apply(Delivery((), b"\x07"))
    assert await inbox.get_cursor("/event/Bridge_Receipt__e") == b"\x07"


@pytest.mark.parametrize(
    "text", ["no json", "{}", '[{"id": "evt_1"}]', '[{"id": "evt_1", "outcome": "?"}]']
)
async def test_a_receipt_that_cannot_be_read_stops_no_other(inbox, receipts, text):
    await send(inbox, "evt_1")
    bad = Received(b"\x01", {"Results__c": text})
    good = Received(b"\x02", {"Results__c": '[{"id": "evt_1", "outcome": "applied"}]'})
    await receipts.apply(Delivery((bad, good), b"\x02"))
    assert await state(inbox, "evt_1") is State.DONE


async def test_nothing_is_late_while_receipts_cannot_be_heard(inbox, receipts, clock):
    await send(inbox, "evt_1", wait=5)
    clock.now += 60
    assert await receipts.chase_once() == 0
    receipts._noted(None)
    assert await receipts.chase_once(settled_for=5) == 0  # it may be among those to come
    clock.now += 6
    assert await receipts.chase_once(settled_for=5) == 1
    assert await state(inbox, "evt_1") is State.DUE


async def test_without_a_receipt_an_event_goes_again_at_once_and_then_lets_its_lane_go_on(
    inbox, receipts, clock
):
    async def admit_and_claim(event_id):
        await inbox.admit(Arrival(event_id, "t", 1.0, None, False, None, "cus_1", b"{}"))
        return await inbox.claim(10)

    receipts._noted(None)
    (first,) = await admit_and_claim("evt_1")
    await inbox.record([Move(first, State.SENT, wait=5)])
    clock.now += 6
    await receipts.chase_once()
    again, second = await admit_and_claim("evt_2")
    assert (again.event_id, second.event_id) == ("evt_1", "evt_2")
    await inbox.record([Move(again, State.SENT, wait=5), Move(second, State.DONE)])
    assert await admit_and_claim("evt_3") == []
    clock.now += 6
    await receipts.chase_once()
    (third,) = await inbox.claim(10)
    assert third.event_id == "evt_3"


async def test_only_an_event_that_alone_gets_no_receipt_is_dead(inbox, receipts, clock):
    receipts._noted(None)
    await send(inbox, "evt_1", wait=1)
    for _ in range(20):
        clock.now += 10
        await receipts.chase_once()
        assert await state(inbox, "evt_1") is State.DUE
        clock.now += 3600
        await send(inbox, wait=1)
    clock.now += 0.5
    await send(inbox, "evt_2", wait=60)
    await receipts.apply(delivery({"id": "evt_2", "outcome": "applied"}))
    clock.now += 10
    await receipts.chase_once()
    assert await state(inbox, "evt_1") is State.DEAD


async def test_a_late_receipt_revives_a_dead_letter(inbox, receipts):
    await send(inbox, "evt_1")
    await receipts.apply(delivery({"id": "evt_1", "outcome": "failed"}))
    await receipts.apply(delivery({"id": "evt_1", "outcome": "applied"}))
    assert await state(inbox, "evt_1") is State.DONE
