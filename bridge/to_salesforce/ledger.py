"""The ledger, asked by query whether it holds what was published.

Each request is one of the org's daily API requests, so one asks for as many events as fit, of every
ledger object at once, and there are only so many a minute.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bridge.contract import KEYS
from bridge.salesforce_api import Rest
from bridge.salesforce_api.rest import literals
from bridge.store import InFlight
from bridge.to_salesforce.sent_rows import SentRow, columns, holds, load_sent
from bridge.working.per_minute import PerMinute

_MOST_KEYS_LENGTH = 10_000
"""Of the keys in one query, as an address spells them. REST API Developer Guide, "Status Codes
and Error Responses": an address of more than 16,384 bytes is refused; the fields take 1,500."""
_HOLD = "Automation_Hold__c"


@dataclass(frozen=True, slots=True)
class Found:
    """What the ledger says of an event."""

    is_there: bool
    is_held: bool = False
    """A row of it waits there on Automation Hold."""


class Ledger:
    """Asks one org."""

    def __init__(self, rest: Rest, budget: PerMinute) -> None:
        self._rest = rest
        self._budget = budget
        self.requests = 0
        """Made so far."""

    async def ask(self, events: Sequence[InFlight]) -> dict[str, Found]:
        """By event id, for as many of the first events as may be asked for now.

        An event is there if every row of it is, in the version that was published or a later one.
        One that was published by a bridge that kept no rows is not. Raises an OrgFault;
        RequestRefused when Salesforce refuses the query.
        """
        found: dict[str, Found] = {}
        waiting = [(event, load_sent(event.sent_rows)) for event in events]
        while waiting:
            part = waiting[: _that_fit([rows for _, rows in waiting])]
            waiting = waiting[len(part) :]
            if any(rows for _, rows in part):
                if not self._budget.take():
                    break
                records = await self._records(row for _, rows in part for row in rows)
            else:
                records = {}
            for event, rows in part:
                found[event.event_id] = _found(rows, records)
        return found

    async def _records(self, rows: Iterable[SentRow]) -> dict[tuple[str, str], dict[str, Any]]:
        keys: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            keys[row.sobject].add(row.key)
        self.requests += 1
        answers = await self._rest.queries(
            {
                sobject: f"SELECT {', '.join((*columns(sobject), _HOLD))} FROM {sobject} "  # noqa: S608
                f"WHERE {KEYS[sobject]} IN {literals(sorted(wanted))}"
                for sobject, wanted in keys.items()
            }
        )
        return {
            (sobject, record[KEYS[sobject]]): record
            for sobject, records in answers.items()
            for record in records
        }


def _found(rows: Sequence[SentRow], records: Mapping[tuple[str, str], dict[str, Any]]) -> Found:
    pairs = [(row, records.get((row.sobject, row.key))) for row in rows]
    return Found(
        is_there=bool(rows) and all(holds(row, record) for row, record in pairs),
        is_held=any(record is not None and bool(record[_HOLD]) for _, record in pairs),
    )


def _that_fit(rows_of_events: Sequence[Sequence[SentRow]]) -> int:
    """How many of the first events one request can ask for; at least one."""
    length: dict[str, int] = defaultdict(int)
    seen: set[tuple[str, str]] = set()
    for count, rows in enumerate(rows_of_events):
        for row in rows:
            if (row.sobject, row.key) not in seen:
                seen.add((row.sobject, row.key))
                length[row.sobject] += len(quote(f"'{row.key}', ", safe=""))
        if count and max(length.values(), default=0) > _MOST_KEYS_LENGTH:
            return count
    return len(rows_of_events)
