"""How the rows of several interviews are written as one DML statement.

Salesforce Help, "How Flow Bulkification Works": where records of some interviews are refused, those
of the others are saved all the same, in up to three attempts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rehearsal.org.errors import SaveError
from rehearsal.org.flow.interview import Fault
from rehearsal.org.ports import SaveResult, Transaction
from rehearsal.org.values import Row

_ATTEMPTS = 3
_DUPLICATES = 12
_ROLLED_BACK = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
EXPLAINED = "You can look up ExceptionCode values in the SOAP API Developer Guide."

Send = Callable[[list[Row], bool], list[SaveResult]]
"""Rows and all-or-none to results; it counts one DML statement."""


def fault(verb: str, code: str, message: str) -> Fault:
    """What `$Flow.FaultMessage` says when a flow tried to `verb` records."""
    return Fault(
        f"This error occurred when the flow tried to {verb} records: {code}: {message}. {EXPLAINED}"
    )


def save(
    tx: Transaction, verb: str, rows: Sequence[list[Row]], send: Send
) -> list[list[SaveResult] | Fault]:
    """Sends the rows of several interviews as one statement; an outcome for each interview.

    An interview's own rows are saved all or none: what was saved of them before one was refused is
    undone. Raises LimitExceeded.
    """
    outcomes: list[list[SaveResult] | Fault] = [[] for _ in rows]
    waiting = [index for index, own in enumerate(rows) if own]
    may_part = any(len(rows[index]) > 1 for index in waiting)
    statement = _Statement(tx)
    for attempt in range(_ATTEMPTS):
        if not waiting:
            break
        alone = len(waiting) == 1 and attempt == 0
        mark = statement.savepoint() if may_part else None
        results = statement.send(
            send, [row for index in waiting for row in rows[index]], all_or_none=alone
        )
        start, partly_saved = 0, False
        for index in waiting:
            own = results[start : start + len(rows[index])]
            start += len(rows[index])
            refused = _refusal(verb, own)
            outcomes[index] = refused or own
            partly_saved |= refused is not None and any(result.success for result in own)
        if mark is None or not partly_saved:
            break
        statement.rollback(mark)
        waiting = [index for index in waiting if not isinstance(outcomes[index], Fault)]
        if attempt == _ATTEMPTS - 1:
            for index in waiting:
                outcomes[index] = fault(
                    verb, "CANNOT_EXECUTE_FLOW_TRIGGER", f"the records failed {_ATTEMPTS} times"
                )
    return outcomes


def _refusal(verb: str, results: Sequence[SaveResult]) -> Fault | None:
    """The first row's own error; the other rows of an all-or-none call only say that it failed."""
    errors = [error for result in results for error in result.errors]
    if not errors:
        return None
    own = [error for error in errors if error.status_code != _ROLLED_BACK]
    first = (own or errors)[0]
    return fault(verb, first.status_code, first.message)


class _Statement:
    """One DML statement of the platform, whatever it takes here to carry it out."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._counted = False

    def savepoint(self) -> object:
        return self._tx.savepoint(counted=False)

    def rollback(self, mark: object) -> None:
        self._tx.rollback(mark, counted=False)

    def send(self, send: Send, rows: list[Row], *, all_or_none: bool) -> list[SaveResult]:
        """Rows that name a record again come in a later wave, as several interviews may update one
        record; there may be twelve of them."""
        results: dict[int, SaveResult] = {}
        seen: dict[str, int] = {}
        waves: dict[int, list[int]] = {}
        for index, row in enumerate(rows):
            identifier = row.get("Id")
            wave = 0
            if identifier is not None:
                wave = seen[identifier] = seen.get(identifier, -1) + 1
            if wave > _DUPLICATES:
                error = SaveError(
                    "DUPLICATE_VALUE",
                    f"Maximum number of duplicate updates in one batch ({_DUPLICATES} allowed)",
                )
                results[index] = SaveResult(identifier, False, (error,))
            else:
                waves.setdefault(wave, []).append(index)
        for wave in sorted(waves):
            indexes = waves[wave]
            sent = send([rows[index] for index in indexes], all_or_none)
            results.update(zip(indexes, sent, strict=True))
            if self._counted:
                self._tx.limits.use("dml_statements", -1)
            self._counted = True
        return [results[index] for index in range(len(rows))]
