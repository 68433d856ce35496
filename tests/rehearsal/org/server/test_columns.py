"""What the Salesforce CLI asks of the REST API besides records."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.org.server.conftest import ServedRecords


async def columns(records: ServedRecords, text: str) -> Any:
    status, body = await records.rest("GET", "query", params={"q": text, "columns": "true"})
    assert status == 200, body
    return body


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SELECT Id, name FROM Widget__c", [("Id", []), ("Name", [])]),
        ("SELECT Account__r.Owner.Name FROM Widget__c", [("Account__r", [("Owner", ["Name"])])]),
        ("SELECT Id, (SELECT Number__c FROM Parts__r) FROM Widget__c", ["Id", "Parts__r"]),
    ],
)
async def test_columns_are_those_that_the_query_selects(
    records: ServedRecords, text: str, told: list[Any]
) -> None:
    def names(found: list[dict[str, Any]]) -> list[str]:
        return [one["columnName"] for one in found]

    body = await columns(records, text)
    wanted = [one if isinstance(one, str) else one[0] for one in told]
    assert names(body["columnMetadata"]) == wanted
    assert (body["entityName"], body["idSelected"]) == ("Widget__c", "Id" in text)


async def test_aggregates_are_called_as_in_their_rows(records: ServedRecords) -> None:
    text = "SELECT Day__c, COUNT(Id), SUM(Amount__c) total FROM Widget__c GROUP BY Day__c"
    body = await columns(records, text)
    told = [(one["columnName"], one["aggregate"]) for one in body["columnMetadata"]]
    assert told == [("Day__c", False), ("expr0", True), ("total", True)]
    assert body["groupBy"] is True


async def test_an_instance_url_may_end_in_a_slash(records: ServedRecords) -> None:
    headers = {"Authorization": f"Bearer {records.address.access_token}"}
    for path in ("//services/data", "//services/data/v66.0/limits"):
        url = f"{records.address.http_url}{path}"
        async with records.http.get(url, headers=headers) as response:
            assert response.status == 200
