"""The command `localorg`."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn, TypeVar

import click

from rehearsal.org.apex import ApexRuntime
from rehearsal.org.apex.testing import Coverage, TestResult, coverage, run_tests
from rehearsal.org.errors import OrgError
from rehearsal.org.flow import FlowRuntime
from rehearsal.org.org import Org
from rehearsal.org.server.assembly import Ports, apex_subscribers, serving
from rehearsal.org.server.rest.jsontext import loads
from rehearsal.org.source import load_project

T = TypeVar("T")

_project = click.option(
    "--project",
    default=".",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The directory that holds sfdx-project.json.",
)
_port = click.IntRange(0, 65535)


@click.group()
def main() -> None:
    """A small Salesforce org on this machine, for rehearsals."""


@main.command()
@_project
@click.option(
    "--seed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='Records to begin with: {"Account": [{"$ref": "acme", "Name": "Acme"}], …}.',
)
@click.option("--http-port", default=0, type=_port, help="0, the default, is any free port.")
@click.option("--https-port", default=0, type=_port)
@click.option("--grpc-port", default=0, type=_port)
def serve(
    project: Path, seed: Path | None, http_port: int, https_port: int, grpc_port: int
) -> None:
    """Serve the project as an org until SIGTERM or SIGINT.

    Prints one JSON line when it is ready.
    """
    org = _loaded(project)
    if seed is not None:
        _seed(org, seed)
    try:
        asyncio.run(_serve(org, Ports(http_port, https_port, grpc_port)))
    except OSError as error:
        _fail([str(error)])


@main.command()
@_project
def check(project: Path) -> None:
    """Rehearse a deploy: load every component, and say what is wrong with it."""
    found = _or_fail(lambda: load_project(project))
    faults: list[str] = []
    for load in (
        lambda: ApexRuntime(found.schema, found.classes, found.triggers),
        lambda: FlowRuntime(found.schema, found.flows),
    ):
        try:
            load()
        except* OrgError as errors:
            faults += _messages(errors)
    if faults:
        _fail(sorted(set(faults)))
    _loaded(project)
    click.echo("No faults.")


@main.command(name="test")
@_project
@click.option("--json", "as_json", is_flag=True, help="Print results and coverage as JSON.")
@click.argument("names", nargs=-1)
def run_apex_tests(project: Path, as_json: bool, names: tuple[str, ...]) -> None:
    """Run the project's Apex tests: all, or those of the classes and methods named."""
    org = _loaded(project)
    try:
        results = run_tests(org, names or None)
    except KeyError as error:
        raise click.UsageError(str(error.args[0])) from error
    report = coverage(org, results)
    if as_json:
        body = {"tests": list(map(_test_json, results)), "coverage": list(map(_unit_json, report))}
        click.echo(json.dumps(body, indent=2))
    else:
        for result in results:
            click.echo(result)
        for unit in report:
            click.echo(f"{unit.percent:5.1f} % {unit.name}")
        passed = sum(result.passed for result in results)
        click.echo(f"{passed} of {len(results)} tests passed, {_total(report):.1f} % of lines run.")
    sys.exit(0 if all(result.passed for result in results) else 1)


def _test_json(result: TestResult) -> dict[str, object]:
    return {
        "class": result.class_name,
        "method": result.method,
        "passed": result.passed,
        "message": result.message,
        "stack": [f"{at.path or at.name}:{at.line}" for at in result.stack],
        "limits": result.limits,
    }


def _unit_json(unit: Coverage) -> dict[str, object]:
    missed = sorted(unit.executable - unit.covered)
    return {"name": unit.name, "percent": round(unit.percent, 1), "missed": missed}


def _total(report: list[Coverage]) -> float:
    lines = sum(len(unit.executable) for unit in report)
    return 100.0 * sum(len(unit.covered) for unit in report) / lines if lines else 100.0


async def _serve(org: Org, ports: Ports) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(org, apex_subscribers(org), ports) as address:
        click.echo(json.dumps(asdict(address)))
        sys.stdout.flush()
        await stop.wait()


def _loaded(project: Path) -> Org:
    return _or_fail(lambda: Org.load(project))


def _seed(org: Org, path: Path) -> None:
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
