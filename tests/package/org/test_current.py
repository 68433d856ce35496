"""What is so now on the Account and the Opportunity: ARR to the cent, status in any order."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from bridge.contract import LedgerRow
from tests.package.org.local import Package
from tests.package.org.rows import NOON, customer, later, subscription


def current(org: Package, deal: str) -> tuple[str, str, str]:
    """Status and ids that the Opportunity shows."""
    row = org.one(
        "SELECT Bridge_Status__c, Bridge_Stripe_Customer_Id__c, Bridge_Stripe_Subscription_Id__c "
        f"FROM Opportunity WHERE Id = '{deal}'"
    )
    return (
        row["Bridge_Status__c"],
        row["Bridge_Stripe_Customer_Id__c"],
        row["Bridge_Stripe_Subscription_Id__c"],
    )


def arr(org: Package, sobject: str, key: str) -> Decimal:
    row = org.one(f"SELECT Bridge_Current_ARR__c FROM {sobject} WHERE Id = '{key}'")
    found = row["Bridge_Current_ARR__c"]
    assert isinstance(found, Decimal)
    return found


def test_a_thousand_a_year_is_an_arr_of_a_thousand(package_org: Package) -> None:
    account, deal = package_org.seed_deal()
    yearly = {"opportunity_ref": deal, "mrr": "83.33", "arr": "1000", "acv": "1000"}
    package_org.apply(package_org.event(customer(), subscription(**yearly)))
    row = package_org.one("SELECT MRR__c, ARR__c FROM Bridge_Subscription__c")
    assert (row["MRR__c"], row["ARR__c"]) == (Decimal("83.33"), 1000)
    assert arr(package_org, "Account", account) == 1000
    assert arr(package_org, "Opportunity", deal) == 1000


def test_arr_that_moves_by_less_than_a_cent_a_month_reaches_the_account(
    package_org: Package,
) -> None:
    account, deal = package_org.seed_deal()
    yearly = {"opportunity_ref": deal, "mrr": "83.33"}
    package_org.apply(package_org.event(customer(), subscription(arr="1000", **yearly)))
    newer = subscription(as_of=later(1), arr="1000.02", **yearly)
    package_org.apply(package_org.event(newer))
    assert arr(package_org, "Account", account) == Decimal("1000.02")
    assert arr(package_org, "Opportunity", deal) == Decimal("1000.02")


@pytest.mark.parametrize("order", list(itertools.permutations(("old", "new", "end"))))
@pytest.mark.parametrize("together", [True, False])
def test_a_live_subscription_is_shown_whatever_came_last(
    package_org: Package, order: tuple[str, ...], together: bool
) -> None:
    """The deal's first subscription, its successor of another customer, and the first one's end."""
    account, deal = package_org.seed_deal()
    old, new = (
        {"customer": f"cus_{name}", "opportunity_ref": deal, "mrr": "10", "arr": "120"}
        for name in ("old", "new")
    )
    ended = {**old, "status": "canceled", "mrr": "0", "arr": "0"}
    rows: dict[str, tuple[LedgerRow, ...]] = {
        "old": (customer("cus_old"), subscription("sub_old", NOON, **old)),
        "new": (customer("cus_new"), subscription("sub_new", NOON, **new)),
        "end": (customer("cus_old", later(9)), subscription("sub_old", later(9), **ended)),
    }
    events = [package_org.event(*rows[name]) for name in order]
    for batch in [events] if together else [[event] for event in events]:
        package_org.apply(*batch)

    assert current(package_org, deal) == ("active", "cus_new", "sub_new")
    assert arr(package_org, "Opportunity", deal) == 120
    assert arr(package_org, "Account", account) == 120


RANKED = (
    "active",
    "past_due",
    "trialing",
    "paused",
    "unpaid",
    "incomplete",
    "a_status_that_stripe_adds_later",
    "canceled",
)


@pytest.mark.parametrize(("first", "second"), list(itertools.pairwise(RANKED)))
@pytest.mark.parametrize("backwards", [True, False])
def test_the_status_shown_is_the_best_of_the_deal(
    package_org: Package, first: str, second: str, backwards: bool
) -> None:
    _, deal = package_org.seed_deal()
    rows = [
        subscription("sub_b", status=first, opportunity_ref=deal),
        subscription("sub_a", status=second, opportunity_ref=deal),
    ]
    for row in reversed(rows) if backwards else rows:
        package_org.apply(package_org.event(customer(), row))
    assert current(package_org, deal) == (first, "cus_1", "sub_b")


@pytest.mark.parametrize("statuses", [("active", "active"), ("canceled", "incomplete_expired")])
@pytest.mark.parametrize("backwards", [True, False])
def test_of_equals_the_first_by_id_is_shown(
    package_org: Package, statuses: tuple[str, str], backwards: bool
) -> None:
    _, deal = package_org.seed_deal()
    rows = [
        subscription(key, status=status, opportunity_ref=deal)
        for key, status in zip(("sub_a", "sub_b"), statuses, strict=True)
    ]
    for row in reversed(rows) if backwards else rows:
        package_org.apply(package_org.event(customer(), row))
    assert current(package_org, deal) == (statuses[0], "cus_1", "sub_a")
