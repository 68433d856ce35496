"""Delete, cascade, restrict, undelete."""

from __future__ import annotations

import datetime as dt

import pytest

from rehearsal.org.errors import SaveError
from rehearsal.org.ports import Operation, Timing

from ..conftest import codes, open_desk

STAMPS = "SystemModstamp, LastModifiedDate"
DEAL = {"StageName": "Prospecting", "CloseDate": dt.date(2026, 12, 31)}


def test_details_go_with_their_master_and_fire_no_triggers(desk):
    desk.triggers.on("Entry__c", Timing.BEFORE, Operation.DELETE)(lambda tx, changes: None)
    desk.triggers.on("Ledger__c", Timing.AFTER, Operation.DELETE)(lambda tx, changes: None)
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    desk.insert_one("Entry__c", Ledger__c=ledger)
    desk.delete("Ledger__c", ledger)
    assert desk.soql("SELECT Id FROM Entry__c") == []
    assert [sobject for sobject, *_ in desk.triggers.log] == ["Ledger__c"]


def test_lookup_is_emptied_and_comes_back_with_the_record(desk):
    account = desk.insert_one("Account", Name="A")
    desk.insert_one("Ledger__c", Key__c="k", Account__c=account)
    desk.delete("Account", account)
    assert desk.one("SELECT Account__c FROM Ledger__c")["Account__c"] is None
    desk.org.run(lambda tx: tx.undelete("Account", [account]), user=desk.org.admin)
    assert desk.one("SELECT Account__c FROM Ledger__c")["Account__c"] == account


def test_undelete_brings_the_details_back(desk):
    desk.triggers.on("Ledger__c", Timing.AFTER, Operation.UNDELETE)(lambda tx, changes: None)
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    desk.insert_one("Entry__c", Ledger__c=ledger, Amount__c=2)
    desk.delete("Ledger__c", ledger)
    (result,) = desk.org.run(lambda tx: tx.undelete("Ledger__c", [ledger]), user=desk.org.admin)
    assert result.success
    assert len(desk.soql("SELECT Id FROM Entry__c")) == 1
    assert desk.triggers.log[-1][2] is Operation.UNDELETE


def test_undelete_of_a_key_that_is_taken_again_is_refused(desk):
    first = desk.insert_one("Ledger__c", Key__c="k")
    desk.delete("Ledger__c", first)
    desk.insert_one("Ledger__c", Key__c="k")
    (result,) = desk.org.run(
        lambda tx: tx.undelete("Ledger__c", [first], all_or_none=False), user=desk.org.admin
    )
    assert codes(result) == [["DUPLICATE_VALUE"]]


def test_restricted_lookup_refuses_the_delete(files):
    files.object("Rule__c")
    files.field(
        "Rule__c",
        "Account__c",
        "Lookup",
        "<referenceTo>Account</referenceTo><relationshipName>Rules</relationshipName>"
        "<deleteConstraint>Restrict</deleteConstraint>",
    )
    desk = open_desk(files)
    account = desk.insert_one("Account", Name="Acme")
    rule = desk.insert_one("Rule__c", Name="R1", Account__c=account)
    (result,) = desk.delete("Account", account)
    assert codes(result) == [["DELETE_FAILED"]]
    assert "Acme" in result.errors[0].message
    assert "R1" in result.errors[0].message
    desk.delete("Rule__c", rule)
    assert desk.delete("Account", account)[0].success


def test_account_with_contracts_cannot_be_deleted_but_takes_its_opportunities(desk):
    account = desk.insert_one("Account", Name="A")
    desk.insert_one(
        "Opportunity",
        Name="D",
        StageName="Prospecting",
        CloseDate="2026-01-01",
        AccountId=account,
    )
    contract = desk.insert_one("Contract", AccountId=account)
    assert codes(*desk.delete("Account", account)) == [["DELETE_FAILED"]]
    desk.delete("Contract", contract)
    assert desk.delete("Account", account)[0].success
    assert desk.soql("SELECT Id FROM Opportunity") == []


def test_before_delete_may_refuse(desk):
    desk.triggers.on("Account", Timing.BEFORE, Operation.DELETE)(
        lambda tx, changes: changes[0].errors.append(SaveError("X", changes[0].old["Name"]))
    )
    account = desk.insert_one("Account", Name="A")
    (result,) = desk.delete("Account", account)
    assert result.errors[0].message == "A"
    assert len(desk.soql("SELECT Id FROM Account")) == 1


@pytest.mark.parametrize(
    ("id_", "code"),
    [("001000000000009AAA", "INVALID_CROSS_REFERENCE_KEY"), ("x", "MALFORMED_ID")],
)
def test_unknown_ids_are_refused(desk, id_, code):
    assert codes(*desk.delete("Account", id_)) == [[code]]


def test_second_delete_finds_it_deleted(desk):
    account = desk.insert_one("Account", Name="A")
    desk.delete("Account", account)
    assert codes(*desk.delete("Account", account)) == [["ENTITY_IS_DELETED"]]


def test_all_rows_shows_the_recycle_bin(desk):
    account = desk.insert_one("Account", Name="A")
    desk.delete("Account", account)
    assert desk.one("SELECT IsDeleted FROM Account ALL ROWS")["IsDeleted"] is True


def test_deletion_and_return_are_found_by_their_time(desk):
    account = desk.insert_one("Account", Name="A")
    desk.insert_one("Opportunity", Name="D", AccountId=account, **DEAL)
    made = desk.one(f"SELECT {STAMPS} FROM Account")
    desk.clock.advance(dt.timedelta(hours=1))
    desk.delete("Account", account)
    gone = desk.one(f"SELECT IsDeleted, {STAMPS} FROM Account ALL ROWS")
    assert gone["SystemModstamp"] == gone["LastModifiedDate"]
    assert gone["SystemModstamp"] == made["SystemModstamp"] + dt.timedelta(hours=1)
    taken = desk.one(f"SELECT IsDeleted, {STAMPS} FROM Opportunity ALL ROWS")
    assert (taken["IsDeleted"], taken["SystemModstamp"]) == (True, made["SystemModstamp"])
    desk.clock.advance(dt.timedelta(hours=1))
    desk.org.run(lambda tx: tx.undelete("Account", [account]), user=desk.org.admin)
    back = desk.one(f"SELECT {STAMPS} FROM Account")
    assert back["SystemModstamp"] == made["SystemModstamp"] + dt.timedelta(hours=2)


def test_before_delete_may_delete_the_details_itself(desk):
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    entry = desk.insert_one("Entry__c", Ledger__c=ledger, Amount__c=1)
    desk.triggers.on("Ledger__c", Timing.BEFORE, Operation.DELETE)(
        lambda tx, changes: tx.delete("Entry__c", [entry])
    )
    assert desk.delete("Ledger__c", ledger)[0].success
    assert desk.soql("SELECT Id FROM Entry__c") == []


def test_tasks_go_with_what_they_are_about(desk):
    account = desk.insert_one("Account", Name="A")
    desk.insert_one("Task", Subject="Call", WhatId=account)
    desk.delete("Account", account)
    assert desk.soql("SELECT Id FROM Task") == []


def test_deleted_opportunity_empties_lookups_without_triggers_and_fills_them_again(files):
    files.object("Subscription__c")
    files.field(
        "Subscription__c",
        "Deal__c",
        "Lookup",
        "<referenceTo>Opportunity</referenceTo><relationshipName>Subscriptions</relationshipName>"
        "<deleteConstraint>SetNull</deleteConstraint>",
    )
    desk = open_desk(files)
    for timing in Timing:
        desk.triggers.on("Subscription__c", timing, Operation.UPDATE)(lambda tx, changes: None)
    deal = desk.insert_one("Opportunity", Name="D", StageName="Prospecting", CloseDate="2026-12-01")
    desk.insert_one("Subscription__c", Deal__c=deal)
    desk.delete("Opportunity", deal)
    assert desk.one("SELECT Deal__c FROM Subscription__c")["Deal__c"] is None
    assert desk.one("SELECT IsDeleted FROM Opportunity ALL ROWS")["IsDeleted"] is True
    desk.org.run(lambda tx: tx.undelete("Opportunity", [deal]), user=desk.org.admin)
    assert desk.one("SELECT Deal__c FROM Subscription__c")["Deal__c"] == deal
    assert desk.triggers.log == []
