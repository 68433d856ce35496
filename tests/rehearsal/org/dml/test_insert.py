"""System validation, defaults and system fields of a new record."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

LONG = "x" * 256


def test_new_record_gets_system_fields(desk):
    id_ = desk.insert_one("Account", Name="Acme")
    row = desk.one("SELECT OwnerId, CreatedById, CreatedDate, SystemModstamp FROM Account")
    assert len(id_) == 18
    assert id_.startswith("001")
    assert row["OwnerId"] == row["CreatedById"] == desk.org.admin.id
    assert row["CreatedDate"] == row["SystemModstamp"]
    assert row["CreatedDate"].microsecond == 0


def test_custom_objects_have_their_own_key_prefixes(desk):
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    entry = desk.insert_one("Entry__c", Ledger__c=ledger)
    assert ledger[0] == entry[0] == "a"
    assert ledger[:3] != entry[:3]


def test_text_name_falls_back_to_the_id(desk):
    id_ = desk.insert_one("Ledger__c", Key__c="k")
    assert desk.one("SELECT Name FROM Ledger__c")["Name"] == id_


def test_auto_numbers_count_up_in_their_format(desk):
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    desk.insert("Entry__c", {"Ledger__c": ledger}, {"Ledger__c": ledger})
    assert [r["Name"] for r in desk.soql("SELECT Name FROM Entry__c ORDER BY Name")] == [
        "E-00001",
        "E-00002",
    ]


def test_detail_has_no_owner(desk):
    assert desk.org.schema.objects["entry__c"].find("OwnerId") is None


def test_default_applies_only_to_absent_fields(desk):
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    desk.insert("Entry__c", {"Ledger__c": ledger}, {"Ledger__c": ledger, "In_Totals__c": False})
    assert [r["In_Totals__c"] for r in desk.soql("SELECT In_Totals__c FROM Entry__c")] == [
        True,
        False,
    ]


def test_text_is_trimmed_and_blank_text_is_null(desk):
    desk.insert_one("Account", Name="  Acme ", Site="   ", Phone="")
    row = desk.one("SELECT Name, Site, Phone FROM Account")
    assert (row["Name"], row["Site"], row["Phone"]) == ("Acme", None, None)


def test_datetimes_lose_their_fraction(desk):
    moment = dt.datetime(2026, 3, 1, 12, 30, 15, 999_000, tzinfo=dt.UTC)
    desk.insert_one("Ledger__c", Key__c="k", As_Of__c=moment)
    assert desk.one("SELECT As_Of__c FROM Ledger__c")["As_Of__c"] == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    ("given", "stored"),
    [("1.005", "1.01"), ("1.004", "1.00"), ("-1.005", "-1.01"), ("2.5", "2.5"), (7, "7")],
)
def test_numbers_are_rounded_half_up_to_the_scale(desk, given, stored):
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    desk.insert_one("Entry__c", Ledger__c=ledger, Amount__c=given)
    assert desk.one("SELECT Amount__c FROM Entry__c")["Amount__c"] == Decimal(stored)


@pytest.mark.parametrize(
    ("values", "code", "words"),
    [
        ({"Name": LONG}, "STRING_TOO_LONG", "(max length=80)"),
        ({"Email__c": "no address"}, "INVALID_EMAIL_ADDRESS", "invalid email address: no address"),
        ({"As_Of__c": "soon"}, "INVALID_TYPE_ON_FIELD_IN_RECORD", "not of required type: soon"),
        ({"Nope__c": 1}, "INVALID_FIELD", "No such column 'Nope__c' on sobject of type Ledger__c"),
        ({"Total__c": 1}, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields"),
        ({"CreatedDate": "2020-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", "CreatedDate"),
        ({"Id": "001000000000001AAA"}, "INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id"),
        ({"Account__c": "bad"}, "MALFORMED_ID", "id value of incorrect type: bad"),
        ({"Account__c": "006000000000001AAA"}, "FIELD_INTEGRITY_EXCEPTION", "incorrect type"),
        ({"Account__c": "001000000000009AAA"}, "INVALID_CROSS_REFERENCE_KEY", "invalid cross"),
    ],
)
def test_bad_values_are_refused_in_salesforces_words(desk, values, code, words):
    (result,) = desk.insert("Ledger__c", {"Key__c": "k", **values})
    (error,) = result.errors
    assert error.status_code == code
    assert words in error.message
    assert result.id is None


def test_number_beyond_its_precision_is_refused(desk):
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    (result,) = desk.insert("Entry__c", {"Ledger__c": ledger, "Amount__c": 10**16})
    assert result.errors[0].status_code == "NUMBER_OUTSIDE_VALID_RANGE"


def test_missing_required_fields_are_named_together(desk):
    (result,) = desk.insert("Opportunity", {"Name": "Deal"})
    (error,) = result.errors
    assert error.status_code == "REQUIRED_FIELD_MISSING"
    assert error.message == "Required fields are missing: [StageName, CloseDate]"
    assert error.fields == ("StageName", "CloseDate")


def test_restricted_picklist_takes_only_its_values(desk):
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    good, bad = desk.insert(
        "Entry__c",
        {"Ledger__c": ledger, "Kind__c": "Refund"},
        {"Ledger__c": ledger, "Kind__c": "Gift"},
    )
    assert good.success
    assert bad.errors[0].status_code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_unrestricted_picklist_takes_any_value(desk):
    desk.insert_one("Account", Name="A", Industry="Basket weaving")


def test_deleted_parent_is_refused(desk):
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    desk.delete("Ledger__c", ledger)
    (result,) = desk.insert("Entry__c", {"Ledger__c": ledger})
    assert result.errors[0].status_code == "ENTITY_IS_DELETED"


def test_unique_value_is_held_by_one_live_record(desk):
    first = desk.insert_one("Ledger__c", Key__c="k")
    (second,) = desk.insert("Ledger__c", {"Key__c": "k"})
    assert second.errors[0].status_code == "DUPLICATE_VALUE"
    assert first[:15] in second.errors[0].message
    desk.delete("Ledger__c", first)
    desk.insert_one("Ledger__c", Key__c="k")


def test_case_sensitive_keys_differ_by_case(desk):
    assert all(r.success for r in desk.insert("Ledger__c", {"Key__c": "k"}, {"Key__c": "K"}))


def test_one_of_two_equal_keys_in_a_call_is_saved(desk):
    results = desk.insert("Ledger__c", {"Key__c": "k"}, {"Key__c": "k"})
    assert [r.success for r in results] == [True, False]


def test_parent_is_found_by_its_external_id(desk):
    ledger = desk.insert_one("Ledger__c", Key__c="k")
    (result,) = desk.insert("Entry__c", {"Ledger__r": {"Key__c": "k"}})
    assert result.success
    assert desk.one("SELECT Ledger__c FROM Entry__c")["Ledger__c"] == ledger


@pytest.mark.parametrize(
    ("parent", "words"),
    [
        (
            {"Key__c": "nobody"},
            "Foreign key external ID: nobody not found for field Key__c in entity Ledger__c",
        ),
        ({"Name": "L"}, "Name is not an External ID"),
        ({"Key__c": "k", "Name": "L"}, "More than 1 field provided"),
    ],
)
def test_parent_reference_must_be_one_known_external_id(desk, parent, words):
    desk.insert_one("Ledger__c", Name="L", Key__c="k")
    (result,) = desk.insert("Entry__c", {"Ledger__r": parent})
    assert result.errors[0].status_code == "INVALID_FIELD"
    assert words in result.errors[0].message


def test_inactive_user_cannot_own(desk):
    user = desk.org.seed({"User": [inactive_user(desk)]})["gone"]
    (result,) = desk.insert("Task", {"Subject": "Call", "OwnerId": user})
    assert result.errors[0].status_code == "INACTIVE_OWNER_OR_USER"


def inactive_user(desk):
    profile = desk.one("SELECT Id FROM Profile WHERE Name = 'Standard User'")["Id"]
    return {
        "$ref": "gone",
        "Username": "gone@localorg.example",
        "LastName": "Gone",
        "Email": "gone@localorg.example",
        "Alias": "gone",
        "IsActive": False,
        "TimeZoneSidKey": "UTC",
        "LocaleSidKey": "de_DE",
        "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "de",
        "ProfileId": profile,
    }


@pytest.mark.parametrize("sobject", ["OpportunityStage", "Profile", "Organization"])
def test_settings_take_no_dml(desk, sobject):
    (result,) = desk.insert(sobject, {"Name": "x"})
    assert result.errors[0].message == f"DML operation not allowed on {sobject}"
