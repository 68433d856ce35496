"""Which Opportunity a subscription gets must not depend on which event came first."""

from __future__ import annotations

import itertools

import pytest

from tests.package.org.local import Package
from tests.package.org.rows import customer, later, subscription


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_opportunity_named_on_the_customer_is_found_in_any_order(
    package_org: Package, order: tuple[int, ...]
) -> None:
    """The customer is linked to its Account by hand, before anybody names the Opportunity."""
    account, deal = package_org.seed_deal()
    package_org.apply(package_org.event(customer()))
    known = package_org.one("SELECT Id FROM Bridge_Customer__c")
    package_org.update("Bridge_Customer__c", Id=known["Id"], Account__c=account)
    events = [
        package_org.event(customer(as_of=later(1)), subscription(as_of=later(1))),
        package_org.event(customer(as_of=later(2), opportunity_ref=deal)),
        package_org.event(customer(as_of=later(3), opportunity_ref=deal, name="Acme Inc.")),
    ]
    for position in order:
        package_org.apply(events[position])
    row = package_org.one("SELECT Opportunity__c, Won_Date__c FROM Bridge_Subscription__c")
    assert row["Opportunity__c"] == deal
    assert row["Won_Date__c"] is not None
    assert package_org.one("SELECT IsWon FROM Opportunity")["IsWon"] is True


def test_linking_a_customer_by_hand_resolves_what_its_metadata_failed_to_do(
    package_org: Package,
) -> None:
    account, _ = package_org.seed_deal()
    package_org.apply(package_org.event(customer(opportunity_ref="a typing error")))
    assert package_org.one("SELECT Status__c FROM Bridge_Exception__c")["Status__c"] == "Open"
    known = package_org.one("SELECT Id FROM Bridge_Customer__c")
    package_org.update("Bridge_Customer__c", Id=known["Id"], Account__c=account)
    package_org.apply(package_org.event(customer(as_of=later(1), opportunity_ref="a typing error")))
    assert package_org.one("SELECT Status__c FROM Bridge_Exception__c")["Status__c"] == "Resolved"
