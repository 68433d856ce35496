"""What is in Salesforce, read as an admin would, and the labels that people see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rehearsal.demo.org import API, UNTOLD, Org

Record = dict[str, Any]
Records = dict[str, dict[str, Record]]
"""Records by object and id."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field: its name, its label and its type as describe says it."""

    name: str
    label: str
    type: str


OBJECTS = (
    "Account",
    "Opportunity",
    "Contract",
    "Task",
    "Bridge_Customer__c",
    "Bridge_Subscription__c",
    "Bridge_Renewal__c",
    "Bridge_Entry__c",
    "Bridge_Movement__c",
    "Bridge_Exception__c",
    "Happening__c",
)
NOTIFICATION = "Notification"
"""Custom notifications, which are no records of the org: as a person finds them under the bell."""

_NOTIFICATION = [
    Column("Title", "Title", "string"),
    Column("Body", "Body", "string"),
    Column("To", "To", "reference"),
]


class Reader:
    """Reads whole objects; describes each once."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.columns: dict[str, list[Column]] = {}

    async def describe(self) -> None:
        for sobject in OBJECTS:
            described = await self._org.request("GET", f"{API}/sobjects/{sobject}/describe")
            self.columns[sobject] = [
                Column(field["name"], field["label"], field["type"])
                for field in described["fields"]
                if field["name"] not in UNTOLD - {"OwnerId"}
            ]
        self.columns[NOTIFICATION] = _NOTIFICATION

    async def read(self) -> Records:
        """Every record of the objects that stories are about, oldest first."""
        found: Records = {}
        for sobject in OBJECTS:
            names = ", ".join(column.name for column in self.columns[sobject])
            rows = await self._org.query(f"SELECT {names} FROM {sobject} ORDER BY CreatedDate, Id")
            found[sobject] = {
                row["Id"]: {key: value for key, value in row.items() if key != "attributes"}
                for row in rows
            }
        sent = await self._org.request("GET", "/localorg/notifications")
        found[NOTIFICATION] = {
            f"notification {number}": {
                "Title": each["title"],
                "Body": each["body"],
                "To": each["recipientIds"][0],
                "WhatId": each["targetId"],
            }
            for number, each in enumerate(sent)
        }
        return found

    def column(self, sobject: str, label: str) -> Column:
        """The field that people know by a label. Raises KeyError for none or several.

        Record pages say "Account" for what describe calls "Account ID".
        """
        found = [each for each in self.columns[sobject] if _seen(each) == label.replace(" ", "")]
        ours = [each for each in found if each.name.endswith("__c")] or found
        if len(ours) != 1:
            raise KeyError(f"{sobject} has {len(ours)} fields labelled {label!r}")
        return ours[0]


def _seen(column: Column) -> str:
    label = column.label.replace(" ", "")
    if column.name.endswith("__c"):
        return label
    return label.removesuffix("ID").removesuffix("Only")
