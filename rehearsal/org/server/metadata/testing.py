"""The Apex tests of a deployment, and how much of the code they must run."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from rehearsal.org.apex import ApexRuntime
from rehearsal.org.apex.testing import Coverage, coverage, run_tests
from rehearsal.org.org import Org
from rehearsal.org.server.metadata.jobs import Options
from rehearsal.org.server.metadata.results import TestRun

LEAST_COVERAGE = 75
"""Percent (Metadata API Developer Guide, "Running Tests in a Deployment")."""


def run_deployment_tests(
    candidate: Org,
    options: Options,
    deployed: Collection[str],
    run: TestRun,
    go_on: Callable[[], bool],
) -> None:
    """Runs the tests that the options ask for, on an org that is what the deployment would make of
    this one but has no records. `deployed` are the deployed classes and triggers, lower case.

    `run` is filled while tests run; `go_on` is asked before each.
    """
    runtime = candidate.triggers
    if not options.runs_tests or not isinstance(runtime, ApexRuntime):
        return
    run.triggers = frozenset(source.name.lower() for source in candidate.project.triggers)
    specified = options.test_level == "RunSpecifiedTests"
    wanted = {name.lower(): name for name in options.run_tests}
    methods = [(method.owner.name, method.name) for method in runtime.test_methods()]
    if specified:
        known = {owner.lower() for owner, _ in methods}
        run.missing = [name for key, name in wanted.items() if key not in known]
        methods = [(owner, name) for owner, name in methods if owner.lower() in wanted]
    run.total = len(methods) + len(run.missing)
    for owner, name in methods:
        if not go_on():
            return
        began = time.monotonic()
        (result,) = run_tests(candidate, [f"{owner}.{name}"])
        run.results.append((result, round((time.monotonic() - began) * 1000, 1)))
    found = coverage(candidate, [result for result, _ in run.results])
    if specified:
        found = [unit for unit in found if unit.name.lower() in deployed]
    run.coverage = found
    run.warnings = list(_each(found, run.triggers) if specified else _all(found, run.triggers))


def _each(found: list[Coverage], triggers: Collection[str]) -> list[tuple[str | None, str]]:
    return [
        (
            unit.name,
            f"Test coverage of selected Apex {_kind(unit, triggers)} is {int(unit.percent)}%, at "
            f"least {LEAST_COVERAGE}% test coverage is required",
        )
        for unit in found
        if unit.percent < LEAST_COVERAGE
    ]


def _all(found: list[Coverage], triggers: Collection[str]) -> list[tuple[str | None, str]]:
    lines = sum(len(unit.executable) for unit in found)
    percent = 100 * sum(len(unit.covered) for unit in found) // lines if lines else 100
    warnings: list[tuple[str | None, str]] = [
        (
            unit.name,
            "Test coverage of selected Apex Trigger is 0%, at least 1% test coverage is required",
        )
        for unit in found
        if unit.name.lower() in triggers and unit.executable and not unit.covered
    ]
    if percent < LEAST_COVERAGE:
        warnings.append(
            (
                None,
                f"Average test coverage across all Apex Classes and Triggers is {percent}%, at "
                f"least {LEAST_COVERAGE}% test coverage is required.",
            )
        )
    return warnings


def _kind(unit: Coverage, triggers: Collection[str]) -> str:
    return "Trigger" if unit.name.lower() in triggers else "Class"
