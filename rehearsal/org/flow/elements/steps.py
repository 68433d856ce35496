"""The shapes of a compiled element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rehearsal.org.flow.interview import Fault, Interview
from rehearsal.org.ports import Transaction


@dataclass(frozen=True, slots=True)
class Plain:
    """An element that touches nothing but the interview. `run` says which element comes next."""

    run: Callable[[Interview], str | None]


class Bulk(Protocol):
    """An element that reads or writes records. Interviews that wait at the same element are served
    together (Salesforce Help, "How Flow Bulkification Works")."""

    next: str | None
    fault: str | None

    def prepare(self, interview: Interview) -> Any:
        """What the element will do for this interview. Raises Fault."""

    def execute(self, tx: Transaction, work: Sequence[Any]) -> list[Any | Fault]:
        """Does it for several interviews at once; an outcome for each. Raises LimitExceeded."""

    def finish(self, interview: Interview, outcome: Any) -> None:
        """Stores the outcome in the interview."""


@dataclass(frozen=True, slots=True)
class Call:
    """A subflow: `start` makes the called Flow's interview, `finish` takes its outputs."""

    flow: str
    start: Callable[[Interview], Interview]
    finish: Callable[[Interview, Interview], None]
    next: str | None


Step = Plain | Bulk | Call
