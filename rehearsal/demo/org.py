"""Reading the local org as any API client would, and what changed between two readings."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

API = "/services/data/v66.0"
OBJECTS = (
    "Account",
    "Opportunity",
    "Contract",
    "Bridge_Customer__c",
    "Bridge_Subscription__c",
    "Bridge_Renewal__c",
    "Bridge_Entry__c",
    "Bridge_Movement__c",
    "Task",
    "Bridge_Exception__c",
)
UNTOLD = frozenset(
    {
        "CreatedById",
        "CreatedDate",
        "IsDeleted",
        "LastActivityDate",
        "LastModifiedById",
        "LastModifiedDate",
        "LastReferencedDate",
        "LastViewedDate",
        "OwnerId",
        "SystemModstamp",
    }
)
"""System fields: true, and no part of the story."""

Record = dict[str, Any]
Snapshot = dict[str, dict[str, Record]]
"""Records by object and id."""


@dataclass(frozen=True, slots=True)
class Change:
    """One record created, updated or deleted, and each field before and after."""

    object: str
    id: str
    name: str
    kind: str
    fields: dict[str, tuple[Any, Any]]

    def to_json(self) -> dict[str, Any]:
        fields = {
            field: {"before": before, "after": after}
            for field, (before, after) in self.fields.items()
        }
        return {
            "object": self.object,
            "id": self.id,
            "name": self.name,
            "change": self.kind,
            "fields": fields,
        }


_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class Org:
    """The local org's REST API, as the admin."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        self._http, self._url = http, url
        self._headers = {"Authorization": f"Bearer {token}"}
        self.types: dict[str, dict[str, str]] = {}
        """Field types by object and field, as far as they were described."""

    async def request(self, method: str, path: str, body: Any = None) -> Any:
        """One REST call. Raises RuntimeError with Salesforce's own words."""
        async with self._http.request(
            method, f"{self._url}{path}", json=body, headers=self._headers
        ) as response:
            text = await response.text()
            if response.status >= 400:
                raise RuntimeError(f"{method} {path}: {response.status} {text}")
            return _decode(text) if text else None

    async def query(self, soql: str) -> list[Record]:
        page = await self.request("GET", f"{API}/query?q={quote(soql, safe='')}")
        rows: list[Record] = page["records"]
        while not page["done"]:
            page = await self.request("GET", page["nextRecordsUrl"])
            rows += page["records"]
        return rows

    async def update(self, sobject: str, id: str, **fields: Any) -> None:  # noqa: A002
        await self.request("PATCH", f"{API}/sobjects/{sobject}/{id}", fields)

    async def fields(self, sobject: str) -> list[str]:
        if sobject not in self.types:
            described = await self.request("GET", f"{API}/sobjects/{sobject}/describe")
            self.types[sobject] = {field["name"]: field["type"] for field in described["fields"]}
        return [name for name in self.types[sobject] if name not in UNTOLD]

    async def snapshot(self) -> Snapshot:
        """Every record of the story's objects, oldest first."""
        found: Snapshot = {}
        for sobject in OBJECTS:
            columns = ", ".join(await self.fields(sobject))
            rows = await self.query(f"SELECT {columns} FROM {sobject} ORDER BY CreatedDate, Id")
            found[sobject] = {
                row["Id"]: {key: value for key, value in row.items() if key != "attributes"}
                for row in rows
            }
        return found


def changes(before: Snapshot, after: Snapshot) -> list[Change]:
    """What happened between two readings, in the order of `OBJECTS`."""
    found = []
    for sobject in OBJECTS:
        old, new = before.get(sobject, {}), after.get(sobject, {})
        for record_id, record in new.items():
            previous = old.get(record_id)
            fields = {
                field: ((previous or {}).get(field), value)
                for field, value in record.items()
                if field != "Id" and (previous or {}).get(field) != value
            }
            if previous is None:
                fields = {
                    field: pair for field, pair in fields.items() if pair[1] not in (None, False)
                }
            if fields or previous is None:
                kind = "created" if previous is None else "updated"
                found.append(Change(sobject, record_id, name_of(record), kind, fields))
        found += [
            Change(sobject, record_id, name_of(record), "deleted", {})
            for record_id, record in old.items()
            if record_id not in new
        ]
    return found


def name_of(record: Record) -> str:
    for field in ("Name", "ContractNumber", "Subject"):
        if record.get(field):
            return str(record[field])
    return str(record["Id"])
