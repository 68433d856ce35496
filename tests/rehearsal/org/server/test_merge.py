"""Accounts merged by the org's own switch."""

from __future__ import annotations

from tests.rehearsal.org.server.conftest import ServedRecords


async def account(records: ServedRecords, name: str) -> str:
    _, made = await records.rest("POST", "sobjects/Account", json={"Name": name})
    return str(made["id"])


async def test_accounts_are_merged(records: ServedRecords) -> None:
    stays, goes = await account(records, "stays"), await account(records, "goes")
    body = {"master": {"Id": stays, "Site": "both"}, "losers": [goes]}
    assert await records.control("merge", body) == {"id": stays}
    _, found = await records.rest(
        "GET", "queryAll?q=SELECT+Name,Site,MasterRecordId+FROM+Account+ORDER+BY+Name"
    )
    assert [(row["Name"], row["Site"], row["MasterRecordId"]) for row in found["records"]] == [
        ("goes", None, stays),
        ("stays", "both", None),
    ]


async def test_a_merge_that_is_refused_says_why(records: ServedRecords) -> None:
    stays = await account(records, "stays")
    for body in ({"master": {"Id": stays}, "losers": [stays]}, {"losers": []}, {"master": {}}):
        url = f"{records.address.http_url}/localorg/merge"
        async with records.http.post(url, json=body) as response:
            assert response.status == 400
