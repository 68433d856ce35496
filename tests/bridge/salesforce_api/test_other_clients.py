"""Clients that nobody here wrote hear from the local org the same events as ours."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from bridge.contract import REQUEST_TOPIC
from bridge.salesforce_api.codec import from_json
from rehearsal.org.server.tls import make_certificates
from tests.bridge.salesforce_api.streaming_rig import StreamingRig, streaming_rig, until

CLIENTS = Path(__file__).parent / "clients"
OURS = {"cometd": "cometd", "jsforce": "cometd", "pubsub": "pubsub"}
"""Their names, and the transport."""
MODULES = Path(__file__).parents[3] / "node_modules"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (MODULES / "cometd").is_dir() or not shutil.which("node"),
        reason="make tools was not run",
    ),
]


@pytest.fixture
async def rig(tmp_path):
    async with streaming_rig(make_certificates(tmp_path)) as rig:
        yield rig


class Other:
    """A process that prints what it hears."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []

    @property
    def heard(self) -> list[dict[str, Any]]:
        return [line for line in self.said if "id" in line]

    async def read(self, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            self.said.append(json.loads(line))


@asynccontextmanager
async def other(rig: StreamingRig, name: str) -> AsyncIterator[Other]:
    address = rig.address
    told = {
        "url": address.https_url if name == "pubsub" else address.http_url,
        "token": address.access_token,
        "channel": REQUEST_TOPIC,
        "org": address.org_id,
        "target": address.pubsub_target,
    }
    process = await asyncio.create_subprocess_exec(
        "node", str(CLIENTS / f"{name}.mjs"), json.dumps(told), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    client = Other()
    reading = asyncio.create_task(client.read(process.stdout))
    try:
        yield client
    finally:
        with suppress(ProcessLookupError):  # what is advised not to reconnect has ended
            process.kill()
        await process.wait()
        await reading


@pytest.mark.parametrize("name", OURS)
async def test_they_hear_the_same_events(rig, name):
    rig.publish(120)
    async with other(rig, name) as client, rig.source(OURS[name]) as source:
        await until(lambda: len(client.heard) == 120, 20)
        rig.publish()
        await until(lambda: len(client.heard) == 121)
        async with rig.listening(source) as ours:
            await until(lambda: len(ours.heard) == 121)
    theirs = [(event["id"], from_json(event["fields"], {"CreatedDate"})) for event in client.heard]
    assert theirs == [(event.id, event.fields) for event in ours.heard]


async def test_cometds_own_client_recovers_as_ours_does(rig):
    rig.publish()
    async with other(rig, "cometd") as client:
        await until(lambda: len(client.heard) == 1, 20)
        await rig.control("cometd/forget")
        rig.publish()
        await until(lambda: len(client.heard) == 2)
        assert {"refused": "403::Unknown client"} in client.said
        await rig.control("allocations", daily_delivered=0)
        rig.publish()
        spent = "403::Organization total events daily limit exceeded"
        await until(lambda: {"refused": spent} in client.said)
