"""The command `localorg`."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from rich.console import Console

from rehearsal.org import testing_report
from rehearsal.org.apex.testing import coverage, run_tests
from rehearsal.org.check import LAYERS
from rehearsal.org.check import run as run_layers
from rehearsal.org.clock import Clock
from rehearsal.org.errors import OrgError
from rehearsal.org.options import OrgOptions
from rehearsal.org.org import Org
from rehearsal.org.testing_report import Report

T = TypeVar("T")

_project = click.option(
    "--project",
    default=".",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The directory that holds sfdx-project.json.",
)
_port = click.IntRange(0, 65535)


class _Instant(click.ParamType[dt.datetime]):
    """An aware ISO time."""

    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> dt.datetime:
        try:
            moment = dt.datetime.fromisoformat(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if moment.tzinfo is None:
            self.fail("the time needs a zone, as in 2026-10-01T09:00:00Z", param, ctx)
        return moment


def _options(
    _context: click.Context, _parameter: click.Parameter, path: Path | None
) -> OrgOptions | None:
    if path is None:
        return None
    try:
        return OrgOptions.read(json.loads(path.read_bytes(), parse_float=Decimal))
    except ValueError as error:
        raise click.BadParameter(f"{path}: {error}") from error


_org = click.option(
    "--org",
    "options",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    callback=_options,
    help="What the org is beside its metadata, as JSON; a multicurrency org: "
    '{"currencies": {"corporate": "USD", "rates": {"EUR": 0.9}, "inactive": {"CHF": 0.95}}}; '
    'with advanced currency management: … "dated": {"EUR": {"2026-01-01": 0.92}}. Also "flows": '
    '"inactive", "language" and "time_zone". See docs/local-org.md.',
)


@click.group()
def main() -> None:
    """A small Salesforce org on this machine, for rehearsals."""


@main.command()
@_project
@_org
@click.option(
    "--seed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='Records to begin with: {"Account": [{"$ref": "acme", "Name": "Acme"}], …}.',
)
@click.option("--now", type=_Instant(), help="Where the clock stands, with its zone; it runs on.")
@click.option("--http-port", default=0, type=_port, help="0, the default, is any free port.")
@click.option("--https-port", default=0, type=_port)
@click.option("--grpc-port", default=0, type=_port)
def serve(
    project: Path,
    options: OrgOptions | None,
    seed: Path | None,
    now: dt.datetime | None,
    http_port: int,
    https_port: int,
    grpc_port: int,
) -> None:
    """Serve the project as an org until SIGTERM or SIGINT.

    Prints one JSON line when it is ready.
    """
    org = _loaded(project, options, None if now is None else Clock.running_from(now))
    if seed is not None:
        _seed(org, seed)
    try:
        asyncio.run(_serve(org, http_port, https_port, grpc_port))
    except OSError as error:
        _fail([str(error)])


@main.command()
@_project
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(sorted(LAYERS)),
    help="Run only this layer; may be given several times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(project: Path, only: tuple[str, ...], as_json: bool) -> None:
    """Rehearse a deploy: say what is wrong with each component, without an org.

    Exits 1 when there is an error; a warning alone does not fail the project.
    """
    result = run_layers(project, only or None)
    if as_json:
        click.echo(json.dumps(result.to_json(), indent=2))
    else:
        for finding in result.findings:
            click.echo(finding, err=True)
        for lacking in result.not_run:
            click.echo(f"not run: {lacking.name}: {lacking.reason}")
        click.echo(result.summary)
    sys.exit(0 if result.passed else 1)


@main.command(name="test")
@_project
@_org
@click.option(
    "--only",
    multiple=True,
    metavar="CLASS[.METHOD]",
    help="Run only these; may be given several times.",
)
@click.option(
    "--coverage-below",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Name the classes of which fewer lines were run, and exit 1 if there are any.",
)
@click.option("--limits", is_flag=True, help="Show the governor limits that each method used.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole run as JSON.")
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write JUnit's XML to this file as well.",
)
def run_apex_tests(
    project: Path,
    options: OrgOptions | None,
    only: tuple[str, ...],
    coverage_below: float | None,
    limits: bool,
    as_json: bool,
    junit: Path | None,
) -> None:
    """Run the project's Apex tests.

    Exits 1 when a test failed, 2 when --only names no test.
    """
    org = _loaded(project, options)
    try:
        results = run_tests(org, only or None)
    except KeyError as error:
        raise click.UsageError(str(error.args[0])) from error
    report = Report(results, coverage(org, results), coverage_below)
    if junit is not None:
        junit.write_bytes(testing_report.as_junit(report))
    if as_json:
        click.echo(json.dumps(testing_report.as_json(report), indent=2))
    else:
        testing_report.show(report, Console(), limits=limits)
    sys.exit(0 if report.good else 1)


async def _serve(org: Org, http_port: int, https_port: int, grpc_port: int) -> None:
    # Here, because a check that takes a second should not wait for gRPC to load.
    from rehearsal.org.server.assembly import Ports, apex_subscribers, serving
    from rehearsal.org.server.metadata import MetadataApi

    ports = Ports(http_port, https_port, grpc_port)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    subscribers = apex_subscribers(org)
    metadata = MetadataApi(org, subscribers)
    async with serving(org, subscribers, ports, metadata=metadata) as address:
        click.echo(json.dumps(asdict(address)))
        sys.stdout.flush()
        await stop.wait()


def _loaded(project: Path, options: OrgOptions | None, clock: Clock | None = None) -> Org:
    return _or_fail(lambda: Org.load(project, clock=clock, options=options))


def _seed(org: Org, path: Path) -> None:
    from rehearsal.org.server.rest.jsontext import loads

    try:
        data = loads(path.read_bytes())
    except ValueError as error:
        _fail([f"{path}: {error}"])
    if not isinstance(data, dict):
        _fail([f'{path}: not of the form {{"Account": [{{"Name": …}}], …}}'])
    try:
        _or_fail(lambda: org.seed(data))
    except KeyError as error:
        _fail([f"{path}: unknown: {error.args[0]}"])


def _or_fail(work: Callable[[], T]) -> T:
    """Prints what the org refuses, a line each, and exits 1."""
    refused: list[str] = []
    try:
        return work()
    except* OrgError as errors:
        refused += _messages(errors)
    return _fail(sorted(set(refused)))


def _messages(refused: BaseExceptionGroup[BaseException]) -> Iterator[str]:
    for error in refused.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _messages(error)
        else:
            yield str(error)


def _fail(lines: list[str]) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
