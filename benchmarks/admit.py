"""What a durable acknowledgement costs: the bridge's admission against a bare signature check."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterable

from benchmarks.bridge import clouds, serving
from benchmarks.claim import Claim
from benchmarks.filling import fill
from benchmarks.load import flood, percentile, steady, wire
from benchmarks.part import Found
from benchmarks.server import SECRET
from benchmarks.stores import stores
from rehearsal.demo.processes import free_port

REQUESTS = 6_000
CONNECTIONS = 64
ROUNDS = 5
RATE = 500
SECONDS = 10
BODY_BYTES = 6_400
BACKLOG = 15_000
"""More than is drained while the acknowledgements are timed."""


def sign(body: bytes) -> str:
    """Stripe's header for it, now."""
    stamp = str(int(time.time()))
    signed = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={signed}"


def body(number: int) -> bytes:
    """An event of 6.4 KB, like no other."""
    event = {
        "id": f"evt_{time.time_ns()}_{number}",
        "object": "event",
        "type": "invoice.paid",
        "created": int(time.time()),
        "livemode": False,
        "api_version": "2026-10-28.endive",
        "data": {"object": {"id": f"in_{number}", "customer": f"cus_{number % 500}", "pad": ""}},
    }
    event["pad"] = "x" * (BODY_BYTES - len(json.dumps(event)))
    return json.dumps(event).encode()


def requests(url: str, bodies: Iterable[bytes]) -> list[bytes]:
    """Signed, as they go over the wire."""
    return [wire(url, each, sign(each)) for each in bodies]


@contextlib.asynccontextmanager
async def server(kind: str, store: str) -> AsyncIterator[str]:
    """A server process on a free port; its webhook's address."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.server", kind, str(port), store),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield f"http://127.0.0.1:{port}/stripe/webhook"
    finally:
        process.kill()
        await process.wait()


async def admit(
    count: int = REQUESTS, rounds: int = ROUNDS, seconds: int = SECONDS, backlog: int = BACKLOG
) -> Found:
    """Throughput, each kind in turn so that the machine's moods hit all alike; then the answers'
    times at a steady rate, alone and while a backlog is drained."""
    rates: dict[str, list[float]] = {}
    lines: dict[str, list[tuple[float, float]]] = {}
    answers: list[Claim] = []
    async with stores() as found:
        for _ in range(rounds):
            for name, new in [("none", found["SQLite"]), *found.items()]:
                for kind in ("signature",) if name == "none" else ("bridge", "commit-each"):
                    share = count // 6 if kind == "commit-each" else count
                    async with server(kind, await new()) as url:
                        made = requests(url, (body(number) for number in range(share)))
                        rate = await flood(url, made, CONNECTIONS)
                    rates.setdefault(f"{kind} {name}", []).append(rate)
        for name, new in found.items():
            async with server("bridge", await new()) as url:
                took = await steady(
                    url, requests(url, (body(number) for number in range(RATE * seconds))), RATE
                )
            answers += _answer_claims(name, "", took)
            lines[name] = _curve(took)
        async with clouds() as between:
            for name, new in found.items():
                store = await new()
                await fill(store, between.events(backlog))
                async with serving(between, store) as bridge:
                    before = await bridge.waiting()
                    came = between.events(RATE * seconds)
                    bodies = ((each.payload or b"").ljust(BODY_BYTES) for each in came)
                    made = requests(bridge.webhook, bodies)
                    took = await steady(bridge.webhook, made, RATE)
                    drained = before + len(took) - await bridge.waiting()
                answers += _answer_claims(name, " while a backlog drains", took)
                rate = drained / seconds
                answers.append(Claim(f"admit: drained meanwhile, {name}", rate, "/s"))
                lines[f"{name}, draining"] = _curve(took)
    middle = {kind: statistics.median(each) for kind, each in rates.items()}
    claims = [Claim("admit: the signature only, requests a second", middle["signature none"], "/s")]
    for name in found:
        ours = middle[f"bridge {name}"]
        claims += [
            Claim(f"admit: requests a second, {name}", ours, "/s"),
            _ratio("share of the signature only", rates, name, "signature none", 0.6),
            _ratio("against one commit an event", rates, name, f"commit-each {name}", 3),
        ]
    bars = {kind.replace("signature none", "signature only"): rate for kind, rate in middle.items()}
    return Found(claims + answers, bars, lines)


def _ratio(name: str, rates: dict[str, list[float]], store: str, other: str, bar: float) -> Claim:
    """The middle of the rounds' own ratios: what is measured side by side is compared."""
    pairs = zip(rates[f"bridge {store}"], rates[other], strict=True)
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    return Claim(f"admit: {name}, {store}", ratio, "×", bar)


def _answer_claims(store: str, when: str, took: list[float]) -> list[Claim]:
    return [
        Claim(f"admit: p50 at {RATE}/s{when}, {store}", percentile(took, 0.5), "ms"),
        Claim(f"admit: p99 at {RATE}/s{when}, {store}", percentile(took, 0.99), "ms", 50, True),
    ]


def _curve(took: list[float]) -> list[tuple[float, float]]:
    shares = [*(n / 100 for n in range(1, 100)), 0.995, 0.999]
    return [(share * 100, percentile(took, share)) for share in shares]
