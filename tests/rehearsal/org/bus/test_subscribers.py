from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from rehearsal.org.bus import EventBus
from rehearsal.org.bus.subscribers import ApexSubscribers, EventTrigger
from rehearsal.org.errors import LimitExceeded
from rehearsal.org.ports import EventRun, Transaction, TriggerRunner
from rehearsal.org.values import Row

USER = "005000000000001AAA"
Behaviour = Callable[[list[Row], int], EventRun]


class Org:
    """Transactions that keep what a run did on return and forget it on any exception."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.committed: list[str] = []
        self.batches: list[list[str]] = []
        self.retries: list[int] = []

    def run(self, work: Callable[[Transaction], EventRun]) -> EventRun:
        before = list(self.committed)
        try:
            return work(cast("Transaction", self))
        except BaseException:
            self.committed = before
            raise

    def run_events(self, tx: Any, event: str, events: list[Row], retries: int) -> EventRun:
        assert event == "Order__e"
        self.batches.append([row["Number__c"] for row in events])
        self.retries.append(retries)
        return self.behaviour(events, retries)

    def keep(self, events: list[Row]) -> None:
        self.committed += [row["Number__c"] for row in events]


def trigger(batch_size: int = 2000, partitions: int = 1) -> EventTrigger:
    return EventTrigger(
        "OrderTrigger", "Order__e", "01q000000000001AAA", batch_size, partitions, "Lane__c"
    )


class Rig:
    def __init__(self, bus: EventBus) -> None:
        self.bus = bus
        self.running: list[ApexSubscribers] = []

    def start(
        self, behaviour: Behaviour, subscription: EventTrigger
    ) -> tuple[Org, ApexSubscribers]:
        org = Org(behaviour)
        subscribers = ApexSubscribers(
            self.bus, cast("TriggerRunner", org), [subscription], org.run, backoff=lambda _: 0.001
        )
        subscribers.start()
        self.running.append(subscribers)
        return org, subscribers

    def publish(self, *numbers: str, lane: str = "a") -> list[int]:
        rows: list[Row] = [{"Number__c": number, "Lane__c": lane} for number in numbers]
        return [event.replay for event in self.bus.append_all("Order__e", rows, USER)]


@pytest.fixture
def rig(bus: EventBus) -> Iterator[Rig]:
    made = Rig(bus)
    yield made
    for subscribers in made.running:
        subscribers.stop()


def test_events_arrive_in_order_in_batches_of_the_configured_size(rig: Rig) -> None:
    org, subscribers = rig.start(lambda events, _: EventRun(), trigger(batch_size=2))
    rig.publish("1", "2", "3")
    assert subscribers.drain(5)
    assert org.batches == [["1", "2"], ["3"]]


def test_events_published_before_the_trigger_subscribed_are_not_its(rig: Rig) -> None:
    rig.publish("old")
    org, subscribers = rig.start(lambda events, _: EventRun(), trigger())
    rig.publish("new")
    assert subscribers.drain(5)
    assert org.batches == [["new"]]


def test_a_checkpoint_before_the_last_event_resumes_after_it(rig: Rig) -> None:
    org, subscribers = rig.start(
        lambda events, _: EventRun(checkpoint=events[0]["ReplayId"]), trigger()
    )
    rig.publish("1", "2", "3")
    assert subscribers.drain(5)
    assert org.batches == [["1", "2", "3"], ["2", "3"], ["3"]]


def test_an_uncaught_exception_keeps_what_was_done_and_loses_the_rest(rig: Rig) -> None:
    def fail(events: list[Row], retries: int) -> EventRun:
        org.keep(events[:1])
        return EventRun(error="System.NullPointerException")

    org, subscribers = rig.start(fail, trigger())
    rig.publish("1", "2")
    assert subscribers.drain(5)
    rig.publish("3")
    assert subscribers.drain(5)
    assert org.batches == [["1", "2"], ["3"]]
    assert org.committed == ["1", "3"]
    assert subscribers.rows()[0]["Status"] == "Running"


def test_an_uncaught_exception_after_a_checkpoint_loses_nothing(rig: Rig) -> None:
    def fail(events: list[Row], retries: int) -> EventRun:
        if len(events) == 1:
            return EventRun()
        return EventRun(checkpoint=events[0]["ReplayId"], error="boom")

    org, subscribers = rig.start(fail, trigger())
    rig.publish("1", "2")
    assert subscribers.drain(5)
    assert org.batches == [["1", "2"], ["2"]]


def test_a_governor_limit_undoes_the_run_and_loses_the_batch(rig: Rig) -> None:
    def fail(events: list[Row], retries: int) -> EventRun:
        org.keep(events)
        if "1" in [row["Number__c"] for row in events]:
            return EventRun(error="Too many SOQL queries: 101", limit=True)
        return EventRun()

    org, subscribers = rig.start(fail, trigger(batch_size=2))
    rig.publish("1", "2", "3")
    assert subscribers.drain(5)
    assert org.committed == ["3"]
    assert org.batches == [["1", "2"], ["3"]]


def test_a_governor_limit_outside_the_trigger_counts_the_same(rig: Rig) -> None:
    def fail(events: list[Row], retries: int) -> EventRun:
        org.keep(events)
        if len(events) > 1:
            raise LimitExceeded("Too many DML rows: 10001")
        return EventRun()

    org, subscribers = rig.start(fail, trigger(batch_size=2))
    rig.publish("1", "2", "3")
    assert subscribers.drain(5)
    assert org.committed == ["3"]


def test_a_retryable_exception_undoes_and_sends_the_batch_again_with_newer_events(
    rig: Rig,
) -> None:
    first_run, published = threading.Event(), threading.Event()

    def fail(events: list[Row], retries: int) -> EventRun:
        org.keep(events)
        if retries < 2:
            first_run.set()
            assert published.wait(5)
            return EventRun(retry="not yet")
        return EventRun()

    org, subscribers = rig.start(fail, trigger())
    rig.publish("1")
    assert first_run.wait(5)
    rig.publish("2")
    published.set()
    assert subscribers.drain(5)
    assert org.batches == [["1"], ["1", "2"], ["1", "2"]]
    assert org.retries == [0, 1, 2]
    assert org.committed == ["1", "2"]


def test_after_nine_retries_the_trigger_is_in_the_error_state_until_it_is_repaired(
    rig: Rig,
) -> None:
    broken = True

    def fail(events: list[Row], retries: int) -> EventRun:
        return EventRun(retry="no luck") if broken else EventRun()

    org, subscribers = rig.start(fail, trigger())
    rig.publish("1")
    assert subscribers.drain(10)
    assert org.retries == list(range(10))
    (row,) = rig.bus.subscriber_rows()
    assert (row["Status"], row["Retries"], row["LastError"]) == ("Error", 9, "no luck")

    rig.publish("meanwhile")
    assert subscribers.drain(5)
    broken = False
    subscribers.resume("OrderTrigger")
    rig.publish("2")
    assert subscribers.drain(5)
    assert org.batches[10:] == [["2"]]
    assert subscribers.rows()[0]["Status"] == "Running"


def test_partitions_keep_the_order_of_a_key_and_fail_alone(rig: Rig) -> None:
    def fail(events: list[Row], retries: int) -> EventRun:
        if any(row["Lane__c"] == "bad" for row in events):
            return EventRun(retry="locked")
        org.keep(events)
        return EventRun()

    org, subscribers = rig.start(fail, trigger(batch_size=2, partitions=10))
    for number in range(6):
        rig.publish(str(number), lane="good" if number % 2 else "bad")
    assert subscribers.drain(10)
    assert org.committed == ["1", "3", "5"]
    (row,) = subscribers.rows()
    assert row["IsPartitioned"] is True
    assert row["Status"] == "Error"


def test_the_position_is_the_last_event_processed(rig: Rig) -> None:
    _, subscribers = rig.start(lambda events, _: EventRun(), trigger())
    replays = rig.publish("1", "2")
    assert subscribers.drain(5)
    (row,) = subscribers.rows()
    assert row["Position"] == replays[-1]
    assert (row["LastProcessed"], row["LastPublished"]) == (str(replays[-1]), "-1")
    assert row["Tip"] == -1


def test_a_fault_of_the_org_itself_is_raised_to_whoever_waits(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(events: list[Row], retries: int) -> EventRun:
        raise ZeroDivisionError

    _, subscribers = rig.start(crash, trigger())
    rig.publish("1")
    with pytest.raises(ZeroDivisionError):
        subscribers.drain(5)
