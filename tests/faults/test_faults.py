"""The short form of the fault harness; ``make soak`` is the long one."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rehearsal.demo.org import API
from tests.e2e.end_state import NOW, ROOT
from tests.faults.company import DAY, Company, seed
from tests.faults.durable import VARIABLE, lose_power
from tests.faults.faults import FAULTS, ONLY_POSTGRES, ONLY_SQLITE
from tests.faults.inboxes import open_inbox
from tests.faults.postgres import programs, server
from tests.faults.rig import Rig
from tests.faults.soak import Plan, observed, org_seed, plan, rig_settings, run
from tests.faults.verdict import judge

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

LONG = {"connections go dead unnoticed"}
"""Noticed after the minute and a half that gRPC's keepalive takes: the long form waits for it."""


def every_fault(**changes: Any) -> Plan:
    return plan(
        **{
            "seed": 7,
            "faults": sorted(FAULTS.keys() - LONG - ONLY_POSTGRES),
            "events": 450,
            "customers": 30,
            "kills": 4,
            "rate": 80,
            "longest": 0.4,
            "outage": 2,
            "shuffle": 200,
            "stall": 1.0,
            **changes,
        }
    )


async def play(planned: Plan, folder: Path, **rig: Any) -> None:
    clouds = Rig(
        observed(ROOT, folder / "project"),
        org_seed(planned),
        settings=rig_settings(receipt_timeout=3),
        now=NOW,
        **rig,
    )
    said: list[str] = []
    async with clouds:
        report = await run(planned, clouds, said.append)
    assert report.verdict.good, "\n".join([report.verdict.explain(), *said, f"seed {planned.seed}"])
    assert report.kills == planned.kills
    assert [what for _, what in report.happened if what in FAULTS] == list(planned.faults)
    assert report.verdict.counts["webhooks acknowledged"] >= 2 * planned.events
    assert report.verdict.counts["sums compared"] >= 0.8 * planned.customers


@pytest.mark.xdist_group("faults")
async def test_whatever_goes_wrong_every_event_is_applied_exactly_once(tmp_path: Path) -> None:
    await play(every_fault(), tmp_path)


@pytest.mark.xdist_group("faults on postgres")
async def test_so_it_is_with_two_bridges_on_postgres(tmp_path: Path) -> None:
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    planned = every_fault(faults=sorted(FAULTS.keys() - LONG - ONLY_SQLITE))
    async with server() as database:
        await play(planned, tmp_path, database=database, bridges=2)


@pytest.mark.xdist_group("power")
async def test_an_event_with_a_200_outlasts_the_loss_of_power(tmp_path: Path) -> None:
    """What SQLite has not synced is gone when the machine comes back; no 200 may have said so."""
    kept = tmp_path / "kept"
    kept.mkdir()
    rig = Rig(
        observed(ROOT, tmp_path / "project"),
        seed(12),
        settings={**rig_settings(receipt_timeout=3), VARIABLE: str(kept)},
        main=[sys.executable, "-m", "tests.faults.durable"],
        now=NOW,
    )
    dice = random.Random(11)
    async with rig:
        await rig.standin("POST", "delivery", {"duplicate": 1, "shuffle": 50, "concurrency": 8})
        company = Company(rig, dice, 12)
        await company.open()
        (bridge,) = rig.bridges
        for _ in range(2):
            for _ in range(5):
                await company.move()
                await rig.advance(advance=2 * DAY)
            await asyncio.sleep(dice.uniform(0, 0.5))
            await bridge.process.kill()
            told = (await rig.standin("GET", "deliveries?since=1000000000"))["acknowledged"]
            lose_power(rig.store_file, kept)
            lose_power(tmp_path / "bridge.db", kept)
            lost = told.keys() - (await open_inbox(f"sqlite:///{tmp_path / 'bridge.db'}")).keys()
            assert told
            assert not lost, f"acknowledged and not on the disk: {sorted(lost)}"
            await rig.start(bridge, ready=False)
        await rig.done(60)
        verdict = await judge(rig, company.won, ())
        sabotaged = await after_sabotage(rig, company)
    assert verdict.good, verdict.explain()
    assert sabotaged == {"lost after its 200", "money", "charge"}


async def after_sabotage(rig: Rig, company: Company) -> set[str]:
    """What the verdict finds when an entry is lost and an event too: it must be able to fail."""
    charge, *_ = await rig.org.query("SELECT Id FROM Bridge_Entry__c WHERE Kind__c = 'Charge'")
    path = f"{API}/sobjects/Bridge_Entry__c/{charge['Id']}"
    await rig.org.request("DELETE", path)
    with closing(sqlite3.connect(rig.store_file)) as store:
        acknowledged = (await rig.standin("GET", "deliveries?since=1000000000"))["acknowledged"]
        store.execute("DELETE FROM inbox WHERE event_id = ?", (min(acknowledged),))
        store.commit()
    verdict = await judge(rig, company.won, ())
    return {fault.partition(":")[0] for fault in verdict.faults}
