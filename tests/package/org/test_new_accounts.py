"""Accounts for customers whom nobody knows: off by default, once each, never against a hint."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest

from tests.package.org.components import ON, rule, settings, text, user
from tests.package.org.conftest import Make
from tests.package.org.local import Package
from tests.package.org.rows import customer, entry, later, subscription

pytestmark = pytest.mark.slow

WANTED = settings(Create_Accounts__c=ON)


def accounts(org: Package) -> list[str]:
    return [row["Name"] for row in org.query("SELECT Name FROM Account ORDER BY Name")]


def buys(org: Package, **values: Any) -> list[str]:
    return org.apply(org.event(customer(name="Acme", **values), subscription(), entry()))


def test_no_account_is_made_by_default(package_org: Package) -> None:
    buys(package_org)
    assert accounts(package_org) == []


def test_a_customer_who_buys_gets_an_account_of_that_name(hostile: Make) -> None:
    org = hostile(settings(Create_Accounts__c=ON, Fallback_Owner__c=text("ada@a.example")))
    ada = user(org, "ada@a.example")
    buys(org)
    found = org.one("SELECT Id, Name, OwnerId, Bridge_Lifetime_Value__c FROM Account")
    assert (found["Name"], found["OwnerId"]) == ("Acme", ada)
    assert org.one("SELECT Account__c FROM Bridge_Customer__c")["Account__c"] == found["Id"]
    for table in ("Bridge_Subscription__c", "Bridge_Entry__c"):
        assert org.one(f"SELECT Account__c FROM {table}")["Account__c"] == found["Id"]
    assert found["Bridge_Lifetime_Value__c"] == Decimal("99.5")


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
@pytest.mark.parametrize("together", [True, False])
def test_it_is_made_once_in_any_order(
    hostile: Make, order: tuple[int, ...], together: bool
) -> None:
    org = hostile(WANTED)
    events = [
        org.event(customer(name="Acme"), subscription()),
        org.event(customer(name="Acme", as_of=later(1)), entry("ch_2", as_of=later(1))),
        org.event(customer(name="Acme GmbH", as_of=later(2))),
    ]
    shuffled = [events[position] for position in (*order, *order)]
    for batch in [shuffled] if together else [[event] for event in shuffled]:
        org.apply(*batch)
    assert len(accounts(org)) == 1
    row = org.one("SELECT Account__c FROM Bridge_Customer__c")
    assert row["Account__c"] is not None


def test_two_customers_of_one_batch_get_one_each(hostile: Make) -> None:
    org = hostile(WANTED)
    org.apply(
        *(
            org.event(
                customer(f"cus_{name}", name=name),
                subscription(f"sub_{name}", customer=f"cus_{name}"),
            )
            for name in ("Acme", "Bolt")
        )
    )
    assert accounts(org) == ["Acme", "Bolt"]


@pytest.mark.parametrize(
    "values",
    [
        {"deleted": True},
        {"name": "cus_1"},
        {"name": "ada@acme.example", "email": "ada@acme.example"},
        {"opportunity_ref": "a typing error"},
    ],
    ids=["deleted", "no name", "an address for a name", "names a deal"],
)
def test_a_person_decides_where_there_is_a_hint(hostile: Make, values: dict[str, Any]) -> None:
    org = hostile(WANTED)
    org.apply(org.event(customer(**{"name": "Acme", **values}), subscription(), entry()))
    assert accounts(org) == []


def test_no_account_for_a_customer_who_has_bought_nothing(hostile: Make) -> None:
    org = hostile(WANTED)
    org.apply(org.event(customer(name="Acme")))
    assert accounts(org) == []


def test_no_account_where_a_subscription_names_a_deal(hostile: Make) -> None:
    org = hostile(WANTED)
    org.apply(org.event(customer(name="Acme"), subscription(opportunity_ref="a typing error")))
    assert accounts(org) == []


def test_the_account_of_the_deal_is_taken_and_none_is_made(hostile: Make) -> None:
    org = hostile(WANTED)
    account, deal = org.seed_deal("Acme Deal")
    org.apply(org.event(customer(name="Acme"), subscription(opportunity_ref=deal)))
    assert accounts(org) == ["Acme Deal"]
    assert org.one("SELECT Account__c FROM Bridge_Customer__c")["Account__c"] == account


def test_an_account_of_that_name_is_for_a_person_to_link(hostile: Make) -> None:
    org = hostile(WANTED)
    org.seed_deal("Acme")
    buys(org)
    assert accounts(org) == ["Acme"]
    assert org.one("SELECT Account__c FROM Bridge_Customer__c")["Account__c"] is None


def test_an_account_that_the_org_refuses_costs_no_money(hostile: Make) -> None:
    org = hostile(WANTED | rule("Account", "ISBLANK(Industry)", "Which industry?"))
    assert "failed" not in buys(org)
    row = org.one("SELECT Id, Automation_Hold__c, Lifetime_Value__c FROM Bridge_Customer__c")
    assert row["Automation_Hold__c"] is True
    assert row["Lifetime_Value__c"] == Decimal("99.5")
    problem = org.one("SELECT Code__c, Reason__c FROM Bridge_Exception__c")
    assert problem["Code__c"] == "FLOW_FAULT"
    assert "Which industry?" in problem["Reason__c"]


def test_an_account_that_cannot_be_linked_is_not_left_behind(hostile: Make) -> None:
    org = hostile(WANTED | rule("Bridge_Customer__c", "NOT(ISBLANK(Account__c))", "No links."))
    assert "failed" not in buys(org)
    assert accounts(org) == []
    row = org.one("SELECT Automation_Hold__c, Lifetime_Value__c FROM Bridge_Customer__c")
    assert row["Automation_Hold__c"] is True
    assert row["Lifetime_Value__c"] == Decimal("99.5")
    assert "No links." in org.one("SELECT Reason__c FROM Bridge_Exception__c")["Reason__c"]
