"""What wins a deal, what does not, and what the org may have done to the deal before."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.package.org.components import OFF, settings
from tests.package.org.conftest import Make
from tests.package.org.local import Package
from tests.package.org.rows import customer, later, subscription

DEAL = "SELECT IsWon, StageName, CloseDate, Amount, Bridge_ACV__c FROM Opportunity"
ROW = "SELECT Id, Won_Date__c, Automation_Hold__c, Contract__c, Booked_Amount__c, Opportunity__c "


def row(org: Package, key: str = "sub_1") -> dict[str, Any]:
    return org.one(f"{ROW} FROM Bridge_Subscription__c WHERE Stripe_Id__c = '{key}'")


@pytest.mark.slow
def test_nothing_is_won_while_the_switch_is_off(hostile: Make) -> None:
    org = hostile(settings(Win_Opportunities__c=OFF))
    _, deal = org.seed_deal()
    assert org.apply(org.event(customer(), subscription(opportunity_ref=deal))) == ["applied"]
    assert org.one(DEAL)["IsWon"] is False
    assert org.query("SELECT Id FROM Contract") == []
    assert row(org)["Won_Date__c"] is None, "it is still to come"


@pytest.mark.slow
def test_a_win_without_a_contract_where_the_switch_is_off(hostile: Make) -> None:
    org = hostile(settings(Create_Contracts__c=OFF))
    _, deal = org.seed_deal()
    org.apply(org.event(customer(), subscription(opportunity_ref=deal)))
    assert org.one(DEAL)["IsWon"] is True
    assert org.query("SELECT Id FROM Contract") == []
    found = row(org)
    assert (found["Contract__c"], found["Booked_Amount__c"]) == (None, 1200)
    assert found["Won_Date__c"] is not None


def test_a_deal_with_products_keeps_their_amount_and_says_so_once(package_org: Package) -> None:
    _, deal = package_org.seed_deal(HasOpportunityLineItem=True, Amount=500)
    sub = {"opportunity_ref": deal}
    assert package_org.apply(package_org.event(customer(), subscription(**sub))) == ["applied"]

    found = package_org.one(DEAL)
    assert (found["IsWon"], found["Amount"], found["Bridge_ACV__c"]) == (True, 500, 1200)
    assert row(package_org)["Automation_Hold__c"] is False
    assert row(package_org)["Contract__c"] is not None
    problem = package_org.one("SELECT Code__c, Reason__c, Record_Id__c FROM Bridge_Exception__c")
    assert (problem["Code__c"], problem["Record_Id__c"]) == ("AMOUNT_IGNORED", deal)
    assert "products come to 500; Stripe's subscriptions come to 1200." in problem["Reason__c"]

    package_org.apply(package_org.event(subscription(as_of=later(1), mrr="200", **sub)))
    assert package_org.one("SELECT Count__c FROM Bridge_Exception__c")["Count__c"] == 1


def test_products_of_the_very_amount_are_no_exception(package_org: Package) -> None:
    _, deal = package_org.seed_deal(HasOpportunityLineItem=True, Amount=1200)
    package_org.apply(package_org.event(customer(), subscription(opportunity_ref=deal)))
    assert package_org.one(DEAL)["IsWon"] is True
    assert package_org.query("SELECT Id FROM Bridge_Exception__c") == []


def test_a_lost_deal_is_won_by_the_subscription_that_names_it(package_org: Package) -> None:
    _, deal = package_org.seed_deal(StageName="Closed Lost")
    package_org.apply(package_org.event(customer(), subscription(opportunity_ref=deal)))
    found = package_org.one(DEAL)
    assert (found["IsWon"], found["CloseDate"]) == (True, dt.date(2026, 3, 1))


def test_a_lost_deal_is_not_meant_by_the_id_on_the_customer(package_org: Package) -> None:
    _, deal = package_org.seed_deal(StageName="Closed Lost")
    package_org.apply(package_org.event(customer(opportunity_ref=deal), subscription()))
    assert package_org.one(DEAL)["IsWon"] is False
    assert row(package_org)["Opportunity__c"] is None


def test_a_deleted_deal_takes_nothing_with_it(package_org: Package) -> None:
    _, deal = package_org.seed_deal()
    package_org.apply(package_org.event(customer(), subscription(opportunity_ref=deal)))
    package_org.org.run(lambda tx: tx.delete("Opportunity", [deal]), user=package_org.org.admin)
    assert row(package_org)["Opportunity__c"] is None
    newer = subscription(as_of=later(1), opportunity_ref=deal, mrr="200", arr="2400")
    assert package_org.apply(package_org.event(newer)) == ["applied"]
    assert row(package_org)["Won_Date__c"] is not None
    assert len(package_org.query("SELECT Id FROM Contract")) == 1


def test_a_deal_deleted_before_the_win_wins_nothing(package_org: Package) -> None:
    _, deal = package_org.seed_deal()
    trial = {"opportunity_ref": deal, "status": "trialing", "active_date": None}
    package_org.apply(package_org.event(customer(), subscription(**trial)))
    package_org.org.run(lambda tx: tx.delete("Opportunity", [deal]), user=package_org.org.admin)
    active = subscription(as_of=later(1), opportunity_ref=deal)
    assert package_org.apply(package_org.event(active)) == ["applied"]
    assert row(package_org)["Won_Date__c"] is None
    problem = package_org.one("SELECT Code__c FROM Bridge_Exception__c")
    assert problem["Code__c"] == "OPPORTUNITY_NOT_FOUND"


def test_an_expansion_is_a_deal_of_its_own_with_a_contract_of_its_own(
    package_org: Package,
) -> None:
    account, first = package_org.seed_deal()
    second = package_org.org.seed(
        {
            "Opportunity": [
                {
                    "$ref": "more",
                    "Name": "More",
                    "AccountId": account,
                    "StageName": "Prospecting",
                    "CloseDate": dt.date(2026, 12, 31),
                }
            ]
        }
    )["more"]
    package_org.apply(
        package_org.event(
            customer(),
            subscription("sub_1", opportunity_ref=first),
            subscription("sub_2", opportunity_ref=first, acv="300"),
            subscription("sub_3", opportunity_ref=second, acv="50"),
        )
    )
    amounts = {
        deal["Id"]: deal["Amount"]
        for deal in package_org.query("SELECT Id, Amount FROM Opportunity")
    }
    assert amounts == {first: 1500, second: 50}
    contracts = package_org.query("SELECT Bridge_Stripe_Subscription_Id__c FROM Contract")
    assert sorted(found["Bridge_Stripe_Subscription_Id__c"] for found in contracts) == [
        "sub_1",
        "sub_2",
        "sub_3",
    ]


def test_a_deal_without_an_account_is_an_exception_until_it_has_one(package_org: Package) -> None:
    account, deal = package_org.seed_deal()
    package_org.update("Opportunity", Id=deal, AccountId=None)
    applied = package_org.apply(package_org.event(customer(), subscription(opportunity_ref=deal)))
    assert applied == ["applied_with_exception"]
    held = row(package_org)
    assert (held["Automation_Hold__c"], held["Contract__c"]) == (True, None)
    problem = package_org.one("SELECT Code__c, Status__c FROM Bridge_Exception__c")
    assert (problem["Code__c"], problem["Status__c"]) == ("FLOW_FAULT", "Open")

    package_org.update("Opportunity", Id=deal, AccountId=account)
    package_org.update("Bridge_Subscription__c", Id=held["Id"], Automation_Hold__c=False)
    assert row(package_org)["Contract__c"] is not None
    assert package_org.one("SELECT Status__c FROM Bridge_Exception__c")["Status__c"] == "Resolved"


def test_linking_an_unmatched_customer_by_hand_runs_what_waited(package_org: Package) -> None:
    account, deal = package_org.seed_deal()
    package_org.apply(package_org.event(customer(), subscription()))
    known = package_org.one("SELECT Id FROM Bridge_Customer__c")
    package_org.update("Bridge_Customer__c", Id=known["Id"], Account__c=account)
    assert package_org.one(DEAL)["IsWon"] is False
    package_org.update("Bridge_Subscription__c", Id=row(package_org)["Id"], Opportunity__c=deal)
    assert package_org.one(DEAL)["IsWon"] is True
    assert row(package_org)["Contract__c"] is not None
