"""A client that nobody here wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound

from tests.rehearsal.org.server.conftest import ServedRecords

T = TypeVar("T")


async def with_client(records: ServedRecords, work: Callable[[Any], T]) -> T:
    token = await records.integration_token()

    def run() -> T:
        with requests.Session() as session:
            session.verify, session.trust_env = records.address.ca_file, False
            client = Salesforce(
                instance_url=records.address.https_url,
                session_id=token,
                session=session,
                version="66.0",
            )
            return work(client)

    return await asyncio.to_thread(run)


async def test_it_writes_reads_and_deletes(records: ServedRecords) -> None:
    def work(client: Any) -> None:
        made = client.Widget__c.create({"Name": "w", "Key__c": "k/1", "Amount__c": 12.25})
        assert made["success"] is True
        record = client.Widget__c.get(made["id"])
        assert (record["Name"], record["Amount__c"]) == ("w", 12.25)
        assert client.Widget__c.get_by_custom_id("Key__c", "k/1")["Id"] == made["id"]
        assert client.Widget__c.update(made["id"], {"Name": "v"}) == 204
        assert client.Widget__c.upsert("Key__c/k2", {"Name": "u"}) == 201
        assert client.Widget__c.upsert("Key__c/k2", {"Name": "t"}) == 200
        assert client.Widget__c.delete(made["id"]) == 204
        found = client.query("SELECT Name FROM Widget__c")
        assert [one["Name"] for one in found["records"]] == ["t"]

    await with_client(records, work)


async def test_it_walks_through_all_batches(records: ServedRecords) -> None:
    records.org.seed({"Widget__c": [{"Name": f"W{n}"} for n in range(2100)]})

    def work(client: Any) -> list[str]:
        return [one["Name"] for one in client.query_all_iter("SELECT Name FROM Widget__c")]

    assert len(set(await with_client(records, work))) == 2100


async def test_it_describes_and_publishes(records: ServedRecords) -> None:
    def work(client: Any) -> None:
        assert client.Widget__c.describe()["name"] == "Widget__c"
        assert len(client.describe()["sobjects"]) > 3
        assert client.Widget__c.metadata()["objectDescribe"]["label"] == "Widget"
        published = client.Order__e.create({"Number__c": "1"})
        assert published["errors"][0]["statusCode"] == "OPERATION_ENQUEUED"

    await with_client(records, work)
    assert len(records.org.bus.after("/event/Order__e", -2)) == 1


async def test_its_errors_are_the_right_ones(records: ServedRecords) -> None:
    def work(client: Any) -> None:
        with pytest.raises(SalesforceMalformedRequest) as refused:
            client.Widget__c.create({"Name": "w", "Amount__c": -1})
        assert "Never below zero" in str(refused.value)
        with pytest.raises(SalesforceResourceNotFound):
            client.Widget__c.get("a00000000000001AAA")

    await with_client(records, work)
