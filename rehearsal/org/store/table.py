"""One object's records, with indexes on what is looked up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from rehearsal.org.schema import Field, FieldType, ObjectType
from rehearsal.org.values import Row, Value

Key = Value
"""A value as an index holds it: text in one case, since most text compares without case."""


def key_of(value: Value) -> Key:
    return value.casefold() if isinstance(value, str) else value


def is_indexed(field: Field) -> bool:
    """Salesforce indexes ids, references, unique fields, external ids and names."""
    return not field.calculated and (
        field.type is FieldType.REFERENCE
        or field.unique
        or field.external_id
        or field.name in {"Name", "DeveloperName", "MasterLabel"}
    )


class Table:
    """Rows by id: live ones, which are indexed, and deleted ones.

    A stored row is never changed in place: a save replaces it. So a row that was handed out stays
    what it was, and undoing is putting the earlier row back. Null fields are absent.
    """

    def __init__(self, target: ObjectType) -> None:
        self.object = target
        self.version = 0
        """Rises with every change; what is derived from the rows is remembered by it."""
        self._live: dict[str, Row] = {}
        self._deleted: dict[str, Row] = {}
        self._indexes: dict[str, dict[Key, dict[str, None]]] = {
            field.name: {} for field in target if is_indexed(field)
        }

    def __len__(self) -> int:
        return len(self._live)

    def live(self, id_: str) -> Row | None:
        return self._live.get(id_)

    def any(self, id_: str) -> Row | None:
        """The row with that id, deleted or not."""
        return self._live.get(id_) or self._deleted.get(id_)

    def rows(self, include_deleted: bool = False) -> Iterator[Row]:
        """All rows in the order of their creation; one that was undeleted comes last."""
        if not include_deleted or not self._deleted:
            return iter(list(self._live.values()))
        return iter(sorted([*self._live.values(), *self._deleted.values()], key=_by_creation))

    def find(self, field: str, values: Collection[Value]) -> Iterable[Row] | None:
        """Live rows whose field equals one of `values`, case ignored; None without an index."""
        index = self._indexes.get(field)
        if index is None:
            return None
        ids: set[str] = set()
        for value in values:
            ids.update(index.get(key_of(value), ()))
        return [self._live[id_] for id_ in sorted(ids)]

    def matching(self, field: Field, value: Value, *, exact: bool | None = None) -> list[Row]:
        """Live rows that hold this value; the field must be indexed.

        Text compares as the field does, unless `exact` says whether case counts.
        """
        found = self.find(field.name, (value,)) or ()
        if not (field.case_sensitive if exact is None else exact):
            return list(found)
        return [row for row in found if row.get(field.name) == value]

    def put(self, id_: str, row: Row | None) -> Row | None:
        """Replaces a row, `None` removing it for good. Returns what was there."""
        before = self._live.get(id_)
        deleted = self._deleted.pop(id_, None)
        if row is not None and not row.get("IsDeleted"):
            self._live[id_] = row
            self._reindex(id_, before or _NOTHING, row)
        else:
            self._live.pop(id_, None)
            self._reindex(id_, before or _NOTHING, _NOTHING)
            if row is not None:
                self._deleted[id_] = row
        self.version += 1
        return before or deleted

    def _reindex(self, id_: str, before: Row, after: Row) -> None:
        for name, index in self._indexes.items():
            was, value = before.get(name), after.get(name)
            if was == value:
                continue
            if was is not None:
                holders = index[key_of(was)]
                del holders[id_]
                if not holders:
                    del index[key_of(was)]
            if value is not None:
                index.setdefault(key_of(value), {})[id_] = None


_NOTHING: Row = {}


def _by_creation(row: Row) -> str:
    return str(row["Id"])
