"""Tables of objects in the order of their creation, with indexes on what never changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, Protocol, TypeVar

from .errors import missing_object


class Stored(Protocol):
    """What a table can keep."""

    id: str
    created: int


T = TypeVar("T", bound=Stored)


class Table(Generic[T]):
    """All objects of one kind."""

    def __init__(self, kind: str, **indexes: Callable[[T], Hashable]) -> None:
        self.kind = kind
        self._rows: dict[str, T] = {}
        self._keys = indexes
        self._indexes: dict[str, dict[Hashable, list[T]]] = {
            name: defaultdict(list) for name in indexes
        }

    def add(self, row: T) -> T:
        self._rows[row.id] = row
        for name, key in self._keys.items():
            self._indexes[name][key(row)].append(row)
        return row

    def remove(self, ref: str) -> None:
        row = self._rows.pop(ref)
        for name, key in self._keys.items():
            self._indexes[name][key(row)].remove(row)

    def get(self, ref: str) -> T | None:
        return self._rows.get(ref)

    def __getitem__(self, ref: str) -> T:
        return self._rows[ref]

    def need(self, ref: str, param: str = "id", *, status: int = 404) -> T:
        """The object, or Stripe's ``resource_missing``."""
        row = self._rows.get(ref)
        if row is None:
            raise missing_object(self.kind, ref, param, status=status)
        return row

    def named(self, ref: str, param: str) -> T:
        """The object that a parameter names, or ``resource_missing`` with status 400."""
        return self.need(ref, param, status=400)

    def by(self, index: str, key: Hashable) -> list[T]:
        """Rows of an index, oldest first."""
        return self._indexes[index].get(key, [])

    def __iter__(self) -> Iterator[T]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, ref: object) -> bool:
        return ref in self._rows
