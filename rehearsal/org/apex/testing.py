"""Apex tests: each method in a transaction of its own that is undone afterwards.

Apex Developer Guide, "Testing Apex". The records of the org that is handed in are visible to the
tests, so it should be one without seed data.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.org.apex.classes import ClassInfo, MethodInfo
from rehearsal.org.apex.event_delivery import TestEvents
from rehearsal.org.apex.execution import Execution, TestContext, execution
from rehearsal.org.apex.own_context import run_jobs
from rehearsal.org.apex.runtime import ApexRuntime
from rehearsal.org.apex.values import ApexThrow
from rehearsal.org.dml import OrgTransaction
from rehearsal.org.errors import LimitExceeded
from rehearsal.org.limits import Limits
from rehearsal.org.org import Org


@dataclass(frozen=True, slots=True)
class StackLine:
    """One line of an Apex stack trace, innermost first."""

    path: Path | None
    line: int
    name: str
    """`Class.Name.method` or `Trigger.Name`."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of one test method."""

    __test__ = False
    class_name: str
    method: str
    passed: bool
    message: str | None = None
    stack: tuple[StackLine, ...] = ()
    covered: dict[str, frozenset[int]] = field(default_factory=dict)
    """Lines run, by class or trigger."""
    limits: dict[str, int] = field(default_factory=dict)
    """Governor limits used: between startTest and stopTest where the test has them."""
    seconds: float = 0.0
    """By the clock on the wall."""

    def __str__(self) -> str:
        name = f"{self.class_name}.{self.method}"
        if self.passed:
            return f"PASS {name}"
        lines = [f"FAIL {name}: {self.message}"]
        lines += [f"  {at.path or at.name}:{at.line} {at.name}" for at in self.stack]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which of a class's or trigger's lines the tests ran."""

    name: str
    executable: frozenset[int]
    covered: frozenset[int]

    @property
    def percent(self) -> float:
        if not self.executable:
            return 100.0
        return 100.0 * len(self.covered) / len(self.executable)


class _Undo(Exception):
    """Ends a test's transaction without keeping it."""


def run_tests(org: Org, names: Sequence[str] | None = None) -> list[TestResult]:
    """Runs the test methods of the project; `names` are classes or `Class.method`, in any case.

    Raises KeyError for a name that is no test.
    """
    runtime = _runtime(org)
    methods = runtime.test_methods()
    if names is not None:
        methods = _chosen(methods, names)
    return [_TestRun(org, runtime, method).result() for method in methods]


def coverage(org: Org, results: Sequence[TestResult]) -> list[Coverage]:
    """Line coverage of the project's classes and triggers that are no tests, by name."""
    found: list[Coverage] = []
    for unit in _runtime(org).units:
        cls = _runtime(org).world.classes.get(unit.name.lower())
        if cls is not None and cls.is_test:
            continue
        covered: set[int] = set()
        for result in results:
            covered |= result.covered.get(unit.name, frozenset())
        executable = frozenset(unit.executable)
        found.append(Coverage(unit.name, executable, executable & covered))
    return sorted(found, key=lambda one: one.name.lower())


def _runtime(org: Org) -> ApexRuntime:
    if not isinstance(org.triggers, ApexRuntime):
        raise TypeError("the org does not run Apex")
    return org.triggers


def _chosen(methods: list[MethodInfo], names: Sequence[str]) -> list[MethodInfo]:
    chosen: list[MethodInfo] = []
    for name in names:
        wanted = name.lower()
        found = [
            method
            for method in methods
            if wanted in (method.owner.name.lower(), f"{method.owner.name}.{method.name}".lower())
        ]
        if not found:
            raise KeyError(f"no such test: {name}")
        chosen += [method for method in found if method not in chosen]
    return chosen


class _TestRun:
    """One test method."""

    def __init__(self, org: Org, runtime: ApexRuntime, method: MethodInfo) -> None:
        self._org, self._runtime, self._method = org, runtime, method
        self._message: str | None = None
        self._stack: tuple[StackLine, ...] = ()
        self._limits: dict[str, int] = {}
        self._measured = False

    def result(self) -> TestResult:
        for unit in self._runtime.units:
            unit.hits[:] = bytes(len(unit.hits))
        begun = time.perf_counter()
        try:
            self._org.run(self._work, user=self._org.admin)
        except _Undo:
            pass
        seconds = time.perf_counter() - begun
        covered = {
            unit.name: frozenset(line for line in unit.executable if unit.hits[line])
            for unit in self._runtime.units
            if any(unit.hits)
        }
        return TestResult(
            self._method.owner.name,
            self._method.name,
            self._message is None,
            self._message,
            self._stack,
            covered,
            self._limits,
            seconds,
        )

    def _work(self, tx: OrgTransaction) -> None:
        try:
            for setup in _setup_methods(self._method.owner):
                self._call(tx, setup)
            self._call(tx, self._method)
        except ApexThrow as thrown:
            value = thrown.value
            message = value.message or "Script-thrown exception"
            self._fail(f"{value.type_name}: {message}", value.trace)
        except LimitExceeded as exceeded:
            self._fail(f"System.LimitException: {exceeded}", exceeded.trace)
        raise _Undo

    def _fail(self, message: str, trace: Iterable[tuple[str, int]]) -> None:
        self._message = message
        self._stack = tuple(StackLine(self._path(name), line, name) for name, line in trace)

    def _path(self, name: str) -> Path | None:
        owner = name.split(".")[1]
        for unit in self._runtime.units:
            if unit.name.lower() == owner.lower():
                return unit.path
        return None

    def _call(self, tx: OrgTransaction, method: MethodInfo) -> None:
        tx.statics.clear()
        tx.scratch.clear()
        tx.limits = Limits()
        run = execution(tx, self._runtime.world)
        run.test = self._context(tx, run)
        assert method.invoke is not None
        try:
            method.invoke(run, None, [])
        finally:
            if not self._measured:
                self._limits = _used(tx)

    def _context(self, tx: OrgTransaction, run: Execution) -> TestContext:
        events = TestEvents(self._org, self._runtime, tx)
        outer = tx.limits

        def fresh() -> None:
            tx.limits = Limits()

        def restore() -> None:
            self._limits, self._measured = _used(tx), True
            tx.limits = outer

        def run_as(user_id: str, work: Callable[[], Any]) -> Any:
            before = tx.user
            tx.user = tx.user_of(user_id)
            try:
                return work()
            finally:
                tx.user = before

        def deliver() -> None:
            run_jobs(tx, self._runtime.world)
            events.deliver()
            run_jobs(tx, self._runtime.world)

        return TestContext(events.deliver, deliver, fresh, restore, run_as)


def _used(tx: OrgTransaction) -> dict[str, int]:
    limits = tx.limits
    return limits.snapshot() if isinstance(limits, Limits) else {}


def _setup_methods(cls: ClassInfo) -> list[MethodInfo]:
    return [
        method
        for overloads in cls.methods.values()
        for method in overloads
        if "@testsetup" in method.modifiers
    ]
