"""The package's own Flows, in an org without its triggers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from rehearsal.org.apex import ApexRuntime
from rehearsal.org.clock import Clock
from rehearsal.org.flow import FlowRuntime
from rehearsal.org.org import Org
from rehearsal.org.ports import EventRun, SaveResult
from rehearsal.org.schema import ValidationRule
from rehearsal.org.soql import parse
from rehearsal.org.source import load_project
from rehearsal.org.values import Row

ROOT = Path(__file__).parents[4]
WON = dt.date(2026, 3, 5)
AS_OF = dt.datetime(2026, 3, 6, tzinfo=dt.UTC)


class NoApex:
    def has(self, *about: object) -> bool:
        return False

    def run(self, *about: object) -> None:
        raise AssertionError

    def run_events(self, *about: object) -> EventRun:
        return EventRun()


class Ledger:
    """An Account with an open Opportunity and a Stripe customer."""

    def __init__(self, *, rule: str | None = None) -> None:
        project = load_project(ROOT)
        if rule is not None:
            project.schema.objects["opportunity"].validation_rules.append(
                ValidationRule("Strict", rule, "Not like this")
            )
        apex = ApexRuntime(project.schema, project.classes, project.triggers)
        runtime = FlowRuntime(project.schema, project.flows, apex.actions)
        self.org = Org(project, NoApex(), runtime, Clock())
        self.account = self.add("Account", Name="Acme")
        self.opportunity = self.add(
            "Opportunity",
            Name="Acme Deal",
            AccountId=self.account,
            StageName="Prospecting",
            CloseDate=dt.date(2026, 12, 31),
        )
        self.customer = self.add(
            "Bridge_Customer__c",
            Name="Acme",
            Stripe_Id__c="cus_1",
            Account__c=self.account,
            As_Of__c=AS_OF,
        )

    def save(self, sobject: str, *rows: Row) -> list[SaveResult]:
        return self.org.run(
            lambda tx: tx.upsert(sobject, list(rows), "Id", all_or_none=False), user=self.org.admin
        )

    def add(self, sobject: str, **values: object) -> str:
        (result,) = self.save(sobject, dict(values))
        assert result.success, result.errors
        assert result.id is not None
        return result.id

    def subscription(self, key: str = "sub_1", **values: object) -> dict[str, object]:
        return {
            "Stripe_Id__c": key,
            "As_Of__c": AS_OF,
            "Customer__c": self.customer,
            "Opportunity__c": self.opportunity,
            "Status__c": "active",
            "Active_Date__c": WON,
            "Start_Date__c": dt.date(2026, 3, 1),
            "ACV__c": Decimal(1200),
            "In_Totals__c": True,
            "Plan_Name__c": "Team",
            "ARR__c": Decimal(1200),
            **values,
        }

    def one(self, text: str) -> Row:
        (row,) = self.rows(text)
        return row

    def rows(self, text: str) -> list[Row]:
        return self.org.run(lambda tx: tx.query(parse(text)), user=self.org.admin)

    def deal(self) -> Row:
        return self.one(
            "SELECT StageName, CloseDate, Amount, IsWon, Bridge_ACV__c, Bridge_Status__c, "
            "Bridge_Current_ARR__c, Bridge_Stripe_Customer_Id__c, Bridge_Stripe_Subscription_Id__c "
            "FROM Opportunity"
        )


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def test_the_first_active_subscription_wins_the_opportunity(ledger):
    ledger.add("Bridge_Subscription__c", **ledger.subscription(Term_Months__c=24, TCV__c=2400))
    deal = ledger.deal()
    assert deal["IsWon"] is True
    assert (deal["CloseDate"], deal["Amount"], deal["Bridge_ACV__c"]) == (WON, 2400, 1200)
    assert deal["Bridge_Status__c"] == "active"
    assert deal["Bridge_Stripe_Customer_Id__c"] == "cus_1"
    assert deal["Bridge_Stripe_Subscription_Id__c"] == "sub_1"
    contract = ledger.one(
        "SELECT Id, AccountId, StartDate, ContractTerm, Bridge_Plan_Name__c, "
        "Bridge_Stripe_Subscription_Id__c, Status FROM Contract"
    )
    assert contract["AccountId"] == ledger.account
    assert (contract["StartDate"], contract["ContractTerm"]) == (WON, 24)
    assert contract["Status"] == "Draft"
    row = ledger.one(
        "SELECT Won_Date__c, Booked_ACV__c, Booked_Amount__c, Contract__c, Automation_Hold__c "
        "FROM Bridge_Subscription__c"
    )
    assert row["Won_Date__c"] == WON
    assert (row["Booked_ACV__c"], row["Booked_Amount__c"]) == (1200, 2400)
    assert row["Contract__c"] == contract["Id"]
    assert row["Automation_Hold__c"] is False


@pytest.mark.parametrize("status", ["incomplete", "trialing", "canceled"])
def test_a_subscription_that_was_never_active_wins_nothing(ledger, status):
    values = ledger.subscription(Status__c=status, Active_Date__c=None)
    ledger.add("Bridge_Subscription__c", **values)
    assert ledger.deal()["IsWon"] is False
    assert ledger.rows("SELECT Id FROM Contract") == []


def test_what_happens_later_never_restates_the_win(ledger):
    row = ledger.add("Bridge_Subscription__c", **ledger.subscription())
    ledger.save(
        "Bridge_Subscription__c",
        {"Id": row, "Status__c": "past_due", "ACV__c": 5000},
    )
    deal = ledger.deal()
    assert (deal["Amount"], deal["Bridge_ACV__c"]) == (1200, 1200)
    assert deal["Bridge_Status__c"] == "past_due"
    assert len(ledger.rows("SELECT Id FROM Contract")) == 1


def test_several_subscriptions_share_one_opportunity(ledger):
    results = ledger.save(
        "Bridge_Subscription__c",
        *(ledger.subscription(f"sub_{n}", ACV__c=100 * n, ARR__c=12 * n) for n in (1, 2, 3)),
    )
    assert all(result.success for result in results), results
    deal = ledger.deal()
    assert (deal["Amount"], deal["Bridge_ACV__c"]) == (600, 600)
    assert len(ledger.rows("SELECT Id FROM Contract")) == 3


def test_a_refused_win_is_an_exception_and_a_hold_and_can_run_again():
    ledger = Ledger(rule="AND(ISPICKVAL(StageName, 'Closed Won'), ISBLANK(NextStep))")
    row = ledger.add("Bridge_Subscription__c", **ledger.subscription())
    held = ledger.one("SELECT Automation_Hold__c, Won_Date__c FROM Bridge_Subscription__c")
    assert held == held | {"Automation_Hold__c": True, "Won_Date__c": None}
    problem = ledger.one("SELECT Reason__c, Record_Id__c, Count__c FROM Bridge_Exception__c")
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION: Not like this" in problem["Reason__c"]
    assert problem["Record_Id__c"] == row
    assert problem["Count__c"] == 1
    assert ledger.deal()["IsWon"] is False
    assert ledger.rows("SELECT Id FROM Contract") == []
    ledger.save("Opportunity", {"Id": ledger.opportunity, "NextStep": "sign"})
    ledger.save("Bridge_Subscription__c", {"Id": row, "Automation_Hold__c": False})
    assert ledger.deal()["IsWon"] is True
    assert ledger.one("SELECT Won_Date__c FROM Bridge_Subscription__c")["Won_Date__c"] == WON


def test_a_subscription_on_hold_is_left_alone(ledger):
    ledger.add("Bridge_Subscription__c", **ledger.subscription(Automation_Hold__c=True))
    assert ledger.deal()["IsWon"] is False
    assert ledger.rows("SELECT Id FROM Contract") == []


def test_two_hundred_wins_stay_within_the_limits(ledger):
    deals = [
        {
            "Name": f"D{n}",
            "AccountId": ledger.account,
            "StageName": "Prospecting",
            "CloseDate": WON,
        }
        for n in range(100)
    ]
    ids = [result.id for result in ledger.save("Opportunity", *deals)]
    used: dict[str, int] = {}

    def win(tx):
        rows = [
            ledger.subscription(f"sub_{n}", Opportunity__c=identifier)
            for n, identifier in enumerate(ids)
        ]
        results = tx.insert("Bridge_Subscription__c", rows, all_or_none=False)
        used.update({name: tx.limits.used(name) for name in ("queries", "dml_statements")})
        return results

    results = ledger.org.run(win, user=ledger.org.admin)
    assert all(result.success for result in results)
    assert len(ledger.rows("SELECT Id FROM Opportunity WHERE IsWon = true")) == 100
    assert used["queries"] <= 10
    assert used["dml_statements"] <= 6
