from __future__ import annotations

from typing import Any

from tests.rehearsal.org.server.conftest import ServedRecords

PATH = "composite/sobjects"


def widget(**fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": "Widget__c"}, "Name": "x", **fields}


async def count(records: ServedRecords, sobject: str = "Widget__c") -> int:
    _, body = await records.rest("GET", "query", params={"q": f"SELECT COUNT() FROM {sobject}"})
    return int(body["totalSize"])


async def test_good_records_are_kept_beside_bad_ones(records: ServedRecords) -> None:
    sent = [widget(Key__c="1"), widget(Amount__c=-1), widget(Key__c="3")]
    status, body = await records.rest("POST", PATH, json={"records": sent})
    assert status == 200
    assert [result["success"] for result in body] == [True, False, True]
    assert body[1]["errors"] == [
        {
            "statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "message": "Never below zero",
            "fields": ["Amount__c"],
        }
    ]
    assert await count(records) == 2


async def test_all_or_none_keeps_nothing(records: ServedRecords) -> None:
    sent = [
        widget(Key__c="1"),
        {"attributes": {"type": "Account"}, "Name": "Acme"},
        widget(Amount__c=-1),
        widget(Key__c="4"),
    ]
    status, body = await records.rest("POST", PATH, json={"allOrNone": True, "records": sent})
    assert status == 200
    codes = [result["errors"][0]["statusCode"] for result in body]
    rolled_back = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert codes == [
        rolled_back,
        rolled_back,
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        rolled_back,
    ]
    assert await count(records) == 0
    assert await count(records, "Account") == 0


async def test_upserts_say_what_was_created(records: ServedRecords) -> None:
    await records.rest("POST", PATH, json={"records": [widget(Key__c="1")]})
    sent = [widget(Key__c="1", Name="again"), widget(Key__c="2")]
    status, body = await records.rest("PATCH", f"{PATH}/Widget__c/Key__c", json={"records": sent})
    assert status == 200
    assert [(result["success"], result["created"]) for result in body] == [
        (True, False),
        (True, True),
    ]
    assert await count(records) == 2


async def test_two_records_with_one_key_both_fail(records: ServedRecords) -> None:
    sent = [widget(Key__c="1"), widget(Key__c="1"), widget(Key__c="2")]
    _, body = await records.rest("PATCH", f"{PATH}/Widget__c/Key__c", json={"records": sent})
    assert [result["success"] for result in body] == [False, False, True]


async def test_an_upsert_needs_an_external_id_field(records: ServedRecords) -> None:
    status, body = await records.rest(
        "PATCH", f"{PATH}/Widget__c/Amount__c", json={"records": [widget()]}
    )
    assert (status, body[0]["errorCode"]) == (404, "NOT_FOUND")


async def test_records_are_updated_read_and_deleted_by_id(records: ServedRecords) -> None:
    _, made = await records.rest(
        "POST", PATH, json={"records": [widget(Key__c="1"), widget(Key__c="2")]}
    )
    first, second = (result["id"] for result in made)
    changes = [
        {"attributes": {"type": "Widget__c"}, "id": first, "Name": "new"},
        {"attributes": {"type": "Widget__c"}, "id": second, "Amount__c": -1},
    ]
    _, body = await records.rest("PATCH", PATH, json={"records": changes})
    assert [result["success"] for result in body] == [True, False]
    missing = "a0X000000000000EAA"
    _, body = await records.rest(
        "GET", f"{PATH}/Widget__c?ids={second},{missing},{first}&fields=Name"
    )
    assert [record and record["Name"] for record in body] == ["x", None, "new"]
    _, body = await records.rest("DELETE", f"{PATH}?ids={first},{second}&allOrNone=true")
    assert [result["success"] for result in body] == [True, True]
    assert await count(records) == 0


async def test_events_and_records_cannot_share_a_call(records: ServedRecords) -> None:
    event = {"attributes": {"type": "Order__e"}, "Number__c": "1"}
    status, body = await records.rest("POST", PATH, json={"records": [widget(), event]})
    assert (status, body[0]["errorCode"]) == (400, "INVALID_TYPE")
    assert await count(records) == 0


async def test_at_most_ten_chunks_of_types(records: ServedRecords) -> None:
    account = {"attributes": {"type": "Account"}, "Name": "Acme"}
    status, _ = await records.rest("POST", PATH, json={"records": [widget(), account] * 5})
    assert status == 200
    status, _ = await records.rest("POST", PATH, json={"records": [widget(), account] * 6})
    assert status == 400
    assert await count(records) == 5
