from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.org.server.conftest import ServedRecords


async def query(records: ServedRecords, text: str, **options: Any) -> tuple[int, Any]:
    return await records.rest("GET", "query", params={"q": text}, **options)


def seed(records: ServedRecords, count: int) -> None:
    records.org.seed(
        {
            "Account": [{"$ref": "acme", "Name": "Acme"}],
            "Widget__c": [
                {"$ref": f"w{n}", "Name": f"W{n:04d}", "Key__c": f"k{n}", "Amount__c": n}
                for n in range(count)
            ],
            "Part__c": [{"Name": "p", "Number__c": "1", "Widget__c": "@w0"}],
        }
    )


async def test_records_hold_what_was_selected_in_its_order(records: ServedRecords) -> None:
    seed(records, 2)
    status, body = await query(
        records,
        "SELECT amount__c, Name, Account__r.Name, (SELECT Number__c FROM Parts__r) "
        "FROM Widget__c ORDER BY Name",
    )
    assert status == 200
    assert (body["totalSize"], body["done"]) == (2, True)
    first, second = body["records"]
    assert list(first) == ["attributes", "Amount__c", "Name", "Account__r", "Parts__r"]
    assert first["Account__r"] is None
    assert first["Parts__r"]["totalSize"] == 1
    assert first["Parts__r"]["records"][0]["Number__c"] == "1"
    assert second["Parts__r"] is None


async def test_a_large_answer_comes_in_batches(records: ServedRecords) -> None:
    seed(records, 450)
    headers = {"Sforce-Query-Options": "batchSize=200"}
    url = f"{records.address.http_url}/services/data/v66.0/query"
    headers["Authorization"] = f"Bearer {records.address.access_token}"
    params = {"q": "SELECT Name FROM Widget__c ORDER BY Name"}
    names: list[str] = []
    sizes: list[int] = []
    async with records.http.get(url, params=params, headers=headers) as response:
        body = await response.json()
    while True:
        sizes.append(len(body["records"]))
        names += [record["Name"] for record in body["records"]]
        assert body["totalSize"] == 450
        if body["done"]:
            break
        next_url = records.address.http_url + body["nextRecordsUrl"]
        async with records.http.get(next_url, headers=headers) as response:
            body = await response.json()
    assert sizes == [200, 200, 50]
    assert names == [f"W{n:04d}" for n in range(450)]


async def test_aggregates_are_aggregate_results(records: ServedRecords) -> None:
    seed(records, 4)
    _, body = await query(
        records, "SELECT COUNT(Id) n, SUM(Amount__c) total, MAX(Name) FROM Widget__c"
    )
    assert body["records"] == [
        {"attributes": {"type": "AggregateResult"}, "n": 4, "total": 6.0, "expr0": "W0003"}
    ]
    _, body = await query(records, "SELECT COUNT() FROM Widget__c")
    assert body == {"totalSize": 4, "done": True, "records": []}


async def test_deleted_records_are_found_by_query_all(records: ServedRecords) -> None:
    seed(records, 2)
    _, body = await query(records, "SELECT Id FROM Widget__c WHERE Key__c = 'k1'")
    await records.rest("DELETE", f"sobjects/Widget__c/{body['records'][0]['Id']}")
    text = "SELECT Id, IsDeleted FROM Widget__c"
    assert (await query(records, text))[1]["totalSize"] == 1
    _, body = await records.rest("GET", "queryAll", params={"q": text})
    assert sorted(record["IsDeleted"] for record in body["records"]) == [False, True]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELEKT Id FROM Widget__c", "MALFORMED_QUERY"),
        ("SELECT Nope__c FROM Widget__c", "INVALID_FIELD"),
        ("SELECT Id FROM Nope__c", "INVALID_TYPE"),
        ("", "MALFORMED_QUERY"),
    ],
)
async def test_a_wrong_query_is_refused(records: ServedRecords, text: str, code: str) -> None:
    status, body = await query(records, text)
    assert (status, body[0]["errorCode"]) == (400, code)


async def test_what_the_user_may_not_read_does_not_exist(records: ServedRecords) -> None:
    token = await records.integration_token()
    status, body = await query(records, "SELECT Hidden__c FROM Widget__c", token=token)
    assert (status, body[0]["errorCode"]) == (400, "INVALID_FIELD")
    status, body = await query(records, "SELECT Id FROM Opportunity", token=token)
    assert (status, body[0]["errorCode"]) == (400, "INVALID_TYPE")


async def test_an_unknown_locator_is_refused(records: ServedRecords) -> None:
    status, body = await records.rest("GET", "query/01gNo-2000")
    assert (status, body[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


async def test_apex_subscribers_can_be_queried(records: ServedRecords) -> None:
    status, body = await query(records, "SELECT Name, Status FROM EventBusSubscriber")
    assert (status, body["records"]) == (200, [])
