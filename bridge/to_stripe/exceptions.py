"""Trouble where an admin sees it: a ``Bridge_Exception__c`` for an Opportunity, and its end.

One record a cause, as the package keeps its own: ``Key__c`` is the code and the record. A trouble
that is known and still the same is not written again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.clock import Clock, system_clock, utc
from bridge.salesforce_api import Rest
from bridge.salesforce_api.rest import literals

CODE = "NOT_IN_STRIPE"
_OBJECT = "Bridge_Exception__c"
_OPEN, _RESOLVED = "Open", "Resolved"
_REASON_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class Known:
    """An exception that is there."""

    id: str
    is_open: bool
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why what an Opportunity says cannot be written."""

    reason: str
    stripe_id: str | None = None


def query(opportunities: Collection[str]) -> str:
    """The query for what is known of these."""
    keys = literals(sorted(map(_key, opportunities)))
    return (
        f"SELECT Id, Key__c, Status__c, Reason__c, Count__c FROM {_OBJECT} WHERE Key__c IN {keys}"  # noqa: S608
    )


def known(records: Collection[Mapping[str, Any]]) -> dict[str, Known]:
    """What the query found, by Opportunity."""
    return {
        record["Key__c"].partition(":")[2]: Known(
            record["Id"],
            record["Status__c"] != _RESOLVED,
            record["Reason__c"] or "",
            int(record["Count__c"] or 0),
        )
        for record in records
    }


class Exceptions:
    """Writes to one org."""

    def __init__(self, rest: Rest, clock: Clock = system_clock) -> None:
        self._rest = rest
        self._clock = clock

    async def settle(
        self, troubles: Mapping[str, Trouble | None], before: Mapping[str, Known]
    ) -> dict[str, str]:
        """Opens, counts and resolves; gives why Salesforce refused that, by Opportunity.

        None is no trouble. Raises an OrgFault; RequestRefused when Salesforce refuses the request.
        """
        writes: dict[str, dict[str, Any]] = {}
        for opportunity, trouble in troubles.items():
            there = before.get(opportunity)
            if trouble is not None:
                if there is None or not there.is_open or there.reason != _cut(trouble.reason):
                    writes[opportunity] = self._opened(opportunity, trouble, there)
            elif there is not None and there.is_open:
                writes[opportunity] = _record(opportunity, Status__c=_RESOLVED)
        if not writes:
            return {}
        results = await self._rest.upsert(_OBJECT, "Key__c", list(writes.values()))
        return {
            opportunity: "; ".join(str(error.get("message")) for error in result["errors"])
            for opportunity, result in zip(writes, results, strict=True)
            if not result["success"]
        }

    def _opened(self, opportunity: str, trouble: Trouble, there: Known | None) -> dict[str, Any]:
        now = utc(self._clock()).isoformat(timespec="seconds")
        first = {} if there is not None else {"First_Seen__c": now}
        return _record(
            opportunity,
            Code__c=CODE,
            Object__c="Opportunity",
            Record_Id__c=opportunity,
            Stripe_Id__c=trouble.stripe_id,
            Reason__c=_cut(trouble.reason),
            Status__c=_OPEN,
            Count__c=1 + (there.count if there is not None else 0),
            Last_Seen__c=now,
            **first,
        )


def _record(opportunity: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": _OBJECT}, "Key__c": _key(opportunity), **fields}


def _key(opportunity: str) -> str:
    return f"{CODE}:{opportunity}"


def _cut(reason: str) -> str:
    """As Salesforce gives it back: without space at its ends."""
    return reason[:_REASON_LENGTH].strip()
