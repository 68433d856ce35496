from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rehearsal.org.soql import parse
from tests.rehearsal.org.server.conftest import ServedRecords

FULL: dict[str, Any] = {
    "Name": "One",
    "Key__c": "cus_A",
    "Amount__c": 12.5,
    "Day__c": "2026-10-01",
    "At__c": "2026-10-01T14:00:00.123+02:00",
    "Active__c": True,
}


async def create(records: ServedRecords, name: str, /, **fields: Any) -> str:
    status, body = await records.rest("POST", f"sobjects/{name}", json=fields)
    assert status == 201, body
    assert body == {"id": body["id"], "success": True, "errors": []}
    return str(body["id"])


async def test_a_record_is_read_as_it_was_written(records: ServedRecords) -> None:
    token = await records.integration_token()
    status, made = await records.rest("POST", "sobjects/Widget__c/", token=token, json=FULL)
    assert status == 201
    status, body = await records.rest("GET", f"sobjects/Widget__c/{made['id']}", token=token)
    assert status == 200
    assert body["attributes"] == {
        "type": "Widget__c",
        "url": f"/services/data/v66.0/sobjects/Widget__c/{made['id']}",
    }
    assert {name: body[name] for name in FULL} == {
        **FULL,
        "At__c": "2026-10-01T12:00:00.000+0000",
    }
    assert "Hidden__c" not in body
    assert body["CreatedDate"].endswith(".000+0000")


async def test_numbers_keep_every_digit(records: ServedRecords) -> None:
    text = '{"Name": "x", "Key__c": "k", "Amount__c": 900719925474099.123}'
    headers = {"Content-Type": "application/json"}
    url = f"{records.address.http_url}/services/data/v66.0/sobjects/Widget__c"
    headers["Authorization"] = f"Bearer {records.address.access_token}"
    async with records.http.post(url, data=text, headers=headers) as response:
        assert response.status == 201
    (row,) = records.org.run(
        lambda tx: tx.query(parse("SELECT Amount__c FROM Widget__c")), user=records.org.admin
    )
    assert row["Amount__c"] == Decimal("900719925474099.123")
    url = f"{records.address.http_url}/services/data/v66.0/query?q=SELECT+Amount__c+FROM+Widget__c"
    async with records.http.get(url, headers=headers) as response:
        assert "9.00719925474099123E14" in await response.text()


async def test_only_the_fields_asked_for_are_read(records: ServedRecords) -> None:
    made = await create(records, "Widget__c", **FULL)
    status, body = await records.rest("GET", f"sobjects/Widget__c/{made}?fields=Name,Key__c")
    assert status == 200
    assert {"attributes", "Name", "Key__c"} <= set(body) <= {"attributes", "Name", "Key__c", "Id"}


async def test_an_update_changes_what_it_names(records: ServedRecords) -> None:
    made = await create(records, "Widget__c", **FULL)
    change = {"Amount__c": None, "Name": "Two"}
    assert await records.rest("PATCH", f"sobjects/Widget__c/{made}", json=change) == (204, None)
    _, body = await records.rest("GET", f"sobjects/Widget__c/{made}")
    assert (body["Name"], body["Amount__c"], body["Key__c"]) == ("Two", None, "cus_A")


async def test_a_deleted_record_is_gone(records: ServedRecords) -> None:
    made = await create(records, "Widget__c", **FULL)
    path = f"sobjects/Widget__c/{made}"
    assert (await records.rest("DELETE", path))[0] == 204
    for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"Name": "x"})):
        status, error = await records.rest(method, path, json=body)
        assert status == 404, (method, error)
        assert error[0]["errorCode"] in {"NOT_FOUND", "ENTITY_IS_DELETED"}


async def test_an_upsert_creates_once_and_then_updates(records: ServedRecords) -> None:
    path = "sobjects/Widget__c/Key__c/cus_B%2F1"
    status, body = await records.rest("PATCH", path, json={"Name": "new"})
    assert (status, body["created"]) == (201, True)
    status, again = await records.rest("PATCH", path, json={"Name": "newer"})
    assert (status, again["created"], again["id"]) == (200, False, body["id"])
    status, found = await records.rest("GET", path)
    assert (found["Name"], found["Key__c"]) == ("newer", "cus_B/1")
    assert (await records.rest("DELETE", path))[0] == 204
    assert (await records.rest("GET", path))[0] == 404


async def test_a_parent_is_named_by_its_external_id(records: ServedRecords) -> None:
    await create(records, "Widget__c", **FULL)
    made = await create(records, "Part__c", Name="p", Number__c="1", Widget__r={"Key__c": "cus_A"})
    _, body = await records.rest(
        "GET", "query", params={"q": "SELECT Widget__r.Name, Widget__r.Key__c FROM Part__c"}
    )
    (part,) = body["records"]
    assert part["Widget__r"]["Key__c"] == "cus_A"
    assert part["Widget__r"]["attributes"]["type"] == "Widget__c"
    assert part["attributes"]["url"].endswith(made)
    assert "Id" not in part


@pytest.mark.parametrize(
    ("fields", "status", "code", "named"),
    [
        ({"Amount__c": -1}, 400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", ["Amount__c"]),
        ({"Key__c": "x" * 81}, 400, "STRING_TOO_LONG", ["Key__c"]),
        ({"Nope__c": 1}, 400, "INVALID_FIELD", None),
        ({"Amount__c": [1]}, 400, "JSON_PARSER_ERROR", None),
        ({"Widget__r": "x"}, 400, "INVALID_FIELD", None),
        ({"Id": "a00000000000001AAA"}, 400, "INVALID_FIELD", ["Id"]),
    ],
)
async def test_a_refused_record_says_why(
    records: ServedRecords, fields: dict[str, Any], status: int, code: str, named: Any
) -> None:
    found, body = await records.rest("POST", "sobjects/Widget__c", json={"Name": "x", **fields})
    assert (found, body[0]["errorCode"]) == (status, code)
    assert body[0].get("fields") == named


async def test_a_body_that_is_no_json_is_refused(records: ServedRecords) -> None:
    for data in ("{", "[]", ""):
        status, body = await records.rest("POST", "sobjects/Widget__c", data=data)
        assert (status, body[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


async def test_the_tokens_user_is_who_writes(records: ServedRecords) -> None:
    token = await records.integration_token()
    status, body = await records.rest(
        "POST", "sobjects/Widget__c", token=token, json={"Name": "x", "Hidden__c": "y"}
    )
    assert status == 400
    assert body[0]["errorCode"].startswith("INVALID_FIELD")
    _, made = await records.rest("POST", "sobjects/Widget__c", token=token, json={"Name": "x"})
    _, record = await records.rest("GET", f"sobjects/Widget__c/{made['id']}")
    assert record["OwnerId"] == record["CreatedById"] == records.org.integration_user.id


async def test_an_account_that_may_only_be_read_cannot_be_deleted(records: ServedRecords) -> None:
    made = await create(records, "Account", Name="Acme")
    token = await records.integration_token()
    status, body = await records.rest("DELETE", f"sobjects/Account/{made}", token=token)
    assert (status, body[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")


async def test_a_locked_row_is_refused_until_it_is_free(records: ServedRecords) -> None:
    made = await create(records, "Widget__c", **FULL)
    await records.control("locks", {"ids": [made]})
    status, body = await records.rest("PATCH", f"sobjects/Widget__c/{made}", json={"Name": "x"})
    assert (status, body[0]["errorCode"]) == (400, "UNABLE_TO_LOCK_ROW")
    await records.control("locks", {"ids": []})
    status, _ = await records.rest("PATCH", f"sobjects/Widget__c/{made}", json={"Name": "x"})
    assert status == 204


async def test_describe_tells_what_the_user_may_do(records: ServedRecords) -> None:
    token = await records.integration_token()
    status, body = await records.rest("GET", "sobjects/Widget__c/describe", token=token)
    assert status == 200
    fields = {field["name"]: field for field in body["fields"]}
    assert "Hidden__c" not in fields
    assert fields["Key__c"]["externalId"] is True
    assert fields["Key__c"]["unique"] is True
    assert (fields["Amount__c"]["precision"], fields["Amount__c"]["scale"]) == (18, 3)
    assert fields["Account__c"]["referenceTo"] == ["Account"]
    assert fields["Account__c"]["relationshipName"] == "Account__r"
    assert body["childRelationships"][0]["relationshipName"] == "Parts__r"
    assert body["createable"] is True
    _, everything = await records.rest("GET", "sobjects", token=token)
    names = {target["name"] for target in everything["sobjects"]}
    assert {"Widget__c", "Part__c", "Order__e", "Account"} <= names
    assert "Opportunity" not in names


async def test_records_are_counted(records: ServedRecords) -> None:
    await create(records, "Widget__c", **FULL)
    _, body = await records.rest("GET", "limits/recordCount?sObjects=Widget__c")
    assert body == {"sObjects": [{"count": 1, "name": "Widget__c"}]}


async def test_a_key_that_is_not_unique_wants_view_all_data(records: ServedRecords) -> None:
    path = "sobjects/Widget__c/Group__c/g1"
    token = await records.integration_token()
    status, body = await records.rest("PATCH", path, token=token, json={"Name": "x"})
    assert (status, body[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS")
    assert (await records.rest("PATCH", path, json={"Name": "x"}))[0] == 201
    await create(records, "Widget__c", Name="y", Group__c="g1")
    assert (await records.rest("GET", path))[0] == 300


async def test_an_event_cannot_bring_system_fields(records: ServedRecords) -> None:
    event = {"Number__c": "1", "CreatedDate": "2026-10-01T00:00:00Z"}
    status, body = await records.rest("POST", "sobjects/Order__e", json=event)
    assert (status, body[0]["errorCode"]) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
