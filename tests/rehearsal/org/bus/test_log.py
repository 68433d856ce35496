from __future__ import annotations

import datetime as dt
import itertools
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.org.bus import EARLIEST, LATEST, Allocations, EventBus, InvalidReplayId
from rehearsal.org.bus.log import decode_replay, encode_replay
from rehearsal.org.clock import Clock
from rehearsal.org.errors import SaveError
from rehearsal.org.schema import Schema

USER = "005000000000001AAA"


def publish(bus: EventBus, *numbers: str) -> list[int]:
    return [bus.append("Order__e", {"Number__c": n}, USER).replay for n in numbers]


def numbers(bus: EventBus, position: int) -> list[str]:
    return [event.values["Number__c"] for event in bus.after("/event/Order__e", position)]


def test_events_come_after_a_position_in_order(bus: EventBus) -> None:
    first, _, _ = publish(bus, "1", "2", "3")
    assert numbers(bus, first) == ["2", "3"]
    assert numbers(bus, EARLIEST) == ["1", "2", "3"]
    assert numbers(bus, LATEST) == []


def test_replay_ids_rise_and_are_not_contiguous(bus: EventBus) -> None:
    replays = publish(bus, *map(str, range(50)))
    gaps = {after - before for before, after in itertools.pairwise(replays)}
    assert min(gaps) >= 1
    assert len(gaps) > 1


def test_a_replay_id_that_was_never_given_out_is_refused(bus: EventBus) -> None:
    (replay,) = publish(bus, "1")
    unknown = replay + 1
    with pytest.raises(InvalidReplayId):
        bus.after("Order__e", unknown)


def test_a_replay_id_of_another_topic_is_refused(bus: EventBus) -> None:
    other = bus.append("Other__e", {"Text__c": "x"}, USER).replay
    with pytest.raises(InvalidReplayId):
        bus.after("Order__e", other)


def test_events_are_kept_for_72_hours_of_the_orgs_clock(bus: EventBus, clock: Clock) -> None:
    (old,) = publish(bus, "old")
    clock.advance(dt.timedelta(hours=71, minutes=59))
    publish(bus, "new")
    assert numbers(bus, old) == ["new"]
    clock.advance(dt.timedelta(minutes=1))
    assert numbers(bus, EARLIEST) == ["new"]
    with pytest.raises(InvalidReplayId):
        bus.after("Order__e", old)


def test_the_tip_of_a_quiet_topic_moves_on_with_time(bus: EventBus, clock: Clock) -> None:
    publish(bus, "1")
    for _ in range(10):
        tip = bus.tip("Order__e")
        clock.advance(dt.timedelta(hours=24))
        assert numbers(bus, tip) == []
        tip = bus.tip("Order__e")
    publish(bus, "2")
    assert numbers(bus, tip) == ["2"]


def test_a_connected_subscriber_outlives_the_retention(bus: EventBus, clock: Clock) -> None:
    tip = bus.tip("Order__e")
    clock.advance(dt.timedelta(hours=100))
    publish(bus, "1")
    assert [event.values["Number__c"] for event in bus.following("Order__e", tip)] == ["1"]


def test_the_hourly_allocation_refuses_and_then_frees_itself(schema: Schema, clock: Clock) -> None:
    bus = EventBus(schema, clock, allocations=Allocations(hourly_published=2))
    publish(bus, "1", "2")
    with pytest.raises(SaveError, match="LIMIT_EXCEEDED"):
        publish(bus, "3")
    clock.advance(dt.timedelta(hours=1))
    publish(bus, "3")
    assert numbers(bus, EARLIEST) == ["1", "2", "3"]


def test_lost_events_have_a_uuid_and_are_never_delivered(bus: EventBus) -> None:
    bus.lose_next("/event/Order__e", 1)
    lost = bus.append("Order__e", {"Number__c": "lost"}, USER)
    publish(bus, "kept")
    assert lost.uuid
    assert numbers(bus, EARLIEST) == ["kept"]


def test_an_unknown_field_is_refused_by_name(bus: EventBus) -> None:
    with pytest.raises(SaveError, match="Nope__c"):
        bus.append("Order__e", {"Nope__c": "1"}, USER)


def test_field_names_are_made_canonical_and_system_fields_are_the_buss(
    bus: EventBus, clock: Clock
) -> None:
    event = bus.append(
        "order__E", {"NUMBER__C": "1", "EventUuid": "u-1", "CreatedById": "nobody"}, USER
    )
    assert event.as_row() == {
        "attributes": {"type": "Order__e"},
        "Number__c": "1",
        "ReplayId": str(event.replay),
        "EventUuid": "u-1",
        "CreatedDate": clock.now(),
        "CreatedById": USER,
    }


def test_listeners_hear_of_each_publish_until_they_stop(bus: EventBus) -> None:
    heard: list[str] = []
    stop = bus.listen(heard.append)
    publish(bus, "1")
    stop()
    publish(bus, "2")
    assert heard == ["Order__e"]


def test_many_publishers_keep_one_order(bus: EventBus) -> None:
    def work(name: int) -> None:
        publish(bus, *(f"{name}-{index}" for index in range(100)))

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = bus.after("Order__e", EARLIEST)
    replays = [event.replay for event in events]
    assert len(events) == 400
    assert replays == sorted(set(replays))


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_replay_ids_survive_the_wire(replay: int) -> None:
    assert decode_replay(encode_replay(replay)) == replay


@pytest.mark.parametrize("text", [b"", b"12345678", b"\0" * 9 + b"\1", "abc"])
def test_what_the_bus_did_not_write_is_no_replay_id(text: bytes | str) -> None:
    with pytest.raises(InvalidReplayId):
        decode_replay(text)
