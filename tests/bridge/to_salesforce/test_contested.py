"""Which objects a batch brings several versions of."""

import datetime as dt

import pytest

from bridge.stripe_api import StripeEvent
from bridge.to_salesforce.contested import Contested, contested

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(seconds=1)


def event(number, created=NOON, event_type="invoice.updated", key="in_1", **values):
    found = {"id": key, "object": "invoice", **values}
    return StripeEvent(f"evt_{number}", event_type, created, None, False, None, found)


def test_versions_of_one_second_that_differ_are_contested():
    events = [event(1, status="draft"), event(2, status="open"), event(3, key="in_2")]
    assert contested(events) == [Contested("in_1", NOON, ("evt_1", "evt_2"))]


def test_the_same_version_twice_is_not_contested():
    assert contested([event(1, status="open"), event(2, status="open")]) == []


def test_a_later_version_settles_those_before_it():
    events = [event(1, status="draft"), event(2, LATER, status="paid"), event(3, status="open")]
    assert contested(events) == []


def test_only_the_newest_second_is_contested():
    events = [event(1), event(2, LATER, status="open"), event(3, LATER, status="paid")]
    assert contested(events) == [Contested("in_1", LATER, ("evt_2", "evt_3"))]


@pytest.mark.parametrize(
    "change",
    [
        {"event_type": "invoice.payment_succeeded"},
        {"event_type": "invoice.deleted"},
        {"event_type": "customer.deleted"},
    ],
)
def test_what_writes_nothing_or_says_more_than_a_read_contests_nothing(change):
    assert contested([event(1, status="open"), event(2, status="paid", **change)]) == []


def test_what_no_read_answers_is_left_to_the_ledger():
    events = [event(n, key=key, n=n) for n in range(2) for key in ("prod_1", None, "price_1")]
    assert contested(events) == []


def test_what_the_ledger_does_not_keep_contests_nothing():
    """A payment intent can be read, as its charge; but its own events write nothing."""
    events = [event(n, key="pi_1", n=n, object="payment_intent") for n in range(2)]
    assert contested(events) == []
