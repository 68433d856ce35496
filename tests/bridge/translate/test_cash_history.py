"""Whatever happens to money, in whatever order it is told: the entries are the stand-in's book."""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.money import to_minor
from bridge.store import Claimed
from bridge.stripe_api import StripeReader
from bridge.to_salesforce.prepare import Prepared, Preparer, TooSoon
from bridge.to_salesforce.translate import BookingRules
from rehearsal.stripe.encoding import encode
from rehearsal.stripe.errors import StripeError
from rehearsal.stripe.events import envelope
from rehearsal.stripe.server.app import build
from rehearsal.stripe.server.standin import StandIn
from tests.bridge.translate.company import MOVES, Company

pytestmark = pytest.mark.slow

ENDIVE, ACACIA = "2026-10-28.endive", "2025-02-24.acacia"
KEY = "sk_test_rehearsal0000"
MOST_TIES = 6


@dataclass
class Ledger:
    """The newest row of each key. Rows of one second that differ are a tie, read again later."""

    rows: dict[str, Any] = field(default_factory=dict)
    tied: dict[str, float] = field(default_factory=dict)

    def take(self, prepared: Prepared) -> None:
        for row in json.loads(prepared.message.rows, parse_float=Decimal):
            key = row.get("Stripe_Key__c") or row["Stripe_Id__c"]
            known = self.rows.get(key)
            if known is None or row["As_Of__c"] > known["As_Of__c"]:
                self.rows[key] = row
                self.tied.pop(key, None)
            elif row["As_Of__c"] == known["As_Of__c"] and row != known and key[:4] != "sub_":
                # A subscription's row of a past day is not read again later.
                self.tied[key] = prepared.newest.timestamp()

    def sums(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Gross and tax by customer and currency, in minor units."""
        found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        for row in self.rows.values():
            if row["attributes"]["type"] == "Bridge_Entry__c":
                code = row["Currency__c"]
                gross, tax, net = (
                    to_minor(Decimal(row[f"Original_{name}__c"]), code)
                    for name in ("Gross", "Tax", "Net")
                )
                assert gross - tax == net
                sums = found[row["Customer__r"]["Stripe_Id__c"], code.lower()]
                sums[0] += gross
                sums[1] += tax
        return {key: (gross, tax) for key, (gross, tax) in found.items() if gross or tax}


class Bridge:
    """Hears the company's events late, in disorder and again, through the service's own steps."""

    def __init__(self, company: Company, reader: StripeReader, dice: random.Random) -> None:
        self.company, self.dice = company, dice
        rules = BookingRules(ZoneInfo("UTC"))
        self.preparer = Preparer(reader, rules, company.world.account.id)
        self.ledger = Ledger()
        self.untold: list[Any] = []
        self.told = 0

    def hear(self) -> None:
        events = list(self.company.world.events)
        self.untold += events[self.told :]
        self.told = len(events)

    async def tell_some(self) -> None:
        self.hear()
        self.dice.shuffle(self.untold)
        count = self.dice.randrange(len(self.untold) + 1)
        batch, self.untold = self.untold[:count], self.untold[count:]
        again = self.dice.sample(batch, len(batch) // 3)
        await self.tell(batch)
        self.untold += again

    async def tell_all(self) -> None:
        """What is left, and a third of all again."""
        self.hear()
        again = self.dice.sample(list(self.company.world.events), self.told // 3)
        batch, self.untold = [*self.untold, *again], []
        self.dice.shuffle(batch)
        for start in range(0, len(batch), 20):
            await self.tell(batch[start : start + 20])

    async def tell(self, events: Sequence[Any]) -> None:
        version = self.company.world.account.api_version
        batch = [
            _claimed(event.id, event.type, encode(envelope(self.company.world, event, version)))
            for event in events
            if version in event.payloads
        ]
        readings = await self.preparer.look_over(batch)
        for claimed in batch:
            answer = await self.preparer.prepare(claimed, readings)
            if isinstance(answer, Prepared):
                self.ledger.take(answer)

    async def settle_ties(self) -> None:
        for _ in range(MOST_TIES):
            if not self.ledger.tied:
                return
            self.company.advance(3)
            for key, sent in list(self.ledger.tied.items()):
                claimed = _claimed("evt_tie", "tie", b"", read_keys=(key,), sent_as_of=sent)
                try:
                    answer = await self.preparer.prepare(claimed)
                except TooSoon:
                    continue
                if isinstance(answer, Prepared):
                    self.ledger.take(answer)
        assert not self.ledger.tied


def _claimed(key: str, kind: str, payload: bytes, **tie: Any) -> Claimed:
    fields: dict[str, Any] = {"read_keys": (), "sent_as_of": None} | tie
    return Claimed(1, "c", key, kind, "", False, None, payload, 1, **fields)


@asynccontextmanager
async def hearing(company: Company, seed: int) -> AsyncIterator[Bridge]:
    runner = web.AppRunner(build(StandIn(company.world, KEY)), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    reader = StripeReader(KEY, url, per_second=100_000.0, network_retries=0)
    try:
        yield Bridge(company, reader, random.Random(seed))
    finally:
        await reader.close()
        await runner.cleanup()


async def play(company: Company, moves: Sequence[Any], seed: int) -> Bridge:
    async with hearing(company, seed) as bridge:
        for move, who, size in moves:
            try:
                move(company, who, size)
            except StripeError:
                continue
            if bridge.dice.random() < 0.3:
                await bridge.tell_some()
        company.advance(2 * 3600)
        await bridge.tell_all()
        await bridge.settle_ties()
        return bridge


def booked(company: Company) -> dict[tuple[str, str], tuple[int, int]]:
    book = company.world.book
    totals = {key: book.totals(*key) for key in book.customers()}
    return {key: (row.net, row.tax) for key, row in totals.items() if row.net or row.tax}


HISTORY = st.lists(
    st.tuples(st.sampled_from(MOVES), st.integers(0, 1), st.integers(5, 400)),
    min_size=15,
    max_size=40,
)


@pytest.mark.parametrize("version", [ACACIA, ENDIVE])
@given(
    currency=st.sampled_from(["usd", "jpy", "kwd"]),
    percentage=st.sampled_from([0, 7, 10, 19, 20]),
    moves=HISTORY,
    seed=st.integers(0, 2**16),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_entries_sum_to_the_book(
    version: str, currency: str, percentage: int, moves: list[Any], seed: int
) -> None:
    company = Company(version, currency, percentage)
    bridge = asyncio.run(play(company, moves, seed))
    assert bridge.ledger.sums() == booked(company)
