"""`make bench`: one line a claim: name, value, bar, ok or short."""

from __future__ import annotations

import asyncio
import sys

from benchmarks.admit import admit_claims


def main() -> int:
    """Prints the claims; exits 1 where one is short of its bar."""
    short = False
    for claim in asyncio.run(admit_claims()):
        print(claim, flush=True)
        short = short or claim.ok is False
    return int(short)


if __name__ == "__main__":
    sys.exit(main())
