"""What a waiting backlog costs a bridge that may not publish: its memory, and its start."""

from __future__ import annotations

import time

from benchmarks.admit import requests
from benchmarks.bridge import Bridge, Clouds, clouds
from benchmarks.claim import Claim
from benchmarks.filling import fill
from benchmarks.load import steady
from benchmarks.part import Found
from benchmarks.stores import stores

FEW, MANY = 1_000, 1_000_000
_SECONDS = 8


async def memory(few: int = FEW, many: int = MANY, seconds: int = _SECONDS) -> Found:
    """Resident memory with few and with many events waiting, on SQLite, with publishing paused."""
    claims: list[Claim] = []
    bars: dict[str, float] = {}
    async with clouds() as between, stores("SQLite") as found:
        for count in (few, many):
            store = await found["SQLite"]()
            await fill(store, between.events(count))
            await between.allow(0)
            rose, resident = await _paused(between, store, seconds)
            bars[f"bridge, {count:,} waiting"] = resident
            claims.append(Claim(f"memory: resident with {count:,} waiting", resident, "MB"))
            await between.allow(250_000)
            published = await _first_publish(between, store)
            claims += [
                Claim(f"start: webhooks are taken, {count:,} waiting", rose, "s"),
                Claim(f"start: something is published, {count:,} waiting", published, "s"),
            ]
    more = bars[f"bridge, {many:,} waiting"] - bars[f"bridge, {few:,} waiting"]
    claims.append(Claim(f"memory: more with {many:,} waiting than {few:,}", more, "MB", 20, True))
    return Found(claims, bars)


async def _paused(between: Clouds, store: str, seconds: int) -> tuple[float, float]:
    """The org's hour is spent: seconds until it listens, and its memory once it has admitted some
    webhooks and told its metrics."""
    bridge = Bridge(between, store)
    began = time.perf_counter()
    await bridge.process.start()
    try:
        await bridge.until(bridge.answers)
        rose = time.perf_counter() - began
        came = between.events(100 * seconds)
        made = requests(bridge.webhook, (each.payload or b"" for each in came))
        await steady(bridge.webhook, made, 100)
        for _ in range(5):
            await bridge.metrics()
            await bridge.is_ready()
        return rose, bridge.memory()
    finally:
        await bridge.process.kill()


async def _first_publish(between: Clouds, store: str) -> float:
    """Seconds from the start of the process."""
    before = (await between.counts())[0].get("events", 0)

    async def something() -> bool:
        return (await between.counts())[0].get("events", 0) > before

    bridge = Bridge(between, store)
    began = time.perf_counter()
    await bridge.process.start()
    try:
        await bridge.until(something)
        return time.perf_counter() - began
    finally:
        await bridge.process.kill()
