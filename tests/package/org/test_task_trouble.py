"""Tasks where the org makes it hard: owners who left, rules, other labels, switches."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.package.org.components import OFF, bypass, rule, settings, text, user
from tests.package.org.conftest import Make
from tests.package.org.local import Package
from tests.package.org.rows import customer, entry, later
from tests.package.org.test_tasks import NO_CARD, PAID, RETRY, invoice, known, task

pytestmark = pytest.mark.slow


def leave(org: Package, account: str) -> None:
    """The Account's owner leaves the company; the Account stays with him."""
    owner = user(org, "gone@example.com")
    org.update("Account", Id=account, OwnerId=owner)
    org.update("User", Id=owner, IsActive=False)


def problem(org: Package) -> dict[str, Any]:
    return org.one(
        "SELECT Code__c, Status__c, Reason__c, Record_Id__c, Count__c FROM Bridge_Exception__c"
    )


def test_the_task_of_an_inactive_owner_goes_to_the_user_in_the_settings(hostile: Make) -> None:
    org = hostile(settings(Fallback_Owner__c=text("ada@example.com")))
    account, _ = known(org)
    leave(org, account)
    ada = user(org, "ada@example.com")
    assert invoice(org, 1, RETRY) == ["applied"]
    assert task(org)["OwnerId"] == ada


@pytest.mark.parametrize("fallback", ["", "nobody@example.com", "also.gone@example.com"])
def test_without_an_active_owner_an_exception_says_so_until_there_is_one(
    hostile: Make, fallback: str
) -> None:
    org = hostile(settings(Fallback_Owner__c=text(fallback)) if fallback else {})
    account, _ = known(org)
    leave(org, account)
    user(org, "also.gone@example.com", active=False)

    assert invoice(org, 1, RETRY) == ["applied"]
    assert org.query("SELECT Id FROM Task") == []
    row = org.one("SELECT Id, Automation_Hold__c FROM Bridge_Renewal__c")
    assert row["Automation_Hold__c"] is False
    found = problem(org)
    assert (found["Code__c"], found["Status__c"]) == ("NO_OWNER", "Open")
    assert (found["Record_Id__c"], account in found["Reason__c"]) == (row["Id"], True)

    org.update("Account", Id=account, OwnerId=user(org, "eve@example.com"))
    assert invoice(org, 2, NO_CARD) == ["applied"]
    assert task(org)["IsClosed"] is False
    assert problem(org)["Status__c"] == "Resolved"


def test_a_refused_task_costs_no_money_and_can_be_run_again(hostile: Make) -> None:
    org = hostile(rule("Task", "ISBLANK(CallDisposition)", "Say how the call went."))
    known(org)
    paid = entry(as_of=later(1), subscription="sub_1")
    assert invoice(org, 1, RETRY) == ["applied_with_exception"]
    assert org.apply(org.event(paid)) == ["applied"]

    row = org.one("SELECT Id, Automation_Hold__c, Status__c, Task_Id__c FROM Bridge_Renewal__c")
    assert (row["Automation_Hold__c"], row["Status__c"]) == (True, "Failed")
    assert row["Task_Id__c"] is None
    found = problem(org)
    assert (found["Code__c"], found["Record_Id__c"]) == ("FLOW_FAULT", row["Id"])
    assert found["Reason__c"].startswith("Bridge_Raise_Task: ")
    assert "Say how the call went." in found["Reason__c"]
    value = org.one("SELECT Bridge_Lifetime_Value__c FROM Account")["Bridge_Lifetime_Value__c"]
    assert value == Decimal("99.5")

    org.update("Bridge_Renewal__c", Id=row["Id"], Automation_Hold__c=False)
    assert (problem(org)["Count__c"], problem(org)["Status__c"]) == (2, "Open")


def test_a_task_that_the_org_refuses_to_close_holds_the_invoice_alone(hostile: Make) -> None:
    org = hostile(rule("Task", "AND(IsClosed, ISBLANK(CallDisposition))", "How did it go?"))
    known(org)
    invoice(org, 1, RETRY)
    assert invoice(org, 2, PAID) == ["applied_with_exception"]
    row = org.one("SELECT Id, Status__c, Automation_Hold__c FROM Bridge_Renewal__c")
    assert (row["Status__c"], row["Automation_Hold__c"]) == ("Collected", True)
    assert task(org)["IsClosed"] is False

    org.update("Task", Id=task(org)["Id"], CallDisposition="Reached")
    org.update("Bridge_Renewal__c", Id=row["Id"], Automation_Hold__c=False)
    assert task(org)["IsClosed"] is True
    assert problem(org)["Status__c"] == "Resolved"


def test_a_task_whose_id_could_not_be_kept_is_not_raised_twice(hostile: Make) -> None:
    org = hostile(
        rule("Bridge_Renewal__c", "AND(NOT(ISBLANK(Task_Id__c)), NOT(ISBLANK(Failure_Reason__c)))")
    )
    known(org)
    assert invoice(org, 1, RETRY) == ["applied_with_exception"]
    first = task(org)["Id"]
    row = org.one("SELECT Id FROM Bridge_Renewal__c")
    assert invoice(org, 2, NO_CARD, failure_reason=None) == ["applied_with_exception"]
    org.update("Bridge_Renewal__c", Id=row["Id"], Automation_Hold__c=False)
    assert task(org)["Id"] == first
    assert org.one("SELECT Task_Id__c FROM Bridge_Renewal__c")["Task_Id__c"] == first


def values(kind: str, *entries: str) -> dict[str, str | None]:
    """A standard value set with names of the org's own."""
    body = "".join(f"<standardValue>{entry}</standardValue>" for entry in entries)
    return {
        f"standardValueSets/{kind}.standardValueSet-meta.xml": (
            '<StandardValueSet xmlns="http://soap.sforce.com/2006/04/metadata">'
            f"<sorted>false</sorted>{body}</StandardValueSet>"
        )
    }


def value(name: str, default: bool, more: str = "") -> str:
    return (
        f"<fullName>{name}</fullName><default>{str(default).lower()}</default>"
        f"<label>{name}</label>{more}"
    )


def test_statuses_and_priorities_have_the_names_of_the_org(hostile: Make) -> None:
    org = hostile(
        values(
            "TaskStatus",
            value("Offen", True, "<closed>false</closed>"),
            value("Erledigt", False, "<closed>true</closed>"),
        )
        | values(
            "TaskPriority",
            value("Normal", True, "<highPriority>false</highPriority>"),
            value("Dringend", False, "<highPriority>true</highPriority>"),
        )
    )
    known(org)
    invoice(org, 1, RETRY)
    names = "SELECT Status, Priority FROM Task"
    assert org.one(names) == org.one(names) | {"Status": "Offen", "Priority": "Dringend"}
    invoice(org, 2, PAID)
    assert org.one(names)["Status"] == "Erledigt"


def test_an_org_without_a_high_priority_gets_its_default(hostile: Make) -> None:
    org = hostile(
        values(
            "TaskPriority",
            value("Egal", False, "<highPriority>false</highPriority>"),
            value("Wichtig", True, "<highPriority>false</highPriority>"),
        )
    )
    known(org)
    invoice(org, 1, RETRY)
    assert org.one("SELECT Priority FROM Task")["Priority"] == "Wichtig"


def test_the_switch_stops_new_tasks(hostile: Make) -> None:
    org = hostile(settings(Raise_Tasks__c=OFF))
    known(org)
    assert invoice(org, 1, RETRY) == ["applied"]
    assert org.query("SELECT Id FROM Task") == []


def test_a_row_on_hold_raises_its_task_when_it_is_released(package_org: Package) -> None:
    known(package_org)
    invoice(package_org, 1, PAID)
    row = package_org.one("SELECT Id FROM Bridge_Renewal__c")
    package_org.update("Bridge_Renewal__c", Id=row["Id"], Automation_Hold__c=True)
    invoice(package_org, 2, RETRY)
    assert package_org.query("SELECT Id FROM Task") == []
    package_org.update("Bridge_Renewal__c", Id=row["Id"], Automation_Hold__c=False)
    assert task(package_org)["IsClosed"] is False


def test_whoever_may_bypass_sets_off_no_flow(hostile: Make) -> None:
    """The administrator of the local org has every permission set; the event trigger has none."""
    org = hostile(bypass())
    account, deal = known(org)
    org.apply(org.event(customer("cus_2", name="Quiet")))
    invoice(org, 1, RETRY, subscription=None, customer="cus_2")
    quiet = org.one("SELECT Id FROM Bridge_Customer__c WHERE Stripe_Id__c = 'cus_2'")
    org.update("Bridge_Customer__c", Id=quiet["Id"], Account__c=account)
    assert org.query("SELECT Id FROM Task") == []
    assert org.one(f"SELECT IsWon FROM Opportunity WHERE Id = '{deal}'")["IsWon"] is True

    invoice(org, 2, NO_CARD, subscription=None, customer="cus_2")
    assert task(org)["WhatId"] == account
