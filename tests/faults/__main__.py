"""``make soak``: the long form of the fault harness."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.postgres import server
from tests.faults.report import as_json, as_markdown
from tests.faults.rig import Rig
from tests.faults.soak import Plan, Report, observed, org_seed, plan, rig_settings, run

ROOT = Path(__file__).parents[2]
NOW = "2026-10-01T09:00:00Z"
_SHORT = 20_000
"""Events below which faults are shorter, so that not most of the run is faults."""


def main() -> int:
    options = _options().parse_args()
    seed = options.seed if options.seed is not None else int(time.time())
    short = options.events < _SHORT
    planned = plan(
        seed,
        postgres=options.store == "postgres",
        events=options.events,
        customers=options.customers or max(options.events // 125, 20),
        kills=options.kills,
        rate=options.rate,
        outage=options.outage if options.outage is not None else 10 if short else 60,
        longest=1.0 if short else 4.0,
        stall=4.0 if short else 15.0,
    )
    print(f"seed {seed}: {', '.join(planned.faults)}", flush=True)
    kept = Path(options.keep) if options.keep else None
    try:
        report = asyncio.run(_run(planned, options.store, options.bridges, options.minutes, kept))
    except TimeoutError:
        print(f"Not done within {options.minutes} minutes; seed {seed}.", file=sys.stderr)
        return 1
    said = as_json(report, options.store, options.bridges)
    options.json.write_text(json.dumps(said, indent=1) + "\n")
    options.markdown.write_text(as_markdown(said))
    print(as_markdown(said))
    print(report.verdict.explain())
    return 0 if report.verdict.good else 3


async def _run(
    planned: Plan, store: str, bridges: int, minutes: float, kept: Path | None
) -> Report:
    began = time.monotonic()

    def tell(what: str) -> None:
        print(f"{time.monotonic() - began:7.1f} {what}", flush=True)

    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        database = await stack.enter_async_context(server()) if store == "postgres" else None
        async with asyncio.timeout(minutes * 60):
            rig = Rig(
                observed(ROOT, folder / "project"),
                org_seed(planned),
                database=database,
                bridges=bridges,
                settings=rig_settings(),
                org_steps_back=True,
                now=NOW,
            )
            async with rig:
                try:
                    return await run(planned, rig, tell)
                finally:
                    if kept is not None:
                        shutil.copytree(rig.home, kept, dirs_exist_ok=True)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--customers", type=int, help="an event in 125 by default")
    parser.add_argument("--rate", type=float, default=500, help="webhooks a second, at most")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--outage", type=float, help="its real seconds; 0 for none")
    parser.add_argument("--minutes", type=float, default=90, help="given up after so many")
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--bridges", type=int, default=1)
    parser.add_argument("--seed", type=int, help="the same faults in the same order")
    parser.add_argument("--json", type=Path, default=Path("soak.json"))
    parser.add_argument("--markdown", type=Path, default=Path("soak.md"))
    parser.add_argument("--keep", help="where to keep the store and the logs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
