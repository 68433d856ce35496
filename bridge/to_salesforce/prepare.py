"""From a claimed event to the message to publish: read, ask Stripe what is missing, translate."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.contract import LedgerRow, StripeEventMessage, dump_rows
from bridge.errors import BridgeError
from bridge.store import Claimed
from bridge.stripe_api import StripeReader
from bridge.to_salesforce.translate import (
    BookingRules,
    Facts,
    Ignored,
    StripeEvent,
    Translation,
    needs,
    parse_event,
    read_event,
    translate,
)

_ROUNDS = 6


class Unanswered(BridgeError):
    """Translation still asks after as many rounds as it is allowed."""


class TooSoon(BridgeError):
    """A read bears the very second of the rows it is to settle."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The event has no ledger rows."""

    reason: str


class Preparer:
    """Turns claimed events into messages."""

    def __init__(self, reader: StripeReader, rules: BookingRules, account: str) -> None:
        self._reader = reader
        self._rules = rules
        self._account = account

    async def prepare(self, claimed: Claimed) -> StripeEventMessage | Nothing:
        """The message for an event, or for what its tied keys are now.

        Raises StripeApiError, MalformedEvent, Unanswered, TooSoon, and whatever a translation
        trips over.
        """
        if claimed.read_keys:
            events = [await self._read(key, claimed) for key in claimed.read_keys]
        else:
            event = parse_event(claimed.payload)
            event = dataclasses.replace(event, account=event.account or self._account)
            self._reader.notice(event)
            events = [event]
        translations = [await self._translate(event) for event in events]
        found = [each for each in translations if isinstance(each, Translation)]
        if not found:
            ignored = [each.reason for each in translations if isinstance(each, Ignored)]
            return Nothing("; ".join(ignored))
        return StripeEventMessage(
            stripe_event_id=claimed.event_id,
            lane=found[0].lane,
            type=claimed.type,
            stripe_account=self._account,
            livemode=claimed.livemode,
            as_of=max(event.created for event in events),
            rows=dump_rows(_newest([row for each in found for row in each.rows])),
        )

    async def _read(self, key: str, claimed: Claimed) -> StripeEvent:
        found, as_of = await self._reader.read(key)
        if claimed.sent_as_of is not None and int(as_of.timestamp()) <= int(claimed.sent_as_of):
            raise TooSoon(f"{key} was read in the second of the rows that it is to settle")
        return read_event(key, found, as_of, self._account, claimed.livemode)

    async def _translate(self, event: StripeEvent) -> Translation | Ignored:
        facts = Facts.empty()
        for _ in range(_ROUNDS):
            missing = needs(event, facts, self._rules)
            if not missing:
                return translate(event, facts, self._rules)
            facts = await self._reader.resolve(missing, facts)
        if missing := needs(event, facts, self._rules):
            raise Unanswered(f"{len(missing)} facts are missing after {_ROUNDS} rounds")
        return translate(event, facts, self._rules)


def _newest(rows: Sequence[LedgerRow]) -> list[LedgerRow]:
    """One row a key; several reads may each bring the same parents."""
    kept: dict[tuple[str, str], LedgerRow] = {}
    oldest = dt.datetime.min.replace(tzinfo=dt.UTC)
    for row in rows:
        before = kept.get((row.sobject, row.key))
        if row.as_of >= (before.as_of if before is not None else oldest):
            kept[row.sobject, row.key] = row
    return list(kept.values())
