"""A backlog into the local org: every event through the package's Apex and Flows."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.bridge import SETTINGS
from benchmarks.claim import Claim
from benchmarks.part import Found
from rehearsal.demo.clouds import Clouds
from tests.faults.company import DAY, Company, seed

ROOT = Path(__file__).parents[1]
EVENTS, CUSTOMERS = 3_000, 60
_SAMPLE = re.compile(r"^(bridge_stripe_reads_total|bridge_publish_calls_total)\S* (\S+)$", re.M)


class _Held(Clouds):
    """Clouds whose bridge may not publish until it is told."""

    async def start_bridge(self) -> None:
        await super().start_bridge()
        await self.allocate(0)

    async def allocate(self, events: int) -> None:
        most = {"hourly_published": events, "daily_delivered": 10_000_000}
        await self.org.request("POST", "/localorg/allocations", most)

    def _bridge_env(self, secret: str) -> dict[str, str]:
        return super()._bridge_env(secret) | SETTINGS

    async def until(self, enough: Callable[[int], bool], every: float) -> int:
        """Looks every so many seconds how many events are open; gives the first that will do."""
        while (found := await self.open_rows()) is None or not enough(found):  # noqa: ASYNC110
            await asyncio.sleep(every)
        return found

    async def calls(self) -> tuple[float, float]:
        """Reads of Stripe and publish calls so far."""
        async with self.http.get(f"{self.bridge_url}/metrics") as answer:
            found = _SAMPLE.findall(await answer.text())
        reads = sum(float(n) for name, n in found if name == "bridge_stripe_reads_total")
        return reads, sum(float(n) for name, n in found if "publish" in name)


async def local_org(count: int = EVENTS, customers: int = CUSTOMERS) -> Found:
    """The events wait in the inbox, the org's hour being spent, and then may go."""
    async with _Held(ROOT, seed(customers)) as between:
        company = Company(between, random.Random(5), customers)  # noqa: S311
        await company.open()
        while (made := int((await between.standin("GET", "events"))["count"])) < count:
            await between.advance(advance=DAY // 8)
            await company.move()
        await between.standin("POST", "flush", {"timeout": 120})
        waiting = await between.open_rows() or 0
        before = await between.calls()
        spent = await _requests(between)
        await between.allocate(10_000_000)
        # It asks now and then whether it may.
        left = await between.until(lambda n: n != waiting, 0.05)
        began = time.perf_counter()
        await between.until(lambda n: n == 0, 0.5)
        took = time.perf_counter() - began
        after = await between.calls()
        rest = await _requests(between) - spent
    of = f"{waiting:,} waiting, local org"
    reads, published = (b - a for a, b in zip(before, after, strict=True))
    return Found(
        [
            Claim(f"drain: events a second, {of}", left / took, "/s"),
            Claim(f"drain: Stripe reads per 1,000, {of}", reads * 1000 / made, ""),
            Claim(
                f"drain: Salesforce calls per 1,000, {of}",
                (published + rest) * 1000 / waiting,
                "",
                5,
                True,
            ),
            Claim(f"drain: of these publish calls, {of}", published * 1000 / waiting, ""),
        ]
    )


async def _requests(between: Clouds) -> float:
    """The org's API requests of the day, without the one that asks."""
    limits: Any = await between.org.request("GET", "/services/data/v66.0/limits")
    day = limits["DailyApiRequests"]
    return float(day["Max"] - day["Remaining"])
