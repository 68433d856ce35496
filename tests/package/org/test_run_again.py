"""Run Again, as an admin does it: one exception or a list, after mending the cause or before."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.package.org.components import validation_rule
from tests.package.org.conftest import Make
from tests.package.org.local import Package
from tests.package.org.rows import customer, entry, later, subscription

pytestmark = pytest.mark.slow

CLOSING = "objects/Opportunity/validationRules/Closing.validationRule-meta.xml"
FROZEN = "objects/Account/validationRules/Frozen.validationRule-meta.xml"
TEAMS = "objects/Bridge_Subscription__c/validationRules/No_Team.validationRule-meta.xml"


def tick(org: Package, *ids: str) -> list[dict[str, Any]]:
    """Ticks the box of exceptions in one save; what was asked of the bridge."""

    def work(tx: Any) -> list[dict[str, Any]]:
        rows = [{"Id": found, "Run_Again__c": True} for found in ids]
        assert all(result.success for result in tx.update("Bridge_Exception__c", rows))
        return [row for name, row in tx.outbox if name == "Bridge_Request__e"]

    return org.org.run(work, user=org.org.admin)


def problems(org: Package) -> list[dict[str, Any]]:
    return org.query(
        "SELECT Id, Code__c, Count__c, Reason__c, Ran_Again_At__c, Run_Again__c, Status__c "
        "FROM Bridge_Exception__c ORDER BY Code__c, Stripe_Id__c"
    )


def test_refused_win_counts_until_its_cause_is_mended(hostile: Make) -> None:
    rule = validation_rule("Closing", "AND(IsWon, ISBLANK(NextStep))", "Say what is next.")
    theirs = hostile({CLOSING: rule})
    _, deal = theirs.seed_deal()
    theirs.apply(theirs.event(customer(), subscription(opportunity_ref=deal)))
    (problem,) = problems(theirs)

    assert tick(theirs, problem["Id"]) == []
    (problem,) = problems(theirs)
    assert (problem["Status__c"], problem["Count__c"]) == ("Open", 2)
    assert problem["Run_Again__c"] is False
    assert problem["Ran_Again_At__c"] is not None
    assert "Say what is next." in problem["Reason__c"]

    theirs.update("Opportunity", Id=deal, NextStep="Onboarding")
    tick(theirs, problem["Id"])
    (problem,) = problems(theirs)
    assert problem["Status__c"] == "Resolved"
    assert theirs.one("SELECT IsWon FROM Opportunity")["IsWon"] is True
    assert len(theirs.query("SELECT Id FROM Contract")) == 1


def test_row_that_a_rule_still_refuses_stays_on_hold_and_its_neighbour_goes_on(
    hostile: Make,
) -> None:
    rule = validation_rule("No_Team", "AND(Quantity__c &gt; 2, NOT(Automation_Hold__c))", "Small!")
    theirs = hostile({TEAMS: rule})
    theirs.apply(
        theirs.event(customer(), subscription("sub_1")), theirs.event(subscription("sub_2"))
    )
    first, second = problems(theirs)
    assert {first["Code__c"], second["Code__c"]} == {"ROW_HELD"}
    smaller = subscription("sub_2", later(1), quantity=1)
    assert theirs.apply(theirs.event(smaller)) == ["applied_with_exception"]

    tick(theirs, first["Id"], second["Id"])

    first, second = problems(theirs)
    assert (first["Status__c"], first["Count__c"]) == ("Open", 2)
    assert "Small!" in first["Reason__c"]
    assert second["Status__c"] == "Resolved"
    held = theirs.query(
        "SELECT Automation_Hold__c FROM Bridge_Subscription__c ORDER BY Stripe_Id__c"
    )
    assert [row["Automation_Hold__c"] for row in held] == [True, False]


def test_totals_that_an_account_refused_come_right(hostile: Make) -> None:
    condition = "AND(Bridge_Lifetime_Value__c &gt; 50, ISBLANK(Site))"
    rule = validation_rule("Frozen", condition, "Account is frozen.")
    theirs = hostile({FROZEN: rule})
    account, deal = theirs.seed_deal()
    theirs.apply(theirs.event(customer(opportunity_ref=deal), entry()))
    (problem,) = problems(theirs)
    assert problem["Code__c"] == "ACCOUNT_TOTALS_REFUSED"

    tick(theirs, problem["Id"])
    assert [(row["Status__c"], row["Count__c"]) for row in problems(theirs)] == [("Open", 2)]

    theirs.update("Account", Id=account, Site="thawed")
    tick(theirs, problem["Id"])
    assert [row["Status__c"] for row in problems(theirs)] == ["Resolved"]
    total = theirs.one("SELECT Bridge_Lifetime_Value__c FROM Account")
    assert total["Bridge_Lifetime_Value__c"] == Decimal("99.5")


def test_everything_else_is_read_from_stripe_again(package_org: Package) -> None:
    package_org.apply(package_org.event(customer(), subscription(opportunity_ref="a typo")))
    package_org.apply(
        package_org.event(entry("ch_1", opportunity_ref="another", currency="EUR")),
    )
    found = problems(package_org)
    assert [row["Code__c"] for row in found] == [
        "CURRENCY_NOT_IN_ORG",
        "OPPORTUNITY_NOT_FOUND",
        "OPPORTUNITY_NOT_FOUND",
    ]

    asked = tick(package_org, *(row["Id"] for row in found))

    assert sorted((row["Kind__c"], row["Stripe_Id__c"]) for row in asked) == [
        ("Resync", "ch_1"),
        ("Resync", "cus_1"),
        ("Resync", "sub_1"),
    ]
    assert all(row["Status__c"] == "Open" for row in problems(package_org))

    _, deal = package_org.seed_deal()
    package_org.apply(
        package_org.event(subscription(as_of=later(1), opportunity_ref=deal)),
        package_org.event(
            entry(
                "ch_1",
                as_of=later(1),
                opportunity_ref=deal,
                currency="EUR",
                settled_currency="USD",
                settled_gross="110",
            )
        ),
    )
    assert [row["Status__c"] for row in problems(package_org)] == ["Resolved"] * 3


def test_hundreds_at_once(package_org: Package) -> None:
    """A list view saves 200 at a time: they are done in jobs, and each trigger asks once."""
    package_org.apply(
        package_org.event(customer(), *(subscription(f"sub_{i}") for i in range(250)))
    )
    rows = package_org.query("SELECT Id, Stripe_Id__c FROM Bridge_Subscription__c")

    def hold(tx: Any) -> list[str]:
        tx.update(
            "Bridge_Subscription__c",
            [{"Id": row["Id"], "Automation_Hold__c": True} for row in rows],
        )
        made = tx.insert(
            "Bridge_Exception__c",
            [
                {
                    "Key__c": f"ROW_HELD:{row['Stripe_Id__c']}",
                    "Code__c": "ROW_HELD",
                    "Object__c": "Bridge_Subscription__c",
                    "Record_Id__c": row["Id"],
                    "Stripe_Id__c": row["Stripe_Id__c"],
                    "Reason__c": "refused",
                    "Status__c": "Open",
                }
                for row in rows
            ],
        )
        return [str(result.id) for result in made]

    ids = package_org.org.run(hold, user=package_org.org.admin)
    tick(package_org, *ids)

    held = package_org.query(
        "SELECT Id FROM Bridge_Subscription__c WHERE Automation_Hold__c = TRUE"
    )
    assert held == []
    assert {row["Status__c"] for row in problems(package_org)} == {"Resolved"}


def test_what_is_not_in_stripe_has_the_bridge_look_at_the_opportunity_again(
    package_org: Package,
) -> None:
    org = package_org
    _, deal = org.seed_deal()
    problem = {
        "Key__c": f"NOT_IN_STRIPE:{deal}",
        "Code__c": "NOT_IN_STRIPE",
        "Object__c": "Opportunity",
        "Record_Id__c": deal,
        "Stripe_Id__c": "cus_1",
        "Status__c": "Open",
    }
    (made,) = org.org.run(
        lambda tx: tx.insert("Bridge_Exception__c", [problem]), user=org.org.admin
    )
    (asked,) = tick(org, made.id)
    assert (asked["Kind__c"], asked["Record_Id__c"]) == ("OpportunityChanged", deal)
    assert asked.get("Stripe_Id__c") is None
