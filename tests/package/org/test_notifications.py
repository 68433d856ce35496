"""Whom the Flows tell, of what, and that they tell it once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.package.org.components import OFF, rule, settings, text, user
from tests.package.org.conftest import Make
from tests.package.org.local import Package
from tests.package.org.rows import customer, entry, later, subscription
from tests.package.org.test_task_trouble import leave
from tests.package.org.test_tasks import ENDED, NO_CARD, OVERDUE, PAID, RETRY, invoice, known

DISPUTE = {"kind": "Dispute", "status": "needs_response", "reason": "fraudulent", "charge": "ch_1"}


def told(org: Package) -> list[tuple[str, str]]:
    return [(sent["title"], sent["body"]) for sent in org.org.notifications]


def link(org: Package, account: str) -> None:
    row = org.one("SELECT Id FROM Bridge_Customer__c")
    org.update("Bridge_Customer__c", Id=row["Id"], Account__c=account)


def test_the_owner_is_told_once_of_a_failure(package_org: Package) -> None:
    account, _ = known(package_org)
    for minute, values in enumerate((RETRY, RETRY, NO_CARD, PAID), start=1):
        invoice(package_org, minute, values)
    (sent,) = package_org.org.notifications
    assert sent["title"] == "Payment failed: Acme"
    assert sent["body"] == "USD 1,234.50 of invoice A-0001 is open. Retry scheduled."
    owner = package_org.one(f"SELECT OwnerId FROM Account WHERE Id = '{account}'")["OwnerId"]
    assert sent["recipientIds"] == [owner]
    assert sent["targetId"] == package_org.one("SELECT Id FROM Bridge_Renewal__c")["Id"]
    kind = package_org.one(
        "SELECT Id FROM CustomNotificationType WHERE DeveloperName = 'Bridge_Revenue_Alert'"
    )
    assert sent["customNotifTypeId"] == kind["Id"]


def test_an_overdue_invoice_is_called_so_and_each_new_trouble_is_told(package_org: Package) -> None:
    known(package_org)
    for minute, values in enumerate((OVERDUE, PAID, RETRY), start=1):
        invoice(package_org, minute, values)
    assert [title for title, _ in told(package_org)] == [
        "Invoice overdue: Acme",
        "Payment failed: Acme",
    ]


def test_the_owner_of_an_unmatched_customer_is_told_when_there_is_one(package_org: Package) -> None:
    account, _ = package_org.seed_deal()
    package_org.apply(package_org.event(customer(name="Acme"), subscription()))
    invoice(package_org, 1, RETRY)
    package_org.apply(package_org.event(entry("txn_1", "-10", **DISPUTE)))
    assert told(package_org) == []
    link(package_org, account)
    assert sorted(title for title, _ in told(package_org)) == [
        "Disputed payment: Acme",
        "Payment failed: Acme",
    ]


def test_a_dispute_is_told_once_when_it_takes_money(package_org: Package) -> None:
    known(package_org)
    taken = entry("txn_1", "-1234567.5", subscription="sub_1", **DISPUTE)
    package_org.apply(package_org.event(taken))
    lost = {**DISPUTE, "status": "lost"}
    package_org.apply(
        package_org.event(
            entry("txn_1", "-1234567.5", later(1), subscription="sub_1", **lost),
            entry("txn_2", "1234567.5", later(1), subscription="sub_1", **DISPUTE),
            entry("re_1", "-5", later(1), subscription="sub_1", kind="Refund"),
        )
    )
    assert told(package_org) == [
        ("Disputed payment: Acme", "USD 1,234,567.50 was taken back. Reason: fraudulent.")
    ]


def test_a_dispute_that_is_decided_is_no_news_when_the_customer_is_linked(
    package_org: Package,
) -> None:
    account, _ = package_org.seed_deal()
    decided = entry("txn_1", "-10", **{**DISPUTE, "status": "lost"})
    package_org.apply(package_org.event(customer(), decided))
    link(package_org, account)
    assert told(package_org) == []


def churn(org: Package) -> None:
    """What the ledger's own trigger says of a canceled subscription that was active."""
    row = org.one("SELECT Id FROM Bridge_Subscription__c")
    org.update("Bridge_Subscription__c", Id=row["Id"], Churned__c=True)


def test_the_end_of_a_subscription_is_told_once(package_org: Package) -> None:
    known(package_org)
    package_org.apply(package_org.event(subscription(as_of=later(1), **ENDED)))
    churn(package_org)
    again = {**ENDED, "cancellation_reason": "Too expensive, they said"}
    package_org.apply(package_org.event(subscription(as_of=later(2), **again)))
    assert told(package_org) == [
        (
            "Subscription ended: Acme",
            "Team has ended on 5 March 2027. Reason: cancellation requested: too expensive.",
        )
    ]


def test_a_failure_of_an_ended_subscription_is_no_news(package_org: Package) -> None:
    known(package_org)
    package_org.apply(package_org.event(subscription(as_of=later(1), **ENDED)))
    before = told(package_org)
    invoice(package_org, 2, RETRY)
    assert told(package_org) == before


def test_a_released_hold_tells_nothing_twice(package_org: Package) -> None:
    known(package_org)
    invoice(package_org, 1, RETRY)
    row = package_org.one("SELECT Id FROM Bridge_Renewal__c")
    for held in (True, False):
        package_org.update("Bridge_Renewal__c", Id=row["Id"], Automation_Hold__c=held)
    assert len(told(package_org)) == 1


@pytest.mark.slow
def test_each_notification_has_its_switch(hostile: Make) -> None:
    org = hostile(
        settings(
            Notify_Failures__c=OFF,
            Notify_Disputes__c=OFF,
            Notify_Churn__c=OFF,
            Notify_Exceptions__c=OFF,
            Exception_Recipient__c=text("ada@example.com"),
        )
    )
    user(org, "ada@example.com")
    known(org)
    invoice(org, 1, RETRY)
    org.apply(org.event(entry("txn_1", "-10", subscription="sub_1", **DISPUTE)))
    org.apply(org.event(subscription(as_of=later(1), **ENDED)))
    churn(org)
    org.apply(org.event(customer(as_of=later(2), opportunity_ref="a typing error")))
    assert told(org) == []


@pytest.mark.slow
def test_an_admin_is_told_of_an_exception_when_it_is_new_or_open_again(hostile: Make) -> None:
    org = hostile(settings(Exception_Recipient__c=text("ada@example.com")))
    ada = user(org, "ada@example.com")
    for minute in (1, 2):
        org.apply(org.event(customer(as_of=later(minute), opportunity_ref="no id")))
    (sent,) = org.org.notifications
    assert sent["recipientIds"] == [ada]
    assert sent["title"] == "Bridge: OPPORTUNITY_NOT_FOUND (cus_1)"
    assert sent["body"] == "no id is not the id of an Opportunity."
    problem = org.one("SELECT Id FROM Bridge_Exception__c")
    assert sent["targetId"] == problem["Id"]

    org.update("Bridge_Exception__c", Id=problem["Id"], Status__c="Resolved")
    org.apply(org.event(customer(as_of=later(3), opportunity_ref="no id", name="x")))
    assert len(org.org.notifications) == 2


def test_without_a_recipient_an_exception_is_only_listed(package_org: Package) -> None:
    package_org.apply(package_org.event(customer(opportunity_ref="no id")))
    assert told(package_org) == []
    assert package_org.one("SELECT Status__c FROM Bridge_Exception__c")["Status__c"] == "Open"


@pytest.mark.slow
def test_a_notification_that_cannot_be_sent_undoes_nothing(hostile: Make) -> None:
    path = "salesforce/core/main/default/notificationtypes/{}.notiftype-meta.xml"
    org = hostile(
        {path.format(name): None for name in ("Bridge_Revenue_Alert", "Bridge_Exception_Alert")}
        | settings(Exception_Recipient__c=text("ada@example.com"))
    )
    user(org, "ada@example.com")
    known(org)
    assert invoice(org, 1, RETRY) == ["applied"]
    row = org.one("SELECT In_Dunning__c, Automation_Hold__c FROM Bridge_Renewal__c")
    assert (row["In_Dunning__c"], row["Automation_Hold__c"]) == (True, False)
    problem = org.one("SELECT Code__c, Stripe_Id__c FROM Bridge_Exception__c")
    assert (problem["Code__c"], problem["Stripe_Id__c"]) == ("NOTIFICATION_FAILED", "in_1")


@pytest.mark.slow
def test_nobody_to_tell_is_an_exception(hostile: Make) -> None:
    org = hostile(settings(Raise_Tasks__c=OFF))
    account, _ = known(org)
    leave(org, account)
    assert invoice(org, 1, RETRY) == ["applied"]
    problem = org.one("SELECT Code__c, Reason__c FROM Bridge_Exception__c")
    assert problem["Code__c"] == "NO_OWNER"
    assert account in problem["Reason__c"]


@pytest.mark.slow
def test_a_failure_is_told_although_the_org_refuses_the_task(hostile: Make) -> None:
    org = hostile(rule("Task", "ISBLANK(CallDisposition)"))
    known(org)
    invoice(org, 1, RETRY)
    row = org.one("SELECT Id FROM Bridge_Renewal__c")
    org.update("Bridge_Renewal__c", Id=row["Id"], Automation_Hold__c=False)
    assert len(told(org)) == 1


AMOUNTS: list[tuple[str, dict[str, Any], str]] = [
    ("JPY", {"amount_remaining": "12000"}, "JPY 12,000.00"),
    ("KWD", {"amount_remaining": "1.255"}, "KWD 1.255"),
    ("EUR", {"amount_remaining": "0.05"}, "EUR 0.05"),
    ("EUR", {"amount_remaining": "1000"}, "EUR 1,000.00"),
    ("EUR", {"amount_remaining": "1002003.4"}, "EUR 1,002,003.40"),
]


@pytest.mark.parametrize(("code", "amount", "words"), AMOUNTS, ids=[row[2] for row in AMOUNTS])
def test_amounts_are_written_alike_in_every_currency(
    package_org: Package, code: str, amount: dict[str, Any], words: str
) -> None:
    known(package_org)
    invoice(package_org, 1, {**RETRY, **amount}, currency=code)
    ((_, body),) = told(package_org)
    assert body.startswith(f"{words} of invoice")


@pytest.mark.parametrize("month", range(1, 13))
def test_dates_are_written_out(package_org: Package, month: int) -> None:
    known(package_org)
    day = dt.date(2027, month, month + 10)
    invoice(package_org, 1, RETRY, next_retry_date=day)
    said = package_org.one("SELECT Description FROM Task")["Description"]
    assert f"Stripe tries again on {day.day} {day:%B} {day.year}." in said
