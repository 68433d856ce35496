"""A served org that takes deployments."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from rehearsal.org.org import Org
from rehearsal.org.server.assembly import apex_subscribers, serving
from rehearsal.org.server.metadata import MetadataApi
from rehearsal.org.server.tls import Certificates
from tests.rehearsal.org.server.conftest import Client
from tests.rehearsal.org.server.metadata.soap_client import Soap
from tests.rehearsal.org.server.record_org import write_project, write_trigger


@dataclass
class Target(Client):
    """The org, its REST API and its Metadata API."""

    org: Org
    soap: Soap

    async def insert(self, sobject: str, **values: Any) -> str:
        status, body = await self.rest("POST", f"sobjects/{sobject}", json=values)
        assert status == 201, body
        return str(body["id"])

    async def query(self, soql: str) -> list[dict[str, Any]]:
        status, body = await self.rest("GET", "query", params={"q": soql})
        assert status == 200, body
        records: list[dict[str, Any]] = body["records"]
        return [{k: v for k, v in row.items() if k != "attributes"} for row in records]

    async def grant(self, permission_set: str) -> None:
        """Assigns a permission set to the administrator."""
        (found,) = await self.query(f"SELECT Id FROM PermissionSet WHERE Name='{permission_set}'")
        await self.insert(
            "PermissionSetAssignment",
            AssigneeId=self.org.admin.id,
            PermissionSetId=found["Id"],
        )


@pytest.fixture
async def target(tmp_path: Path, certificates: Certificates) -> AsyncIterator[Target]:
    write_project(tmp_path)
    write_trigger(tmp_path)
    org = Org.load(tmp_path)
    subscribers = apex_subscribers(org)
    metadata = MetadataApi(org, subscribers)
    serve = serving(org, subscribers, metadata=metadata, certificates=certificates)
    async with serve as address, aiohttp.ClientSession() as http:
        soap = Soap(http, address.http_url, address.access_token)
        yield Target(address, http, org, soap)
