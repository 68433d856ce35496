"""What a check says about a project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault. `path` is as the layer was given it; lines count from 1, 0 is the whole file."""

    path: Path
    line: int
    severity: Severity
    message: str
    check: str
    """The rule's name, such as `flow-reference`."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.severity}: {self.message} ({self.check})"


@dataclass(frozen=True, slots=True)
class NotRun:
    """A check that could not run, and what it lacks."""

    name: str
    reason: str
