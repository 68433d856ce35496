"""Records as queries, triggers and Flows see them: stored values and computed ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from rehearsal.org.dml.formulas import Formulas, Moment
from rehearsal.org.schema import Field, FieldType, ObjectType, Schema
from rehearsal.org.store import Store
from rehearsal.org.values import Row, Value


class Records:
    """Reads the store for one transaction. Implements `soql.Source`.

    `virtual` gives the rows of objects that mirror something else, such as EventBusSubscriber.
    """

    def __init__(
        self,
        schema: Schema,
        store: Store,
        formulas: Formulas,
        moment: Callable[[], Moment],
        virtual: Mapping[str, Callable[[], list[Row]]],
    ) -> None:
        self._schema, self._store, self._formulas = schema, store, formulas
        self._moment, self._virtual = moment, virtual

    def scan(
        self, sobject: str, ids: Collection[str] | None = None, include_deleted: bool = False
    ) -> Iterable[Row]:
        """Stored rows in the order of their creation; only those of `ids` when given."""
        if sobject in self._virtual:
            return self._virtual[sobject]()
        table = self._store.table(sobject)
        if ids is None:
            return table.rows(include_deleted)
        read = table.any if include_deleted else table.live
        return [row for id_ in dict.fromkeys(ids) if (row := read(id_)) is not None]

    def get(self, sobject: str, id: str) -> Row | None:  # noqa: A002
        """The stored row with that id, deleted ones included."""
        return self._store.table(sobject).any(id)

    def find(self, sobject: str, field: str, values: Collection[Value]) -> Iterable[Row] | None:
        """Live rows whose field equals one of `values`, case ignored; None without an index."""
        if sobject in self._virtual:
            return None
        return self._store.table(sobject).find(field, values)

    def value(self, sobject: str, row: Row, field: Field) -> Value:
        """A field of a stored row; formulas are computed here."""
        if field.formula is not None:
            return self._formulas.value(sobject, row, field, self._moment())
        value: Value = row.get(field.name)
        return False if value is None and field.type is FieldType.BOOLEAN else value

    def whole(self, sobject: str, row: Row) -> Row:
        """A new row with every field, null and computed ones included, as a trigger has it."""
        target = self._schema.objects[sobject.lower()]
        return {field.name: self.value(sobject, row, field) for field in target}

    def reader(self, target: ObjectType) -> Callable[[Row, Field], Value]:
        """Reads fields of one object's rows."""
        return lambda row, field: self.value(target.name, row, field)
