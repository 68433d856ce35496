"""Governor limits of one transaction (Apex Developer Guide, "Execution Governors and Limits").

CPU time is counted in units of work that whoever runs code charges, never by the wall clock: the
same transaction uses the same amount on every machine.
"""

from __future__ import annotations

from rehearsal.org.errors import LimitExceeded

SYNCHRONOUS = {
    "queries": 100,
    "query_rows": 50_000,
    "dml_statements": 150,
    "dml_rows": 10_000,
    "cpu_ms": 10_000,
    "heap": 6_000_000,
    "publish_immediate": 150,
    "future_calls": 50,
    "queueable_jobs": 50,
}
ASYNCHRONOUS = SYNCHRONOUS | {
    "queries": 200,
    "cpu_ms": 60_000,
    "heap": 12_000_000,
    "future_calls": 0,
    "queueable_jobs": 1,
}
QUEUEABLE = ASYNCHRONOUS | {"future_calls": 50}
_WORDS = {
    "queries": "Too many SOQL queries: {used}",
    "query_rows": "Too many query rows: {used}",
    "dml_statements": "Too many DML statements: {used}",
    "dml_rows": "Too many DML rows: {used}",
    "cpu_ms": "Apex CPU time limit exceeded",
    "heap": "Apex heap size too large: {used}",
    "publish_immediate": "Too many EventBus.publish calls: {used}",
    "future_calls": "Too many future calls: {used}",
    "queueable_jobs": "Too many queueable jobs added to the queue: {used}",
}


class Limits:
    """Implements `ports.Counters`."""

    def __init__(self, maxima: dict[str, int] | None = None) -> None:
        self._maxima = dict(SYNCHRONOUS if maxima is None else maxima)
        self._used = dict.fromkeys(self._maxima, 0)

    def use(self, limit: str, amount: int = 1) -> None:
        """Counts; a negative amount gives back (heap). Raises LimitExceeded."""
        self._used[limit] = max(0, self._used[limit] + amount)
        if self._used[limit] > self._maxima[limit]:
            raise LimitExceeded(_WORDS[limit].format(used=self._used[limit]))

    def used(self, limit: str) -> int:
        return self._used[limit]

    def maximum(self, limit: str) -> int:
        return self._maxima[limit]

    def snapshot(self) -> dict[str, int]:
        return dict(self._used)

    def restore(self, snapshot: dict[str, int]) -> None:
        """Goes back to an earlier count, as a partial save does before it tries again."""
        self._used = dict(snapshot)

    def fresh(self) -> Limits:
        """Counters at zero with the same maxima (`Test.startTest`)."""
        return Limits(self._maxima)
