"""One run: a company's history, the faults that a seed plans, and the verdict."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.company import DAY, Company, seed
from tests.faults.faults import FAULTS, ONLY_POSTGRES, ONLY_SQLITE, Scene, kill, outage
from tests.faults.rig import Rig
from tests.faults.verdict import Verdict, judge

Tell = Callable[[str], None]

READ = re.compile(r"(cus|sub|in|ch|pi|re|dp|du|cn|inpay|txn)_")
"""What can be read again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to be; the same plan is the same run, but for the machine's own timing."""

    seed: int
    events: int
    customers: int
    kills: int
    faults: tuple[str, ...]
    """In the order in which they happen, by the names of ``FAULTS``."""
    outage: float = 0.0
    """Real seconds of an outage that lasts an hour by both clouds' clocks; 0 for none."""
    rate: float = 0.0
    """Webhooks a second, at most; 0 for as many as there are."""
    longest: float = 4.0
    """Seconds that a fault lasts, at most."""
    duplicate: int = 1
    shuffle: int = 2000
    patience: float = 180.0
    """Seconds without any progress after which a run is given up."""
    stall: float = 15.0
    """Seconds without any progress after which the next fault comes early."""


def plan(
    seed: int, *, faults: Sequence[str] | None = None, postgres: bool = False, **rest: Any
) -> Plan:
    """Every fault once, or those that are named, in an order that the seed chooses."""
    possible = FAULTS.keys() - (ONLY_SQLITE if postgres else ONLY_POSTGRES)
    order = sorted(possible) if faults is None else list(faults)
    random.Random(seed).shuffle(order)
    return Plan(seed, faults=tuple(order), **rest)


@dataclass(slots=True)
class Report:
    """What a run did and what came of it."""

    plan: Plan
    verdict: Verdict
    events: int
    webhooks: int
    kills: int
    seconds: dict[str, float] = field(default_factory=dict)
    happened: list[tuple[float, str]] = field(default_factory=list)
    """Seconds since the beginning, and the fault."""
    answers: dict[str, int] = field(default_factory=dict)
    """Of the bridges to Stripe, by status or error."""
    rates: list[float] = field(default_factory=list)
    """Requests a second in each minute in which events were made."""


async def run(plan: Plan, rig: Rig, tell: Tell) -> Report:
    """Plays the plan on a rig that has just been entered."""
    dice = random.Random(plan.seed)
    await rig.control_org(
        "POST", "allocations", {"hourly_published": 10_000_000, "daily_delivered": 10_000_000}
    )
    delivery = {
        "duplicate": plan.duplicate,
        "shuffle": plan.shuffle,
        "concurrency": 16,
        "rate": plan.rate,
        "seed": plan.seed,
    }
    scene = Scene(rig, random.Random(dice.random()), plan.longest, delivery)
    company = Company(rig, random.Random(dice.random()), plan.customers)
    began = time.monotonic()
    report = Report(plan, Verdict(), 0, 0, 0)

    def happened(what: str) -> None:
        report.happened.append((round(time.monotonic() - began, 1), what))
        tell(what)

    await rig.standin("POST", "delivery", delivery)
    await company.open()
    made = asyncio.create_task(_history(company, plan, rig, tell))
    # Not before there is something that can go wrong.
    while not (states := await rig.states()) or states["done"] < min(100, plan.events // 10):
        await asyncio.sleep(0.1)
        if made.done():
            break
    struck = asyncio.create_task(_strike(scene, plan, random.Random(dice.random()), happened))
    going_wrong = asyncio.create_task(_go_wrong(scene, plan, happened))
    try:
        report.events = await made
        report.seconds["made"] = time.monotonic() - began
        await going_wrong
        await struck
    finally:
        for task in (made, struck, going_wrong):
            task.cancel()
        await asyncio.gather(made, struck, going_wrong, return_exceptions=True)
    report.seconds["faults"] = time.monotonic() - began
    # What Stripe settles a little later is told too.
    await rig.advance(advance=7_200)
    await _settle(rig, plan, tell)
    await _make_good(rig, plan, tell)
    report.seconds["all"] = time.monotonic() - began
    report.kills = sum(bridge.kills for bridge in rig.bridges)
    deliveries = await rig.standin("GET", "deliveries")
    report.answers = dict(
        Counter(
            str(each["status"] or str(each["error"]).partition(":")[0])
            for each in deliveries["attempts"]
        )
    )
    report.webhooks = len(deliveries["attempts"])
    report.rates = _rates([each["at"] for each in deliveries["attempts"]], report.seconds["made"])
    report.verdict = await judge(rig, company.won, scene.poison)
    return report


def _rates(moments: Sequence[float], made: float) -> list[float]:
    first = min(moments, default=0.0)
    minutes = Counter(int((at - first) // 60) for at in moments)
    return [round(minutes[n] / 60, 1) for n in range(int(made // 60))]


async def _history(company: Company, plan: Plan, rig: Rig, tell: Tell) -> int:
    """Lets time pass and things happen until there are enough events; gives how many."""
    said = time.monotonic()
    while True:
        stand = await rig.standin("GET", "delivery")
        count = int((await rig.standin("GET", "events"))["count"])
        if count >= plan.events:
            return count
        if time.monotonic() - said > 10:
            said = time.monotonic()
            tell(f"{count} events made, {stand['waiting']} webhooks waiting, {await rig.states()}")
        # No further ahead of the deliveries than they are shuffled anyway.
        if stand["waiting"] > 3 * plan.shuffle:
            await asyncio.sleep(0.2)
            continue
        await company.clouds.advance(advance=DAY // 8)
        for _ in range(max(plan.customers // 100, 2)):
            await company.move()


async def _strike(
    scene: Scene, plan: Plan, dice: random.Random, happened: Callable[[str], None]
) -> None:
    """Kills bridges at moments by the count of events done, so that all of the run has them."""
    moments = sorted(dice.uniform(0.02, 0.95) for _ in range(plan.kills))
    for moment in moments:
        await _reached(scene.rig, moment * plan.events, plan.stall)
        await asyncio.sleep(dice.uniform(0, 0.5))
        bridge = dice.choice(scene.rig.bridges)
        happened(f"kill -9 of bridge {scene.rig.bridges.index(bridge)}")
        await kill(scene, bridge)


async def _go_wrong(scene: Scene, plan: Plan, happened: Callable[[str], None]) -> None:
    acts: list[str] = list(plan.faults)
    if plan.outage:
        acts.insert(len(acts) // 2, "outage")
    for number, name in enumerate(acts):
        await _reached(scene.rig, plan.events * (number + 0.5) / (len(acts) + 1) * 0.9, plan.stall)
        happened(name)
        if name == "outage":
            await outage(scene, plan.outage)
        else:
            await FAULTS[name].act(scene)
    happened("no more faults")


async def _reached(rig: Rig, done: float, stall: float) -> None:
    """Until so many events are done, or nothing is done any more."""
    before, since = -1, time.monotonic()
    while True:
        states = await rig.states()
        now = before if states is None else states["done"]
        if now >= done or time.monotonic() - since > stall:
            return
        if now != before:
            before, since = now, time.monotonic()
        await asyncio.sleep(0.2)


async def _settle(rig: Rig, plan: Plan, tell: Tell) -> None:
    last = [0.0]

    def progress(waiting: int, states: dict[str, int] | None) -> None:
        if time.monotonic() - last[0] > 10:
            last[0] = time.monotonic()
            tell(f"{waiting} webhooks waiting, {states}")

    await rig.done(plan.patience, progress)


async def _make_good(rig: Rig, plan: Plan, tell: Tell) -> None:
    """Does what an operator does about webhooks that never came: Stripe sends them again, and the
    objects of those that it never generated, which it names, are read again."""
    dropped = sorted(set((await rig.standin("GET", "deliveries?since=1000000000"))["dropped"]))
    for event in dropped:
        await rig.standin("POST", "resend", {"event": event})
    lost = [ref for ref in set((await rig.standin("GET", "events"))["lost"]) if READ.match(ref)]
    if lost:
        tell(f"read again, since their events were never generated: {', '.join(sorted(lost))}")
        await rig.command("resync", *sorted(lost))
    if dropped or lost:
        await _settle(rig, plan, tell)


def org_seed(plan: Plan) -> dict[str, Any]:
    return seed(plan.customers)


def rig_settings(receipt_timeout: int = 20) -> dict[str, str]:
    """Waits of minutes become seconds, so that a run sees what happens after them."""
    return {
        "BRIDGE_SALESFORCE__RECEIPT_TIMEOUT": str(receipt_timeout),
        "BRIDGE_SALESFORCE__MAX_IN_FLIGHT": "1000",
        "BRIDGE_STORE__LEASE": "3",
    }


def observed(project: Path, folder: Path) -> Path:
    """The package in an org that writes down what its automation does."""
    from tests.stories.telling.orgs import build

    return build("observed", project, folder)
