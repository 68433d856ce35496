"""Account and Opportunity totals, when several runs are about one of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rehearsal.org.dml.transaction import OrgTransaction
from rehearsal.org.soql.ast import Query
from tests.package.org.local import Package
from tests.package.org.rows import customer, entry, subscription


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Query]:
    """Every query that is run, in order."""
    queries: list[Query] = []
    run = OrgTransaction.query

    def listening(self: OrgTransaction, query: Query, *args: Any, **options: Any) -> Any:
        queries.append(query)
        return run(self, query, *args, **options)

    monkeypatch.setattr(OrgTransaction, "query", listening)
    return queries


@pytest.mark.parametrize(
    ("total", "ledger"),
    [
        ("Account", "Bridge_Customer__c"),
        ("Opportunity", "Bridge_Entry__c"),
        ("Opportunity", "Bridge_Subscription__c"),
    ],
)
def test_totals_are_locked_before_the_ledger_is_summed(
    package_org: Package, asked: list[Query], total: str, ledger: str
) -> None:
    """Two runs of different customers of one Account wait for each other at the lock.

    The one that waited has to sum what the other has committed meanwhile, so summing first would
    write a total that lacks it.
    """
    _, deal = package_org.seed_deal()
    asked.clear()
    package_org.apply(
        package_org.event(
            customer(), subscription(opportunity_ref=deal), entry(subscription="sub_1")
        )
    )
    about = [
        "lock" if query.for_update else "sum"
        for query in asked
        if (query.object == total and query.for_update)
        or (query.object == ledger and f"GROUP BY {total}__c" in query.source)
    ]
    assert about
    assert about[::2] == ["lock"] * (len(about) // 2)
    assert about[1::2] == ["sum"] * (len(about) // 2)


def test_two_customers_of_one_account_in_one_batch(package_org: Package) -> None:
    account, deal = package_org.seed_deal()
    package_org.apply(
        package_org.event(customer(), subscription(opportunity_ref=deal), entry(net="20")),
        package_org.event(
            customer("cus_2", opportunity_ref=deal),
            entry("ch_2", "30", customer="cus_2"),
        ),
    )
    row = package_org.one(f"SELECT Bridge_Lifetime_Value__c FROM Account WHERE Id = '{account}'")
    assert row["Bridge_Lifetime_Value__c"] == Decimal(50)


def test_merged_accounts_leave_the_totals_of_all_their_customers(package_org: Package) -> None:
    """A merge moves the loser's customers without their triggers."""
    winner, first = package_org.seed_deal("Winner")
    loser, second = package_org.seed_deal("Loser")
    for key, deal in (("cus_1", first), ("cus_2", second)):
        package_org.apply(
            package_org.event(
                customer(key, opportunity_ref=deal),
                subscription(f"sub_{key}", customer=key, opportunity_ref=deal),
                entry(f"ch_{key}", "20", customer=key),
            )
        )

    package_org.org.merge("Account", {"Id": winner, "Site": "Berlin"}, loser)

    row = package_org.one("SELECT Bridge_Lifetime_Value__c, Bridge_Current_ARR__c FROM Account")
    assert (row["Bridge_Lifetime_Value__c"], row["Bridge_Current_ARR__c"]) == (40, 2400)
    stamped = package_org.query("SELECT Account__c FROM Bridge_Entry__c")
    assert {entry_["Account__c"] for entry_ in stamped} == {winner}


def test_restored_account_shows_what_happened_meanwhile(package_org: Package) -> None:
    account, deal = package_org.seed_deal()
    package_org.apply(package_org.event(customer(opportunity_ref=deal), entry("ch_1", "20")))
    package_org.org.run(lambda tx: tx.delete("Account", [account]), user=package_org.org.admin)
    package_org.apply(package_org.event(entry("ch_2", "5")))
    package_org.org.run(lambda tx: tx.undelete("Account", [account]), user=package_org.org.admin)

    row = package_org.one("SELECT Bridge_Lifetime_Value__c FROM Account")
    assert row["Bridge_Lifetime_Value__c"] == 25
    stamped = package_org.query("SELECT Account__c FROM Bridge_Entry__c")
    assert {entry_["Account__c"] for entry_ in stamped} == {account}
