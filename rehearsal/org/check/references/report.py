"""Collects what is wrong with one file, and the questions that many checks ask."""

from __future__ import annotations

from pathlib import Path

from rehearsal.org.check.finding import Finding, Severity
from rehearsal.org.check.names import Names
from rehearsal.org.check.tree import Element


class Report:
    """The findings of one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.findings: list[Finding] = []

    def add(
        self, at: Element | int, message: str, check: str, severity: Severity = "error"
    ) -> None:
        line = at if isinstance(at, int) else at.line
        self.findings.append(Finding(self.path, line, severity, message, check))

    def object(self, names: Names, at: Element, check: str, name: str | None = None) -> bool:
        """Whether the object exists; says so when not."""
        name = at.value if name is None else name
        if names.has_object(name):
            return True
        self.add(at, f"there is no object {name}", check)
        return False

    def field(
        self, names: Names, owner: str, at: Element, check: str, name: str | None = None
    ) -> bool:
        """Whether the object has the field or path; says so when not."""
        name = at.value if name is None else name
        if not name or not names.has_object(owner):
            return True
        fault = names.path_fault(owner, name.split("."))
        if fault is not None:
            self.add(at, fault, check)
        return fault is None
