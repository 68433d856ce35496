"""How `localorg test` tells what the Apex tests did: to people, to programs, to CI systems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from lxml import etree
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from rehearsal.org.apex.testing import Coverage, StackLine, TestResult
from rehearsal.org.limits import SYNCHRONOUS

_COMPARISON = re.compile(r": Expected: (?P<expected>.*), Actual: (?P<actual>.*)$", re.DOTALL)
# XML 1.0, "Characters": the rest cannot be written, not even escaped.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SHOWN = {
    "queries": "SOQL",
    "query_rows": "rows",
    "dml_statements": "DML",
    "dml_rows": "rows",
    "publish_immediate": "publish",
    "cpu_ms": "CPU ms",
}


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run."""

    results: Sequence[TestResult]
    coverage: Sequence[Coverage]
    below: float | None = None
    """Per cent of lines that each class should have run; None asks for nothing."""

    @property
    def failed(self) -> list[TestResult]:
        return [result for result in self.results if not result.passed]

    @property
    def thin(self) -> list[Coverage]:
        """The classes and triggers with less coverage than asked for."""
        return [unit for unit in self.coverage if unit.percent < (self.below or 0)]

    @property
    def percent(self) -> float:
        """Of all lines, as a deployment counts them."""
        lines = sum(len(unit.executable) for unit in self.coverage)
        covered = sum(len(unit.covered) for unit in self.coverage)
        return 100.0 * covered / lines if lines else 100.0

    @property
    def good(self) -> bool:
        return not self.failed and not self.thin


def show(report: Report, console: Console, *, limits: bool) -> None:
    """Tables where a person watches, else plain lines."""
    if console.is_terminal:
        console.print(_tests_table(report.results, limits=limits))
        for line in _failures(report.failed):
            console.print(Text(line), soft_wrap=True)
        console.print(_coverage_table(report))
    else:
        for line in _lines(report, limits=limits):
            console.out(line, highlight=False)
    for line in _summary(report):
        console.out(line, highlight=False)


def as_json(report: Report) -> dict[str, object]:
    """The whole run for programs; `limits` are what one method used, `maxima` what it may."""
    return {
        "passed": len(report.results) - len(report.failed),
        "failed": len(report.failed),
        "percent": round(report.percent, 1),
        "below": [unit.name for unit in report.thin],
        "maxima": SYNCHRONOUS,
        "tests": [_test_json(result) for result in report.results],
        "coverage": [
            {
                "name": unit.name,
                "percent": round(unit.percent, 1),
                "lines": len(unit.executable),
                "missed": sorted(unit.executable - unit.covered),
            }
            for unit in report.coverage
        ],
    }


def as_junit(report: Report) -> bytes:
    """JUnit's XML, a test suite for each class, as CI systems read it."""
    root = etree.Element("testsuites", {"name": "localorg test", **_counts(report.results)})
    for name, group in groupby(report.results, lambda result: result.class_name):
        results = list(group)
        suite = etree.SubElement(root, "testsuite", {"name": name, **_counts(results)})
        for result in results:
            seconds = f"{result.seconds:.3f}"
            case = etree.SubElement(
                suite, "testcase", classname=name, name=result.method, time=seconds
            )
            if not result.passed:
                said = _NOT_IN_XML.sub("\ufffd", result.message or "")
                failure = etree.SubElement(
                    case, "failure", message=said, type=said.partition(": ")[0]
                )
                failure.text = "\n".join([said, *map(_place, result.stack)])
                if result.stack:
                    case.set("file", str(result.stack[-1].path or result.stack[-1].name))
                    case.set("line", str(result.stack[-1].line))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _counts(results: Sequence[TestResult]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(not result.passed for result in results)),
        "errors": "0",
        "skipped": "0",
        "time": f"{sum(result.seconds for result in results):.3f}",
    }


def _test_json(result: TestResult) -> dict[str, object]:
    expected, actual = _comparison(result)
    return {
        "class": result.class_name,
        "method": result.method,
        "passed": result.passed,
        "seconds": round(result.seconds, 3),
        "message": result.message,
        "expected": expected,
        "actual": actual,
        "stack": [f"{at.path or at.name}:{at.line}" for at in result.stack],
        "limits": result.limits,
    }


def _comparison(result: TestResult) -> tuple[str | None, str | None]:
    """What the assertion expected and what it met, when it compared two values."""
    found = _COMPARISON.search(result.message or "")
    return (found["expected"], found["actual"]) if found else (None, None)


def _place(at: StackLine) -> str:
    return f"{at.path or at.name}:{at.line} {at.name}"


def _lines(report: Report, *, limits: bool) -> Iterator[str]:
    for result in report.results:
        if result.passed:
            yield f"PASS {result.class_name}.{result.method}"
        else:
            yield from _failures([result])
        if limits:
            yield "  " + ", ".join(
                f"{name} {result.limits.get(name, 0)}/{SYNCHRONOUS[name]}" for name in _SHOWN
            )
    for unit in report.coverage:
        yield f"{unit.percent:5.1f} % {unit.name}"


def _failures(failed: Iterable[TestResult]) -> Iterator[str]:
    for result in failed:
        yield f"FAIL {result.class_name}.{result.method}: {result.message}"
        expected, actual = _comparison(result)
        if expected is not None:
            yield f"  expected: {expected}"
            yield f"  actual:   {actual}"
        for at in result.stack:
            yield f"  {_place(at)}"


def _summary(report: Report) -> Iterator[str]:
    for unit in report.thin:
        missed = ", ".join(_ranges(sorted(unit.executable - unit.covered)))
        yield f"{unit.name}: {unit.percent:.1f} % is below {report.below:g} %; not run: {missed}"
    passed = len(report.results) - len(report.failed)
    yield f"{passed} of {len(report.results)} tests passed, {report.percent:.1f} % of lines run."


def _ranges(lines: Sequence[int]) -> Iterator[str]:
    """`[3, 4, 5, 9]` as `3-5`, `9`."""
    for _, group in groupby(enumerate(lines), lambda item: item[1] - item[0]):
        run = [line for _, line in group]
        yield str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}"


def _tests_table(results: Sequence[TestResult], *, limits: bool) -> Table:
    table = Table("", "Test", title="Apex tests", title_justify="left")
    table.add_column("ms", justify="right")
    if limits:
        for name, heading in _SHOWN.items():
            table.add_column(f"{heading}\n/{SYNCHRONOUS[name]}", justify="right")
    for name, group in groupby(results, lambda result: result.class_name):
        table.add_row("", f"[bold]{escape(name)}")
        for result in group:
            mark = "[green]✓" if result.passed else "[red]✗"
            use = _use(result.limits) if limits else []
            table.add_row(mark, escape(result.method), f"{1000 * result.seconds:.0f}", *use)
        table.add_section()
    return table


def _use(limits: Mapping[str, int]) -> list[str]:
    """Yellow from half of a limit on: the org's own automation needs the rest."""
    cells = []
    for name in _SHOWN:
        used = limits.get(name, 0)
        cells.append(f"[yellow]{used}" if 2 * used >= SYNCHRONOUS[name] else str(used))
    return cells


def _coverage_table(report: Report) -> Table:
    table = Table("Class or trigger", title="Line coverage", title_justify="left")
    table.add_column("%", justify="right")
    table.add_column("lines", justify="right")
    table.add_column("not run")
    thin = {unit.name for unit in report.thin}
    for unit in report.coverage:
        percent = f"{'[red]' if unit.name in thin else ''}{unit.percent:.1f}"
        missed = ", ".join(_ranges(sorted(unit.executable - unit.covered)))
        table.add_row(escape(unit.name), percent, str(len(unit.executable)), missed)
    return table
