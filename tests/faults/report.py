"""A run told to people (markdown) and to programs (JSON)."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import os
import platform
import statistics
from pathlib import Path
from typing import Any

from tests.faults.soak import Report


def as_json(report: Report, store: str, bridges: int) -> dict[str, Any]:
    return {
        "date": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": machine(),
        "store": store,
        "bridges": bridges,
        "plan": dataclasses.asdict(report.plan),
        "events": report.events,
        "webhooks": report.webhooks,
        "kills": report.kills,
        "answers": report.answers,
        "rates": report.rates,
        "seconds": {name: round(value, 1) for name, value in report.seconds.items()},
        "happened": report.happened,
        "counts": report.verdict.counts,
        "faults": report.verdict.faults,
        "result": "ok" if report.verdict.good else "NOT OK",
    }


def as_markdown(said: dict[str, Any]) -> str:
    """One section of the reliability page."""
    plan, seconds = said["plan"], said["seconds"]
    lines = [
        f"## {said['store']}, {said['bridges']} bridge{'s' * (said['bridges'] > 1)}: "
        f"{said['result']}",
        "",
        f"{said['date']}; {said['machine']}; seed {plan['seed']}.",
        "",
        "| what | value |",
        "|---|---|",
        f"| events that Stripe generated | {said['events']:,} |",
        f"| sendings of each, shuffled among {plan['shuffle']:,} | {plan['duplicate'] + 1} |",
        f"| webhooks a second, at most | {plan['rate'] or 'no limit'} |",
        f"| webhooks a second, by the minute: median, most | {_rates(said['rates'])} |",
        f"| requests to the bridges | {said['webhooks']:,}: {_answers(said['answers'])} |",
        f"| `kill -9` | {said['kills']} |",
        f"| other faults | {len(plan['faults'])} |",
        f"| outage | {_outage(plan['outage'])} |",
        f"| seconds until all was made, done | {seconds['made']:,.0f}, {seconds['all']:,.0f} |",
        *(f"| {name} | {value:,} |" for name, value in said["counts"].items()),
        "",
        "What happened, by the second: "
        + "; ".join(f"{at:.0f} {what}" for at, what in said["happened"])
        + ".",
        "",
    ]
    if said["faults"]:
        lines += ["What was wrong:", "", *(f"- {fault}" for fault in said["faults"][:100]), ""]
    return "\n".join(lines)


def _rates(rates: list[float]) -> str:
    return f"{statistics.median(rates):.0f}, {max(rates):.0f}" if rates else "less than a minute"


def _answers(answers: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in sorted(answers.items()))


def _outage(seconds: float) -> str:
    return f"an hour of both clouds' clocks, in {seconds:.0f} s" if seconds else "none"


def machine() -> str:
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        info = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        model = next(line.partition(":")[2].strip() for line in info if "model name" in line)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores of {model}, {memory:.0f} GB, Python {platform.python_version()}, "
        f"load {load:.1f} at the end"
    )
