"""`make bench`: one line a claim: name, value, bar, ok or short."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.admit import admit
from benchmarks.drain import drain
from benchmarks.idle import idle
from benchmarks.local_org import local_org
from benchmarks.memory import memory
from benchmarks.others.compare import compare
from benchmarks.part import Found
from benchmarks.results import Results

PARTS: dict[str, Callable[[], Awaitable[Found]]] = {
    "admit": admit,
    "others": compare,
    "drain": drain,
    "local-org": local_org,
    "memory": memory,
    "idle": idle,
}


def main() -> int:
    """Prints the claims; exits 1 where one is short of its bar."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--write", type=Path, metavar="DOCS", help="the folder of performance.md")
    options = parser.parse_args()
    if unknown := set(options.parts) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    results = Results.load(options.write)
    short = False
    for name in options.parts or PARTS:
        found = asyncio.run(_run(PARTS[name]))
        for claim in found.claims:
            print(claim, flush=True)
            short = short or claim.ok is False
        results.take(name, found)
        if options.write is not None:
            results.save(options.write)
    return int(short)


async def _run(part: Callable[[], Awaitable[Found]]) -> Found:
    return await part()


if __name__ == "__main__":
    sys.exit(main())
