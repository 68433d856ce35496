"""A bridge as it ships, a process between clouds that answer at once."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks import crowd, instant_stripe
from benchmarks.server import SECRET
from bridge.store import Arrival
from rehearsal.demo.processes import Process, beside_python, free_port

SETTINGS = {
    # Stripe has no limit here; 20 a second, the default, is what a company allows the bridge.
    "BRIDGE_STRIPE__READS_PER_SECOND": "1000",
}
"""What differs from the defaults, beside addresses and keys."""

_SAMPLE = re.compile(r"^(\w+)(?:\{([^}]*)\})? (\S+)$", re.MULTILINE)


@dataclass
class Clouds:
    """Both clouds, and the events of the first company."""

    home: Path
    http: aiohttp.ClientSession
    org: dict[str, Any]
    stripe: dict[str, Any]
    templates: list[crowd.Template] = field(repr=False)
    _companies: int = 0

    def events(self, count: int) -> Iterator[Arrival]:
        """So many events of companies of which nothing was heard before."""
        first = self._companies
        self._companies += -(-count // len(self.templates))
        return crowd.crowd(self.templates, count, first)

    async def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """What the org and Stripe were asked for so far."""
        return await self._ask(self.org), await self._ask(self.stripe)

    async def allow(self, events: int) -> None:
        """So much is left of the org's hour from now on."""
        async with self.http.post(f"{self.org['url']}/allocation/{events}") as answer:
            answer.raise_for_status()

    async def _ask(self, cloud: dict[str, Any]) -> dict[str, int]:
        async with self.http.get(f"{cloud['url']}/counts") as answer:
            return dict(await answer.json())


@contextlib.asynccontextmanager
async def clouds(events: int = 2_500) -> AsyncIterator[Clouds]:
    """Both, as processes. `events` is how many the first company has."""
    with tempfile.TemporaryDirectory(prefix="stripe-sf-bench-") as folder:
        home = Path(folder)
        bodies = home / "events.jsonl"
        python = [sys.executable, "-m"]
        org = Process("org", [*python, "benchmarks.instant_org"], home / "org.log", {})
        stripe = Process(
            "stripe",
            [*python, "benchmarks.instant_stripe", str(events), str(bodies)],
            home / "stripe.log",
            {},
        )
        await asyncio.gather(org.start(), stripe.start())
        try:
            async with aiohttp.ClientSession() as http:
                said, also_said = await org.ready(), await stripe.ready()
                yield Clouds(home, http, said, also_said, crowd.read(bodies))
        finally:
            await asyncio.gather(org.kill(), stripe.kill())


class Bridge:
    """``stripe-sf serve`` on a store."""

    def __init__(self, between: Clouds, store: str, settings: dict[str, str] | None = None) -> None:
        self._http = between.http
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.webhook = f"{self.url}/stripe/webhook"
        env = {
            "BRIDGE_STRIPE__API_KEY": instant_stripe.KEY,
            "BRIDGE_STRIPE__WEBHOOK_SECRETS": SECRET,
            "BRIDGE_STRIPE__API_BASE": between.stripe["url"],
            "BRIDGE_SALESFORCE__LOGIN_URL": between.org["url"],
            "BRIDGE_SALESFORCE__CLIENT_ID": "bench",
            "BRIDGE_SALESFORCE__CLIENT_SECRET": "bench",
            "BRIDGE_SALESFORCE__PUBSUB_TARGET": between.org["pubsub_target"],
            "BRIDGE_SALESFORCE__CA_FILE": between.org["ca_file"],
            "BRIDGE_STORE__URL": store,
            "BRIDGE_HTTP__PORT": str(port),
        }
        command = [beside_python("stripe-sf"), "serve"]
        log = between.home / f"bridge-{port}.log"
        self.process = Process("bridge", command, log, env | SETTINGS | (settings or {}))

    @property
    def pid(self) -> int:
        child = self.process._child
        assert child is not None
        return child.pid

    async def until(
        self, done: Callable[[], Any], patience: float = 120.0, every: float = 0.02
    ) -> float:
        """Asks again until it is so; seconds that it took. Raises TimeoutError, RuntimeError."""
        began = time.perf_counter()
        while not await done():
            if self.process.ended:
                raise RuntimeError(f"the bridge ended:\n{self.process.tail()}")
            if time.perf_counter() - began > patience:
                raise TimeoutError(f"not within {patience} s:\n{self.process.tail()}")
            await asyncio.sleep(every)
        return time.perf_counter() - began

    async def answers(self, page: str = "healthz", status: int | None = None) -> bool:
        """Whether the page is answered (with that status)."""
        try:
            async with self._http.get(f"{self.url}/{page}") as answer:
                return status is None or answer.status == status
        except aiohttp.ClientError:
            return False

    async def is_ready(self) -> bool:
        return await self.answers("readyz", 200)

    async def metrics(self) -> dict[str, float]:
        """Each sample by its name and labels; the labels as Prometheus writes them."""
        async with self._http.get(f"{self.url}/metrics") as answer:
            found = _SAMPLE.findall(await answer.text())
        return {f"{name}{{{labels}}}" if labels else name: float(n) for name, labels, n in found}

    async def waiting(self) -> int:
        """Events that are neither done nor dead. Raises RuntimeError for a dead one."""
        found = await self.metrics()
        states = {
            name.split('"')[1]: int(n)
            for name, n in found.items()
            if name.startswith("bridge_inbox_events{")
        }
        if states.get("dead"):
            raise RuntimeError(f"{states['dead']} events are dead:\n{self.process.tail()}")
        return sum(n for state, n in states.items() if state not in {"done", "dead"})

    def memory(self, which: str = "VmRSS") -> float:
        """Resident megabytes (10⁶ bytes) now, or at most (``VmHWM``)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (kilobytes,) = re.findall(rf"^{which}:\s+(\d+) kB$", status, re.MULTILINE)
        return int(kilobytes) * 1024 / 1e6


@contextlib.asynccontextmanager
async def serving(
    between: Clouds, store: str, settings: dict[str, str] | None = None
) -> AsyncIterator[Bridge]:
    """A bridge that is ready."""
    bridge = Bridge(between, store, settings)
    await bridge.process.start()
    try:
        await bridge.until(bridge.is_ready)
        yield bridge
    finally:
        await bridge.process.kill()
