"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, or may work: look at it."""
    FAULT = "fault"
    """It does not work like this."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer."""

    check: str
    level: Level
    said: str
    do: str = ""
    """What to do next; empty when there is nothing."""


def ok(check: str, said: str) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, said)


def warning(check: str, said: str, do: str) -> Finding:
    """Something to look at."""
    return Finding(check, Level.WARNING, said, do)


def fault(check: str, said: str, do: str) -> Finding:
    """Something to mend."""
    return Finding(check, Level.FAULT, said, do)
