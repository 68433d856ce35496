"""All tables of the org, with one undo log."""

from __future__ import annotations

from collections.abc import Iterable

from rehearsal.org.schema import ObjectType, Schema
from rehearsal.org.store.ids import INSTANCE, IdMaker
from rehearsal.org.store.table import Table
from rehearsal.org.values import Row


class Store:
    """Changes are kept from `commit` on; until then `undo` takes them back, newest first.

    Ids and auto-numbers that were given out are not taken back, as in Salesforce.
    """

    def __init__(self, schema: Schema, instance: str = INSTANCE) -> None:
        self.ids = IdMaker(instance)
        self._tables = {name: Table(target) for name, target in schema.objects.items()}
        self._by_prefix = {target.key_prefix: target.name for target in schema.objects.values()}
        self._log: list[tuple[Table, str, Row | None]] = []
        self._numbers: dict[tuple[str, str], int] = {}

    def table(self, sobject: str) -> Table:
        """Raises KeyError for an unknown object."""
        return self._tables[sobject.lower()]

    def objects(self) -> Iterable[ObjectType]:
        return [table.object for table in self._tables.values()]

    def adopt(self, schema: Schema) -> None:
        """Goes on with another schema, which has the objects and key prefixes of this one.

        Records, ids and numbers stay; nothing may be uncommitted.
        """
        before = self._tables
        self._tables = {name: Table(target) for name, target in schema.objects.items()}
        self._by_prefix = {target.key_prefix: target.name for target in schema.objects.values()}
        for name, table in before.items():
            for row in table.rows(include_deleted=True):
                self._tables[name].put(str(row["Id"]), row)

    def object_of(self, id_: str) -> str | None:
        """The object whose key prefix an id has."""
        return self._by_prefix.get(id_[:3])

    def get(self, sobject: str, id_: str) -> Row | None:
        """The live row with that id."""
        return self.table(sobject).live(id_)

    def put(self, sobject: str, row: Row) -> None:
        """Saves a row under its Id."""
        self._replace(self.table(sobject), str(row["Id"]), row)

    def erase(self, sobject: str, id_: str) -> None:
        """Removes a row past the recycle bin."""
        self._replace(self.table(sobject), id_, None)

    def mark(self) -> int:
        """A point to undo to."""
        return len(self._log)

    def undo(self, mark: int = 0) -> None:
        while len(self._log) > mark:
            table, id_, before = self._log.pop()
            table.put(id_, before)

    def commit(self) -> None:
        self._log.clear()

    def next_number(self, sobject: str, field: str, first: int) -> int:
        """The next auto-number of a field."""
        number = self._numbers.get((sobject, field), first - 1) + 1
        self._numbers[sobject, field] = number
        return number

    def _replace(self, table: Table, id_: str, row: Row | None) -> None:
        self._log.append((table, id_, table.put(id_, row)))
