"""Event triggers after a deployment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import cast

import pytest

from rehearsal.org.bus import EventBus
from rehearsal.org.bus.subscribers import EventTrigger
from rehearsal.org.ports import EventRun, TriggerRunner
from rehearsal.org.schema import Field, FieldType, Schema
from rehearsal.org.values import Row
from tests.rehearsal.org.bus.conftest import event_type
from tests.rehearsal.org.bus.test_subscribers import Org, Rig, trigger

pytestmark = pytest.mark.slow


@pytest.fixture
def rig(bus: EventBus) -> Iterator[Rig]:
    made = Rig(bus)
    yield made
    for subscribers in made.running:
        subscribers.stop()


def done(events: list[Row], retries: int) -> EventRun:
    return EventRun()


def runner(org: Org) -> TriggerRunner:
    return cast("TriggerRunner", org)


def test_the_new_apex_takes_the_next_events(rig: Rig) -> None:
    old, subscribers = rig.start(done, trigger())
    rig.publish("1")
    assert subscribers.drain(5)
    new = Org(done)
    subscribers.adopt(runner(new), [trigger()])
    rig.publish("2")
    assert subscribers.drain(5)
    assert (old.batches, new.batches) == ([["1"]], [["2"]])


def test_a_new_trigger_begins_at_the_tip(rig: Rig) -> None:
    _, subscribers = rig.start(done, trigger())
    rig.publish("1")
    assert subscribers.drain(5)
    second = EventTrigger("Second", "Order__e", "01q000000000002AAA")
    new = Org(done)
    subscribers.adopt(runner(new), [trigger(), second])
    rig.publish("2")
    assert subscribers.drain(5)
    assert new.batches == [["2"], ["2"]]
    assert {row["Name"] for row in subscribers.rows()} == {"OrderTrigger", "Second"}


@pytest.mark.parametrize("partitions", [1, 3])
def test_events_that_wait_are_delivered_once_whatever_the_partitions(
    rig: Rig, partitions: int
) -> None:
    entered, leave = threading.Event(), threading.Event()

    def block(events: list[Row], retries: int) -> EventRun:
        entered.set()
        assert leave.wait(5)
        return EventRun()

    old, subscribers = rig.start(block, trigger(batch_size=1, partitions=2))
    for number in range(6):
        rig.publish(str(number), lane=str(number % 3))
    assert entered.wait(5)
    new = Org(done)
    subscribers.adopt(runner(new), [trigger(batch_size=1, partitions=partitions)])
    leave.set()
    assert subscribers.drain(5)
    assert len(old.batches) == 1
    taken = [number for (number,) in [*old.batches, *new.batches]]
    assert sorted(taken) == list("012345")
    for lane in range(3):
        assert [n for n in taken if int(n) % 3 == lane] == [str(lane), str(lane + 3)]


def test_a_trigger_that_is_gone_takes_nothing(rig: Rig) -> None:
    old, subscribers = rig.start(done, trigger())
    new = Org(done)
    subscribers.adopt(runner(new), [])
    rig.publish("1")
    assert subscribers.drain(5)
    assert (old.batches, new.batches, subscribers.rows()) == ([], [], [])


def test_a_bus_with_a_new_schema_keeps_its_events(bus: EventBus, schema: Schema) -> None:
    (stored,) = bus.append_all("Other__e", [{"Text__c": "kept"}], "005000000000001AAA")
    other = event_type(
        "Other__e",
        Field("Text__c", FieldType.STRING, length=20, custom=True),
        Field("More__c", FieldType.STRING, length=20, custom=True),
    )
    added = event_type("Added__e", Field("Text__c", FieldType.STRING, length=20, custom=True))
    objects = {**schema.objects, "other__e": other, "added__e": added}
    bus.adopt(Schema(objects))
    bus.append_all("Other__e", [{"More__c": "new"}], "005000000000001AAA")
    bus.append_all("Added__e", [{"Text__c": "new"}], "005000000000001AAA")
    following = bus.after("/event/Other__e", stored.replay)
    assert [event.values for event in following] == [{"More__c": "new"}]
    assert bus.event_type("Other__e") is other
