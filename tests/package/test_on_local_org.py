"""The package at work: real events, the shipped Apex and Flows, and orgs that resist."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.contract import (
    CONTRACT_VERSION,
    CustomerRow,
    EntryRow,
    LedgerRow,
    RenewalRow,
    SubscriptionRow,
    dump_rows,
)
from rehearsal.org.org import Org
from rehearsal.org.ports import EventRun
from rehearsal.org.soql import parse

ROOT = Path(__file__).parents[2]
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
EVENT = "Bridge_Stripe_Event__e"
Make = Callable[[dict[str, str]], Path]


@dataclass
class Package:
    """The package in a local org, with the moves that the tests make."""

    org: Org
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    used: dict[str, int] = field(default_factory=dict)

    def seed_deal(self, name: str = "Acme", **values: Any) -> tuple[str, str]:
        """An Account and its open Opportunity."""
        deal = {
            "$ref": "deal",
            "Name": name,
            "AccountId": "@account",
            "StageName": "Prospecting",
            "CloseDate": dt.date(2026, 12, 31),
            **values,
        }
        ids = self.org.seed({"Account": [{"$ref": "account", "Name": name}], "Opportunity": [deal]})
        return ids["account"], ids["deal"]

    def event(self, *rows: LedgerRow, id: str | None = None) -> dict[str, Any]:
        number = next(self.numbers)
        return {
            "attributes": {"type": EVENT},
            "ReplayId": str(number),
            "Stripe_Event_Id__c": id or f"evt_{number}",
            "Lane__c": "lane",
            "Contract_Version__c": Decimal(CONTRACT_VERSION),
            "As_Of__c": rows[0].as_of,
            "Rows__c": dump_rows(rows),
        }

    def run(self, *events: dict[str, Any]) -> tuple[EventRun, list[dict[str, Any]]]:
        """One run of the event trigger, and the results in its receipts."""

        def work(tx: Any) -> tuple[EventRun, list[dict[str, Any]]]:
            ended = self.org.triggers.run_events(tx, EVENT, list(events), 0)
            self.used = {name: tx.limits.used(name) for name in ("queries", "dml_statements")}
            results = [
                result
                for name, row in tx.outbox
                if name == "Bridge_Receipt__e"
                for result in json.loads(row["Results__c"])
            ]
            return ended, results

        return self.org.run(work, user=self.org.automated_process)

    def apply(self, *events: dict[str, Any]) -> list[str]:
        """The outcome of each event, in order."""
        return [result["outcome"] for result in self.run(*events)[1]]

    def query(self, text: str) -> list[dict[str, Any]]:
        return self.org.run(lambda tx: tx.query(parse(text)), user=self.org.admin)

    def one(self, text: str) -> dict[str, Any]:
        (row,) = self.query(text)
        return row

    def update(self, sobject: str, **values: Any) -> None:
        results = self.org.run(lambda tx: tx.update(sobject, [values]), user=self.org.admin)
        assert [result.errors for result in results] == [()]


@pytest.fixture
def package_org() -> Package:
    return Package(Org.load(ROOT))


@pytest.fixture(scope="module")
def shared_org() -> Package:
    """For tests that only ever use keys of their own."""
    return Package(Org.load(ROOT))


def customer(key: str = "cus_1", as_of: dt.datetime = NOON, **values: Any) -> CustomerRow:
    return CustomerRow.model_validate(
        {
            "as_of": as_of,
            "stripe_account": "acct_1",
            "stripe_link": None,
            "stripe_id": key,
            "name": key,
            "email": "not an address Salesforce likes",
            "currency": "USD",
            "opportunity_ref": None,
            "deleted": False,
            **values,
        }
    )


def subscription(key: str = "sub_1", as_of: dt.datetime = NOON, **values: Any) -> SubscriptionRow:
    nothing = dict.fromkeys(
        (
            "opportunity_ref",
            "tcv",
            "first_invoice",
            "term_months",
            "trial_end",
            "current_period_start",
            "current_period_end",
            "cancel_at",
            "canceled_date",
            "ended_date",
            "cancellation_reason",
        )
    )
    return SubscriptionRow.model_validate(
        {
            **nothing,
            "as_of": as_of,
            "stripe_account": "acct_1",
            "stripe_link": None,
            "stripe_id": key,
            "customer": "cus_1",
            "status": "active",
            "plan_name": "Team",
            "quantity": 3,
            "interval": "1 month",
            "currency": "USD",
            "mrr": "100",
            "acv": "1200",
            "start_date": dt.date(2026, 3, 1),
            "active_date": dt.date(2026, 3, 1),
            "cancel_at_period_end": False,
            **values,
        }
    )


def renewal(key: str = "in_1", as_of: dt.datetime = NOON, **values: Any) -> RenewalRow:
    nothing = dict.fromkeys(
        (
            "billing_reason",
            "invoice_number",
            "interval",
            "period_start",
            "period_end",
            "paid_date",
            "next_retry",
            "invoice_page",
            "invoice_pdf",
        )
    )
    return RenewalRow.model_validate(
        {
            **nothing,
            "as_of": as_of,
            "stripe_account": "acct_1",
            "stripe_link": None,
            "stripe_key": key,
            "customer": "cus_1",
            "subscription": None,
            "status": "Upcoming",
            "due_date": dt.date(2026, 4, 1),
            "currency": "USD",
            "amount_due": "100",
            "amount_paid": "0",
            "attempt_count": 0,
            **values,
        }
    )


def entry(
    key: str = "ch_1", net: str = "99.5", as_of: dt.datetime = NOON, **values: Any
) -> EntryRow:
    return EntryRow.model_validate(
        {
            "as_of": as_of,
            "stripe_account": "acct_1",
            "stripe_link": None,
            "stripe_key": key,
            "customer": "cus_1",
            "subscription": None,
            "renewal": None,
            "kind": "Charge",
            "status": "succeeded",
            "occurred_at": NOON,
            "date": dt.date(2026, 3, 1),
            "currency": "USD",
            "gross": net,
            "tax": "0",
            "net": net,
            "balance_transaction": None,
            "settled_gross": None,
            "settled_currency": None,
            "fee": None,
            "settlement_pending": False,
            "description": None,
            **values,
        }
    )


def later(minutes: int) -> dt.datetime:
    return NOON + dt.timedelta(minutes=minutes)


def validation_rule(name: str, condition: str, message: str) -> str:
    return (
        '<ValidationRule xmlns="http://soap.sforce.com/2006/04/metadata">'
        f"<fullName>{name}</fullName><active>true</active>"
        f"<errorConditionFormula>{condition}</errorConditionFormula>"
        f"<errorMessage>{message}</errorMessage></ValidationRule>"
    )


def test_event_closes_the_deal_and_carries_the_totals(package_org: Package) -> None:
    account, deal = package_org.seed_deal()

    outcomes = package_org.apply(
        package_org.event(
            customer(),
            subscription(opportunity_ref=deal, tcv="2400", term_months=24),
            renewal(subscription="sub_1"),
            entry(subscription="sub_1", renewal="in_1"),
        )
    )

    assert outcomes == ["applied"]
    won = package_org.one(
        "SELECT IsWon, CloseDate, Amount, Bridge_ACV__c, Bridge_Current_ARR__c, "
        "Bridge_Collected__c, Bridge_Stripe_Customer_Id__c FROM Opportunity"
    )
    assert won["IsWon"] is True
    assert won["CloseDate"] == dt.date(2026, 3, 1)
    assert (won["Amount"], won["Bridge_ACV__c"]) == (2400, 1200)
    assert (won["Bridge_Current_ARR__c"], won["Bridge_Collected__c"]) == (1200, Decimal("99.5"))
    assert won["Bridge_Stripe_Customer_Id__c"] == "cus_1"
    totals = package_org.one(
        "SELECT Bridge_Lifetime_Value__c, Bridge_ACV__c, Bridge_Next_Renewal_Date__c FROM Account"
    )
    assert totals["Bridge_Lifetime_Value__c"] == Decimal("99.5")
    assert totals["Bridge_ACV__c"] == 1200
    assert totals["Bridge_Next_Renewal_Date__c"] == dt.date(2026, 4, 1)
    contract = package_org.one("SELECT AccountId, ContractTerm, Status FROM Contract")
    assert (contract["AccountId"], contract["ContractTerm"]) == (account, 24)
    assert contract["Status"] == "Draft"


def test_each_event_is_named_once_in_the_receipt(package_org: Package) -> None:
    events = [package_org.event(customer(f"cus_{i}"), id=f"evt_{i}") for i in range(5)]
    ended, results = package_org.run(*events)
    assert [result["id"] for result in results] == [f"evt_{i}" for i in range(5)]
    assert ended.checkpoint == events[-1]["ReplayId"]
    assert ended.error is None


def test_handler_leaves_more_than_half_of_the_limits(package_org: Package) -> None:
    deals = [package_org.seed_deal(f"Acme {i}")[1] for i in range(100)]
    events = [
        package_org.event(
            customer(f"cus_{i}"),
            subscription(f"sub_{i}", customer=f"cus_{i}", opportunity_ref=deal),
            renewal(f"in_{i}", customer=f"cus_{i}", subscription=f"sub_{i}"),
            entry(f"ch_{i}", customer=f"cus_{i}", subscription=f"sub_{i}"),
            entry(f"re_{i}", "-1", customer=f"cus_{i}", subscription=f"sub_{i}"),
        )
        for i, deal in enumerate(deals)
    ]
    assert package_org.apply(*events) == ["applied"] * 100
    assert package_org.used["queries"] < 45
    assert package_org.used["dml_statements"] < 30


def test_duplicate_event_writes_nothing(package_org: Package) -> None:
    event = package_org.event(customer(), entry())
    first = package_org.apply(event)
    stamps = package_org.query("SELECT SystemModstamp FROM Bridge_Entry__c")
    assert package_org.apply(event, event) == first * 2
    assert package_org.query("SELECT SystemModstamp FROM Bridge_Entry__c") == stamps


_fresh = itertools.count()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_order_in_any_batches_ends_with_the_newest(shared_org: Package, data: Any) -> None:
    cus, ch = f"cus_o{next(_fresh)}", f"ch_o{next(_fresh)}"
    moments = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=8))
    events = [
        shared_org.event(
            customer(cus, later(moment)),
            entry(ch, str(moment), later(moment), customer=cus),
        )
        for moment in moments
    ]
    while events:
        size = data.draw(st.integers(1, len(events)))
        shared_org.apply(*events[:size])
        events = events[size:]
    row = shared_org.one(
        f"SELECT Lifetime_Value__c, As_Of__c FROM Bridge_Customer__c WHERE Stripe_Id__c = '{cus}'"
    )
    assert row["Lifetime_Value__c"] == max(moments)
    assert row["As_Of__c"] == later(max(moments))


def test_bulk_load_of_an_older_row_keeps_newer_values(package_org: Package) -> None:
    package_org.apply(package_org.event(customer(), entry(net="20", as_of=later(5))))
    old = {
        "Stripe_Key__c": "ch_1",
        "Customer__r": {"Stripe_Id__c": "cus_1"},
        "As_Of__c": NOON,
        "Original_Net__c": Decimal(10),
    }
    results = package_org.org.run(
        lambda tx: tx.upsert("Bridge_Entry__c", [old], "Stripe_Key__c", all_or_none=False),
        user=package_org.org.integration_user,
    )
    assert results[0].success
    assert package_org.one("SELECT Amount__c FROM Bridge_Entry__c")["Amount__c"] == 20


def test_newer_row_with_the_same_values_moves_as_of(package_org: Package) -> None:
    package_org.apply(package_org.event(customer(), entry(net="20")))
    package_org.apply(package_org.event(customer(), entry(net="20", as_of=later(9))))
    outcomes = package_org.apply(package_org.event(customer(), entry(net="10", as_of=later(5))))
    assert outcomes == ["stale"]
    assert package_org.one("SELECT Amount__c FROM Bridge_Entry__c")["Amount__c"] == 20


def test_row_that_automation_refuses_is_kept_on_hold(hostile: Make) -> None:
    rule = validation_rule(
        "No_Team", "AND(Plan_Name__c = 'Team', NOT(Automation_Hold__c))", "No teams here."
    )
    where = "objects/Bridge_Subscription__c/validationRules/No_Team.validationRule-meta.xml"
    theirs = Package(Org.load(hostile({where: rule})))

    events = [
        theirs.event(customer(), subscription()),
        theirs.event(customer(), entry(subscription="sub_1")),
    ]
    assert theirs.apply(*events) == ["applied_with_exception", "unmatched"]

    kept = theirs.one("SELECT Id, Automation_Hold__c, MRR__c FROM Bridge_Subscription__c")
    assert kept["Automation_Hold__c"] is True
    assert kept["MRR__c"] == 100
    problem = theirs.one("SELECT Code__c, Reason__c, Record_Id__c FROM Bridge_Exception__c")
    assert problem["Code__c"] == "ROW_HELD"
    assert "No teams here." in problem["Reason__c"]
    assert problem["Record_Id__c"] == kept["Id"]


def test_refused_win_is_an_exception_and_can_be_run_again(hostile: Make) -> None:
    rule = validation_rule("Closing", "AND(IsWon, ISBLANK(NextStep))", "Say what is next.")
    where = "objects/Opportunity/validationRules/Closing.validationRule-meta.xml"
    theirs = Package(Org.load(hostile({where: rule})))
    _, deal = theirs.seed_deal()

    event = theirs.event(
        customer(), subscription(opportunity_ref=deal), entry(subscription="sub_1")
    )
    assert theirs.apply(event) == ["applied_with_exception"]

    row = theirs.one("SELECT Id, Automation_Hold__c, Won_Date__c FROM Bridge_Subscription__c")
    assert (row["Automation_Hold__c"], row["Won_Date__c"]) == (True, None)
    assert theirs.one("SELECT IsWon FROM Opportunity")["IsWon"] is False
    assert theirs.query("SELECT Id FROM Contract") == []
    problem = theirs.one("SELECT Code__c, Status__c, Reason__c FROM Bridge_Exception__c")
    assert (problem["Code__c"], problem["Status__c"]) == ("FLOW_FAULT", "Open")
    assert "Say what is next." in problem["Reason__c"]
    totals = theirs.one("SELECT Bridge_Lifetime_Value__c FROM Account")
    assert totals["Bridge_Lifetime_Value__c"] == Decimal("99.5")

    theirs.update("Bridge_Subscription__c", Id=row["Id"], Automation_Hold__c=False)
    problem = theirs.one("SELECT Count__c, Status__c FROM Bridge_Exception__c")
    assert (problem["Count__c"], problem["Status__c"]) == (2, "Open")

    theirs.update("Opportunity", Id=deal, NextStep="Onboarding")
    theirs.update("Bridge_Subscription__c", Id=row["Id"], Automation_Hold__c=False)
    assert theirs.one("SELECT IsWon FROM Opportunity")["IsWon"] is True
    assert theirs.one("SELECT Status__c FROM Bridge_Exception__c")["Status__c"] == "Resolved"


def test_account_that_refuses_its_totals_costs_no_money(hostile: Make) -> None:
    rule = validation_rule("Frozen", "Bridge_Lifetime_Value__c &gt; 50", "Account is frozen.")
    where = "objects/Account/validationRules/Frozen.validationRule-meta.xml"
    theirs = Package(Org.load(hostile({where: rule})))
    account, _ = theirs.seed_deal()
    theirs.apply(theirs.event(customer()))
    row = theirs.one("SELECT Id FROM Bridge_Customer__c")
    theirs.update("Bridge_Customer__c", Id=row["Id"], Account__c=account)

    assert theirs.apply(theirs.event(customer(), entry())) == ["applied"]

    value = theirs.one("SELECT Lifetime_Value__c FROM Bridge_Customer__c")["Lifetime_Value__c"]
    assert value == Decimal("99.5")
    problem = theirs.one("SELECT Code__c, Record_Id__c FROM Bridge_Exception__c")
    assert problem["Code__c"] == "ACCOUNT_TOTALS_REFUSED"
    assert problem["Record_Id__c"] == account

    assert theirs.apply(theirs.event(customer(), entry("re_1", "-60"))) == ["applied"]
    assert theirs.one("SELECT Status__c FROM Bridge_Exception__c")["Status__c"] == "Resolved"
    totals = theirs.one("SELECT Bridge_Lifetime_Value__c FROM Account")
    assert totals["Bridge_Lifetime_Value__c"] == Decimal("39.5")


def test_locked_customer_is_asked_for_again_and_the_others_go_on(package_org: Package) -> None:
    package_org.apply(package_org.event(customer("cus_1")), package_org.event(customer("cus_2")))
    locked = package_org.one("SELECT Id FROM Bridge_Customer__c WHERE Stripe_Id__c = 'cus_1'")
    package_org.org.locked_rows.add(locked["Id"])

    events = [
        package_org.event(customer("cus_1"), entry("ch_1")),
        package_org.event(customer("cus_2"), entry("ch_2", customer="cus_2")),
    ]
    assert package_org.apply(*events) == ["retry", "unmatched"]

    package_org.org.locked_rows.clear()
    assert package_org.apply(events[0]) == ["unmatched"]
    assert len(package_org.query("SELECT Id FROM Bridge_Entry__c")) == 2


def test_run_that_dies_of_limits_leaves_neither_records_nor_receipt(hostile: Make) -> None:
    meta = (
        '<ApexTrigger xmlns="http://soap.sforce.com/2006/04/metadata">'
        "<apiVersion>66.0</apiVersion><status>Active</status></ApexTrigger>"
    )
    greedy = (
        "trigger Greedy on Bridge_Entry__c (after insert) {\n"
        "    for (Integer i = 0; i < 200; i++) {\n"
        "        List<Account> accounts = [SELECT Id FROM Account];\n"
        "    }\n"
        "}\n"
    )
    theirs = Package(
        Org.load(
            hostile({"triggers/Greedy.trigger": greedy, "triggers/Greedy.trigger-meta.xml": meta})
        )
    )
    ended, results = theirs.run(theirs.event(customer(), entry()))
    assert ended.limit
    assert results == []


def test_unknown_customer_becomes_known_by_hand(package_org: Package) -> None:
    account, deal = package_org.seed_deal()
    event = package_org.event(customer(), subscription(), entry(subscription="sub_1"))
    assert package_org.apply(event) == ["unmatched"]

    row = package_org.one("SELECT Id FROM Bridge_Customer__c")
    package_org.update("Bridge_Customer__c", Id=row["Id"], Account__c=account)
    assert package_org.one("SELECT Account__c FROM Bridge_Entry__c")["Account__c"] == account
    totals = package_org.one("SELECT Bridge_Lifetime_Value__c FROM Account")
    assert totals["Bridge_Lifetime_Value__c"] == Decimal("99.5")

    row = package_org.one("SELECT Id FROM Bridge_Subscription__c")
    package_org.update("Bridge_Subscription__c", Id=row["Id"], Opportunity__c=deal)
    won = package_org.one("SELECT IsWon, Bridge_Collected__c FROM Opportunity")
    assert (won["IsWon"], won["Bridge_Collected__c"]) == (True, Decimal("99.5"))
    assert package_org.apply(event) == ["applied"]


def test_refused_event_does_not_harm_its_neighbours(package_org: Package) -> None:
    bad = package_org.event(customer("cus_bad"))
    bad["Rows__c"] = '[{"attributes":{"type":"Bridge_Customer__c"},"Nonsense__c":1}]'
    good = package_org.event(customer(), entry())
    assert package_org.apply(bad, good) == ["failed", "unmatched"]


def test_euros_are_never_added_to_dollars(package_org: Package) -> None:
    package_org.apply(
        package_org.event(
            customer(),
            entry("ch_1", "10"),
            entry("ch_2", "10", currency="EUR"),
            entry("ch_3", "10", currency="EUR", settled_currency="USD", settled_gross="11.111"),
        )
    )
    row = package_org.one("SELECT Lifetime_Value__c FROM Bridge_Customer__c")
    assert row["Lifetime_Value__c"] == Decimal("21.11")
