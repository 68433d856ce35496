"""What the org is made of, by the Tooling API and in the views of the data API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.org.server.conftest import ServedRecords


async def tooling(records: ServedRecords, soql: str, **options: Any) -> tuple[int, Any]:
    return await records.rest("GET", "tooling/query", params={"q": soql}, **options)


async def test_validation_rules_by_their_object(records: ServedRecords) -> None:
    status, body = await tooling(
        records,
        "SELECT ValidationName, Active, ErrorMessage, EntityDefinition.QualifiedApiName "
        "FROM ValidationRule WHERE EntityDefinition.QualifiedApiName = 'Widget__c'",
    )
    assert status == 200, body
    (rule,) = body["records"]
    assert rule["Active"] is True
    assert "Never below zero" in rule["ErrorMessage"]
    assert rule["EntityDefinition"]["QualifiedApiName"] == "Widget__c"
    assert rule["attributes"]["type"] == "ValidationRule"


async def test_custom_fields_are_counted_by_their_object(records: ServedRecords) -> None:
    for entity, number in (("Account", 0), ("Nothing", 0)):
        question = f"SELECT COUNT() FROM CustomField WHERE TableEnumOrId = '{entity}'"
        status, body = await tooling(records, question)
        assert (status, body["totalSize"]) == (200, number)
    question = (
        "SELECT DeveloperName FROM CustomField "
        "WHERE EntityDefinition.QualifiedApiName = 'Part__c' ORDER BY DeveloperName"
    )
    _, body = await tooling(records, question)
    assert [each["DeveloperName"] for each in body["records"]] == ["Number", "Widget"]


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM Widget__c", "INVALID_TYPE"),
        ("SELECT Id FROM ApexClass", "INVALID_TYPE"),
        ("SELECT Metadata FROM ValidationRule", "INVALID_FIELD"),
        ("SELECT", "MALFORMED_QUERY"),
    ],
)
async def test_what_it_does_not_know_is_refused(
    records: ServedRecords, soql: str, code: str
) -> None:
    status, body = await tooling(records, soql)
    assert (status, body[0]["errorCode"]) == (400, code)


async def test_the_data_api_knows_nothing_of_it(records: ServedRecords) -> None:
    status, body = await records.rest("GET", "query", params={"q": "SELECT Id FROM ValidationRule"})
    assert (status, body[0]["errorCode"]) == (400, "INVALID_TYPE")


async def test_it_needs_view_setup(records: ServedRecords) -> None:
    token = await records.integration_token()
    soql = "SELECT Id FROM ValidationRule"
    status, body = await tooling(records, soql, token=token)
    assert (status, body[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS")


async def test_duplicate_rules_can_be_asked_for(records: ServedRecords) -> None:
    soql = "SELECT DeveloperName FROM DuplicateRule WHERE IsActive = true"
    status, body = await records.rest("GET", "query", params={"q": soql})
    assert (status, body["records"]) == (200, [])
