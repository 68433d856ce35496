"""How fast a backlog goes, and what it costs of both clouds."""

from __future__ import annotations

import time

from benchmarks.bridge import Clouds, clouds, serving
from benchmarks.claim import Claim
from benchmarks.filling import fill
from benchmarks.part import Found
from benchmarks.stores import stores

EVENTS = {"SQLite": 100_000, "PostgreSQL": 10_000}


async def drain(events: dict[str, int] = EVENTS) -> Found:
    """Between clouds that answer at once."""
    claims: list[Claim] = []
    lines: dict[str, list[tuple[float, float]]] = {}
    async with clouds() as between, stores(*events) as found:
        for name, new in found.items():
            curve, some = await drained(between, events[name], await new(), name)
            claims += some
            lines[name] = curve
    return Found(claims, lines=lines)


async def drained(
    between: Clouds, events: int, store: str, name: str
) -> tuple[list[tuple[float, float]], list[Claim]]:
    """From when the bridge is ready until the last event is known to be applied."""
    await fill(store, between.events(events))
    org_before, stripe_before = await between.counts()
    curve: list[tuple[float, float]] = []
    async with serving(between, store) as bridge:
        began = time.perf_counter()

        async def done() -> bool:
            waiting = await bridge.waiting()
            curve.append((time.perf_counter() - began, events - waiting))
            return waiting == 0

        took = await bridge.until(done, patience=900.0, every=1.0)
        most = bridge.memory("VmHWM")
    rate = (events - curve[0][1]) / took
    org, stripe = await between.counts()
    reads = sum(stripe.values()) - sum(stripe_before.values())
    calls = sum(org.get(kind, 0) - org_before.get(kind, 0) for kind in ("publish", "rest", "token"))
    published = org.get("events", 0) - org_before.get("events", 0)
    of = f"{events:,} waiting, {name}"
    return curve, [
        Claim(f"drain: events a second, {of}", rate, "/s"),
        Claim(f"drain: Stripe reads per 1,000 events, {of}", reads * 1000 / events, ""),
        Claim(f"drain: Salesforce calls per 1,000, {of}", calls * 1000 / events, "", 5, True),
        Claim(f"drain: published of them, {of}", published * 100 / events, "%"),
        Claim(f"drain: resident memory at most, {of}", most, "MB"),
    ]
