"""Links in the org: what there is, what a sheet would change, and changing it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from bridge.clock import Backoff
from bridge.errors import OrgFault, RequestRefused
from bridge.linking.sheet import Line, Rejected
from bridge.salesforce_api.rest import MOST_RECORDS, Record, Rest, literals

T = TypeVar("T")
Change: TypeAlias = tuple[Line, str]
"""A line, and the id of the customer's record."""

_LOCKED = "UNABLE_TO_LOCK_ROW"
_LIMITS = ("LimitException", "CPU time limit", "Too many ")
"""What the org says when its own automation needs more than one transaction has."""
_TRIES = 4
_BACKOFF = Backoff(first=0.5, longest=8.0)


@dataclass(slots=True)
class Plan:
    """Which lines change something."""

    changes: list[Change] = field(default_factory=list)
    unchanged: list[Line] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(slots=True)
class Summary:
    """What became of the changes."""

    linked: set[int] = field(default_factory=set)
    """By the lines' numbers."""
    rejected: list[Rejected] = field(default_factory=list)


class Links:
    """The links of one org."""

    def __init__(self, rest: Rest, *, backoff: Backoff = _BACKOFF) -> None:
        self._rest = rest
        self._backoff = backoff

    async def plan(self, lines: Sequence[Line], *, relink: bool) -> Plan:
        """Compares the lines with the org. Raises OrgFault, RequestRefused.

        ``relink`` allows a customer to move from one Account to another.
        """
        customers = {
            found["Stripe_Id__c"]: found
            for found in await self._find(
                "SELECT Id, Stripe_Id__c, Account__c FROM Bridge_Customer__c "
                "WHERE Stripe_Id__c IN ",
                {line.customer for line in lines},
            )
        }
        accounts = {
            found["Id"]
            for found in await self._find(
                "SELECT Id FROM Account WHERE Id IN ", {line.account for line in lines}
            )
        }
        plan = Plan()
        for line in lines:
            customer = customers.get(line.customer)
            linked = customer and customer["Account__c"]
            if customer is None:
                plan.rejected.append(_reject(line, "the ledger has no such customer"))
            elif line.account not in accounts:
                plan.rejected.append(_reject(line, "the org has no such Account"))
            elif linked == line.account:
                plan.unchanged.append(line)
            elif linked and not relink:
                reason = f"is linked to Account {linked} already: --relink moves it"
                plan.rejected.append(_reject(line, reason))
            else:
                plan.changes.append((line, str(customer["Id"])))
        # One Account's customers after each other: they lock it in one batch, and not in many.
        plan.changes.sort(key=lambda change: (change[0].account, change[0].number))
        return plan

    async def apply(
        self,
        changes: Sequence[Change],
        *,
        batch: int = MOST_RECORDS,
        done: Callable[[int], None] = lambda _: None,
    ) -> Summary:
        """Sets the Accounts. ``done`` is told how many lines more are finished.

        Each record is taken or refused by itself. A fault of the org ends it: the lines that are
        left are rejected with it, and what is set stays set. Doing it again is harmless.
        """
        summary = Summary()
        for some in _chunks(changes, batch):
            try:
                await self._set(some, summary)
            except (OrgFault, RequestRefused) as error:
                ended = summary.linked | {each.number for each in summary.rejected}
                summary.rejected += [
                    _reject(line, f"perhaps not set: {error}")
                    for line, _ in changes
                    if line.number not in ended
                ]
                return summary
            done(len(some))
        return summary

    async def suggested(self) -> list[Record]:
        """Customers without an Account for whom one is suggested.

        Raises OrgFault, RequestRefused.
        """
        return await self._rest.query(
            "SELECT Stripe_Id__c, Name, Email__c, Suggested_Account__c, Suggested_Account__r.Name, "
            "Suggestion_Reason__c FROM Bridge_Customer__c "
            "WHERE Account__c = null AND Suggested_Account__c != null ORDER BY Name"
        )

    async def _find(self, query: str, values: set[str]) -> list[Record]:
        found: list[Record] = []
        for some in _chunks(sorted(values), MOST_RECORDS):
            found += await self._rest.query(query + literals(some))
        return found

    async def _set(self, changes: Sequence[Change], summary: Summary) -> None:
        """One batch: again what was locked, in halves what was too much at once."""
        for attempt in range(1, _TRIES + 1):
            results = await self._rest.update([_record(change) for change in changes])
            locked: list[Change] = []
            too_much: list[Change] = []
            for change, errors in zip(changes, map(_errors, results), strict=True):
                if not errors:
                    summary.linked.add(change[0].number)
                elif _LOCKED in errors and attempt < _TRIES:
                    locked.append(change)
                elif len(changes) > 1 and any(limit in errors for limit in _LIMITS):
                    too_much.append(change)
                else:
                    summary.rejected.append(_reject(change[0], errors))
            middle = (len(too_much) + 1) // 2
            for half in (too_much[:middle], too_much[middle:]):
                if half:
                    await self._set(half, summary)
            if not locked:
                return
            await asyncio.sleep(self._backoff.wait(attempt))
            changes = locked


def _record(change: Change) -> Record:
    line, record_id = change
    return {
        "attributes": {"type": "Bridge_Customer__c"},
        "Id": record_id,
        "Account__c": line.account,
    }


def _errors(result: Record) -> str:
    """Salesforce's reasons; none for a record that was saved."""
    if result["success"]:
        return ""
    said = [f"{error['statusCode']}: {error['message']}" for error in result["errors"]]
    return "; ".join(said) or "refused without a reason"


def _reject(line: Line, reason: str) -> Rejected:
    return Rejected(line.number, line.customer, line.account, reason)


def _chunks(values: Sequence[T], size: int) -> list[Sequence[T]]:
    return [values[start : start + size] for start in range(0, len(values), size)]
