"""``stripe-sf setup``: what an org needs before and after the package is installed."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bridge.cli import show
from bridge.errors import SettingsError
from bridge.preflight import CHECKS, Expected, Finding, Level, Org, examine
from bridge.salesforce_api import Authenticator, Rest, Session
from bridge.salesforce_api.opening import open_http
from bridge.salesforce_api.rest import Sessions
from bridge.settings import load_salesforce, web_address

_TOKEN, _INSTANCE, _CA = "SF_ACCESS_TOKEN", "SF_ORG_INSTANCE_URL", "SF_CA_FILE"
_COLOURS = {Level.OK: "green", Level.WARNING: "yellow", Level.FAULT: "red"}


@click.command()
@click.option("--preflight", is_flag=True, required=True, help="Look at the org, change nothing.")
@click.option("--currency", "currencies", multiple=True, help="One that Stripe bills in (EUR).")
@click.option("--customers", type=click.IntRange(1), help="How many, to estimate storage.")
@click.option(
    "--invoices-a-year",
    type=click.IntRange(1),
    default=12,
    show_default=True,
    help="Of one customer.",
)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
@click.pass_context
def setup(
    ctx: click.Context,
    env_file: Path,
    preflight: bool,
    currencies: tuple[str, ...],
    customers: int | None,
    invoices_a_year: int,
    json_: bool,
) -> None:
    """List what in an org would clash with the package, not fit, or is still missing.

    It looks as the integration user of the settings, or, before there is one, as whoever's token is
    in SF_ACCESS_TOKEN, with SF_ORG_INSTANCE_URL beside it (`sf org display --json` tells both), and
    SF_CA_FILE for a rehearsal. An administrator sees most; what a user may not see is said.

    Exits 3 if there is something to do.
    """
    expected = Expected(frozenset(code.upper() for code in currencies), customers, invoices_a_year)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("preflight", total=len(CHECKS))
        found = asyncio.run(_look(env_file, expected, lambda _: bar.advance(task)))
    if json_:
        show.as_json([asdict(finding) for finding in found])
    else:
        _tell(found)
    if any(finding.level is not Level.OK for finding in found):
        ctx.exit(3)


async def _look(env_file: Path, expected: Expected, done: Callable[[str], None]) -> list[Finding]:
    async with AsyncExitStack() as stack:
        token = os.environ.get(_TOKEN)
        if token:
            ca_file = os.environ.get(_CA)
            http = await open_http(Path(ca_file) if ca_file else None, stack)
            sessions: Sessions = _Given(token, os.environ.get(_INSTANCE, ""))
        else:
            settings = load_salesforce(env_file)
            http = await open_http(settings.ca_file, stack)
            sessions = Authenticator(settings, http)
        return await examine(Org(Rest(sessions, http), expected), done)


class _Given:
    """A token that somebody else got."""

    def __init__(self, token: str, instance_url: str) -> None:
        try:
            url = web_address(instance_url)
        except ValueError as error:
            raise SettingsError(f"{_INSTANCE} {error}, beside {_TOKEN}") from None
        self._session = Session(token, url, "", "")

    async def session(self) -> Session:
        return self._session

    def refused(self, session: Session) -> None:
        """There is no other."""


def _tell(found: list[Finding]) -> None:
    table = Table("", "check", "found", "what to do")
    for finding in found:
        mark = f"[{_COLOURS[finding.level]}]{finding.level}[/]"
        table.add_row(mark, finding.check, finding.said, finding.do)
    Console().print(table)
    counts = Counter(finding.level for finding in found)
    click.echo(f"{counts[Level.FAULT]} faults, {counts[Level.WARNING]} warnings")
