"""From the wire through an Apex trigger into records, and back out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from rehearsal.org.bus import EARLIEST
from rehearsal.org.org import Org
from rehearsal.org.server.assembly import apex_subscribers, serving
from rehearsal.org.server.tls import Certificates
from tests.rehearsal.org.server.conftest import ServedRecords
from tests.rehearsal.org.server.record_org import write_project, write_trigger


@pytest.fixture
async def served(tmp_path: Path, certificates: Certificates) -> AsyncIterator[ServedRecords]:
    write_project(tmp_path)
    write_trigger(tmp_path)
    org = Org.load(tmp_path)
    serve = serving(org, apex_subscribers(org), certificates=certificates)
    async with serve as address, aiohttp.ClientSession() as http:
        yield ServedRecords(address, http, org)


async def publish(served: ServedRecords, *numbers: str) -> None:
    token = await served.integration_token()
    records = [{"attributes": {"type": "Order__e"}, "Number__c": number} for number in numbers]
    status, body = await served.rest(
        "POST", "composite/sobjects", token=token, json={"records": records}
    )
    assert status == 200
    assert all(result["success"] for result in body)


async def names(served: ServedRecords) -> list[str]:
    _, body = await served.rest(
        "GET", "query", params={"q": "SELECT Name, CreatedBy.Name FROM Widget__c ORDER BY Name"}
    )
    assert {record["CreatedBy"]["Name"] for record in body["records"]} <= {"Automated Process"}
    return [record["Name"] for record in body["records"]]


async def test_an_event_becomes_a_record_soon_after_its_publish(served: ServedRecords) -> None:
    await publish(served, "1", "2", "3")
    for _ in range(200):
        if len(await names(served)) == 3:
            break
        await asyncio.sleep(0.01)
    assert await names(served) == ["1", "2", "3"]


async def test_the_triggers_config_cuts_the_batches(served: ServedRecords) -> None:
    await publish(served, *map(str, range(5)))
    assert await served.control("drain", {}) == {"idle": True}
    _, body = await served.rest(
        "GET", "query", params={"q": "SELECT Amount__c FROM Widget__c ORDER BY Name"}
    )
    assert [record["Amount__c"] for record in body["records"]] == [2, 2, 2, 2, 1]


async def test_what_a_trigger_publishes_reaches_the_bus_after_its_commit(
    served: ServedRecords,
) -> None:
    await publish(served, "1", "2", "3")
    await served.control("drain", {})
    receipts = served.org.bus.after("/event/Receipt__e", EARLIEST)
    assert [event.values["Text__c"] for event in receipts] == ["2", "1"]
    assert {event.created_by for event in receipts} == {served.org.automated_process.id}


async def test_a_failing_trigger_can_be_seen_and_resumed(served: ServedRecords) -> None:
    await publish(served, "retry")
    assert await served.control("drain", {}) == {"idle": True}
    question = "SELECT Name, Status, LastError, Retries, Topic FROM EventBusSubscriber"
    _, body = await served.rest("GET", "query", params={"q": question})
    (row,) = body["records"]
    assert (row["Name"], row["Topic"], row["Status"]) == ("OrderTrigger", "Order__e", "Error")
    assert (row["LastError"], row["Retries"]) == ("not now", 9)

    url = f"{served.address.http_url}/localorg/subscribers/OrderTrigger/resume"
    async with served.http.post(url) as response:
        assert response.status == 204
    await publish(served, "1")
    await served.control("drain", {})
    assert await names(served) == ["1"]


async def test_a_trigger_can_be_suspended_and_resumed_from_the_tip(served: ServedRecords) -> None:
    url = f"{served.address.http_url}/localorg/subscribers/OrderTrigger"
    async with served.http.post(f"{url}/suspend") as response:
        assert response.status == 204
    await publish(served, "1")
    assert await served.control("drain", {}) == {"idle": True}
    question = "SELECT Status, Retries FROM EventBusSubscriber WHERE Topic = 'Order__e'"
    token = await served.integration_token()  # no grant is needed: it has no field-level security
    _, body = await served.rest("GET", "query", token=token, params={"q": question})
    (row,) = body["records"]
    assert (row["Status"], row["Retries"]) == ("Suspended", 0)

    async with served.http.post(f"{url}/resume") as response:
        assert response.status == 204
    await publish(served, "2")
    await served.control("drain", {})
    assert await names(served) == ["2"]


async def test_an_uncaught_exception_loses_the_batch_and_goes_on(served: ServedRecords) -> None:
    await publish(served, "boom", "lost", "kept")
    await served.control("drain", {})
    assert await names(served) == ["kept"]
