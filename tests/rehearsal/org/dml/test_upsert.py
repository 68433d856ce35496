"""Upsert by external id."""

from __future__ import annotations

from ..conftest import codes, open_desk


def test_upsert_inserts_then_updates(desk):
    (first,) = desk.upsert("Ledger__c", "Key__c", {"Key__c": "k", "Name": "A"})
    (second,) = desk.upsert("Ledger__c", "key__C", {"Key__c": "k", "Name": "B"})
    assert (first.created, second.created) == (True, False)
    assert first.id == second.id
    assert desk.one("SELECT Name FROM Ledger__c")["Name"] == "B"


def test_key_twice_in_a_chunk_fails_both_rows(desk):
    results = desk.upsert("Ledger__c", "Key__c", {"Key__c": "k"}, {"Key__c": "k"}, {"Key__c": "l"})
    assert codes(*results) == [["DUPLICATE_VALUE"], ["DUPLICATE_VALUE"], []]
    assert results[0].errors[0].message == "Duplicate external id specified: k"


def test_case_sensitive_key_matches_exactly(desk):
    desk.upsert("Ledger__c", "Key__c", {"Key__c": "k"})
    (result,) = desk.upsert("Ledger__c", "Key__c", {"Key__c": "K"})
    assert result.created


def test_field_that_is_no_external_id_is_refused(desk):
    (result,) = desk.upsert("Account", "Name", {"Name": "A"})
    assert codes(result) == [["INVALID_FIELD"]]


def test_key_that_two_records_hold_fails(files):
    files.field(
        "Opportunity",
        "Ref__c",
        "Text",
        "<length>255</length><externalId>true</externalId><unique>false</unique>",
    )
    desk = open_desk(files)
    deal = {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-01-01"}
    desk.insert("Opportunity", {**deal, "Ref__c": "r"}, {**deal, "Ref__c": "r"})
    desk.insert("Opportunity", {**deal, "Ref__c": "s"})
    twice, other_case = desk.upsert(
        "Opportunity", "Ref__c", {"Ref__c": "r"}, {**deal, "Ref__c": "S"}
    )
    assert codes(twice) == [["DUPLICATE_EXTERNAL_ID"]]
    assert other_case.created


def test_missing_key_is_refused(desk):
    (result,) = desk.upsert("Ledger__c", "Key__c", {"Name": "x"})
    assert codes(result) == [["MISSING_ARGUMENT"]]


def test_id_beside_the_key_is_refused(desk):
    id_ = desk.insert_one("Ledger__c", Key__c="k")
    (result,) = desk.upsert("Ledger__c", "Key__c", {"Key__c": "k", "Id": id_})
    assert codes(result) == [["INVALID_FIELD"]]


def test_upsert_by_id(desk):
    id_ = desk.insert_one("Account", Name="A")
    new, old = desk.upsert("Account", "Id", {"Name": "B"}, {"Id": id_, "Name": "C"})
    assert (new.created, old.created) == (True, False)


def test_deleted_record_is_no_match(desk):
    id_ = desk.insert_one("Ledger__c", Key__c="k")
    desk.delete("Ledger__c", id_)
    (result,) = desk.upsert("Ledger__c", "Key__c", {"Key__c": "k"})
    assert result.created


def test_key_matches_beyond_its_chunk(desk):
    rows = [{"Key__c": f"k{n}"} for n in range(200)] + [{"Key__c": "k0", "Name": "again"}]
    results = desk.upsert("Ledger__c", "Key__c", *rows)
    assert results[-1].id == results[0].id
    assert not results[-1].created
