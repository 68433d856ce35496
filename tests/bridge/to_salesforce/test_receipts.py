"""What a receipt means, and what the lack of one means."""

import json

import pytest

from bridge.clock import Backoff
from bridge.contract import RECEIPT_TOPIC, Outcome, ReceiptResult
from bridge.health import Health
from bridge.metrics import Metrics
from bridge.salesforce_api import Delivery, Received
from bridge.store import Arrival, Cursor, Move, SqliteInbox, State
from bridge.to_salesforce.receipts import Receipts, settlement
from tests.bridge.manual_clock import ManualClock

RETRY = Backoff(first=2.0, longest=300.0)


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
        reconnect=RETRY,
        clock=clock,
    )


def delivery(*results, replay_id=b"\x01"):
    return Delivery((Received(replay_id, {"Results__c": json.dumps(results)}),), replay_id)


async def hear(receipts, delivery):
    await receipts.apply(delivery, Cursor(RECEIPT_TOPIC, delivery.replay_id))


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
    await hear(
        receipts,
        delivery(
            {"id": "evt_1", "outcome": "applied"},
            {"id": "evt_2", "outcome": "failed", "reason": "no"},
            {"id": "evt_of_another_bridge", "outcome": "applied"},
            replay_id=b"\x09",
        ),
    )
    assert await state(inbox, "evt_1") is State.DONE
    assert await state(inbox, "evt_2") is State.DEAD
    assert await inbox.get_cursor("/event/Bridge_Receipt__e") == b"\x09"


async def test_a_delivery_without_events_moves_the_cursor(inbox, receipts):
    await hear(receipts, Delivery((), b"\x07"))
    assert await inbox.get_cursor("/event/Bridge_Receipt__e") == b"\x07"


@pytest.mark.parametrize(
    "text", ["no json", "{}", '[{"id": "evt_1"}]', '[{"id": "evt_1", "outcome": "?"}]']
)
async def test_a_receipt_that_cannot_be_read_stops_no_other(inbox, receipts, text):
    await send(inbox, "evt_1")
    bad = Received(b"\x01", {"Results__c": text})
    good = Received(b"\x02", {"Results__c": '[{"id": "evt_1", "outcome": "applied"}]'})
    await hear(receipts, Delivery((bad, good), b"\x02"))
    assert await state(inbox, "evt_1") is State.DONE


async def test_a_late_receipt_revives_a_dead_letter(inbox, receipts):
    await send(inbox, "evt_1")
    await hear(receipts, delivery({"id": "evt_1", "outcome": "failed"}))
    await hear(receipts, delivery({"id": "evt_1", "outcome": "applied"}))
    assert await state(inbox, "evt_1") is State.DONE
