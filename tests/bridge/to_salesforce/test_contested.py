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


@pytest.mark.parametrize(
    ("kind", "event_type"),
    [
        ("refund", "refund.updated"),
        ("dispute", "charge.dispute.updated"),
        ("credit_note", "credit_note.updated"),
        ("invoice_payment", "invoice_payment.paid"),
        ("charge", "charge.refunded"),
    ],
)
def test_what_only_makes_a_list_be_read_keeps_its_own_way(kind, event_type):
    """A reading of the charge would not write the refunds that `charge.refunded` tells of."""
    keys = {"refund": "re_1", "dispute": "du_1", "credit_note": "cn_1", "charge": "ch_1"}
    key = keys.get(kind, "inpay_1")
    events = [
        event(n, event_type=event_type, key=key, object=kind, status=str(n)) for n in range(2)
    ]
    assert contested(events) == []


def test_what_an_old_invoice_says_of_its_payment_is_kept_beside_the_reading():
    before = {"paid_out_of_band": False, "payment_intent": "pi_1"}
    paid = {"paid_out_of_band": True, "payment_intent": None}
    [found] = contested([event(1, status="open", **before), event(2, status="paid", **paid)])
    assert found.beside == {"paid_out_of_band": True, "payment_intent": "pi_1"}
    [newest] = contested([event(1, status="open"), event(2, status="paid")])
    assert newest.beside == {}
