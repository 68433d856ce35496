"""Merging accounts (Apex Developer Guide, "Triggers and Merge Statements")."""

from __future__ import annotations

import pytest

from rehearsal.org.errors import SaveError
from rehearsal.org.ports import Operation, Timing

from ..conftest import add_ledger, open_desk


@pytest.fixture
def pair(desk):
    """The desk, an account that stays and one that goes, each with a ledger of one entry."""
    ids = []
    for name in ("stays", "goes"):
        industry = None if name == "stays" else "Energy"
        account = desk.insert_one("Account", Name=name, Industry=industry)
        ledger = desk.insert_one("Ledger__c", Key__c=name, Account__c=account)
        desk.insert_one("Entry__c", Ledger__c=ledger, Amount__c=1)
        ids.append(account)
    return desk, *ids


def test_children_of_every_kind_move_to_the_master(pair):
    desk, stays, goes = pair
    contact = desk.insert_one("Contact", LastName="C", AccountId=goes)
    deal = desk.insert_one(
        "Opportunity", Name="D", AccountId=goes, StageName="Prospecting", CloseDate="2026-12-01"
    )
    contract = desk.insert_one("Contract", AccountId=goes)
    task = desk.insert_one("Task", Subject="T", WhatId=goes)
    below = desk.insert_one("Account", Name="below", ParentId=goes)
    desk.org.merge("Account", {"Id": stays}, goes)
    for sobject, field, id_ in (
        ("Contact", "AccountId", contact),
        ("Opportunity", "AccountId", deal),
        ("Contract", "AccountId", contract),
        ("Task", "WhatId", task),
        ("Task", "AccountId", task),
        ("Account", "ParentId", below),
    ):
        row = desk.one(f"SELECT {field} FROM {sobject} WHERE Id = '{id_}'")
        assert row[field] == stays, (sobject, field)
    rows = desk.soql("SELECT Account__c FROM Ledger__c")
    assert [row["Account__c"] for row in rows] == [stays, stays]


def test_loser_is_in_the_recycle_bin_and_names_its_master(pair):
    desk, stays, goes = pair
    desk.org.merge("Account", {"Id": stays}, goes)
    assert [row["Name"] for row in desk.soql("SELECT Name FROM Account")] == ["stays"]
    row = desk.one("SELECT Name, MasterRecordId FROM Account WHERE IsDeleted = true ALL ROWS")
    assert (row["Name"], row["MasterRecordId"]) == ("goes", stays)


def test_undeleted_loser_comes_back_without_its_children(pair):
    desk, stays, goes = pair
    desk.org.merge("Account", {"Id": stays}, goes)
    desk.org.run(lambda tx: tx.undelete("Account", [goes]), user=desk.org.admin)
    row = desk.one("SELECT MasterRecordId FROM Account WHERE Name = 'goes'")
    assert row["MasterRecordId"] is None
    assert desk.soql(f"SELECT Id FROM Ledger__c WHERE Account__c = '{goes}'") == []


def test_master_keeps_its_values_but_for_those_that_were_chosen(pair):
    desk, stays, goes = pair
    desk.org.merge("Account", {"Id": stays, "Site": "both"}, goes)
    row = desk.one("SELECT Name, Industry, Site FROM Account")
    assert (row["Name"], row["Industry"], row["Site"]) == ("stays", None, "both")


def test_triggers_run_on_the_accounts_alone_in_the_order_of_the_guide(pair):
    desk, stays, goes = pair
    seen = []

    def watch(timing, operation):
        def trigger(tx, changes):
            old = [change.old.get("MasterRecordId") for change in changes]
            names = [change.old["Name"] for change in changes]
            seen.append((timing.value, operation.value, names, old))

        return trigger

    for sobject in ("Account", "Ledger__c", "Entry__c"):
        for timing in Timing:
            for operation in (Operation.UPDATE, Operation.DELETE):
                desk.triggers.on(sobject, timing, operation)(watch(timing, operation))
    desk.flows.after["Ledger__c"] = desk.flows.before["Ledger__c"] = lambda tx, changes: None
    desk.flows.after["Account"] = lambda tx, changes: None
    desk.flows.log.clear()
    desk.org.merge("Account", {"Id": stays}, goes)
    assert seen == [
        ("before", "delete", ["goes"], [None]),
        ("after", "delete", ["goes"], [stays]),
        ("before", "update", ["stays"], [None]),
        ("after", "update", ["stays"], [None]),
    ]
    assert desk.flows.log == [("Account", "after", Operation.UPDATE, 1)]


def test_roll_ups_of_the_master_count_the_details_that_came(files):
    add_ledger(files)
    files.object("Visit__c", "ControlledByParent")
    files.field(
        "Visit__c",
        "Account__c",
        "MasterDetail",
        "<referenceTo>Account</referenceTo><relationshipName>Visits</relationshipName>",
    )
    files.field(
        "Account",
        "Visits__c",
        "Summary",
        "<summaryForeignKey>Visit__c.Account__c</summaryForeignKey>"
        "<summaryOperation>count</summaryOperation>",
    )
    desk = open_desk(files)
    stays, first, second = (desk.insert_one("Account", Name=name) for name in "abc")
    for account in (stays, first, second, second):
        desk.insert_one("Visit__c", Account__c=account)
    desk.org.merge("Account", {"Id": stays}, first, second)
    assert desk.one("SELECT Visits__c FROM Account")["Visits__c"] == 4


def test_master_below_a_loser_is_at_the_top_afterwards(pair):
    desk, stays, goes = pair
    desk.update("Account", {"Id": stays, "ParentId": goes})
    desk.org.merge("Account", {"Id": stays}, goes)
    assert desk.one("SELECT ParentId FROM Account")["ParentId"] is None


@pytest.mark.parametrize("moment", ["delete", "update"])
def test_refused_merge_leaves_everything_as_it_was(pair, moment):
    desk, stays, goes = pair

    def refuse(tx, changes):
        for change in changes:
            change.errors.append(SaveError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No."))

    desk.triggers.on("Account", Timing.AFTER, Operation(moment))(refuse)
    with pytest.raises(SaveError, match=r"No\."):
        desk.org.merge("Account", {"Id": stays}, goes)
    assert len(desk.soql("SELECT Id FROM Account")) == 2
    assert len(desk.soql(f"SELECT Id FROM Ledger__c WHERE Account__c = '{goes}'")) == 1


def test_what_cannot_be_merged(pair):
    desk, stays, goes = pair
    others = [desk.insert_one("Account", Name=str(n)) for n in range(2)]
    contact = desk.insert_one("Contact", LastName="C")
    for sobject, master, losers in (
        ("Account", stays, []),
        ("Account", stays, [stays]),
        ("Account", stays, [goes, goes]),
        ("Account", stays, [goes, *others]),
        ("Account", stays, [contact]),
        ("Contact", contact, [desk.insert_one("Contact", LastName="D")]),
    ):
        with pytest.raises(SaveError):
            desk.org.merge(sobject, {"Id": master}, *losers)
    assert len(desk.soql("SELECT Id FROM Account")) == 4


def test_user_without_the_right_to_delete_does_not_merge(pair):
    desk, stays, goes = pair
    with pytest.raises(SaveError):
        desk.org.merge("Account", {"Id": stays}, goes, user=desk.org.integration_user)
    assert len(desk.soql("SELECT Id FROM Account")) == 2
