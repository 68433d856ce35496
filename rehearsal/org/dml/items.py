"""The records of one DML call, and the partial save that they go through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rehearsal.org.dml.session import Session
from rehearsal.org.errors import SaveError
from rehearsal.org.ports import Change, Operation, SaveResult
from rehearsal.org.values import Row

CHUNK = 200
"""Records that a trigger sees at a time."""
ATTEMPTS = 3


@dataclass(slots=True, eq=False)
class Item:
    """One record of a call.

    `values` is what the caller gave, typed; `change` is rebuilt from it at each attempt.
    """

    operation: Operation
    values: Row
    id: str | None = None
    errors: list[SaveError] = field(default_factory=list)
    change: Change = field(default_factory=lambda: Change(None, None))

    @property
    def good(self) -> bool:
        return not self.errors and not self.change.errors

    def result(self) -> SaveResult:
        created = self.operation is Operation.INSERT
        if self.errors:
            return SaveResult(None if created else self.id, False, tuple(self.errors))
        return SaveResult(self.id, created)


Attempt = Callable[[list[Item]], None]


def run_chunk(session: Session, items: list[Item], attempt: Attempt, all_or_none: bool) -> None:
    """Saves what can be saved; the rest has errors.

    Apex Developer Guide, "Bulk DML Exception Handling": whatever errs is set aside, all is undone,
    and the others are saved again, triggers included, with the governor limits of the start; a
    third attempt that still errs fails them all. Static variables keep their values.
    """
    used = session.limits.snapshot()
    for number in range(1, ATTEMPTS + 1):
        mark = session.mark()
        pending = [item for item in items if not item.errors]
        if not pending:
            return
        attempt(pending)
        for item in pending:
            item.errors.extend(item.change.errors)
        if all(not item.errors for item in pending):
            return
        session.undo(mark)
        if all_or_none:
            return
        if number < ATTEMPTS:
            session.limits.restore(used)
    for item in items:
        if not item.errors:
            item.errors.append(
                SaveError(
                    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                    "Too many batch retries in the presence of Apex triggers and partial failures.",
                )
            )


def results(items: Sequence[Item], all_or_none: bool) -> list[SaveResult]:
    """The answer of a call. Records that were good in an all-or-none call that failed say so."""
    if all_or_none and any(item.errors for item in items):
        for item in items:
            if not item.errors:
                item.errors.append(
                    SaveError(
                        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                        "Record rolled back because not all records were valid and the request "
                        "was using AllOrNone header",
                    )
                )
    return [item.result() for item in items]
