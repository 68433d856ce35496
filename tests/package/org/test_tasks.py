"""One Task an unpaid invoice: raised, kept right, closed; whatever the order, and never two."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.contract import LedgerRow
from tests.package.org.local import Package
from tests.package.org.rows import customer, later, renewal, subscription

RETRY = {
    "status": "Failed",
    "subscription": "sub_1",
    "invoice_number": "A-0001",
    "amount_due": "1234.5",
    "amount_remaining": "1234.5",
    "attempt_count": 1,
    "in_dunning": True,
    "dunning_status": "Retry scheduled",
    "failure_reason": "Your card was declined.",
    "next_retry": dt.datetime(2027, 3, 4, 9, tzinfo=dt.UTC),
    "next_retry_date": dt.date(2027, 3, 4),
    "invoice_page": "https://invoice.stripe.com/i/acct_1/" + "x" * 200,
}
PAID = {
    **RETRY,
    "status": "Collected",
    "in_dunning": False,
    "dunning_status": None,
    "next_retry": None,
    "next_retry_date": None,
    "amount_remaining": "0",
    "paid_date": dt.date(2027, 3, 4),
}
NO_CARD = {
    **RETRY,
    "attempt_count": 2,
    "dunning_status": "Waiting for a new card",
    "next_retry": None,
    "next_retry_date": None,
}
WRITTEN_OFF = {**NO_CARD, "in_dunning": False, "dunning_status": "Written off"}
VOIDED = {**NO_CARD, "in_dunning": False, "dunning_status": "Voided", "status": "Void"}
OVERDUE = {
    **NO_CARD,
    "status": "Overdue",
    "attempt_count": 0,
    "dunning_status": "Overdue",
    "failure_reason": None,
    "due_date": dt.date(2027, 2, 14),
}
NOT_DUE = {**OVERDUE, "status": "Open", "in_dunning": False, "dunning_status": None}
ENDED = {
    "status": "canceled",
    "mrr": "0",
    "arr": "0",
    "ended_date": dt.date(2027, 3, 5),
    "cancellation_reason": "cancellation_requested: too_expensive",
}
FIELDS = (
    "Id, Subject, Description, OwnerId, WhatId, Priority, IsClosed, IsHighPriority, "
    "ActivityDate, Bridge_Dunning_Status__c, Bridge_Stripe_Invoice_Id__c"
)


def known(org: Package, **values: Any) -> tuple[str, str]:
    """Acme's Account, its deal with an active subscription, and nothing owed."""
    account, deal = org.seed_deal(**values)
    org.apply(org.event(customer(name="Acme"), subscription(opportunity_ref=deal)))
    return account, deal


def invoice(org: Package, minutes: int, values: dict[str, Any], **more: Any) -> list[str]:
    return org.apply(org.event(renewal(as_of=later(minutes), **{**values, **more})))


def ended(minutes: int, **values: Any) -> LedgerRow:
    return subscription(as_of=later(minutes), **{**ENDED, **values})


def task(org: Package) -> dict[str, Any]:
    return org.one(f"SELECT {FIELDS} FROM Task")


def test_the_first_failure_raises_one_task_for_the_owner(package_org: Package) -> None:
    account, deal = known(package_org)
    assert invoice(package_org, 1, RETRY) == ["applied"]

    found = task(package_org)
    owner = package_org.one(f"SELECT OwnerId FROM Account WHERE Id = '{account}'")["OwnerId"]
    assert (found["OwnerId"], found["WhatId"]) == (owner, deal)
    assert (found["IsClosed"], found["IsHighPriority"]) == (False, True)
    assert found["ActivityDate"] == dt.date(2027, 3, 4)
    assert found["Subject"] == "Unpaid Stripe invoice of Acme, USD 1,234.50"
    assert found["Bridge_Dunning_Status__c"] == "Retry scheduled"
    assert found["Bridge_Stripe_Invoice_Id__c"] == "in_1"
    assert found["Description"].splitlines() == [
        "Acme has not paid invoice A-0001: USD 1,234.50 is open. Dunning status: Retry scheduled. "
        "Stripe has tried once. The last attempt failed: Your card was declined.",
        "Stripe tries again on 4 March 2027.",
        "Monthly recurring revenue at risk: USD 100.00.",
        f"Invoice page: {RETRY['invoice_page']}",
        "--- Your notes below this line stay ---",
    ]
    row = package_org.one("SELECT Task_Id__c, Automation_Hold__c FROM Bridge_Renewal__c")
    assert (row["Task_Id__c"], row["Automation_Hold__c"]) == (found["Id"], False)


def test_an_invoice_in_no_trouble_raises_none(package_org: Package) -> None:
    known(package_org)
    for minute, values in enumerate((NOT_DUE, PAID, WRITTEN_OFF), start=1):
        invoice(package_org, minute, values)
    assert package_org.query("SELECT Id FROM Task") == []


def test_without_an_opportunity_the_task_is_about_the_account(package_org: Package) -> None:
    account, _ = package_org.seed_deal()
    package_org.apply(package_org.event(customer()))
    row = package_org.one("SELECT Id FROM Bridge_Customer__c")
    package_org.update("Bridge_Customer__c", Id=row["Id"], Account__c=account)
    invoice(package_org, 1, RETRY, subscription=None)
    found = task(package_org)
    assert found["WhatId"] == account
    assert "at risk" not in found["Description"]


@pytest.mark.parametrize(
    ("status", "next_words"),
    [
        ("Waiting for a new card", "Retries will not run until the customer gives a new card."),
        ("Waiting for the customer", "The customer has to confirm the payment with the bank."),
        ("No more retries", "Stripe will not try again: somebody has to talk to the customer."),
        ("Overdue", "It was due on 14 February 2027."),
        (None, "Somebody has to talk to the customer."),
        ("A word of a later release", "Somebody has to talk to the customer."),
    ],
)
def test_the_task_says_what_happens_next(
    package_org: Package, status: str | None, next_words: str
) -> None:
    known(package_org)
    values = {**NO_CARD, "dunning_status": status, "due_date": dt.date(2027, 2, 14)}
    invoice(package_org, 1, values)
    assert task(package_org)["Description"].splitlines()[1] == next_words


def test_each_attempt_rewrites_the_task_and_nothing_else_does(package_org: Package) -> None:
    known(package_org)
    invoice(package_org, 1, RETRY)
    first = task(package_org)
    package_org.org.run(
        lambda tx: tx.update("Task", [{"Id": first["Id"], "ActivityDate": dt.date(2027, 4, 1)}]),
        user=package_org.org.admin,
    )
    invoice(package_org, 2, RETRY)
    assert task(package_org)["ActivityDate"] == dt.date(2027, 4, 1), "nothing new: nothing written"

    invoice(package_org, 3, NO_CARD)
    second = task(package_org)
    assert second["Id"] == first["Id"]
    assert "Stripe has tried 2 times." in second["Description"]
    assert second["Bridge_Dunning_Status__c"] == "Waiting for a new card"
    assert second["ActivityDate"] == dt.date(2027, 4, 1), "no next attempt: the day stays"


def test_notes_below_the_line_stay(package_org: Package) -> None:
    known(package_org)
    invoice(package_org, 1, RETRY)
    found = task(package_org)
    noted = found["Description"] + "\nCalled Ada: new card on Friday."
    package_org.update("Task", Id=found["Id"], Description=noted)
    invoice(package_org, 2, NO_CARD)
    said = task(package_org)["Description"]
    assert said.startswith("Acme has not paid")
    assert "2 times" in said
    assert said.endswith("stay ---\nCalled Ada: new card on Friday.")
    invoice(package_org, 3, PAID)
    assert task(package_org)["Description"].endswith("Called Ada: new card on Friday.")


@pytest.mark.parametrize(
    ("values", "word", "said"),
    [
        (PAID, "Paid", "Acme has paid invoice A-0001: USD 1,234.50."),
        (WRITTEN_OFF, "Written off", "Invoice A-0001 of Acme, USD 1,234.50, was written off."),
        (VOIDED, "Voided", "Invoice A-0001 of Acme, USD 1,234.50, was voided."),
        (NOT_DUE, "No longer due", "Invoice A-0001 of Acme, USD 1,234.50, is not due any more."),
    ],
)
def test_the_task_is_closed_with_its_reason(
    package_org: Package, values: dict[str, Any], word: str, said: str
) -> None:
    known(package_org)
    invoice(package_org, 1, NO_CARD)
    invoice(package_org, 2, values)
    found = task(package_org)
    assert (found["IsClosed"], found["Bridge_Dunning_Status__c"]) == (True, word)
    assert found["Subject"] == f"{word}: Stripe invoice of Acme, USD 1,234.50"
    assert found["Description"].startswith(said)


def test_an_invoice_in_trouble_again_opens_its_task_again(package_org: Package) -> None:
    known(package_org)
    for minute, values in enumerate((OVERDUE, NOT_DUE, OVERDUE), start=1):
        invoice(package_org, minute, values)
    found = task(package_org)
    assert (found["IsClosed"], found["Bridge_Dunning_Status__c"]) == (False, "Overdue")


def test_a_task_that_a_person_closed_stays_closed(package_org: Package) -> None:
    known(package_org)
    invoice(package_org, 1, RETRY)
    done = package_org.one("SELECT ApiName FROM TaskStatus WHERE IsClosed = TRUE")["ApiName"]
    package_org.update("Task", Id=task(package_org)["Id"], Status=done)
    before = task(package_org)
    for minute, values in enumerate((NO_CARD, PAID), start=2):
        invoice(package_org, minute, values)
    assert task(package_org) == before


def test_a_deleted_task_is_not_made_again(package_org: Package) -> None:
    known(package_org)
    invoice(package_org, 1, RETRY)
    gone = task(package_org)["Id"]
    package_org.org.run(lambda tx: tx.delete("Task", [gone]), user=package_org.org.admin)
    assert invoice(package_org, 2, NO_CARD) == ["applied"]
    assert invoice(package_org, 3, PAID) == ["applied"]
    assert package_org.query("SELECT Id FROM Task") == []


def test_the_end_of_the_subscription_closes_the_task_with_stripes_reason(
    package_org: Package,
) -> None:
    known(package_org)
    invoice(package_org, 1, RETRY)
    package_org.apply(package_org.event(ended(2)))
    found = task(package_org)
    assert (found["IsClosed"], found["Bridge_Dunning_Status__c"]) == (True, "Subscription ended")
    assert found["Description"].startswith(
        "The subscription of Acme has ended: cancellation requested: too expensive. "
        "Invoice A-0001 of USD 1,234.50 was not paid."
    )
    invoice(package_org, 3, NO_CARD)
    assert task(package_org)["Bridge_Dunning_Status__c"] == "Subscription ended"
    invoice(package_org, 4, WRITTEN_OFF)
    assert task(package_org)["Bridge_Dunning_Status__c"] == "Written off"


def test_a_subscription_that_ended_on_hold_closes_the_task_when_it_is_released(
    package_org: Package,
) -> None:
    known(package_org)
    invoice(package_org, 1, RETRY)
    row = package_org.one("SELECT Id FROM Bridge_Subscription__c")
    package_org.update("Bridge_Subscription__c", Id=row["Id"], Automation_Hold__c=True)
    package_org.apply(package_org.event(ended(2)))
    package_org.update("Bridge_Subscription__c", Id=row["Id"], Automation_Hold__c=False)
    assert task(package_org)["IsClosed"] is True


def test_no_task_for_an_invoice_whose_subscription_has_ended(package_org: Package) -> None:
    known(package_org)
    package_org.apply(package_org.event(ended(1)))
    invoice(package_org, 2, RETRY)
    assert package_org.query("SELECT Id FROM Task") == []


def test_an_unpaid_subscription_that_is_paid_after_all_opens_the_task_of_what_is_left(
    package_org: Package,
) -> None:
    known(package_org)
    invoice(package_org, 1, RETRY)
    package_org.apply(package_org.event(ended(2, status="unpaid", ended_date=None)))
    assert task(package_org)["IsClosed"] is True
    package_org.apply(package_org.event(subscription(as_of=later(3))))
    assert task(package_org)["IsClosed"] is False


def test_the_task_says_the_recurring_revenue_as_it_is_now(package_org: Package) -> None:
    known(package_org)
    invoice(package_org, 1, RETRY)
    package_org.apply(
        package_org.event(subscription(as_of=later(2), mrr="250", currency="EUR", arr="3000"))
    )
    assert "revenue at risk: EUR 250.00." in task(package_org)["Description"]


def test_an_unmatched_customer_has_no_task_until_he_is_linked(package_org: Package) -> None:
    account, _ = package_org.seed_deal()
    package_org.apply(package_org.event(customer(name="Acme"), subscription()))
    invoice(package_org, 1, RETRY)
    assert package_org.query("SELECT Id FROM Task") == []
    row = package_org.one("SELECT Id FROM Bridge_Customer__c")
    package_org.update("Bridge_Customer__c", Id=row["Id"], Account__c=account)
    assert task(package_org)["WhatId"] == account


def test_a_hundred_failures_of_one_batch_raise_a_task_each(package_org: Package) -> None:
    known(package_org)
    keys = [f"in_{number}" for number in range(100)]
    events = [package_org.event(renewal(key, as_of=later(1), **RETRY)) for key in keys]
    assert package_org.apply(*events) == ["applied"] * 100
    assert package_org.used["queries"] < 80
    found = package_org.query("SELECT Bridge_Stripe_Invoice_Id__c FROM Task")
    assert sorted(row["Bridge_Stripe_Invoice_Id__c"] for row in found) == sorted(keys)
    package_org.apply(package_org.event(ended(2)))
    assert len(package_org.query("SELECT Id FROM Task WHERE IsClosed = TRUE")) == 100


STATES = {
    "retry": RETRY,
    "no card": NO_CARD,
    "overdue": OVERDUE,
    "not due": NOT_DUE,
    "paid": PAID,
    "written off": WRITTEN_OFF,
    "voided": VOIDED,
}
IN_TROUBLE = {"retry", "no card", "overdue"}


@pytest.mark.slow
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    history=st.lists(
        st.sampled_from([*STATES, "sub ends", "sub runs", "same again"]), min_size=1, max_size=8
    ),
    order=st.randoms(use_true_random=False),
    twice=st.booleans(),
)
def test_an_open_task_follows_from_the_state_and_there_is_one(
    new_org: Any, history: list[str], order: Any, twice: bool
) -> None:
    """Whatever the order: an open Task where the invoice is in dunning and the subscription has
    not ended, and never a second one."""
    org: Package = new_org()
    known(org)
    events, state, runs = [], "not due", True
    for minute, step in enumerate(history, start=1):
        if step == "sub ends":
            events.append(org.event(ended(minute)))
            runs = False
        elif step == "sub runs":
            events.append(org.event(subscription(as_of=later(minute))))
            runs = True
        elif step == "same again":
            events += events[-1:]
        else:
            events.append(org.event(renewal(as_of=later(minute), **STATES[step])))
            state = step
    order.shuffle(events)
    for event in events * (2 if twice else 1):
        org.apply(event)

    tasks = org.query("SELECT IsClosed FROM Task")
    assert len(tasks) <= 1
    assert [row for row in tasks if not row["IsClosed"]] == (
        [{**tasks[0]}] if state in IN_TROUBLE and runs else []
    )
    assert org.query("SELECT Id FROM Bridge_Exception__c") == []
