"""Runs the layers over a project and puts together what they find."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rehearsal.org.check.finding import Finding, NotRun
from rehearsal.org.check.layers import LAYERS

_DOUBLES = frozenset({"load", "local-org"})
"""Checks that say again what another said of the same line."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found, by file and line, with paths relative to the project."""

    findings: list[Finding]
    not_run: list[NotRun]

    @property
    def passed(self) -> bool:
        """Whether there is no error; warnings do not fail a project."""
        return all(finding.severity != "error" for finding in self.findings)

    @property
    def summary(self) -> str:
        """One line for people."""
        if not self.findings:
            return "No faults."
        errors = sum(finding.severity == "error" for finding in self.findings)
        return f"{errors} errors, {len(self.findings) - errors} warnings."

    def to_json(self) -> dict[str, object]:
        """The same for programs."""
        return {
            "passed": self.passed,
            "findings": [
                {**dataclasses.asdict(finding), "path": finding.path.as_posix()}
                for finding in self.findings
            ],
            "not_run": [dataclasses.asdict(lacking) for lacking in self.not_run],
        }


def run(root: Path, names: Iterable[str] | None = None) -> Result:
    """Runs the named layers, by default all. Raises KeyError for an unknown name."""
    findings: set[Finding] = set()
    not_run: list[NotRun] = []
    for layer in [LAYERS[name] for name in names] if names is not None else LAYERS.values():
        for found in layer(root):
            if isinstance(found, NotRun):
                not_run.append(found)
            else:
                findings.add(_relative(found, root))
    ordered = sorted(findings, key=lambda f: (f.path.as_posix(), f.line, f.check, f.message))
    return Result(list(_once(ordered)), not_run)


def _once(findings: list[Finding]) -> Iterable[Finding]:
    told = {_place(finding) for finding in findings if finding.check not in _DOUBLES}
    for finding in findings:
        if finding.check not in _DOUBLES or _place(finding) not in told:
            yield finding


def _place(finding: Finding) -> tuple[Path, int]:
    """A whole file and its first line are one place."""
    return finding.path, max(finding.line, 1)


def _relative(finding: Finding, root: Path) -> Finding:
    if not finding.path.is_relative_to(root):
        return finding
    return dataclasses.replace(finding, path=finding.path.relative_to(root))
