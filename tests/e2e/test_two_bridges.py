"""Two bridges on one PostgreSQL: whichever dies or stops, nothing is lost or done twice."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.end_state import NOW, ROOT
from tests.faults.company import DAY, Company, seed
from tests.faults.postgres import programs, server
from tests.faults.rig import Bridge, Rig
from tests.faults.soak import observed, rig_settings
from tests.faults.verdict import judge

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("two bridges")]

CUSTOMERS = 6
LEASE = 3.0
TOPICS = {"salesforce receipts", "salesforce requests"}
BY_ONE = TOPICS | {"salesforce opportunities", "stripe metadata"}


async def stands_by(rig: Rig, bridge: Bridge) -> set[str] | None:
    """What the bridge leaves to another; None while it is not ready."""
    async with rig.http.get(f"{bridge.url}/readyz") as response:
        return set((await response.json())["stands_by"]) if response.status == 200 else None


async def until(rig: Rig, bridge: Bridge, expected: Callable[[set[str]], bool]) -> float:
    """Until it is ready and stands by for what is expected; gives after how many seconds."""
    began = time.monotonic()
    async with asyncio.timeout(30):
        while True:
            found = await stands_by(rig, bridge)
            if found is not None and expected(found):
                return time.monotonic() - began
            await asyncio.sleep(0.05)


def both(found: set[str]) -> bool:
    return found == BY_ONE


def none(found: set[str]) -> bool:
    return not found


async def work(company: Company, rig: Rig) -> None:
    for _ in range(4):
        await company.move()
        await rig.advance(advance=3 * DAY)


async def test_one_goes_on_where_the_other_was(tmp_path: Path) -> None:
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    async with server() as database:
        rig = Rig(
            observed(ROOT, tmp_path / "project"),
            seed(CUSTOMERS),
            database=database,
            bridges=2,
            settings={**rig_settings(receipt_timeout=8), "BRIDGE_STORE__LEASE": str(LEASE)},
            now=NOW,
        )
        async with rig:
            await play(rig)


async def play(rig: Rig) -> None:
    first, second = rig.bridges
    await rig.standin("POST", "delivery", {"duplicate": 1, "shuffle": 50, "concurrency": 8})
    company = Company(rig, random.Random(11), CUSTOMERS)
    await until(rig, first, none)
    await until(rig, second, both)

    # The one that reads dies with events under way: the other reads on when the lease ends.
    await company.open()
    await work(company, rig)
    async with asyncio.timeout(30):
        while not (await rig.states() or {}).get("sent"):
            await asyncio.sleep(0.01)
    await first.process.kill()
    taken_after = await until(rig, second, none)
    assert taken_after < LEASE + 5
    await work(company, rig)
    await rig.start(first)
    await until(rig, first, both)

    # The one that reads now stops in order: the other reads at once.
    await work(company, rig)
    await second.process.stop()
    taken_after = await until(rig, first, none)
    assert taken_after < LEASE / 2
    await rig.start(second)
    await until(rig, second, both)
    said = await rig.command("status")
    for topic in TOPICS:
        assert re.search(rf"^{topic}: read by \S+:{first.pid}$", said, re.MULTILINE), said

    await rig.done(60)
    verdict = await judge(rig, company.won, ())
    assert verdict.good, verdict.explain()
    assert verdict.counts["sums compared"] >= CUSTOMERS - 2
    assert all([await admitted(rig, bridge) for bridge in rig.bridges])


async def admitted(rig: Rig, bridge: Bridge) -> bool:
    async with rig.http.get(f"{bridge.url}/metrics") as response:
        return 'bridge_webhooks_total{result="' in await response.text()
