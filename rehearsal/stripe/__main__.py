"""``python -m rehearsal.stripe``: the stand-in as a process.

Prints one JSON line when it listens (``url``, ``api_key``, ``account``) and stops on SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import signal
import sys
from collections.abc import Sequence

from aiohttp import web

from . import versions
from .clock import Clock
from .server.app import build
from .server.standin import StandIn
from .world import World


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop."""
    options = _options().parse_args(argv)
    world = World(
        clock=Clock(_instant(options.now) if options.now else None, frozen=options.frozen),
        livemode=options.livemode,
        seed=options.seed,
    )
    world.account.api_version = options.api_version
    mode = "live" if options.livemode else "test"
    key = options.api_key or world.ids.new(f"sk_{mode}")
    asyncio.run(serve(StandIn(world, key), options.port))
    return 0


async def serve(standin: StandIn, port: int) -> None:
    """Listen on loopback, say so, and go on until SIGTERM or SIGINT."""
    runner = web.AppRunner(build(standin), access_log=None, shutdown_timeout=2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    bound = runner.addresses[0][1]
    ready = {
        "url": f"http://127.0.0.1:{bound}",
        "api_key": standin.api_key,
        "account": standin.world.account.id,
    }
    print(json.dumps(ready), flush=True)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    await stop.wait()
    await runner.cleanup()


def _instant(text: str) -> int:
    moment = dt.datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp())


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--api-key", help="the secret key to accept (made up when absent)")
    parser.add_argument("--livemode", action="store_true", help="objects say livemode: true")
    parser.add_argument("--now", help="ISO time at which the clock starts (UTC unless it says)")
    parser.add_argument("--frozen", action="store_true", help="the clock only moves when told")
    parser.add_argument("--seed", type=int, help="the same ids on each run")
    parser.add_argument(
        "--api-version",
        choices=versions.VERSIONS,
        default=versions.NEWEST,
        help="the account's default API version",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
