"""The state of one run of a Flow for one record."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from rehearsal.org.errors import LimitExceeded, OrgError, SaveError
from rehearsal.org.flow.values import Record
from rehearsal.org.ports import Transaction

_ELEMENT_LIMIT = 2000
_ELEMENTS_PER_MS = 10


class Fault(OrgError):
    """An element failed. `message` is what `$Flow.FaultMessage` says."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


@dataclass(slots=True)
class Interview:
    """`values` holds variables and what elements stored, by lower-case name; `visited` the outcomes
    that were taken; `errors` what Custom Error elements said."""

    tx: Transaction
    record: Record | None = None
    prior: Record | None = None
    is_new: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    positions: dict[str, list[Any]] = field(default_factory=dict)
    """What each running loop has still to visit."""
    visited: set[str] = field(default_factory=set)
    errors: list[SaveError] = field(default_factory=list)
    fault_message: str | None = None
    executed: int = 0

    def count_element(self, limited: bool) -> None:
        """Charges CPU time, a millisecond for ten elements. Raises LimitExceeded.

        An interview of a Flow up to API version 56.0 may run 2,000 elements; later Flows are bound
        by CPU time alone (Salesforce Help, "Per-Transaction Flow Limits").
        """
        self.executed += 1
        if limited and self.executed > _ELEMENT_LIMIT:
            raise LimitExceeded(
                f"The number of elements executed at run time exceeds {_ELEMENT_LIMIT}"
            )
        if self.executed % _ELEMENTS_PER_MS == 0:
            self.tx.limits.use("cpu_ms")

    def today(self) -> dt.date:
        """The day in the running user's zone."""
        return self.tx.now().astimezone(ZoneInfo(self.tx.user.time_zone)).date()
