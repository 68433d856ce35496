"""Which records a user sees and changes."""

from __future__ import annotations

import pytest

from rehearsal.org.soql import parse

from ..conftest import codes, open_desk

LICENSE = "<license>Salesforce API Integration</license>"


def rights(name: str, *, everything: bool = False) -> str:
    every = str(everything).lower()
    return (
        "<objectPermissions><allowCreate>true</allowCreate><allowDelete>true</allowDelete>"
        "<allowEdit>true</allowEdit><allowRead>true</allowRead>"
        f"<modifyAllRecords>{every}</modifyAllRecords><object>{name}</object>"
        f"<viewAllRecords>{every}</viewAllRecords></objectPermissions>"
    )


def detail(files) -> None:
    files.object("Part__c", "ControlledByParent")
    files.field(
        "Part__c",
        "Whole__c",
        "MasterDetail",
        "<referenceTo>Whole__c</referenceTo><relationshipName>Parts</relationshipName>",
    )


def shared(files, sharing: str, *, everything: bool = False):
    """An org with `Whole__c` and its details `Part__c`; the robot has every right on them but, as
    a rule, not on all records."""
    files.object("Whole__c", sharing)
    detail(files)
    files.permission_set(
        "Robot", LICENSE + rights("Part__c") + rights("Whole__c", everything=everything)
    )
    return open_desk(files)


def robot(desk, work):
    return desk.org.run(work, user=desk.org.integration_user)


def names(desk, text: str) -> list[str]:
    rows = robot(desk, lambda tx: tx.query(parse(text), user_mode=True))
    return [row["Name"] for row in rows]


def edits(desk, id_: str) -> list[list[str]]:
    row = {"Id": id_, "Name": "changed"}
    return codes(*robot(desk, lambda tx: tx.update("Whole__c", [row], user_mode=True)))


def deletes(desk, id_: str) -> list[list[str]]:
    return codes(*robot(desk, lambda tx: tx.delete("Whole__c", [id_], user_mode=True)))


@pytest.mark.parametrize(
    ("sharing", "sees", "edited"),
    [
        ("Private", ["own"], ["INSUFFICIENT_ACCESS_OR_READONLY"]),
        ("Read", ["theirs", "own"], ["INSUFFICIENT_ACCESS_OR_READONLY"]),
        ("ReadWrite", ["theirs", "own"], []),
    ],
)
def test_the_default_decides_about_the_records_of_others(files, sharing, sees, edited):
    desk = shared(files, sharing)
    theirs = desk.insert_one("Whole__c", Name="theirs")
    (own,) = robot(desk, lambda tx: tx.insert("Whole__c", [{"Name": "own"}], user_mode=True))
    assert names(desk, "SELECT Name FROM Whole__c") == sees
    assert edits(desk, theirs) == [edited]
    assert deletes(desk, theirs) == [["INSUFFICIENT_ACCESS_OR_READONLY"]]
    assert edits(desk, own.id) == [[]]
    assert deletes(desk, own.id) == [[]]


def test_view_all_and_modify_all_open_every_record(files):
    desk = shared(files, "Private", everything=True)
    theirs = desk.insert_one("Whole__c", Name="theirs")
    assert names(desk, "SELECT Name FROM Whole__c") == ["theirs"]
    assert edits(desk, theirs) == [[]]
    assert deletes(desk, theirs) == [[]]


def test_details_follow_their_master(files):
    desk = shared(files, "Read")
    theirs = desk.insert_one("Whole__c", Name="theirs")
    part = desk.insert_one("Part__c", Name="of theirs", Whole__c=theirs)
    assert names(desk, "SELECT Name FROM Part__c") == ["of theirs"]

    def change(tx):
        return [
            *tx.update("Part__c", [{"Id": part, "Name": "x"}], user_mode=True),
            *tx.delete("Part__c", [part], user_mode=True),
            *tx.insert("Part__c", [{"Name": "x", "Whole__c": theirs}], user_mode=True),
        ]

    assert codes(*robot(desk, change)) == [
        ["INSUFFICIENT_ACCESS_OR_READONLY"],
        ["INSUFFICIENT_ACCESS_OR_READONLY"],
        ["INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"],
    ]


def test_details_of_a_private_master_are_hidden_in_subqueries_and_counts_too(files):
    desk = shared(files, "Private")
    theirs = desk.insert_one("Whole__c", Name="theirs")
    desk.insert_one("Part__c", Name="p", Whole__c=theirs)

    def count(tx):
        (row,) = tx.query(parse("SELECT COUNT() FROM Part__c"), user_mode=True)
        return row["expr0"]

    assert robot(desk, count) == 0
    assert names(desk, f"SELECT Name FROM Part__c WHERE Whole__c = '{theirs}'") == []


def test_changing_the_owner_takes_more_than_editing(files):
    desk = shared(files, "ReadWrite")
    theirs = desk.insert_one("Whole__c", Name="theirs")
    row = {"Id": theirs, "OwnerId": desk.org.integration_user.id}
    (result,) = robot(desk, lambda tx: tx.update("Whole__c", [row], user_mode=True))
    assert codes(result) == [["INSUFFICIENT_ACCESS_OR_READONLY"]]


def test_system_mode_and_the_automated_process_see_everything(files):
    desk = shared(files, "Private")
    desk.insert_one("Whole__c", Name="theirs")
    query = parse("SELECT Name FROM Whole__c")
    assert len(robot(desk, lambda tx: tx.query(query))) == 1
    process = desk.org.automated_process
    assert len(desk.org.run(lambda tx: tx.query(query, sharing=True), user=process)) == 1


def test_sharing_alone_leaves_fields_and_objects_alone(files):
    files.object("Whole__c", "Private")
    desk = open_desk(files)
    query = parse("SELECT Name FROM Whole__c")
    assert robot(desk, lambda tx: tx.query(query, sharing=True)) == []
    (result,) = robot(desk, lambda tx: tx.insert("Whole__c", [{"Name": "x"}], sharing=True))
    assert result.success


def test_a_private_parent_reads_as_null(files):
    files.object("Whole__c", "Private")
    files.object("Other__c")
    files.field(
        "Other__c",
        "Whole__c",
        "Lookup",
        "<referenceTo>Whole__c</referenceTo><relationshipName>Others</relationshipName>"
        "<deleteConstraint>SetNull</deleteConstraint>",
    )
    desk = open_desk(files)
    whole = desk.insert_one("Whole__c", Name="secret")
    desk.insert_one("Other__c", Name="o", Whole__c=whole)
    query = parse("SELECT Whole__r.Name FROM Other__c")
    (row,) = robot(desk, lambda tx: tx.query(query, sharing=True))
    assert row["Whole__r"] is None


def test_an_activity_is_read_by_who_reads_what_it_is_about(files):
    files.meta(
        "objects/Opportunity/Opportunity.object-meta.xml",
        "CustomObject",
        "<sharingModel>Private</sharingModel>",
    )
    desk = open_desk(files)
    account = desk.insert_one("Account", Name="A")
    deal = desk.insert_one("Opportunity", Name="O", StageName="Prospecting", CloseDate="2026-01-01")
    desk.insert_one("Task", Subject="open", WhatId=account)
    desk.insert_one("Task", Subject="closed", WhatId=deal)
    desk.insert_one("Task", Subject="alone")
    query = parse("SELECT Subject FROM Task")
    rows = robot(desk, lambda tx: tx.query(query, sharing=True))
    assert [row["Subject"] for row in rows] == ["open"]
