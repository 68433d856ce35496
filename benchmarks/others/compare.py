"""The bridge's admission against receivers that people would otherwise pick."""

from __future__ import annotations

import contextlib
import itertools
import statistics
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from benchmarks.admit import CONNECTIONS, requests, server
from benchmarks.bridge import Clouds, clouds
from benchmarks.claim import Claim
from benchmarks.crowd import crowd
from benchmarks.load import flood
from benchmarks.others.install import NotHere
from benchmarks.others.serving import dj_stripe, sync_engine
from benchmarks.part import Found
from benchmarks.stores import stores

ROUNDS = 4
_REFUSED = ("invoiceitem.",)
"""Kinds of events that one of them does not take."""

Start = Callable[[str], AbstractAsyncContextManager[str]]


@dataclass(slots=True)
class Runner:
    """One that is compared; each round it gets the next of the same events."""

    name: str
    share: int
    """Events a round: what takes it a few seconds."""
    start: Start
    url: str = ""
    rates: list[float] = field(default_factory=list)


async def compare(rounds: int = ROUNDS, scale: float = 1.0) -> Found:
    """In turn, on one PostgreSQL server, each in a database of its own."""
    claims: list[Claim] = []
    async with clouds() as between, stores() as found:
        if "PostgreSQL" not in found:
            return Found(
                [Claim("admit: against others", None, "×", 1, note="PostgreSQL was not found")]
            )
        runners = [
            Runner("bridge, SQLite", 3_000, _ours),
            Runner("bridge, PostgreSQL", 3_000, _ours),
            Runner("dj-stripe, handed to a queue", 800, _dj_stripe(between, queued=True)),
            Runner("dj-stripe, applied at once", 240, _dj_stripe(between, queued=False)),
            Runner("stripe-sync-engine", 1_200, lambda at: sync_engine(between, at)),
        ]
        async with contextlib.AsyncExitStack() as stack:
            for each in runners:
                new = found["SQLite" if "SQLite" in each.name else "PostgreSQL"]
                try:
                    each.url = await stack.enter_async_context(each.start(await new()))
                except NotHere as error:
                    claims += [
                        Claim(f"admit: against {each.name}, {store}", None, "×", 1, note=str(error))
                        for store in found
                    ]
            for number in range(rounds + 1):
                for each in runners:
                    if each.url:
                        rate = await _round(between, each, number, scale)
                        each.rates += [rate] if number else []  # the first is to warm up
    claims += _claims([each for each in runners if each.rates], list(found))
    bars = {each.name: statistics.median(each.rates) for each in runners if each.rates}
    return Found(claims, bars)


async def _round(between: Clouds, of: Runner, number: int, scale: float) -> float:
    share = int(of.share * scale / (1 if number else 4))
    mine = _acceptable(between, first=100 * number)  # the same for all
    bodies = (body for body in itertools.islice(mine, share))
    try:
        return await flood(of.url, requests(of.url, bodies), CONNECTIONS)
    except RuntimeError as error:
        raise RuntimeError(f"{of.name}: {error}") from error


def _acceptable(between: Clouds, first: int) -> Iterator[bytes]:
    for each in crowd(between.templates, 100 * len(between.templates), first):
        if not each.type.startswith(_REFUSED) and each.payload is not None:
            yield each.payload


def _claims(runners: list[Runner], stores_: list[str]) -> list[Claim]:
    """The middle of each round's ratio."""
    by_name = {each.name: each for each in runners}
    claims = [
        Claim(f"admit, these events: {each.name}", statistics.median(each.rates), "/s")
        for each in runners
    ]
    for other in runners:
        for store in stores_:
            ours = by_name[f"bridge, {store}"]
            if not other.name.startswith("bridge"):
                ratios = [a / b for a, b in zip(ours.rates, other.rates, strict=True)]
                name = f"admit: {store} against {other.name}"
                claims.append(Claim(name, statistics.median(ratios), "×", 1))
    return claims


@contextlib.asynccontextmanager
async def _ours(store: str) -> AsyncIterator[str]:
    async with server("bridge", store) as url:
        yield url


def _dj_stripe(between: Clouds, *, queued: bool) -> Start:
    return lambda at: dj_stripe(between, at, queued=queued)
