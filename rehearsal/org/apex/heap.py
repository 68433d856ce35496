"""How much a transaction's Apex holds: an estimate, the same on every machine.

What variables, static variables and the running trigger's records reach is added up, whatever is
reached twice once. A character is a byte, a number or a reference 8, an object or a collection 16
more; Salesforce publishes no sizes (Apex Developer Guide, "Execution Governors and Limits", has the
limits only). Intermediate results of an expression are not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
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


def _nothing(_value: Any) -> tuple[int, Iterable[Any]]:
    return 0, ()


def _text(value: Any) -> tuple[int, Iterable[Any]]:
    return len(value), ()


def _record(value: SObject) -> tuple[int, Iterable[Any]]:
    """Each row of a query has texts of its own."""
    held = value.values.values()
    texts = [len(each) for each in held if isinstance(each, str)]
    if not texts:
        return _HEAD, held
    return _HEAD + sum(texts), [0 if isinstance(each, str) else each for each in held]


_BY_BASE: tuple[tuple[type, Callable[[Any], tuple[int, Iterable[Any]]]], ...] = (
    (str, _text),
    (bytes, _text),
    (list, lambda value: (_HEAD, value)),
    (dict, lambda value: (_HEAD, chain(value.keys(), value.values()))),
    (SObject, _record),
    (AggregateRow, lambda value: (_HEAD, value.values.values())),
    (ApexObject, lambda value: (_HEAD, value.slots)),
)


class _Weights(dict[type, Callable[[Any], tuple[int, Iterable[Any]]]]):
    """By type: what a value weighs beside its cell, and what it holds."""

    def __missing__(self, of: type) -> Callable[[Any], tuple[int, Iterable[Any]]]:
        found = next((weight for base, weight in _BY_BASE if issubclass(of, base)), _nothing)
        return self.setdefault(of, found)


_weights = _Weights()


def _weigh(roots: Iterable[Any]) -> tuple[int, int]:
    """Bytes and values."""
    size = values = 0
    seen: set[int] = set()
    weights, nothing = _weights, _nothing
    waiting: list[Iterable[Any]] = [roots]
    while waiting:
        for value in waiting.pop():
            if value is None:
                continue
            values += 1
            weight = weights[type(value)]
            if weight is nothing or id(value) in seen:
                continue
            seen.add(id(value))
            more, inside = weight(value)
            size += more
            if inside:
                waiting.append(inside)
    return size + _CELL * values, values
