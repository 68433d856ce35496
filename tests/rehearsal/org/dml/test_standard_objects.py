"""What Opportunity, Contract, Task, Contact and User do on their own."""

from __future__ import annotations

import datetime as dt

import pytest

from rehearsal.org.dml.standard_rules import end_date
from rehearsal.org.ports import Operation, Timing

from ..conftest import codes

DEAL = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-01-31"}


def deal(desk, **more):
    return desk.insert_one("Opportunity", **{**DEAL, **more})


def test_stage_drives_what_follows_from_it(desk):
    id_ = deal(desk, Amount=200)
    fields = "IsClosed, IsWon, Probability, ForecastCategoryName, ForecastCategory, ExpectedRevenue"
    row = desk.one(f"SELECT {fields} FROM Opportunity")
    assert [row[name] for name in fields.split(", ")] == [
        False, False, 10, "Pipeline", "Pipeline", 20,
    ]  # fmt: skip
    desk.update("Opportunity", {"Id": id_, "StageName": "Closed Won"})
    row = desk.one(f"SELECT {fields} FROM Opportunity")
    assert [row[name] for name in fields.split(", ")] == [
        True, True, 100, "Closed", "Closed", 200,
    ]  # fmt: skip


def test_own_probability_is_kept(desk):
    id_ = deal(desk, Probability=35)
    assert desk.one("SELECT Probability FROM Opportunity")["Probability"] == 35
    desk.update("Opportunity", {"Id": id_, "Name": "Other"})
    assert desk.one("SELECT Probability FROM Opportunity")["Probability"] == 35


def test_stage_set_by_a_before_trigger_counts(desk):
    desk.triggers.on("Opportunity", Timing.BEFORE, Operation.INSERT)(
        lambda tx, changes: changes[0].new.update(StageName="Closed Won")
    )
    deal(desk)
    row = desk.one("SELECT IsWon, Probability FROM Opportunity")
    assert (row["IsWon"], row["Probability"]) == (True, 100)


def test_amount_is_silently_ignored_where_there_are_products(desk):
    desk.org.seed({"Opportunity": [{**DEAL, "Amount": 100, "HasOpportunityLineItem": True}]})
    id_ = desk.one("SELECT Id FROM Opportunity")["Id"]
    (result,) = desk.update("Opportunity", {"Id": id_, "Amount": 5, "NextStep": "sign"})
    assert result.success
    row = desk.one("SELECT Amount, NextStep FROM Opportunity")
    assert (row["Amount"], row["NextStep"]) == (100, "sign")


def contract(desk, **more):
    account = desk.insert_one("Account", Name="A")
    return desk.insert_one("Contract", AccountId=account, **more)


def test_contract_starts_as_a_draft_with_a_number_and_an_end(desk):
    contract(desk, StartDate="2026-03-01", ContractTerm=12)
    row = desk.one("SELECT Status, StatusCode, ContractNumber, EndDate FROM Contract")
    assert (row["Status"], row["StatusCode"], row["ContractNumber"]) == (
        "Draft",
        "Draft",
        "00000001",
    )
    assert row["EndDate"] == dt.date(2027, 2, 28)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (dt.date(2026, 1, 1), 12, dt.date(2026, 12, 31)),
        (dt.date(2026, 1, 31), 1, dt.date(2026, 2, 27)),
        (dt.date(2026, 12, 15), 1, dt.date(2027, 1, 14)),
        (dt.date(2024, 2, 29), 12, dt.date(2025, 2, 27)),
        (None, 12, None),
        (dt.date(2026, 1, 1), None, None),
    ],
)
def test_end_date(start, months, end):
    assert end_date(start, months) == end


def test_contract_needs_an_account_and_a_draft_status(desk):
    account = desk.insert_one("Account", Name="A")
    assert codes(*desk.insert("Contract", {})) == [["REQUIRED_FIELD_MISSING"]]
    assert codes(*desk.insert("Contract", {"AccountId": account, "Status": "Activated"})) == [
        ["FAILED_ACTIVATION"]
    ]


def test_activation_changes_the_status_alone(desk):
    id_ = contract(desk)
    refused, accepted = (
        desk.update("Contract", {"Id": id_, "Status": "Activated", "Description": "x"})[0],
        desk.update("Contract", {"Id": id_, "Status": "Activated"})[0],
    )
    assert codes(refused) == [["FAILED_ACTIVATION"]]
    assert accepted.success
    row = desk.one("SELECT ActivatedById, ActivatedDate FROM Contract")
    assert row["ActivatedById"] == desk.org.admin.id
    assert row["ActivatedDate"] is not None


def test_activated_contract_keeps_its_account_and_stays(desk):
    id_ = contract(desk)
    desk.update("Contract", {"Id": id_, "Status": "Activated"})
    other = desk.insert_one("Account", Name="B")
    assert codes(*desk.update("Contract", {"Id": id_, "AccountId": other})) == [
        ["ENTITY_IS_LOCKED"]
    ]
    assert codes(*desk.update("Contract", {"Id": id_, "Status": "Draft"})) == [
        ["FAILED_ACTIVATION"]
    ]
    assert codes(*desk.delete("Contract", id_)) == [["DELETE_FAILED"]]


def test_task_is_closed_by_its_status_and_knows_its_account(desk):
    account = desk.insert_one("Account", Name="A")
    opportunity = deal(desk, AccountId=account)
    id_ = desk.insert_one("Task", Subject="Call", WhatId=opportunity)
    row = desk.one("SELECT Status, Priority, IsClosed, AccountId, CompletedDateTime FROM Task")
    assert (row["Status"], row["Priority"], row["IsClosed"]) == ("Not Started", "Normal", False)
    assert (row["AccountId"], row["CompletedDateTime"]) == (account, None)
    desk.update("Task", {"Id": id_, "Status": "Completed"})
    row = desk.one("SELECT IsClosed, CompletedDateTime FROM Task")
    assert row["IsClosed"] is True
    assert row["CompletedDateTime"] is not None


def test_custom_objects_need_activities_enabled_to_have_tasks(files, desk):
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    assert codes(*desk.insert("Task", {"Subject": "x", "WhatId": ledger})) == [
        ["FIELD_INTEGRITY_EXCEPTION"]
    ]


def test_names_of_people_are_made_of_their_parts(desk):
    desk.insert_one("Contact", FirstName="Ada", LastName="Lovelace")
    assert desk.one("SELECT Name FROM Contact")["Name"] == "Ada Lovelace"


def test_stage_that_the_org_does_not_have_is_refused(desk):
    assert codes(*desk.insert("Opportunity", {**DEAL, "StageName": "Gewonnen"})) == [
        ["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]
    ]
