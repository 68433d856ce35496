"""What a durable acknowledgement costs: the bridge's admission against a bare signature check."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp

from benchmarks.claim import Claim
from benchmarks.server import SECRET

REQUESTS = 6_000
CONNECTIONS = 64
ROUNDS = 3
RATE = 500
BODY_BYTES = 6_400


def request(number: int) -> tuple[bytes, str]:
    """A signed event of 6.4 KB, like no other."""
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
    body = json.dumps(event).encode()
    stamp = str(int(time.time()))
    signed = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return body, f"t={stamp},v1={signed}"


@contextlib.asynccontextmanager
async def server(kind: str) -> AsyncIterator[str]:
    """A server process on a free port and an empty store; its webhook's address."""
    with socket.socket() as probe, tempfile.TemporaryDirectory() as folder:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        store = str(Path(folder) / "bench.db")
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


async def throughput(kind: str, requests: Sequence[tuple[bytes, str]]) -> float:
    """Requests a second with every connection busy."""
    waiting = iter(requests)
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with server(kind) as url, aiohttp.ClientSession(connector=connector) as session:

        async def send() -> None:
            for body, header in waiting:
                await post(session, url, body, header)

        began = time.perf_counter()
        await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
        return len(requests) / (time.perf_counter() - began)


async def latencies(kind: str, seconds: int) -> list[float]:
    """Milliseconds to the answer at a steady rate, sorted."""
    requests = [request(n) for n in range(RATE * seconds)]
    found: list[float] = []
    async with server(kind) as url, aiohttp.ClientSession() as session:

        async def send(body: bytes, header: str) -> None:
            began = time.perf_counter()
            await post(session, url, body, header)
            found.append((time.perf_counter() - began) * 1000)

        async with asyncio.TaskGroup() as tasks:
            start = time.perf_counter()
            for number, (body, header) in enumerate(requests):
                await asyncio.sleep(max(0.0, start + number / RATE - time.perf_counter()))
                tasks.create_task(send(body, header))
    return sorted(found)


async def post(session: aiohttp.ClientSession, url: str, body: bytes, header: str) -> None:
    """One webhook, which must be acknowledged."""
    async with session.post(url, data=body, headers={"Stripe-Signature": header}) as response:
        if response.status != 200:
            raise RuntimeError(f"{response.status} {await response.text()}")


async def admit_claims() -> list[Claim]:
    """Each kind in turn, several rounds, so that the machine's moods hit all of them alike."""
    rates: dict[str, list[float]] = {"signature": [], "bridge": [], "commit-each": []}
    for _ in range(ROUNDS):
        for kind, found in rates.items():
            share = 6 if kind == "commit-each" else 1
            found.append(await throughput(kind, [request(n) for n in range(REQUESTS // share)]))
    middle = {kind: statistics.median(found) for kind, found in rates.items()}
    steady = await latencies("bridge", 5)
    return [
        Claim("admit: requests a second", middle["bridge"], "/s"),
        Claim(
            "admit: share of the same handler with the signature only",
            middle["bridge"] / middle["signature"],
            "×",
            0.60,
        ),
        Claim(
            "admit: against one commit an event",
            middle["bridge"] / middle["commit-each"],
            "×",
            3,
        ),
        Claim("admit: p50 of the answer at 500/s", steady[len(steady) // 2], "ms"),
        Claim("admit: p99 of the answer at 500/s", steady[len(steady) * 99 // 100], "ms", 50, True),
    ]
