"""How a run is shown where a person watches."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console

from rehearsal.org.apex.testing import Coverage, StackLine, TestResult
from rehearsal.org.testing_report import Report, show

AT = StackLine(Path("classes/ATest.cls"), 7, "Class.ATest.bad")
RESULTS = [
    TestResult("ATest", "good", True, limits={"queries": 50, "dml_statements": 74}, seconds=0.012),
    TestResult(
        "ATest", "bad", False, "System.AssertException: [red]: Expected: 1, Actual: 2", (AT,)
    ),
]
COVERAGE = [
    Coverage("A", frozenset({1, 2, 3, 5}), frozenset({5})),
    Coverage("B", frozenset(), frozenset()),
]


def shown(report: Report, *, limits: bool = False, terminal: bool = True) -> str:
    text = StringIO()
    console = Console(file=text, force_terminal=terminal, width=100, no_color=True)
    show(report, console, limits=limits)
    return text.getvalue()


def test_a_terminal_gets_tables() -> None:
    text = shown(Report(RESULTS, COVERAGE))
    assert "┏" in text
    assert any(line.split()[1:6] == ["✓", "│", "good", "│", "12"] for line in text.splitlines())
    assert any(line.split()[1:8:2] == ["A", "25.0", "4", "1-3"] for line in text.splitlines())


def test_what_is_no_terminal_gets_plain_lines() -> None:
    text = shown(Report(RESULTS, COVERAGE), terminal=False)
    assert text.isascii()
    assert "PASS ATest.good\n" in text


def test_a_message_is_no_markup() -> None:
    for terminal in (True, False):
        assert "[red]: Expected: 1" in shown(Report(RESULTS, COVERAGE), terminal=terminal)


def test_limits_stand_beside_their_maxima() -> None:
    text = shown(Report(RESULTS, COVERAGE), limits=True)
    assert "/100" in text
    assert any(line.split()[7::2][:3] == ["50", "0", "74"] for line in text.splitlines())
    assert "/100" not in shown(Report(RESULTS, COVERAGE))


def test_a_class_without_lines_counts_as_covered() -> None:
    assert [unit.name for unit in Report(RESULTS, COVERAGE, below=100).thin] == ["A"]


def test_without_a_bar_no_class_is_too_thin() -> None:
    assert Report(RESULTS[:1], COVERAGE).good
    assert not Report(RESULTS[:1], COVERAGE, below=25.1).good
    assert Report(RESULTS[:1], COVERAGE, below=25).good
