"""What an inbox does with an event from its admission to its outcome."""

import asyncio

import pytest

from bridge.clock import Backoff
from bridge.errors import StoreUnavailable
from bridge.store import Cursor, Move, Settlement, State

SECOND = Backoff(first=2.0, longest=2.0)


async def send_all(inbox, wait=60.0):
    claimed = await inbox.claim(100)
    await inbox.record([Move(each, State.SENT, wait=wait) for each in claimed])
    return [each.event_id for each in claimed]


def ids(claimed):
    return [each.event_id for each in claimed]


async def state_of(inbox, event_id):
    row, _ = await inbox.get_event(event_id)
    return row.state


async def test_an_event_is_admitted_once(inbox, arrival):
    assert await inbox.admit(arrival("evt_1"))
    assert not await inbox.admit(arrival("evt_1"))
    assert len(await inbox.list_events()) == 1


async def test_duplicates_in_one_commit_are_admitted_once(inbox, arrival):
    answers = await asyncio.gather(*(inbox.admit(arrival("evt_1")) for _ in range(20)))
    assert answers.count(True) == 1


async def test_a_large_commit_admits_every_event_with_its_own_payload(inbox, arrival):
    n = 450
    await asyncio.gather(*(inbox.admit(arrival(f"evt_{i}", f"cus_{i}")) for i in range(n)))
    claimed = await inbox.claim(n)
    assert {each.payload for each in claimed} == {b'{"id": "evt_%d"}' % i for i in range(n)}
    assert all(each.event_id.encode() in each.payload for each in claimed)


async def test_a_lane_gives_its_events_as_one_batch_in_order(inbox, arrival):
    for i in range(3):
        await inbox.admit(arrival(f"evt_{i}"))
    assert ids(await inbox.claim(10)) == ["evt_0", "evt_1", "evt_2"]


async def test_a_lane_waits_while_any_event_of_its_batch_is_in_flight(inbox, arrival):
    await inbox.admit(arrival("evt_1"))
    await inbox.admit(arrival("evt_2"))
    first, second = await inbox.claim(10)
    await inbox.admit(arrival("evt_3"))
    await inbox.admit(arrival("evt_other", "cus_2"))
    assert ids(await inbox.claim(10)) == ["evt_other"]
    await inbox.record([Move(first, State.DONE), Move(second, State.SENT, wait=60)])
    assert await inbox.claim(10) == []
    await inbox.complete([Settlement("evt_2", State.DONE, "applied")])
    assert ids(await inbox.claim(10)) == ["evt_3"]


async def test_a_storm_in_one_lane_leaves_room_for_the_others(inbox, arrival):
    for i in range(120):
        await inbox.admit(arrival(f"evt_storm_{i}"))
    await inbox.admit(arrival("evt_other", "cus_2"))
    claimed = await inbox.claim(200)
    assert ids(claimed) == [*(f"evt_storm_{i}" for i in range(50)), "evt_other"]
    await inbox.record([Move(each, State.DONE) for each in claimed])
    assert ids(await inbox.claim(200)) == [f"evt_storm_{i}" for i in range(50, 100)]


async def test_the_limit_cuts_a_lane_after_its_oldest_and_the_rest_follows(inbox, arrival):
    for i in range(4):
        await inbox.admit(arrival(f"evt_{i}", f"cus_{i % 2}"))
    claimed = await inbox.claim(3)
    assert ids(claimed) == ["evt_0", "evt_1", "evt_2"]
    await inbox.record([Move(each, State.DONE) for each in claimed])
    assert ids(await inbox.claim(3)) == ["evt_3"]


async def test_an_event_with_a_time_of_its_own_holds_up_nothing_and_then_goes_first(
    inbox, arrival, clock
):
    await inbox.admit(arrival("evt_1"))
    await inbox.admit(arrival("evt_2"))
    first, second = await inbox.claim(10)
    await inbox.record([Move(first, State.DUE, wait=30, reason="Stripe"), Move(second, State.DONE)])
    await inbox.admit(arrival("evt_3"))
    (third,) = await inbox.claim(10)
    assert third.event_id == "evt_3"
    await inbox.record([Move(third, State.DONE)])
    assert await inbox.claim(10) == []
    clock.now += 31
    await inbox.admit(arrival("evt_4"))
    again = await inbox.claim(10)
    assert [(each.event_id, each.attempts) for each in again] == [("evt_1", 2), ("evt_4", 1)]


async def test_an_event_that_is_sent_back_at_once_is_overtaken_by_none(inbox, arrival):
    await inbox.admit(arrival("evt_1"))
    await inbox.admit(arrival("evt_2"))
    moves = [Move(each, State.DUE, counted=False) for each in await inbox.claim(10)]
    await inbox.admit(arrival("evt_3"))
    await inbox.record(moves[::-1])
    assert ids(await inbox.claim(10)) == ["evt_1", "evt_2", "evt_3"]


async def test_a_dead_letter_lets_its_lane_go_on(inbox, arrival):
    await inbox.admit(arrival("evt_1"))
    await inbox.admit(arrival("evt_2"))
    first, second = await inbox.claim(10)
    await inbox.record([Move(first, State.DEAD, outcome="failed", reason="no")])
    await inbox.record([Move(second, State.DONE)])
    await inbox.admit(arrival("evt_3"))
    assert ids(await inbox.claim(10)) == ["evt_3"]


async def test_an_attempt_that_was_not_the_events_fault_is_not_counted(inbox, arrival):
    await inbox.admit(arrival("evt_1"))
    (first,) = await inbox.claim(10)
    await inbox.record([Move(first, State.DUE, counted=False)])
    (again,) = await inbox.claim(10)
    assert again.attempts == 1


async def test_a_receipt_finishes_the_event_and_moves_the_cursor(inbox, arrival):
    await inbox.admit(arrival("evt_1"))
    await send_all(inbox)
    moved = await inbox.complete(
        [Settlement("evt_1", State.DONE, "applied"), Settlement("evt_?", State.DONE, "applied")],
        Cursor("/event/R", b"\x07"),
    )
    assert moved == {"evt_1"}
    row, moments = await inbox.get_event("evt_1")
    assert (row.state, row.outcome) == (State.DONE, "applied")
    assert [moment.what for moment in moments] == ["admitted", "sent", "applied"]
    assert await inbox.get_cursor("/event/R") == b"\x07"


async def test_a_receipt_that_overtakes_the_record_of_its_publish_holds(inbox, arrival):
    await inbox.admit(arrival("evt_1"))
    (claimed,) = await inbox.claim(1)
    await inbox.complete([Settlement("evt_1", State.DONE, "applied")])
    await inbox.record([Move(claimed, State.SENT, wait=60)])
    assert await state_of(inbox, "evt_1") is State.DONE


async def test_a_late_receipt_finishes_an_event_that_is_due_again(inbox, arrival, clock):
    await inbox.admit(arrival("evt_1"))
    await send_all(inbox, wait=5)
    clock.now += 6
    (late,) = await inbox.overdue(10)
    await inbox.record([Move(late, State.DUE, reason="no receipt came")])
    await inbox.complete([Settlement("evt_1", State.DONE, "applied")])
    assert await state_of(inbox, "evt_1") is State.DONE
    assert await inbox.claim(10) == []


async def test_a_receipt_seen_twice_changes_nothing(inbox, arrival):
    await inbox.admit(arrival("evt_1"))
    await send_all(inbox)
    await inbox.complete([Settlement("evt_1", State.DONE, "applied")])
    assert not await inbox.complete([Settlement("evt_1", State.DEAD, "failed")])
    assert await state_of(inbox, "evt_1") is State.DONE


async def test_retry_waits_by_the_attempts(inbox, arrival, clock):
    await inbox.admit(arrival("evt_1"))
    await send_all(inbox)
    await inbox.complete([Settlement("evt_1", State.DUE, "retry", "locked", SECOND)])
    assert await inbox.claim(10) == []
    clock.now += 2.1
    (again,) = await inbox.claim(10)
    assert again.attempts == 2


async def test_a_tie_comes_back_with_the_keys_to_read_and_the_version_sent(inbox, arrival, clock):
    await inbox.admit(arrival("evt_1"))
    (claimed,) = await inbox.claim(1)
    await inbox.record([Move(claimed, State.SENT, wait=60, as_of=1234.0)])
    await inbox.complete(
        [Settlement("evt_1", State.DUE, "tie", "", SECOND, read_keys=("sub_1", "in_1"))]
    )
    clock.now += 3
    (again,) = await inbox.claim(1)
    assert (again.read_keys, again.sent_as_of) == (("sub_1", "in_1"), 1234.0)


async def test_only_late_events_are_overdue(inbox, arrival, clock):
    await inbox.admit(arrival("evt_1"))
    await send_all(inbox, wait=10)
    assert await inbox.overdue(10) == []
    assert await inbox.in_flight() == 1
    clock.now += 10
    assert [late.event_id for late in await inbox.overdue(10)] == ["evt_1"]


async def test_only_receipts_that_did_not_come_count_as_silences(inbox, arrival, clock):
    await inbox.admit(arrival("evt_1"))
    for _ in range(9):  # Stripe's outage: claimed, and nothing published
        (claimed,) = await inbox.claim(1)
        await inbox.record([Move(claimed, State.DUE, reason="Stripe does not answer")])
    for silences in (0, 1):
        await send_all(inbox, wait=5)
        clock.now += 6
        (late,) = await inbox.overdue(10)
        assert late.silences == silences
        await inbox.record([Move(late, State.DUE, reason="no receipt came")])
    await send_all(inbox, wait=5)
    await inbox.complete([Settlement("evt_1", State.DUE, "retry", "locked", SECOND)])
    clock.now += 60
    await send_all(inbox, wait=5)
    clock.now += 6
    (late,) = await inbox.overdue(10)
    assert late.silences == 0


async def test_claims_of_an_ended_process_are_due_again_and_published_ones_wait(store, arrival):
    inbox = await store.open()
    await inbox.admit(arrival("evt_claimed", "cus_1"))
    await inbox.admit(arrival("evt_sent", "cus_2"))
    claimed, sent = await inbox.claim(10)
    await inbox.record([Move(sent, State.SENT, wait=60)])
    await inbox.close()
    inbox = await store.open()
    try:
        (again,) = await inbox.claim(10)
        assert (again.event_id, again.attempts) == ("evt_claimed", 1)
        assert await state_of(inbox, "evt_sent") is State.SENT
        # The claim of the ended process is void.
        await inbox.record([Move(claimed, State.DEAD)])
        assert await state_of(inbox, "evt_claimed") is State.CLAIMED
    finally:
        await inbox.close()


async def test_a_foreign_event_is_recorded_without_payload_and_never_claimed(inbox, arrival):
    await inbox.admit(arrival("evt_1", payload=None, outcome="foreign", reason="live"))
    assert await inbox.claim(10) == []
    row, _ = await inbox.get_event("evt_1")
    assert (row.state, row.outcome) == (State.DONE, "foreign")
    assert await inbox.retry(None) == 0


async def test_retry_puts_dead_letters_back_behind_nothing_in_flight(inbox, arrival):
    await inbox.admit(arrival("evt_1"))
    await inbox.admit(arrival("evt_2"))
    first, second = await inbox.claim(10)
    await inbox.record([Move(first, State.DEAD, reason="no")])
    assert await inbox.retry(["evt_1", "evt_2"]) == 1
    assert await inbox.claim(10) == []  # one batch of a lane at a time
    await inbox.record([Move(second, State.DONE)])
    (again,) = await inbox.claim(10)
    assert (again.event_id, again.attempts) == ("evt_1", 1)


async def test_discard_finishes_only_dead_letters(inbox, arrival):
    await inbox.admit(arrival("evt_1", "cus_1"))
    await inbox.admit(arrival("evt_2", "cus_2"))
    first, second = await inbox.claim(10)
    await inbox.record([Move(first, State.DEAD), Move(second, State.SENT)])
    assert await inbox.discard(["evt_1", "evt_2"]) == 1
    row, _ = await inbox.get_event("evt_1")
    assert (row.state, row.outcome) == (State.DONE, "discarded")


async def test_prune_drops_only_what_is_done_and_old_and_its_id_is_remembered(
    inbox, arrival, clock
):
    await inbox.admit(arrival("evt_old", "cus_1"))
    await inbox.admit(arrival("evt_waits", "cus_2"))
    done, waits = await inbox.claim(10)
    await inbox.record([Move(done, State.DONE, outcome="applied"), Move(waits, State.DEAD)])
    assert await inbox.prune(clock.now) == 0
    assert await inbox.prune(clock.now + 1) == 1
    assert await inbox.prune(clock.now + 1) == 0
    assert not await inbox.admit(arrival("evt_old", "cus_1"))
    row, timeline = await inbox.get_event("evt_old")
    assert (row.state, row.outcome, len(timeline)) == (State.DONE, "applied", 1)
    assert await inbox.retry(None) == 1  # a dead letter keeps its body
    assert await inbox.forget(clock.now) == 0
    assert await inbox.forget(clock.now + 1) == 1
    assert [row.event_id for row in await inbox.list_events()] == ["evt_waits"]


async def test_known_are_those_that_are_there_or_remembered(inbox, arrival, clock):
    await inbox.admit(arrival("evt_1", payload=None, outcome="foreign"))
    await inbox.admit(arrival("evt_2"))
    assert await inbox.prune(clock.now + 1) == 1
    assert await inbox.known(["evt_1", "evt_2", "evt_3"]) == {"evt_1", "evt_2"}
    assert await inbox.known([]) == frozenset()


async def test_a_claim_that_is_not_renewed_ends_and_its_word_counts_no_more(inbox, arrival, clock):
    await inbox.admit(arrival("evt_1"))
    (first,) = await inbox.claim(10, lease=60)
    clock.now += 50
    assert await inbox.renew([first.claim], lease=60) == {first.claim}
    clock.now += 50
    assert await inbox.claim(10) == []
    clock.now += 10
    (second,) = await inbox.claim(10, lease=60)
    assert (second.event_id, second.attempts) == ("evt_1", 1)
    assert await inbox.renew([first.claim, second.claim]) == {second.claim}
    await inbox.record([Move(first, State.DEAD)])
    assert await state_of(inbox, "evt_1") is State.CLAIMED
    await inbox.record([Move(second, State.DONE)])
    assert await inbox.renew([second.claim]) == frozenset()
    assert await state_of(inbox, "evt_1") is State.DONE


async def test_urgent_events_go_alone_and_before_what_came_first(inbox, arrival, clock):
    for n in range(6):
        await inbox.admit(arrival(f"evt_{n}", f"cus_{n % 2}"))
    await inbox.admit(arrival("evt_failed", "cus_1", urgent=True))
    await inbox.admit(arrival("evt_disputed", "cus_9", urgent=True))
    urgent = await inbox.claim(10, urgent_only=True)
    assert [each.event_id for each in urgent] == ["evt_failed", "evt_disputed"]
    assert await inbox.claim(10, urgent_only=True) == []
    # The others of a lane wait for what is in flight of it.
    assert [each.event_id for each in await inbox.claim(10)] == ["evt_0", "evt_2", "evt_4"]
    await inbox.record([Move(each, State.DONE) for each in urgent])
    assert [each.event_id for each in await inbox.claim(10)] == ["evt_1", "evt_3", "evt_5"]


async def test_an_urgent_event_waits_for_its_time_and_for_its_lane(inbox, arrival, clock):
    await inbox.admit(arrival("evt_1", "cus_1"))
    (flying,) = await inbox.claim(10)
    await inbox.admit(arrival("evt_2", "cus_1", urgent=True))
    assert await inbox.claim(10, urgent_only=True) == []
    await inbox.record([Move(flying, State.DONE)])
    (urgent,) = await inbox.claim(10, urgent_only=True)
    await inbox.record([Move(urgent, State.DUE, wait=30)])
    assert await inbox.claim(10, urgent_only=True) == []
    clock.now += 31
    assert len(await inbox.claim(10, urgent_only=True)) == 1


async def test_counts_tell_states_refusals_and_the_oldest(inbox, arrival, clock):
    await inbox.admit(arrival("evt_1"))
    admitted_at = clock.now
    clock.now += 5
    await inbox.admit(arrival("evt_2"))
    await inbox.count_refused({"wrong_signature": 2})
    await inbox.count_refused({"wrong_signature": 1, "too_large": 1})
    counts = await inbox.counts()
    assert counts.states[State.NEW] == counts.waiting == 2
    assert counts.oldest_waiting == admitted_at
    assert counts.refused == {"wrong_signature": 3, "too_large": 1}


async def test_list_filters_by_state_and_lane(inbox, arrival):
    await inbox.admit(arrival("evt_1", "cus_1"))
    await inbox.admit(arrival("evt_2", "cus_2"))
    await inbox.claim(1)
    assert [r.event_id for r in await inbox.list_events(state=State.CLAIMED)] == ["evt_1"]
    assert [r.event_id for r in await inbox.list_events(lane="cus_2")] == ["evt_2"]


async def test_wait_returns_at_an_admission(inbox, arrival):
    waiting = asyncio.create_task(inbox.wait(30))
    await asyncio.sleep(0)
    await inbox.admit(arrival("evt_1"))
    await asyncio.wait_for(waiting, 1)


async def test_a_closed_store_admits_nothing(store, arrival):
    inbox = await store.open()
    await inbox.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await inbox.admit(arrival("evt_1"))


async def test_what_was_published_is_kept_until_the_event_is_settled(inbox, arrival, clock):
    await inbox.admit(arrival("evt_1"))
    (claimed,) = await inbox.claim(10)
    await inbox.record([Move(claimed, State.SENT, wait=1, sent_rows="rows")])
    clock.now += 2
    (late,) = await inbox.overdue(10)
    assert late.sent_rows == "rows"
    await inbox.record([Move(late, State.DUE)])
    (claimed,) = await inbox.claim(10)
    await inbox.record([Move(claimed, State.SENT, wait=1)])  # the same again, for all one knows
    clock.now += 2
    (late,) = await inbox.overdue(10)
    assert late.sent_rows == "rows"
    await inbox.complete([Settlement("evt_1", State.DUE, "retry", "", SECOND)])
    clock.now += 5
    (claimed,) = await inbox.claim(10)
    await inbox.record([Move(claimed, State.SENT, wait=1)])
    clock.now += 2
    (late,) = await inbox.overdue(10)
    assert late.sent_rows == ""


async def test_an_event_can_be_put_before_all_that_are_due(inbox, arrival, clock):
    for i in range(3):
        await inbox.admit(arrival(f"evt_{i}", f"cus_{i}"))
        clock.now += 1
    claimed = await inbox.claim(10)
    await inbox.record([Move(each, State.DUE) for each in claimed[:2]])
    await inbox.record([Move(claimed[2], State.DUE, wait=-1e9)])
    assert ids(await inbox.claim(1)) == ["evt_2"]
    assert ids(await inbox.claim(1)) == ["evt_0"]
