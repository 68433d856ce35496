"""Assignment elements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from rehearsal.org.errors import MetadataError, Unsupported, Where
from rehearsal.org.flow import model
from rehearsal.org.flow.elements.steps import Plain
from rehearsal.org.flow.elements.targets import target
from rehearsal.org.flow.interview import Interview
from rehearsal.org.flow.resources import Resources
from rehearsal.org.flow.values import TEXTS, Record, Type, copied, must_fit
from rehearsal.org.formula import Kind

_REFUSED = frozenset(
    {"RemoveAfterFirst", "RemoveBeforeFirst", "RemovePosition", "RemoveUncommon", "None"}
)
_NUMBER = Type(Kind.NUMBER)
Combine = Callable[[Any, Any], Any]
"""The new value from what is there and what the item gives."""


def assignment(resources: Resources, element: model.Assignment) -> Plain:
    """The items are assigned one after the other. Raises MetadataError, Unsupported."""
    items = [_item(resources, item) for item in element.items]
    following = element.next.target if element.next else None

    def run(interview: Interview) -> str | None:
        for assign in items:
            assign(interview)
        return following

    return Plain(run)


def _item(resources: Resources, item: model.AssignmentItem) -> Callable[[Interview], None]:
    kind, assign = target(resources, item.target)
    given, value = resources.typed(item.value)
    where = item.value.where if item.value else item.where
    if item.operator == "Assign":
        must_fit(given, kind, where)
        return lambda i: assign(i, value(i))
    if item.operator == "AssignCount":
        if kind != _NUMBER or not given.collection:
            raise MetadataError("AssignCount stores the size of a collection in a Number", where)
        return lambda i: assign(i, Decimal(len(value(i) or [])))
    combine = _combination(item.operator, kind, given, where)
    _, current = resources.read(item.target)
    return lambda i: assign(i, combine(current(i), value(i)))


def _combination(operator: str, kind: Type, given: Type, where: Where) -> Combine:
    if operator in _REFUSED:
        raise Unsupported(f"Flow assignment operator {operator}", where)
    if kind.collection:
        must_fit(given.item, kind.item, where)
        if operator in _COLLECTIONS:
            return _COLLECTIONS[operator]
    elif operator in ("Add", "Subtract") and kind.sobject is None:
        found = _sum(operator, kind, given, where)
        if found is not None:
            return found
    raise MetadataError(f"{operator} can't be used on a {kind}", where)


def _sum(operator: str, kind: Type, given: Type, where: Where) -> Combine | None:
    sign = 1 if operator == "Add" else -1
    if kind.kind is Kind.NUMBER:
        must_fit(given, _NUMBER, where)
        return lambda old, new: None if old is None or new is None else old + sign * new
    if kind.kind is Kind.DATE:
        must_fit(given, _NUMBER, where)
        return lambda old, new: (
            None if old is None or new is None else old + sign * dt.timedelta(days=int(new))
        )
    if kind.kind in TEXTS and operator == "Add":
        must_fit(given, kind, where)
        return lambda old, new: ((old or "") + (new or "")) or None
    return None


def _items(value: Any) -> list[Any]:
    if value is None:
        return []
    return [copied(item) for item in (value if isinstance(value, list) else [value])]


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, Record) and isinstance(right, Record):
        return left.row == right.row
    return bool(left == right)


def _remove_first(old: Any, new: Any) -> list[Any]:
    kept = list(old or [])
    for gone in _items(new):
        for index, item in enumerate(kept):
            if _same(item, gone):
                del kept[index]
                break
    return kept


_COLLECTIONS: dict[str, Combine] = {
    "Add": lambda old, new: list(old or []) + _items(new),
    "AddItem": lambda old, new: list(old or []) + _items(new),
    "AddAtStart": lambda old, new: _items(new) + list(old or []),
    "RemoveFirst": _remove_first,
    "RemoveAll": lambda old, new: [
        item for item in old or [] if not any(_same(item, gone) for gone in _items(new))
    ],
}
