"""What an Opportunity asks of the bridge, and how often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from tests.package.org.components import ON, bypass, settings, text, user
from tests.package.org.conftest import Make
from tests.package.org.local import Package
from tests.package.org.rows import customer, later, subscription

DEAL = (
    "SELECT Id, StageName, Bridge_Stripe_Metadata__c, Bridge_Stripe_Customer_Id__c, "
    "Bridge_Stripe_Subscription_Id__c, Bridge_Create_Customer__c FROM Opportunity"
)
CUSTOMER, SUBSCRIPTION = "Bridge_Stripe_Customer_Id__c", "Bridge_Stripe_Subscription_Id__c"
LINKED = {CUSTOMER: "cus_1", SUBSCRIPTION: "sub_1"}
NEW = {"Name": "New", "StageName": "Prospecting", "CloseDate": dt.date(2026, 12, 31)}
Asked = list[tuple[str | None, str | None]]
"""Record and Stripe id of each request."""


def asked(org: Package, work: Callable[[Any], Sequence[Any]]) -> Asked:
    """What a save asks for; the save must succeed."""

    def save(tx: Any) -> Asked:
        assert [result.errors for result in work(tx) if result.errors] == []
        requests = [row for name, row in tx.outbox if name == "Bridge_Request__e"]
        assert {row["Kind__c"] for row in requests} <= {"OpportunityChanged"}
        return [(row["Record_Id__c"], row.get("Stripe_Id__c")) for row in requests]

    return org.org.run(save, user=org.org.admin)


def edit(org: Package, deal: str, **values: Any) -> Asked:
    return asked(org, lambda tx: tx.update("Opportunity", [{"Id": deal, **values}]))


def told(org: Package) -> str | None:
    found = org.one(DEAL)["Bridge_Stripe_Metadata__c"]
    assert found is None or isinstance(found, str)
    return found


def test_the_text_is_the_same_in_every_locale(package_org: Package) -> None:
    org = package_org
    _, deal = org.seed_deal(Amount=Decimal("12345.5"), **LINKED)
    owner = org.one("SELECT Owner.Name FROM Opportunity")["Owner"]["Name"]
    wanted = (
        "salesforce_stage=Prospecting\nsalesforce_opportunity=Acme\n"
        f"salesforce_owner={owner}\nsalesforce_close_date=2026-12-31\nsalesforce_amount=12345.5"
    )
    assert (told(org) or "").replace("\r\n", "\n") == wanted
    german = org.query("SELECT Id FROM User WHERE Name = 'Alex Admin'")[0]["Id"]
    org.update("User", Id=german, LocaleSidKey="de_DE", LanguageLocaleKey="de")
    edit(org, deal, CloseDate=dt.date(2027, 3, 4), Amount=Decimal("0.25"))
    lines = (told(org) or "").splitlines()
    assert lines[3:] == ["salesforce_close_date=2027-03-04", "salesforce_amount=0.25"]


def test_a_new_owner_is_told_and_an_empty_field_says_nothing(package_org: Package) -> None:
    org = package_org
    _, deal = org.seed_deal(**LINKED)
    assert (told(org) or "").endswith("salesforce_amount="), "a key without a value is no key"
    ada = user(org, "ada@a.example")
    assert edit(org, deal, OwnerId=ada) == [(deal, None)]
    name = org.one("SELECT Owner.Name FROM Opportunity")["Owner"]["Name"]
    assert f"salesforce_owner={name}" in (told(org) or "").splitlines()


def test_an_edit_asks_once_and_only_for_what_stripe_is_told(package_org: Package) -> None:
    org = package_org
    _, deal = org.seed_deal(**LINKED)
    assert edit(org, deal, StageName="Qualification") == [(deal, None)]
    assert (told(org) or "").startswith("salesforce_stage=Qualification")
    assert edit(org, deal, Name="Acme, larger") == [(deal, None)]
    assert edit(org, deal, NextStep="call", Description="<b>they like us</b>") == []
    assert edit(org, deal, StageName="Qualification") == [], "nothing is different"
    assert edit(org, deal, Bridge_Stripe_Metadata__c="mine=1") == [], "the text is the Flow's"
    assert (told(org) or "").startswith("salesforce_stage=Qualification")


def test_a_deal_without_a_link_says_nothing_to_anybody(package_org: Package) -> None:
    org = package_org
    _, deal = org.seed_deal()
    assert edit(org, deal, StageName="Qualification", Name="Other") == []
    assert told(org) is None


def test_a_link_that_is_new_changed_or_taken_away(package_org: Package) -> None:
    org = package_org
    _, deal = org.seed_deal()
    assert edit(org, deal, **{CUSTOMER: "cus_1"}) == [(deal, None)]
    assert (told(org) or "").startswith("salesforce_stage=Prospecting")
    assert edit(org, deal, **{SUBSCRIPTION: "sub_1"}) == [(deal, None)]
    assert edit(org, deal, **{CUSTOMER: "CUS_1"}) == [(deal, "cus_1")], "Stripe heeds case"
    assert edit(org, deal, **{SUBSCRIPTION: "sub_2"}) == [(deal, "sub_1")]
    both = {CUSTOMER: "cus_3", SUBSCRIPTION: "sub_3"}
    assert edit(org, deal, **both) == [(deal, "CUS_1"), (deal, "sub_2")]
    assert edit(org, deal, **{CUSTOMER: None}) == [(deal, "cus_3")]
    assert told(org) is not None, "the subscription is still linked"
    assert edit(org, deal, **{SUBSCRIPTION: None}) == [(deal, "sub_3")]
    assert told(org) is None


def create(org: Package, *deals: dict[str, Any]) -> Asked:
    rows = [{**NEW, **deal} for deal in deals]
    return asked(org, lambda tx: tx.insert("Opportunity", rows))


def test_a_deal_that_is_created_with_a_link_asks_once(package_org: Package) -> None:
    asks = create(package_org, LINKED, {})
    linked = package_org.one(f"{DEAL} WHERE {CUSTOMER} = 'cus_1'")["Id"]
    assert asks == [(linked, None)]


def test_a_deleted_deal_asks_and_its_row_can_still_be_read(package_org: Package) -> None:
    org = package_org
    _, deal = org.seed_deal(**LINKED)
    _, other = org.seed_deal("Other")
    deals = [deal, other]
    assert asked(org, lambda tx: tx.delete("Opportunity", deals)) == [(deal, "cus_1")]
    assert org.query(DEAL) == []
    assert asked(org, lambda tx: tx.undelete("Opportunity", deals)) == [(deal, None)]
    assert {row["Id"] for row in org.query(DEAL)} == set(deals)


def test_a_deleted_deal_names_the_subscriptions_that_only_the_ledger_knows(
    package_org: Package,
) -> None:
    org = package_org
    _, deal = org.seed_deal()
    ref = {"opportunity_ref": deal}
    org.apply(org.event(customer(), *(subscription(f"sub_{n}", **ref) for n in (1, 2, 3))))
    assert org.one(DEAL)[SUBSCRIPTION] == "sub_1"
    asks = asked(org, lambda tx: tx.delete("Opportunity", [deal]))
    assert asks == [(deal, "cus_1"), (deal, "sub_2"), (deal, "sub_3")]


def test_a_deal_that_goes_and_comes_back_with_its_account_asks(package_org: Package) -> None:
    org = package_org
    account, deal = org.seed_deal(**LINKED)
    org.org.seed({"Opportunity": [{**NEW, "AccountId": account}]})
    assert asked(org, lambda tx: tx.delete("Account", [account])) == [(deal, None)]
    assert org.query(DEAL) == []
    assert asked(org, lambda tx: tx.undelete("Account", [account])) == [(deal, None)]


def test_a_second_subscription_of_a_deal_asks_for_it(package_org: Package) -> None:
    org = package_org
    _, deal = org.seed_deal()
    _, other = org.seed_deal("Other")
    run(org, org.event(customer(), subscription(opportunity_ref=deal)))
    waiting = {"status": "incomplete", "active_date": None, "opportunity_ref": deal}
    assert run(org, org.event(subscription("sub_2", **waiting))) == [(deal, None)]
    assert org.one(f"{DEAL} WHERE Id = '{deal}'")[SUBSCRIPTION] == "sub_1"
    again = org.event(subscription("sub_2", as_of=later(1), mrr="200", **waiting))
    assert run(org, again) == []
    second = org.one("SELECT Id FROM Bridge_Subscription__c WHERE Stripe_Id__c = 'sub_1'")["Id"]
    moved = {"Id": second, "Opportunity__c": other}
    asks = asked(org, lambda tx: tx.update("Bridge_Subscription__c", [moved]))
    assert sorted(asks) == sorted([(deal, "sub_1"), (other, None)])


def run(org: Package, *events: dict[str, Any]) -> Asked:
    """What a run of Stripe's events asks for."""

    def work(tx: Any) -> Asked:
        org.org.triggers.run_events(tx, "Bridge_Stripe_Event__e", list(events), 0)
        rows = [row for name, row in tx.outbox if name == "Bridge_Request__e"]
        return [(row["Record_Id__c"], row.get("Stripe_Id__c")) for row in rows]

    return org.org.run(work, user=org.org.automated_process)


@pytest.mark.parametrize("known", [{}, {CUSTOMER: "cus_1"}])
def test_a_win_that_stripe_caused_asks_once(package_org: Package, known: dict[str, str]) -> None:
    """Whether the deal is linked by the very event, or was linked to its customer before."""
    org = package_org
    _, deal = org.seed_deal(**known)
    ref = {"opportunity_ref": deal}
    assert run(org, org.event(customer(), subscription(**ref))) == [(deal, None)]
    won = org.one("SELECT StageName, IsWon FROM Opportunity")
    assert won["IsWon"] is True
    assert (told(org) or "").startswith(f"salesforce_stage={won['StageName']}")
    assert org.one(DEAL)[SUBSCRIPTION] == "sub_1"
    again = org.event(subscription(as_of=later(1), status="past_due", **ref))
    assert run(org, again) == [], "Stripe is told nothing that it said itself"
    assert run(org, org.event(subscription(as_of=later(2), mrr="200", **ref))) == []


def test_two_hundred_edits_ask_once_each_within_the_limits(package_org: Package) -> None:
    org = package_org

    def used(work: Callable[[Any], Sequence[Any]]) -> tuple[Asked, int, int]:
        def save(tx: Any) -> tuple[Asked, int, int]:
            assert [result.errors for result in work(tx) if result.errors] == []
            asks = [(each["Record_Id__c"], each.get("Stripe_Id__c")) for _, each in tx.outbox]
            return asks, tx.limits.used("queries"), tx.limits.used("dml_statements")

        return org.org.run(save, user=org.org.admin)

    deals = [{**NEW, CUSTOMER: f"cus_{n}", SUBSCRIPTION: f"sub_{n}"} for n in range(200)]
    asks, queries, statements = used(lambda tx: tx.insert("Opportunity", deals))
    ids = {found["Id"] for found in org.query(DEAL)}
    assert (len(asks), {record for record, _ in asks}) == (200, ids)
    assert queries <= 2, "the settings, for Bridge_Ask_Customer"
    assert statements <= 2

    changes = [{"Id": each, "Name": "Renamed"} for each in ids]
    asks, queries, statements = used(lambda tx: tx.update("Opportunity", changes))
    assert (len(asks), {record for record, _ in asks}) == (200, ids)
    assert (queries, statements) == (0, 2)
    calls = [{"Id": each, "NextStep": "call"} for each in ids]
    asks, queries, statements = used(lambda tx: tx.update("Opportunity", calls))
    assert (asks, queries, statements) == ([], 0, 1)
    asks, queries, statements = used(lambda tx: tx.delete("Opportunity", list(ids)))
    assert {record for record, _ in asks} == ids
    assert (len(asks), queries) == (200, 1)
    assert len(used(lambda tx: tx.undelete("Opportunity", list(ids)))[0]) == 200


ASKING = {"Create_Stripe_Customers__c": ON}


def test_nobody_is_created_by_default(package_org: Package) -> None:
    org = package_org
    _, deal = org.seed_deal()
    assert edit(org, deal, Bridge_Create_Customer__c=True) == []


@pytest.mark.slow
def test_a_rep_asks_for_a_customer_once(hostile: Make) -> None:
    org = hostile(settings(**ASKING))
    _, deal = org.seed_deal()
    assert edit(org, deal, StageName="Qualification") == []
    assert edit(org, deal, Bridge_Create_Customer__c=True) == [(deal, None)]
    assert told(org) is None, "there is nobody to tell yet"
    assert edit(org, deal, Name="Other") == []
    assert edit(org, deal, **{CUSTOMER: "cus_9"}) == [(deal, None)], "the bridge writes it back"
    assert "salesforce_opportunity=Other" in (told(org) or "")
    asks = create(org, {"Bridge_Create_Customer__c": True})
    assert len(asks) == 1


@pytest.mark.slow
def test_a_stage_of_the_settings_asks(hostile: Make) -> None:
    org = hostile(settings(**ASKING, Create_Customer_Stage__c=text("Qualification")))
    _, deal = org.seed_deal()
    assert edit(org, deal, Name="Other") == []
    assert org.one(DEAL)["Bridge_Create_Customer__c"] is False
    assert edit(org, deal, StageName="Qualification") == [(deal, None)]
    assert org.one(DEAL)["Bridge_Create_Customer__c"] is True
    assert edit(org, deal, Bridge_Create_Customer__c=False) == []
    assert edit(org, deal, Name="Third") == []
    assert org.one(DEAL)["Bridge_Create_Customer__c"] is False, "a person may take it back"


@pytest.mark.slow
def test_the_stage_alone_asks_for_nothing_while_creating_is_off(hostile: Make) -> None:
    org = hostile(settings(Create_Customer_Stage__c=text("Qualification")))
    _, deal = org.seed_deal()
    assert edit(org, deal, StageName="Qualification") == []
    assert org.one(DEAL)["Bridge_Create_Customer__c"] is False


@pytest.mark.slow
def test_who_bypasses_the_flows_asks_for_nothing(hostile: Make) -> None:
    org = hostile(bypass())
    _, deal = org.seed_deal()
    assert edit(org, deal, StageName="Qualification", **LINKED) == []
    assert told(org) is None
    assert asked(org, lambda tx: tx.delete("Opportunity", [deal])) == []


def test_the_bridge_may_write_the_customers_id_and_nothing_else(package_org: Package) -> None:
    """As its integration user, with the permission sets that the package has for it."""
    org = package_org
    _, deal = org.seed_deal()

    def write(**values: Any) -> list[str]:
        row = {"Id": deal, **values}

        def save(tx: Any) -> list[str]:
            (result,) = tx.update("Opportunity", [row], all_or_none=False, user_mode=True)
            return [error.status_code for error in result.errors]

        return org.org.run(save, user=robot)

    robot = org.org.integration_user
    assert write(**{CUSTOMER: "cus_1"}) == []
    assert org.one(DEAL)[CUSTOMER] == "cus_1"
    for name in (SUBSCRIPTION, "Bridge_Stripe_Metadata__c", "Amount"):
        assert write(**{name: None}) == ["INVALID_FIELD_FOR_INSERT_UPDATE"], name
