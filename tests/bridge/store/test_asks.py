"""Reads that are asked for: one that waits serves all who ask, and none is lost."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.store import Cursor, Move, SqliteInbox, State

TOPIC = "/event/Bridge_Request__e"


def ask(arrival, *ids, **changes):
    return [arrival(each, type="bridge.resync", **changes) for each in ids]


async def ids(inbox):
    return {row.event_id for row in await inbox.list_events()}


async def test_one_that_waits_serves_all_who_ask(inbox, arrival):
    assert await inbox.ask(ask(arrival, "resync:sub_1:1")) == ["resync:sub_1:1"]
    assert await inbox.ask(ask(arrival, "resync:sub_1:2", "resync:sub_12:2")) == [
        "resync:sub_1:1",
        "resync:sub_12:2",
    ]
    assert await ids(inbox) == {"resync:sub_1:1", "resync:sub_12:2"}


async def test_two_that_ask_at_once_are_served_by_one(inbox, arrival):
    serving = await inbox.ask(ask(arrival, "resync:sub_1:1", "resync:sub_1:2"))
    assert serving == ["resync:sub_1:1", "resync:sub_1:1"]
    assert await ids(inbox) == {"resync:sub_1:1"}


@pytest.mark.parametrize("to", [State.SENT, State.DONE, State.DEAD])
async def test_one_that_has_read_serves_nobody_who_asks_later(inbox, arrival, to):
    await inbox.ask(ask(arrival, "resync:sub_1:1"))
    (claimed,) = await inbox.claim(10)
    assert await inbox.ask(ask(arrival, "resync:sub_1:2")) == ["resync:sub_1:2"]
    await inbox.record([Move(claimed, to, wait=60)])
    assert await inbox.ask(ask(arrival, "resync:sub_1:3")) == ["resync:sub_1:2"]


async def test_one_that_goes_again_will_read_again(inbox, arrival):
    await inbox.ask(ask(arrival, "resync:sub_1:1"))
    (claimed,) = await inbox.claim(10)
    await inbox.record([Move(claimed, State.DUE, wait=60)])
    assert await inbox.ask(ask(arrival, "resync:sub_1:2")) == ["resync:sub_1:1"]


async def test_the_same_ask_twice_is_one_row_even_when_it_is_done(inbox, arrival):
    await inbox.ask(ask(arrival, "resync:sub_1:1", "resync:sub_1:1"))
    (claimed,) = await inbox.claim(10)
    await inbox.record([Move(claimed, State.DONE, outcome="applied")])
    assert await inbox.ask(ask(arrival, "resync:sub_1:1")) == ["resync:sub_1:1"]
    assert await inbox.claim(10) == []


async def test_the_cursor_moves_with_the_rows_or_not_at_all(inbox, arrival):
    await inbox.ask(ask(arrival, "resync:sub_1:1"), Cursor(TOPIC, b"\x01"))
    assert await inbox.get_cursor(TOPIC) == b"\x01"
    with pytest.raises(Exception, match=r"(?i)not.null"):
        await inbox.ask(ask(arrival, "resync:sub_2:1", lane=None), Cursor(TOPIC, b"\x02"))
    assert await inbox.get_cursor(TOPIC) == b"\x01"
    await inbox.ask([], Cursor(TOPIC, b"\x03"))
    assert await inbox.get_cursor(TOPIC) == b"\x03"


async def test_what_has_been_read_serves_nobody_who_asks_later(inbox, arrival):
    """A topic that is read again from the beginning brings old requests and new ones at once."""
    await inbox.ask(ask(arrival, "resync:sub_1:1"))
    (claimed,) = await inbox.claim(10)
    await inbox.record([Move(claimed, State.DONE, outcome="read")])
    assert await inbox.ask(ask(arrival, "resync:sub_1:1", "resync:sub_1:2", "resync:sub_1:3")) == [
        "resync:sub_1:1",
        "resync:sub_1:2",
        "resync:sub_1:2",
    ]
    assert [each.event_id for each in await inbox.claim(10)] == ["resync:sub_1:2"]


async def test_a_waiter_hears_of_an_ask(inbox, arrival):
    await inbox.ask(ask(arrival, "resync:sub_1:1"))
    assert await inbox.wait(0.1)


async def test_progress_is_of_the_lanes_the_type_and_the_time(inbox, arrival, clock):
    await inbox.ask(ask(arrival, "resync:sub_0:1", lane="cus_1"))
    (old,) = await inbox.claim(10)
    await inbox.record([Move(old, State.DONE, outcome="applied")])
    clock.now += 10
    since = clock.now
    await inbox.ask(
        [
            *ask(arrival, "resync:sub_1:1", "resync:sub_2:1", "resync:sub_3:1", lane="cus_1"),
            *ask(arrival, "resync:sub_4:1", lane="cus_other"),
            arrival("evt_1", lane="cus_1"),
        ]
    )
    claimed = {each.event_id: each for each in await inbox.claim(10)}
    await inbox.record(
        [
            Move(claimed["resync:sub_1:1"], State.DONE, outcome="applied"),
            Move(claimed["resync:sub_2:1"], State.DEAD, outcome="failed"),
        ]
    )
    progress = await inbox.progress(["cus_1", "cus_1"], "bridge.", since)
    assert (progress.waiting, progress.dead, progress.outcomes) == (1, 1, {"applied": 1})
    assert progress.done == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    steps=st.lists(
        st.one_of(st.tuples(st.just("ask"), st.integers(0, 2)), st.just(("work", 0))), max_size=20
    )
)
async def test_whoever_asks_is_served_by_a_read_that_begins_afterwards(
    tmp_path_factory, arrival, steps
):
    """The promise of ``ask``, whatever the order of asking and working."""
    box = await SqliteInbox.open(tmp_path_factory.mktemp("store") / "b.db", serving=True)
    try:
        asked: list[tuple[int, str]] = []
        began: dict[str, int] = {}
        for now, (what, subject) in enumerate([*steps, ("work", 0), ("work", 0), ("work", 0)]):
            if what == "ask":
                (serving,) = await box.ask(ask(arrival, f"resync:sub_{subject}:{now}"))
                asked.append((now, serving))
            else:
                claimed = await box.claim(2)
                began |= {each.event_id: now for each in claimed}
                await box.record([Move(each, State.DONE, outcome="applied") for each in claimed])
        assert all(began[serving] > when for when, serving in asked)
        assert len(began) <= len(asked)
    finally:
        await box.close()


async def test_whether_a_bridge_serves_can_be_told(inbox, beside):
    assert await inbox.is_served()
    assert await beside.is_served()
    await inbox.close()
    assert not await beside.is_served()
