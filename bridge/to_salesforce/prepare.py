"""From a claimed event to the message to publish: read, ask Stripe what is missing, translate."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bridge.contract import LedgerRow, StripeEventMessage, dump_rows
from bridge.errors import BridgeError
from bridge.store import Claimed
from bridge.stripe_api import MalformedEvent, StripeApiError, StripeNotFound, StripeReader
from bridge.stripe_api.holdings import last_known
from bridge.to_salesforce import resync
from bridge.to_salesforce.contested import Contested, contested
from bridge.to_salesforce.outcomes import Errand, Expanded, Nothing
from bridge.to_salesforce.sent_rows import dump_sent
from bridge.to_salesforce.translate import (
    BookingRules,
    Facts,
    Ignored,
    Missing,
    StripeEvent,
    Translation,
    parse_event,
    read_event,
    translate,
)
from bridge.to_salesforce.translate.echo import is_echo

_ROUNDS = 8
_AT_ONCE = 10
"""Events looked over before the loop may do something else."""


class Unanswered(BridgeError):
    """Translation still asks after as many rounds as it is allowed."""


class TooSoon(BridgeError):
    """A read bears the very second of the rows it is to settle."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An event that is ready to be published."""

    message: StripeEventMessage
    newest: dt.datetime
    """The latest moment that a row is as of."""
    sent_rows: str
    """What the ledger can be asked for afterwards."""


class Preparer:
    """Turns claimed events into messages."""

    def __init__(
        self,
        reader: StripeReader,
        rules: BookingRules,
        account: str,
        errands: Mapping[str, Errand] | None = None,
    ) -> None:
        """``errands`` are by the type of the row."""
        self._reader = reader
        self._rules = rules
        self._account = account
        self._errands = errands or {}
        self._begun = reader.now()
        self._turn = asyncio.Lock()

    async def look_over(self, batch: Sequence[Claimed]) -> Mapping[str, StripeEvent]:
        """Takes in what the events of a batch say of each other, before any is prepared.

        Gives, by event id, the readings that take the place of contested versions. An object that
        cannot be read now is left to the ledger's word.
        """
        self._begun = self._reader.now()
        events: dict[str, StripeEvent] = {}
        for count, event in enumerate(self._events(batch)):
            events[event.id] = event
            self._reader.notice(event)
            if count % _AT_ONCE == 0:
                await asyncio.sleep(0)
        found = contested(each for each in events.values() if not is_echo(each, self._rules))
        readings = await asyncio.gather(
            *(self._decide(each, events[each.events[0]]) for each in found)
        )
        return {
            event_id: reading
            for each, reading in zip(found, readings, strict=True)
            if reading is not None
            for event_id in each.events
        }

    def _events(self, batch: Sequence[Claimed]) -> Iterator[StripeEvent]:
        for claimed in batch:
            if not claimed.read_keys and not claimed.type.startswith(resync.PREFIX):
                try:
                    yield parse_event(claimed.payload)
                except MalformedEvent:
                    continue  # preparing it says so

    async def _decide(self, of: Contested, event: StripeEvent) -> StripeEvent | None:
        try:
            fact = await self._reader.latest(of.id, of.as_of)
        except StripeApiError:
            return None
        if fact.object is None or fact.as_of < of.as_of:
            return None
        found = {**fact.object, **of.beside}
        return read_event(of.id, found, fact.as_of, self._account, event.livemode)

    async def prepare(
        self, claimed: Claimed, readings: Mapping[str, StripeEvent] | None = None
    ) -> Prepared | Nothing | Expanded:
        """The message for an event, for its reading, or for what its tied keys are now.

        Raises StripeApiError, MalformedEvent, Unanswered, TooSoon, and whatever a translation
        trips over; of an errand, what the errand raises.
        """
        after: float | None = None
        if claimed.read_keys:
            events = [await self._read(key, claimed) for key in claimed.read_keys]
        elif errand := self._errands.get(claimed.type):
            return await errand(claimed)
        elif claimed.type == resync.OBJECT:
            after = self._begun
            try:
                events = [await self._reading(resync.object_of(claimed), claimed)]
            except StripeNotFound as error:
                return Nothing(str(error))
        elif readings and claimed.event_id in readings:
            events = [readings[claimed.event_id]]
        else:
            event = parse_event(claimed.payload)
            events = [dataclasses.replace(event, account=event.account or self._account)]
        translations = [await self._translate(event, after) for event in events]
        found = [each for each in translations if isinstance(each, Translation)]
        if not found:
            ignored = [each.reason for each in translations if isinstance(each, Ignored)]
            return Nothing("; ".join(ignored))
        as_of = max(event.created for event in events)
        async with self._between_turns():
            rows = _newest([row for each in found for row in each.rows])
            message = StripeEventMessage(
                stripe_event_id=claimed.event_id,
                lane=found[0].lane,
                type=claimed.type,
                stripe_account=self._account,
                livemode=claimed.livemode,
                as_of=as_of,
                rows=dump_rows(rows),
            )
            return Prepared(message, max((as_of, *(row.as_of for row in rows))), dump_sent(rows))

    @asynccontextmanager
    async def _between_turns(self) -> AsyncIterator[None]:
        """Of all the events that are prepared side by side one is worked out between two turns of
        the loop: a webhook that comes meanwhile is answered after that one, not after all of them.
        """
        async with self._turn:
            await asyncio.sleep(0)  # else nobody would ever wait for the lock
            yield

    async def _read(self, key: str, claimed: Claimed) -> StripeEvent:
        event = await self._reading(key, claimed)
        sent = claimed.sent_as_of
        if sent is not None and int(event.created.timestamp()) <= int(sent):
            raise TooSoon(f"{key} was read in the second of the rows that it is to settle")
        return event

    async def _reading(self, key: str, claimed: Claimed) -> StripeEvent:
        found, as_of = await self._reader.read(key)
        if found.get("object") == "customer" and found.get("deleted"):
            found = {**found, **await last_known(self._reader, found["id"])}
        return read_event(key, found, as_of, self._account, claimed.livemode)

    async def _translate(
        self, event: StripeEvent, after: float | None = None
    ) -> Translation | Ignored:
        """``after``: facts that were asked for earlier will not do."""
        facts = Facts.empty()
        for _ in range(_ROUNDS):
            try:
                async with self._between_turns():
                    return translate(event, facts, self._rules)
            except Missing as gap:
                facts = await self._reader.resolve(gap.needs, facts, after=after)
        try:
            return translate(event, facts, self._rules)
        except Missing as gap:
            missing = len(gap.needs)
        raise Unanswered(f"{missing} facts are missing after {_ROUNDS} rounds")


def _newest(rows: Sequence[LedgerRow]) -> list[LedgerRow]:
    """One row a key; several reads may each bring the same parents."""
    kept: dict[tuple[str, str], LedgerRow] = {}
    oldest = dt.datetime.min.replace(tzinfo=dt.UTC)
    for row in rows:
        before = kept.get((row.sobject, row.key))
        if row.as_of >= (before.as_of if before is not None else oldest):
            kept[row.sobject, row.key] = row
    return list(kept.values())
