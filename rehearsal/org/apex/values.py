"""Values while Apex runs.

Boolean, String, Date, Time and Datetime are Python's own (a Datetime is aware, UTC). Integer is an
int kept in 32 bits, Long one kept in 64 bits, Decimal a ``decimal.Decimal``, Blob bytes, and an Id
its 18-character text. `LongValue` and `IdValue` mark a Long or an Id that stands in an Object.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.classes import ClassInfo, EnumValue
from rehearsal.org.apex.types import SOBJECT, Kind, Type
from rehearsal.org.schema import Field, FieldType, ObjectType

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution
    from rehearsal.org.ports import Change


class LongValue(int):
    """A Long held as an Object."""


class IdValue(str):
    """An Id held as an Object."""

    __slots__ = ()


class ApexList(list[Any]):
    """A List; equal by its elements."""

    __slots__ = ("locked", "type")

    def __init__(self, type_: Type, items: Any = ()) -> None:
        super().__init__(items)
        self.type = type_
        self.locked = False

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self))


class ApexSet(dict[Any, None]):
    """A Set in the order of insertion."""

    __slots__ = ("type",)

    def __init__(self, type_: Type, items: Any = ()) -> None:
        super().__init__(dict.fromkeys(items))
        self.type = type_

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self))


class ApexMap(dict[Any, Any]):
    """A Map in the order of insertion."""

    __slots__ = ("locked", "type")

    def __init__(self, type_: Type, items: Any = ()) -> None:
        super().__init__(items)
        self.type = type_
        self.locked = False

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


class ApexIterator:
    """What `iterator()` of a List or Set gives."""

    __slots__ = ("items", "position")

    def __init__(self, items: list[Any]) -> None:
        self.items, self.position = items, 0


class ApexObject:
    """An instance of a class; `slots` are its variables."""

    __slots__ = ("cls", "slots")

    def __init__(self, cls: ClassInfo) -> None:
        self.cls = cls
        self.slots: list[Any] = list(cls.defaults)


class EquatableObject(ApexObject):
    """An instance of a class with its own `equals` and `hashCode`."""

    __slots__ = ("run",)

    def __init__(self, cls: ClassInfo, run: Execution) -> None:
        super().__init__(cls)
        self.run = run

    def __eq__(self, other: object) -> bool:
        method = self.cls.dispatch["equals(object)"]
        assert method.invoke is not None
        return bool(method.invoke(self.run, self, [other]))

    def __hash__(self) -> int:
        method = self.cls.dispatch["hashcode()"]
        assert method.invoke is not None
        return int(method.invoke(self.run, self, []))


class ExceptionObject(ApexObject):
    """An exception: message, cause, where it was made, and the rows of a DmlException."""

    __slots__ = ("cause", "message", "rows", "trace")

    def __init__(self, cls: ClassInfo, message: str | None, trace: list[tuple[str, int]]) -> None:
        super().__init__(cls)
        self.message = message
        self.cause: ExceptionObject | None = None
        self.trace = trace
        self.rows: list[DmlRow] = []

    @property
    def type_name(self) -> str:
        name = self.cls.name
        return name if self.cls.declared or "." in name else f"System.{name}"


class DmlRow:
    """One refused record of a DmlException."""

    __slots__ = ("fields", "id", "index", "message", "status")

    def __init__(
        self, index: int, id_: str | None, status: str, message: str, fields: tuple[str, ...]
    ) -> None:
        self.index, self.id, self.status, self.message = index, id_, status, message
        self.fields = fields


class ApexThrow(Exception):
    """Carries an Apex exception through Python."""

    def __init__(self, value: ExceptionObject) -> None:
        super().__init__(value.message)
        self.value = value


class SObject:
    """A record in memory. `selected` are the fields of the query it came from, else None."""

    __slots__ = ("change", "lock", "selected", "type", "values")

    def __init__(self, type_: ObjectType, values: dict[str, Any] | None = None) -> None:
        self.type = type_
        self.values: dict[str, Any] = {} if values is None else values
        self.selected: frozenset[str] | None = None
        self.lock: str | None = None
        self.change: Change | None = None

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, SObject) or other.type is not self.type:
            return False
        return _filled(self) == _filled(other)

    def __hash__(self) -> int:
        return hash((self.type.name, frozenset(_filled(self).items())))

    def read(self, run: Execution, name: str, field: Field | None) -> Any:
        """A field or relationship by canonical name.

        Raises SObjectException when the record was queried without it."""
        try:
            return self.values[name]
        except KeyError:
            pass
        if self.selected is not None and name not in self.selected:
            raise run.error(
                "SObjectException",
                "SObject row was retrieved via SOQL without querying the requested field: "
                f"{self.type.name}.{name}",
            )
        if field is not None and field.type is FieldType.BOOLEAN:
            return False
        return None

    def write(self, run: Execution, name: str, value: Any) -> None:
        if self.lock is not None:
            raise run.error("FinalException", self.lock)
        self.values[name] = value


def _filled(record: SObject) -> dict[str, Any]:
    return {name: value for name, value in record.values.items() if value is not None}


class AggregateRow:
    """An AggregateResult."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values


class TypeValue:
    """A System.Type."""

    __slots__ = ("type",)

    def __init__(self, type_: Type) -> None:
        self.type = type_

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypeValue) and other.type == self.type

    def __hash__(self) -> int:
        return hash(self.type)


class FieldToken:
    """A Schema.SObjectField."""

    __slots__ = ("field", "object")

    def __init__(self, object_: ObjectType, field: Field) -> None:
        self.object, self.field = object_, field

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FieldToken) and other.field is self.field

    def __hash__(self) -> int:
        return hash((self.object.name, self.field.name))


_BY_PYTHON: list[tuple[type, str]] = [
    (bool, "Boolean"),
    (LongValue, "Long"),
    (int, "Integer"),
    (Decimal, "Decimal"),
    (IdValue, "Id"),
    (str, "String"),
    (dt.datetime, "Datetime"),
    (dt.date, "Date"),
    (dt.time, "Time"),
    (bytes, "Blob"),
    (TypeValue, "Type"),
    (ObjectType, "Schema.SObjectType"),
    (FieldToken, "Schema.SObjectField"),
    (AggregateRow, "AggregateResult"),
]


def dynamic_type(value: Any) -> Type:
    """The type of a value that is not null, as `instanceof` sees it."""
    if isinstance(value, (ApexList, ApexSet, ApexMap)):
        return value.type
    if isinstance(value, SObject):
        return Type(value.type.name, (), SOBJECT.kind)
    if isinstance(value, ApexObject):
        return value.cls.type
    if isinstance(value, EnumValue):
        return value.owner.type
    for python, name in _BY_PYTHON:
        if isinstance(value, python):
            kind = Kind.NATIVE if "." in name or name == "Type" else Kind.PRIMITIVE
            return Type(name, (), kind)
    return Type(getattr(type(value), "APEX", "Object"))
