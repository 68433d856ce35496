"""From an event to the records that people read."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from tests.package.org.local import Package
from tests.package.org.rows import customer, entry, renewal, subscription


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
    events = [package_org.event(customer(f"cus_{i}"), name=f"evt_{i}") for i in range(5)]
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
