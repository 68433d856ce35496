"""Rules, locks and limits of the org: no money is lost to any of them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.package.org.components import validation_rule
from tests.package.org.conftest import Make
from tests.package.org.local import Package
from tests.package.org.rows import customer, entry, subscription

pytestmark = pytest.mark.slow


def test_row_that_automation_refuses_is_kept_on_hold(hostile: Make) -> None:
    rule = validation_rule(
        "No_Team", "AND(Plan_Name__c = 'Team', NOT(Automation_Hold__c))", "No teams here."
    )
    where = "objects/Bridge_Subscription__c/validationRules/No_Team.validationRule-meta.xml"
    theirs = hostile({where: rule})

    events = [
        theirs.event(customer(), subscription()),
        theirs.event(customer(), entry(subscription="sub_1")),
    ]
    assert theirs.apply(*events) == ["applied_with_exception", "unmatched"]

    kept = theirs.one("SELECT Id, Automation_Hold__c, MRR__c FROM Bridge_Subscription__c")
    assert kept["Automation_Hold__c"] is True
    assert kept["MRR__c"] == 100
    problem = theirs.one("SELECT Code__c, Reason__c, Record_Id__c FROM Bridge_Exception__c")
    assert problem["Code__c"] == "ROW_HELD"
    assert "No teams here." in problem["Reason__c"]
    assert problem["Record_Id__c"] == kept["Id"]


def test_refused_win_is_an_exception_and_can_be_run_again(hostile: Make) -> None:
    rule = validation_rule("Closing", "AND(IsWon, ISBLANK(NextStep))", "Say what is next.")
    where = "objects/Opportunity/validationRules/Closing.validationRule-meta.xml"
    theirs = hostile({where: rule})
    _, deal = theirs.seed_deal()

    event = theirs.event(
        customer(), subscription(opportunity_ref=deal), entry(subscription="sub_1")
    )
    assert theirs.apply(event) == ["applied_with_exception"]

    row = theirs.one("SELECT Id, Automation_Hold__c, Won_Date__c FROM Bridge_Subscription__c")
    assert (row["Automation_Hold__c"], row["Won_Date__c"]) == (True, None)
    assert theirs.one("SELECT IsWon FROM Opportunity")["IsWon"] is False
    assert theirs.query("SELECT Id FROM Contract") == []
    problem = theirs.one("SELECT Code__c, Status__c, Reason__c FROM Bridge_Exception__c")
    assert (problem["Code__c"], problem["Status__c"]) == ("FLOW_FAULT", "Open")
    assert "Say what is next." in problem["Reason__c"]
    totals = theirs.one("SELECT Bridge_Lifetime_Value__c FROM Account")
    assert totals["Bridge_Lifetime_Value__c"] == Decimal("99.5")

    theirs.update("Bridge_Subscription__c", Id=row["Id"], Automation_Hold__c=False)
    problem = theirs.one("SELECT Count__c, Status__c FROM Bridge_Exception__c")
    assert (problem["Count__c"], problem["Status__c"]) == (2, "Open")

    theirs.update("Opportunity", Id=deal, NextStep="Onboarding")
    theirs.update("Bridge_Subscription__c", Id=row["Id"], Automation_Hold__c=False)
    assert theirs.one("SELECT IsWon FROM Opportunity")["IsWon"] is True
    assert theirs.one("SELECT Status__c FROM Bridge_Exception__c")["Status__c"] == "Resolved"


def test_account_that_refuses_its_totals_costs_no_money(hostile: Make) -> None:
    rule = validation_rule("Frozen", "Bridge_Lifetime_Value__c &gt; 50", "Account is frozen.")
    where = "objects/Account/validationRules/Frozen.validationRule-meta.xml"
    theirs = hostile({where: rule})
    account, _ = theirs.seed_deal()
    theirs.apply(theirs.event(customer()))
    row = theirs.one("SELECT Id FROM Bridge_Customer__c")
    theirs.update("Bridge_Customer__c", Id=row["Id"], Account__c=account)

    assert theirs.apply(theirs.event(customer(), entry())) == ["applied"]

    value = theirs.one("SELECT Lifetime_Value__c FROM Bridge_Customer__c")["Lifetime_Value__c"]
    assert value == Decimal("99.5")
    problem = theirs.one("SELECT Code__c, Record_Id__c FROM Bridge_Exception__c")
    assert problem["Code__c"] == "ACCOUNT_TOTALS_REFUSED"
    assert problem["Record_Id__c"] == account

    assert theirs.apply(theirs.event(customer(), entry("re_1", "-60"))) == ["applied"]
    assert theirs.one("SELECT Status__c FROM Bridge_Exception__c")["Status__c"] == "Resolved"
    totals = theirs.one("SELECT Bridge_Lifetime_Value__c FROM Account")
    assert totals["Bridge_Lifetime_Value__c"] == Decimal("39.5")


def test_locked_customer_is_asked_for_again_and_the_others_go_on(package_org: Package) -> None:
    package_org.apply(package_org.event(customer("cus_1")), package_org.event(customer("cus_2")))
    locked = package_org.one("SELECT Id FROM Bridge_Customer__c WHERE Stripe_Id__c = 'cus_1'")
    package_org.org.locked_rows.add(locked["Id"])

    events = [
        package_org.event(customer("cus_1"), entry("ch_1")),
        package_org.event(customer("cus_2"), entry("ch_2", customer="cus_2")),
    ]
    assert package_org.apply(*events) == ["retry", "unmatched"]

    package_org.org.locked_rows.clear()
    assert package_org.apply(events[0]) == ["unmatched"]
    assert len(package_org.query("SELECT Id FROM Bridge_Entry__c")) == 2


def test_run_that_dies_of_limits_leaves_neither_records_nor_receipt(hostile: Make) -> None:
    meta = (
        '<ApexTrigger xmlns="http://soap.sforce.com/2006/04/metadata">'
        "<apiVersion>66.0</apiVersion><status>Active</status></ApexTrigger>"
    )
    greedy = (
        "trigger Greedy on Bridge_Entry__c (after insert) {\n"
        "    for (Integer i = 0; i < 200; i++) {\n"
        "        List<Account> accounts = [SELECT Id FROM Account];\n"
        "    }\n"
        "}\n"
    )
    theirs = hostile({"triggers/Greedy.trigger": greedy, "triggers/Greedy.trigger-meta.xml": meta})
    ended, results = theirs.run(theirs.event(customer(), entry()))
    assert ended.limit
    assert results == []


def test_refused_event_does_not_harm_its_neighbours(package_org: Package) -> None:
    bad = package_org.event(customer("cus_bad"))
    bad["Rows__c"] = '[{"attributes":{"type":"Bridge_Customer__c"},"Nonsense__c":1}]'
    good = package_org.event(customer(), entry())
    assert package_org.apply(bad, good) == ["failed", "unmatched"]


def test_refused_rows_do_not_disturb_the_rest_of_their_batch(hostile: Make) -> None:
    rule = validation_rule(
        "No_13", "AND(Original_Net__c = 13, NOT(Automation_Hold__c))", "Unlucky."
    )
    where = "objects/Bridge_Entry__c/validationRules/No_13.validationRule-meta.xml"
    theirs = hostile({where: rule})
    _, deal = theirs.seed_deal()
    theirs.apply(theirs.event(customer(), subscription(opportunity_ref=deal)))

    events = [
        theirs.event(customer(), entry(f"ch_{net}", str(net), subscription="sub_1"))
        for net in (11, 12, 13, 14)
    ]
    assert theirs.apply(*events) == ["applied", "applied", "applied_with_exception", "applied"]

    totals = theirs.one("SELECT Bridge_Lifetime_Value__c FROM Account")
    assert totals["Bridge_Lifetime_Value__c"] == 50
    assert theirs.one("SELECT Bridge_Collected__c FROM Opportunity")["Bridge_Collected__c"] == 50
    assert theirs.one("SELECT Count__c FROM Bridge_Exception__c")["Count__c"] == 1


def test_field_that_the_org_requires_on_contracts_holds_the_win(hostile: Make) -> None:
    rule = validation_rule("Signed", "ISBLANK(CustomerSignedDate)", "Who signed?")
    where = "objects/Contract/validationRules/Signed.validationRule-meta.xml"
    theirs = hostile({where: rule})
    _, deal = theirs.seed_deal()

    assert theirs.apply(theirs.event(customer(), subscription(opportunity_ref=deal))) == [
        "applied_with_exception"
    ]
    row = theirs.one("SELECT Automation_Hold__c, Won_Date__c FROM Bridge_Subscription__c")
    assert (row["Automation_Hold__c"], row["Won_Date__c"]) == (True, None)
    assert theirs.one("SELECT IsWon FROM Opportunity")["IsWon"] is True


def test_row_refused_on_hold_too_fails_with_the_orgs_words(hostile: Make) -> None:
    rule = validation_rule("Never", "Original_Net__c = 13", "Never ever.")
    where = "objects/Bridge_Entry__c/validationRules/Never.validationRule-meta.xml"
    theirs = hostile({where: rule})

    _, results = theirs.run(theirs.event(customer(), entry(net="13")))

    assert results[0]["outcome"] == "failed"
    assert "Never ever." in results[0]["reason"]
    problem = theirs.one("SELECT Code__c, Stripe_Event_Id__c FROM Bridge_Exception__c")
    assert problem["Code__c"] == "ROW_REFUSED"
    assert problem["Stripe_Event_Id__c"] == results[0]["id"]
