"""Schedule-triggered Flows by the org's own switch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from rehearsal.org.org import Org
from rehearsal.org.server.assembly import serving
from rehearsal.org.server.tls import Certificates
from tests.rehearsal.org.conftest import ProjectFiles
from tests.rehearsal.org.server.conftest import ServedRecords, no_triggers

FLOW = """<?xml version="1.0" encoding="UTF-8"?>
<Flow xmlns="http://soap.sforce.com/2006/04/metadata">
<apiVersion>66.0</apiVersion>
<label>Nightly</label>
<processType>AutoLaunchedFlow</processType>
<recordCreates>
    <name>Create_Account</name>
    <label>Create Account</label>
    <inputAssignments><field>Name</field>
        <value><stringValue>Night</stringValue></value></inputAssignments>
    <object>Account</object>
</recordCreates>
<start>
    <connector><targetReference>Create_Account</targetReference></connector>
    <schedule><frequency>Weekly</frequency><startDate>2026-01-01</startDate>
        <startTime>04:00:00.000Z</startTime></schedule>
    <triggerType>Scheduled</triggerType>
</start>
<status>Active</status>
</Flow>
"""


@pytest.fixture
async def nightly(tmp_path: Path, certificates: Certificates) -> AsyncIterator[ServedRecords]:
    files = ProjectFiles(tmp_path)
    files.write("flows/Nightly.flow-meta.xml", FLOW)
    org = Org.load(tmp_path)
    serve = serving(org, no_triggers(org.bus), certificates=certificates)
    async with serve as address, aiohttp.ClientSession() as http:
        yield ServedRecords(address, http, org)


async def test_schedules_are_listed_and_run(nightly: ServedRecords) -> None:
    url = f"{nightly.address.http_url}/localorg/schedules"
    async with nightly.http.get(url) as response:
        assert await response.json() == ["Nightly"]
    done = [{"flow": "Nightly", "interviews": 1, "errors": []}]
    assert await nightly.control("schedules", {}) == done
    assert await nightly.control("schedules", {"flows": ["Nightly"]}) == done
    _, found = await nightly.rest("GET", "query?q=SELECT+Name+FROM+Account")
    assert [record["Name"] for record in found["records"]] == ["Night", "Night"]


async def test_an_unknown_schedule_is_refused(nightly: ServedRecords) -> None:
    url = f"{nightly.address.http_url}/localorg/schedules"
    async with nightly.http.post(url, json={"flows": ["Daily"]}) as response:
        assert response.status == 400


async def test_flows_are_activated_by_the_orgs_own_switch(nightly: ServedRecords) -> None:
    assert await nightly.control("flows", {"active": False}) == {"Nightly": False}
    assert await nightly.control("schedules", {}) == []
    assert await nightly.control("flows", {"flows": ["Nightly"]}) == {"Nightly": True}
    url = f"{nightly.address.http_url}/localorg/flows"
    async with nightly.http.get(url) as response:
        assert await response.json() == {"Nightly": True}
    async with nightly.http.post(url, json={"flows": ["No"]}) as response:
        assert response.status == 400
