"""Open invoices that change without an event of their own."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bridge.to_salesforce.translate import Kind, Need

UPDATED = "customer.subscription.updated"
T0 = 1767225600
DUE = T0 + 60
"""Past when the list is read, five minutes after T0; not yet at the golden invoice's own event."""


@pytest.fixture
def owed(golden: Any, stripe: Any, change: Any) -> Any:
    """Puts an open invoice in the customer's list."""

    def owed(key: str = "in_first", **changes: Any) -> None:
        fine = {"status": "open", "amount_paid": 0, "attempt_count": 0, "attempted": False}
        invoice = change(golden("invoice.paid").object, {"id": key} | fine | changes)
        stripe.answers[Kind.INVOICE_PAYMENTS, key] = {"object": "list", "data": []}
        stripe.answers[Kind.OPEN_INVOICES, "cus_globex"]["data"].append(invoice)

    return owed


@pytest.mark.parametrize("shape", ["acacia", "endive"])
@pytest.mark.parametrize("status", ["past_due", "unpaid", "canceled"])
def test_the_subscription_tells_that_its_invoice_is_overdue(
    golden: Any, rows: Any, stripe: Any, owed: Any, shape: str, status: str
) -> None:
    owed(due_date=DUE, collection_method="send_invoice")
    event = golden(UPDATED, shape, status=status)
    found = rows(event)["in_first"]
    assert (found.status, found.in_dunning, found.subscription) == ("Overdue", True, "sub_team")
    assert found.as_of == stripe.as_of
    assert Need(Kind.OPEN_INVOICES, "cus_globex", since=event.created) in stripe.asked


@pytest.mark.parametrize("status", ["active", "trialing", "incomplete", "paused"])
def test_one_in_good_standing_is_not_asked_about(
    golden: Any, rows: Any, stripe: Any, owed: Any, status: str
) -> None:
    owed(due_date=DUE)
    assert "in_first" not in rows(golden(UPDATED, status=status))
    assert Kind.OPEN_INVOICES not in stripe.kinds_asked()


def test_only_invoices_in_trouble_and_of_this_subscription_are_written(
    golden: Any, rows: Any, owed: Any
) -> None:
    owed("in_late", due_date=DUE)
    owed("in_tried", attempt_count=1, attempted=True)
    owed("in_fine", due_date=T0 + 86_400)
    owed("in_other", due_date=DUE, parent=None)
    found = rows(golden(UPDATED, status="past_due"))
    renewals = {key for key, row in found.items() if key.startswith("in_")}
    assert renewals == {"in_late", "in_tried"}


@pytest.mark.parametrize("shape", ["acacia", "endive"])
def test_the_customer_tells_of_all_that_is_overdue(
    golden: Any, rows: Any, stripe: Any, owed: Any, shape: str
) -> None:
    owed("in_late", due_date=DUE)
    owed("in_other", due_date=DUE, parent=None)
    event = golden("customer.updated", shape, delinquent=True)
    found = rows(event)
    assert found["cus_globex"].as_of == event.created
    assert (found["in_late"].in_dunning, found["in_late"].subscription) == (True, "sub_team")
    assert (found["in_other"].in_dunning, found["in_other"].subscription) == (True, None)
    assert next(iter(found)) == "cus_globex"
    assert "sub_team" in found  # the lookup must hold
    calm = rows(golden("customer.updated", shape, delinquent=False))
    assert list(calm) == ["cus_globex"]


@pytest.mark.parametrize("shape", ["acacia", "endive"])
def test_a_new_card_on_the_customer_lets_the_retries_run(
    golden: Any, rows: Any, stripe: Any, owed: Any, shape: str
) -> None:
    tried = {"attempt_count": 1, "attempted": True, "next_payment_attempt": T0 + 300_000}
    owed(**tried)
    error = {"decline_code": "lost_card", "message": "Declined.", "payment_method": {"id": "pm_1"}}
    intent = {"id": "pi_first", "status": "requires_payment_method", "last_payment_error": error}
    paid_by = {"data": [{"id": "inpay_1", "payment": {"payment_intent": intent}}]}
    stripe.answers[Kind.INVOICE_PAYMENTS, "in_first"] = paid_by
    stripe.answers[Kind.SUBSCRIPTION, "sub_team"]["default_payment_method"] = None
    event = golden("customer.updated", shape, delinquent=True)
    assert rows(event)["in_first"].dunning_status == "Waiting for a new card"
    card = {"invoice_settings": {"default_payment_method": "pm_2"}}
    stripe.answers[Kind.CUSTOMER, "cus_globex"] |= card
    found = rows(replace(event, created=event.created + dt.timedelta(seconds=1)))["in_first"]
    assert found.dunning_status == "Retry scheduled"
    assert found.next_retry == dt.datetime.fromtimestamp(T0 + 300_000, dt.UTC)


def test_an_invoice_that_cannot_be_written_does_not_hold_up_the_others(
    golden: Any, rows: Any, owed: Any
) -> None:
    owed("in_late", due_date=DUE)
    owed("in_odd", due_date=DUE, amount_due=None)
    found = rows(golden(UPDATED, status="past_due"))
    assert "in_late" in found
    assert "in_odd" not in found
    found = rows(golden("customer.updated", delinquent=True))
    assert "in_late" in found
    assert "in_odd" not in found


def test_a_message_holds_the_newest(golden: Any, rows: Any, owed: Any) -> None:
    for n in range(30):
        owed(f"in_{n}", due_date=DUE, created=T0 - n)
    for event in (golden(UPDATED, status="past_due"), golden("customer.updated", delinquent=True)):
        found = {key for key in rows(event) if key.startswith("in_")}
        assert found == {f"in_{n}" for n in range(25)}
