"""Customers with thousands of records, batches with one bad event, loads of unknown customers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from tests.package.org.conftest import Make
from tests.package.org.local import Package
from tests.package.org.rows import NOON, customer, entry, movement, renewal, subscription

pytestmark = pytest.mark.slow

RECORDS = 1_400


def load(org: Package, sobject: str, rows: list[dict[str, Any]]) -> None:
    """As the Bulk API does: 200 rows a transaction."""
    for start in range(0, len(rows), 200):
        chunk = rows[start : start + 200]
        results = org.org.run(
            lambda tx, chunk=chunk: tx.insert(sobject, chunk), user=org.org.integration_user
        )
        assert all(result.success for result in results)


def test_customer_with_thousands_of_records_is_linked_by_hand(package_org: Package) -> None:
    account, _ = package_org.seed_deal()
    package_org.apply(package_org.event(customer(), subscription()))
    key = package_org.one("SELECT Id FROM Bridge_Customer__c")["Id"]
    load(
        package_org,
        "Bridge_Entry__c",
        [
            {
                "Stripe_Key__c": f"ch_{i}",
                "Customer__c": key,
                "As_Of__c": NOON,
                "Kind__c": "Charge",
                "Currency__c": "USD",
                "Date__c": NOON.date(),
                "Original_Gross__c": Decimal(1),
                "Original_Net__c": Decimal(1),
            }
            for i in range(RECORDS)
        ],
    )

    package_org.update("Bridge_Customer__c", Id=key, Account__c=account)

    lagging = package_org.query("SELECT Id FROM Bridge_Entry__c WHERE Account__c = NULL")
    assert lagging == []
    assert package_org.query("SELECT Id FROM Bridge_Exception__c WHERE Status__c = 'Open'") == []
    total = package_org.one(f"SELECT Bridge_Lifetime_Value__c FROM Account WHERE Id = '{account}'")
    assert total["Bridge_Lifetime_Value__c"] == RECORDS


def test_full_batch_leaves_room_for_the_flows_of_the_org(package_org: Package) -> None:
    """Everything that an event may bring, a hundred times, and a failed payment in each."""
    deals = [package_org.seed_deal(f"Acme {i}")[1] for i in range(100)]
    events = [
        package_org.event(
            customer(f"cus_{i}"),
            subscription(f"sub_{i}", customer=f"cus_{i}", opportunity_ref=deal),
            renewal(
                f"in_{i}",
                customer=f"cus_{i}",
                subscription=f"sub_{i}",
                status="Failed",
                in_dunning=True,
            ),
            entry(f"ch_{i}", customer=f"cus_{i}", subscription=f"sub_{i}"),
            movement(dt.date(2026, 3, 1), "100", f"sub_{i}", customer=f"cus_{i}"),
        )
        for i, deal in enumerate(deals)
    ]
    assert package_org.apply(*events) == ["applied"] * 100
    assert package_org.used["queries"] < 60
    assert package_org.used["dml_statements"] < 50


def test_locked_account_holds_up_its_own_events_only(package_org: Package) -> None:
    """The lock throws amid the totals of all: the others are applied in this very run."""
    accounts = [package_org.seed_deal(f"Acme {i}") for i in range(8)]
    package_org.apply(
        *(
            package_org.event(customer(f"cus_{i}", opportunity_ref=deal))
            for i, (_, deal) in enumerate(accounts)
        )
    )
    events = [
        package_org.event(entry(f"ch_{i}", customer=f"cus_{i}")) for i in range(len(accounts))
    ]
    package_org.org.locked_rows.add(accounts[5][0])
    outcomes = package_org.apply(*events)
    assert outcomes[5] == "retry"
    assert outcomes.count("applied") >= len(accounts) // 2
    assert set(outcomes) == {"applied", "retry"}

    package_org.org.locked_rows.clear()
    assert package_org.apply(*events) == ["applied"] * len(accounts)
    totals = package_org.query("SELECT Bridge_Lifetime_Value__c FROM Account")
    assert {row["Bridge_Lifetime_Value__c"] for row in totals} == {Decimal("99.5")}


def test_load_of_unknown_customers_gets_suggestions(package_org: Package) -> None:
    ids = package_org.org.seed(
        {
            "Account": [
                {"$ref": "site", "Name": "Alpha Holding", "Website": "https://www.alpha.example"},
                {"$ref": "name", "Name": "Beta, Inc."},
                {"$ref": "one", "Name": "Gamma"},
                {"$ref": "two", "Name": "Gamma"},
            ]
        }
    )
    named = [
        ("Alpha", "ann@alpha.example"),
        ("Beta", "bob@gmail.com"),
        ("Gamma", None),
        ("Delta", "dee@gmail.com"),
    ]
    load(
        package_org,
        "Bridge_Customer__c",
        [
            {"Name": name, "Email__c": email, "Stripe_Id__c": f"cus_{i}_{name}", "As_Of__c": NOON}
            for i in range(60)
            for name, email in named
        ],
    )
    found = package_org.query(
        "SELECT Name, Account__c, Suggested_Account__c FROM Bridge_Customer__c"
    )
    assert {row["Account__c"] for row in found} == {None}
    assert {(row["Name"], row["Suggested_Account__c"]) for row in found} == {
        ("Alpha", ids["site"]),
        ("Beta", ids["name"]),
        ("Gamma", None),
        ("Delta", None),
    }


SHY = (
    "trigger Shy on Bridge_Subscription__c (before update) {\n"
    "    for (Bridge_Subscription__c row : Trigger.new) {\n"
    "        if (row.At_Risk__c) {\n"
    "            row.addError('Nothing of ours is at risk.');\n"
    "        }\n"
    "    }\n"
    "}\n"
)
META = (
    '<ApexTrigger xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<apiVersion>66.0</apiVersion><status>Active</status></ApexTrigger>"
)


def test_risk_that_the_org_refuses_is_an_exception_and_loses_no_row(hostile: Make) -> None:
    theirs = hostile({"triggers/Shy.trigger": SHY, "triggers/Shy.trigger-meta.xml": META})
    _, deal = theirs.seed_deal()
    invoice = renewal(subscription="sub_1", status="Failed", in_dunning=True)
    event = theirs.event(customer(), subscription(opportunity_ref=deal), invoice)
    assert theirs.apply(event) == ["applied"]
    problem = theirs.one("SELECT Code__c, Reason__c FROM Bridge_Exception__c")
    assert problem["Code__c"] == "DERIVED_REFUSED"
    assert "Nothing of ours" in problem["Reason__c"]
    assert theirs.one("SELECT Status__c FROM Bridge_Renewal__c")["Status__c"] == "Failed"
