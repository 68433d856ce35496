"""An org as one user sees it; each thing is asked for once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import PermissionDenied, RequestRefused
from bridge.salesforce_api.rest import Record, Rest

# Salesforce Help, "Custom Fields Allowed Per Object"; Platform Events guide, "Platform Event
# Allocations"; Help, "Custom Objects" in "Salesforce Features and Edition Allocations".
_EDITIONS: dict[str, tuple[int, int, int]] = {
    "Developer Edition": (500, 5, 400),
    "Professional Edition": (100, 5, 50),
    "Enterprise Edition": (500, 50, 200),
    "Unlimited Edition": (800, 100, 2000),
    "Performance Edition": (800, 100, 2000),
}
MOST_ROLL_UPS = 25
"""Roll-up summary fields of one object (Help, "Roll-Up Summary Field")."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What only the company knows."""

    currencies: frozenset[str] = frozenset()
    """In which Stripe bills, ISO codes."""
    customers: int | None = None
    invoices_a_year: int = 12
    """Of one customer."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What the org's edition allows; None where it is one that we do not know."""

    name: str
    fields: int | None
    events: int | None
    objects: int | None


class Unseen(Exception):
    """This user may not look there; the message is Salesforce's."""


@dataclass
class Org:
    """Everything raises OrgFault; Unseen for what the user may not see."""

    rest: Rest
    expected: Expected = field(default_factory=Expected)
    _described: dict[str, Record | None] = field(default_factory=dict)
    _objects: dict[str, Record] | None = None

    async def objects(self) -> Mapping[str, Record]:
        """The objects that the user sees, by name."""
        if self._objects is None:
            answer = await self._seen(self.rest.request("GET", "sobjects"))
            self._objects = {each["name"]: each for each in answer["sobjects"]}
        return self._objects

    async def describe(self, sobject: str) -> Record | None:
        """An object, or None where the user sees none of that name."""
        if sobject not in self._described:
            self._described[sobject] = await self._seen(self.rest.describe(sobject))
        return self._described[sobject]

    async def fields(self, sobject: str) -> dict[str, Record] | None:
        """The fields that the user sees, by name."""
        found = await self.describe(sobject)
        return None if found is None else {each["name"]: each for each in found["fields"]}

    async def query(self, soql: str, *, tooling: bool = False) -> list[Record]:
        """Records."""
        found: list[Record] = await self._seen(self.rest.query(soql, tooling=tooling))
        return found

    async def count(self, soql: str, *, tooling: bool = False) -> int:
        """The number of a ``SELECT COUNT()``."""
        path = "tooling/query" if tooling else "query"
        answer = await self._seen(self.rest.request("GET", path, params={"q": soql}))
        return int(answer["totalSize"])

    async def limits(self) -> dict[str, dict[str, int]]:
        """``/limits``: by name ``Max`` and ``Remaining``."""
        found: dict[str, dict[str, int]] = await self._seen(self.rest.request("GET", "limits"))
        return found

    async def edition(self) -> Edition:
        """What the org may hold."""
        (found,) = await self.query("SELECT OrganizationType FROM Organization")
        name = str(found["OrganizationType"])
        return Edition(name, *_EDITIONS.get(name, (None, None, None)))

    async def _seen(self, asked: Any) -> Any:
        try:
            return await asked
        except (PermissionDenied, RequestRefused) as error:
            raise Unseen(str(error)) from error
