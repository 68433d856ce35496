"""How much a transaction's Apex holds: an estimate, the same on every machine.

What variables, static variables and the running trigger's records reach is added up, whatever is
reached twice once. A character is a byte, a number or a reference 8, an object or a collection 16
more; Salesforce publishes no sizes (Apex Developer Guide, "Execution Governors and Limits", has the
limits only). Intermediate results of an expression are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.classes import FIRST, RESULT, THIS
from rehearsal.org.apex.values import AggregateRow, ApexObject, SObject

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution

_CELL, _HEAD = 8, 16
_OFTEN = 5_000
"""New values after which the heap is measured again; more where it holds more than four times as
many."""


class Heap:
    """The heap of one execution; it is measured when enough has been made since the last time."""

    __slots__ = ("_made", "_values")

    def __init__(self) -> None:
        self._made = self._values = 0

    def made(self, run: Execution, values: int, held: Iterable[Any] = ()) -> None:
        """Notes new values; `held` are some that no variable has yet. Raises LimitExceeded."""
        self._made += values
        if self._made >= max(_OFTEN, self._values // 4):
            self.measure(run, held)

    def measure(self, run: Execution, held: Iterable[Any] = ()) -> int:
        """The bytes in use, booked as the transaction's heap. Raises LimitExceeded."""
        size, self._values = _weigh([*_roots(run), *held])
        self._made = 0
        limits = run.tx.limits
        limits.use("heap", size - limits.used("heap"))
        return size


def row_values(rows: Iterable[dict[str, Any]]) -> int:
    """What rows count as when they become records; long texts count as several values."""
    return sum(
        1 + len(value) // 100 if isinstance(value, str) else 1
        for row in rows
        for value in row.values()
    )


def _roots(run: Execution) -> list[Any]:
    found: list[Any] = []
    for frame in run.stack:
        found += (frame[THIS], frame[RESULT], *frame[FIRST:])
    found += (value for name, value in run.statics.items() if not name.startswith("$"))
    if run.trigger is not None:
        found += (run.trigger.new, run.trigger.old)
    return found


def _weigh(roots: list[Any]) -> tuple[int, int]:
    size = values = 0
    seen: set[int] = set()
    waiting = roots
    while waiting:
        value = waiting.pop()
        if value is None:
            continue
        values += 1
        size += _CELL
        if isinstance(value, (str, bytes)):
            if id(value) not in seen:
                seen.add(id(value))
                size += len(value)
            continue
        inside = _inside(value)
        if inside is None or id(value) in seen:
            continue
        seen.add(id(value))
        size += _HEAD
        if isinstance(value, SObject):  # each row of a query has texts of its own
            size += sum(len(held) for held in inside if isinstance(held, str))
            inside = [0 if isinstance(held, str) else held for held in inside]
        waiting.extend(inside)
    return size, values


def _inside(value: Any) -> Iterable[Any] | None:
    """What a value holds; None for one that holds nothing."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, (SObject, AggregateRow)):
        return value.values.values()
    if isinstance(value, ApexObject):
        return value.slots
    return None
