"""``stripe-sf serve``."""

from __future__ import annotations

import asyncio
import json
import signal
from dataclasses import asdict
from pathlib import Path

import click

from bridge import logs
from bridge.service import Ready, Service
from bridge.settings import Settings, load


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the ready line as JSON.")
@click.pass_obj
def serve(env_file: Path, as_json: bool) -> None:
    """Receive webhooks and publish them to Salesforce, until SIGINT or SIGTERM.

    Webhooks are admitted from the start. One line is printed when Stripe and Salesforce have
    answered too.
    """
    settings = load(env_file)
    logs.set_up(settings.log.level)
    asyncio.run(_serve(settings, as_json))


async def _serve(settings: Settings, as_json: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    async with Service(settings) as service:
        stopped = asyncio.create_task(stop.wait())
        ready = asyncio.create_task(service.until_ready())
        await asyncio.wait({stopped, ready}, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            click.echo(_line(ready.result(), as_json))
        else:
            ready.cancel()
        await stopped


def _line(ready: Ready, as_json: bool) -> str:
    if as_json:
        return json.dumps(asdict(ready))
    return f"ready on {ready.url}, org {ready.org_id}, Stripe account {ready.account}"
