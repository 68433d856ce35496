"""What the API tells of a deployment (Metadata API Developer Guide, "DeployResult").

A result is a tree of named values in the order of the WSDL; `soap` and `rest` write it down.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import Any

from rehearsal.org.apex.testing import Coverage, TestResult
from rehearsal.org.server.metadata.components import Place
from rehearsal.org.server.metadata.problems import PACKAGE_XML, Problem
from rehearsal.org.values import id18

Tree = dict[str, Any]


def component_id(place: Place) -> str:
    """The id of a component's record; the same in every deployment."""
    return _record_id(place.prefix, place.component.full_name)


def _record_id(prefix: str, name: str) -> str:
    return id18(f"{prefix}{hashlib.sha256(name.lower().encode()).hexdigest()[:12]}")


@dataclass(frozen=True, slots=True)
class Success:
    """A component that is as the deployment wants it."""

    place: Place
    created: bool
    changed: bool
    """Also true for a created one."""

    def tree(self, now: dt.datetime) -> Tree:
        component = self.place.component
        return {
            "changed": self.changed,
            "componentType": component.type,
            "created": self.created,
            "createdDate": now,
            "deleted": False,
            "fileName": self.place.file,
            "fullName": component.full_name,
            "id": component_id(self.place),
            "success": True,
            "warning": False,
        }


def manifest_tree(now: dt.datetime) -> Tree:
    """The manifest is listed among the components, with no type."""
    return {
        "changed": True,
        "componentType": "",
        "created": False,
        "createdDate": now,
        "deleted": False,
        "fileName": PACKAGE_XML,
        "fullName": PACKAGE_XML,
        "success": True,
        "warning": False,
    }


def problem_tree(problem: Problem, now: dt.datetime) -> Tree:
    place: Tree = {"lineNumber": problem.line} if problem.line else {}
    column: Tree = {"columnNumber": problem.column} if problem.line and problem.column else {}
    return {
        "changed": False,
        **column,
        "componentType": problem.component_type,
        "created": False,
        "createdDate": now,
        "deleted": False,
        "fileName": problem.file_name,
        "fullName": problem.full_name,
        **place,
        "problem": problem.problem,
        "problemType": "Error",
        "success": False,
        "warning": False,
    }


@dataclass(slots=True)
class TestRun:
    """The Apex tests of a deployment."""

    __test__ = False
    total: int = 0
    results: list[tuple[TestResult, float]] = field(default_factory=list)
    """Each with the milliseconds that it took."""
    missing: list[str] = field(default_factory=list)
    """Named tests that do not exist."""
    coverage: list[Coverage] = field(default_factory=list)
    warnings: list[tuple[str | None, str]] = field(default_factory=list)
    """Too little coverage: of a class or trigger, or, without a name, of all together."""
    triggers: frozenset[str] = frozenset()

    @property
    def failures(self) -> int:
        return len(self.missing) + sum(not result.passed for result, _ in self.results)

    @property
    def passed(self) -> bool:
        return not self.failures and not self.warnings

    def tree(self) -> Tree:
        failed = [(result, time) for result, time in self.results if not result.passed]
        return {
            "codeCoverage": [self._coverage_tree(one) for one in self.coverage],
            "codeCoverageWarnings": [
                {"id": _record_id("01p", name or ""), "message": message, "name": name}
                for name, message in self.warnings
            ],
            "failures": [
                *(_missing_tree(name) for name in self.missing),
                *(_failure_tree(result, time) for result, time in failed),
            ],
            "numFailures": self.failures,
            "numTestsRun": len(self.results),
            "successes": [
                {
                    "id": _record_id("01p", result.class_name),
                    "methodName": result.method,
                    "name": result.class_name,
                    "namespace": None,
                    "seeAllData": False,
                    "time": time,
                }
                for result, time in self.results
                if result.passed
            ],
            "totalTime": round(sum(time for _, time in self.results), 1),
        }

    def _coverage_tree(self, unit: Coverage) -> Tree:
        trigger = unit.name.lower() in self.triggers
        missed = sorted(unit.executable - unit.covered)
        return {
            "id": _record_id("01q" if trigger else "01p", unit.name),
            "locationsNotCovered": [
                {"column": 0, "line": line, "numExecutions": 0, "time": -1.0} for line in missed
            ],
            "name": unit.name,
            "namespace": None,
            "numLocations": len(unit.executable),
            "numLocationsNotCovered": len(missed),
            "type": "Trigger" if trigger else "Class",
        }


def _failure_tree(result: TestResult, time: float) -> Tree:
    return {
        "id": _record_id("01p", result.class_name),
        "message": result.message,
        "methodName": result.method,
        "name": result.class_name,
        "namespace": None,
        "packageName": result.class_name,
        "seeAllData": False,
        "stackTrace": "\n".join(f"{at.name}: line {at.line}, column 1" for at in result.stack),
        "time": time,
        "type": "Class",
    }


def _missing_tree(name: str) -> Tree:
    return {
        "id": _record_id("01p", name),
        "message": f"no such test: {name}",
        "methodName": None,
        "name": name,
        "namespace": None,
        "packageName": name,
        "seeAllData": False,
        "stackTrace": "",
        "time": 0.0,
        "type": "Class",
    }
