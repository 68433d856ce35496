"""What an admin decides in `Bridge_Setting__mdt`, and what holds when he decides nothing."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.package.org.components import ON, SETTINGS, number, settings, text
from tests.package.org.conftest import Make
from tests.package.org.local import Package
from tests.package.org.rows import customer, entry, renewal, subscription

pytestmark = pytest.mark.slow

WON_ON = dt.date(2026, 3, 1)


def won(org: Package) -> dict[str, object]:
    return org.one("SELECT IsWon, StageName, CloseDate, Amount FROM Opportunity")


def test_missing_record_means_the_defaults(hostile: Make) -> None:
    org = hostile({SETTINGS: None})
    _, deal = org.seed_deal()
    org.apply(org.event(customer(), subscription(opportunity_ref=deal, tcv="2400")))
    assert (won(org)["IsWon"], won(org)["Amount"]) == (True, 2400)
    assert org.one("SELECT ContractTerm FROM Contract")["ContractTerm"] == 12
    unpaid = renewal(status="Failed", in_dunning=True, dunning_status="No more retries")
    org.apply(org.event(unpaid))
    assert len(org.query("SELECT Id FROM Task")) == 1
    assert len(org.org.notifications) == 1
    account = org.one("SELECT Id FROM Account")["Id"]
    org.update("Account", Id=account, Bridge_Failed_Payments__c=1)
    health = org.one("SELECT Bridge_Customer_Health__c FROM Account")
    assert health["Bridge_Customer_Health__c"] == "At Risk"


def test_trial_wins_where_the_admin_says_so(hostile: Make) -> None:
    org = hostile(settings(Trialing_Wins__c=ON))
    _, deal = org.seed_deal()
    trial = subscription(opportunity_ref=deal, status="trialing", active_date=None)
    org.apply(org.event(customer(), trial))
    assert (won(org)["IsWon"], won(org)["CloseDate"]) == (True, WON_ON)


def test_trial_does_not_win_by_default(package_org: Package) -> None:
    _, deal = package_org.seed_deal()
    trial = subscription(opportunity_ref=deal, status="trialing", active_date=None)
    package_org.apply(package_org.event(customer(), trial))
    assert won(package_org)["IsWon"] is False


@pytest.mark.parametrize(
    ("source", "amount"), [("TCV", 2400), ("ACV", 1200), ("First Invoice", 99)]
)
def test_amount_is_what_the_admin_chose(hostile: Make, source: str, amount: int) -> None:
    org = hostile(settings(Amount_Source__c=text(source)))
    _, deal = org.seed_deal()
    row = subscription(opportunity_ref=deal, tcv="2400", first_invoice="99")
    org.apply(org.event(customer(), row))
    assert won(org)["Amount"] == amount


def test_stage_and_term_are_what_the_admin_chose(hostile: Make) -> None:
    org = hostile(
        settings(Won_Stage__c=text("Negotiation/Review"), Default_Term_Months__c=number(6))
    )
    _, deal = org.seed_deal()
    org.apply(org.event(customer(), subscription(opportunity_ref=deal)))
    assert won(org)["StageName"] == "Negotiation/Review"
    assert org.one("SELECT ContractTerm FROM Contract")["ContractTerm"] == 6


def test_lifetime_value_counts_tax_where_the_admin_says_so(hostile: Make) -> None:
    org = hostile(settings(Lifetime_Value_Includes_Tax__c=ON))
    org.apply(org.event(customer(), entry(net="100", gross="119", tax="19")))
    assert org.one("SELECT Lifetime_Value__c FROM Bridge_Customer__c")["Lifetime_Value__c"] == 119
