"""JSON text to typed Apex values."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.classes import ClassInfo, ClassKind
from rehearsal.org.apex.conversion import to_id
from rehearsal.org.apex.types import (
    BLOB,
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    ID,
    INTEGER,
    LONG,
    OBJECT,
    SOBJECT,
    STRING,
    Kind,
    Type,
    list_of,
    map_of,
)
from rehearsal.org.apex.values import ApexList, ApexMap, ApexObject, ApexSet, SObject
from rehearsal.org.schema import ObjectType

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution


def read_text(run: Execution, text: str) -> Any:
    """Parsed JSON; numbers with a point are Decimal. Raises JSONException."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except json.JSONDecodeError as fault:
        found = text[fault.pos : fault.pos + 1] or "end-of-input"
        raise run.error(
            "JSONException",
            f"Unexpected character ('{found}') at input location "
            f"[{fault.lineno},{fault.colno}]: {fault.msg}",
        ) from None
    except ValueError as fault:
        raise run.error("JSONException", str(fault)) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"Unexpected constant: {name}")


class Reader:
    """Reads values of a wanted type. `strict` refuses fields that a class does not have."""

    def __init__(self, run: Execution, *, strict: bool) -> None:
        self.run, self.strict = run, strict

    def fail(self, message: str) -> Exception:
        return self.run.error("JSONException", message)

    def read(self, value: Any, kind: Type) -> Any:
        if value is None:
            return None
        if kind == OBJECT:
            return self._untyped(value)
        primitive = _PRIMITIVES.get(kind)
        if primitive is not None:
            return primitive(self, value)
        if kind.kind is Kind.COLLECTION:
            return self._collection(value, kind)
        if kind.kind is Kind.SOBJECT:
            return self._record(value, kind)
        if kind.kind is Kind.CLASS:
            return self._object(value, self.run.world.class_of(kind))
        raise self.fail(f"Apex Type unsupported in JSON: {kind}")

    def _untyped(self, value: Any) -> Any:
        if isinstance(value, dict):
            items = {name: self._untyped(item) for name, item in value.items()}
            return ApexMap(map_of(STRING, OBJECT), items)
        if isinstance(value, list):
            return ApexList(list_of(OBJECT), [self._untyped(item) for item in value])
        return value

    def _collection(self, value: Any, kind: Type) -> Any:
        if kind.name == "Map":
            if not isinstance(value, dict):
                raise self.fail(f"Malformed JSON: Expected '{{' at the beginning of {kind}")
            key_kind, value_kind = kind.args
            return ApexMap(
                kind,
                [(self.read(k, key_kind), self.read(v, value_kind)) for k, v in value.items()],
            )
        if not isinstance(value, list):
            raise self.fail("Malformed JSON: Expected '[' at the beginning of List/Set")
        items = [self.read(item, kind.args[0]) for item in value]
        return ApexList(kind, items) if kind.name == "List" else ApexSet(kind, items)

    # --- records -----------------------------------------------------------------------

    def _record(self, value: Any, kind: Type) -> SObject:
        if not isinstance(value, dict):
            raise self.fail("Malformed JSON: Expected '{' at the beginning of object")
        attributes = value.get("attributes")
        named = attributes.get("type") if isinstance(attributes, dict) else None
        if named is None and kind == SOBJECT:
            raise self.fail("Can not deserialize SObject without attributes.type")
        sobject = self.run.world.schema.find(named or kind.name)
        if sobject is None:
            raise self.fail(f"Invalid sObject type: {named or kind.name}")
        if kind not in (SOBJECT, Type(sobject.name, (), Kind.SOBJECT)):
            raise self.fail(f"Cannot deserialize {sobject.name} as {kind}")
        made = SObject(sobject)
        for name, item in value.items():
            if name != "attributes":
                self._record_field(made, sobject, name, item)
        return made

    def _record_field(self, made: SObject, sobject: ObjectType, name: str, item: Any) -> None:
        found = self.run.world.member(sobject, name)
        if found is None:
            raise self.fail(f"No such column '{name}' on sobject of type {sobject.name}")
        if found.field is None and found.lookup is None and isinstance(item, dict):
            item = item.get("records")
        kind = found.type
        if found.lookup is not None and isinstance(item, dict) and "attributes" in item:
            kind = SOBJECT
        made.values[found.name] = self.read(item, kind)

    # --- objects -----------------------------------------------------------------------

    def _object(self, value: Any, cls: ClassInfo) -> Any:
        if cls.kind is ClassKind.ENUM:
            constant = cls.values.get(str(value).lower())
            if constant is None:
                raise self.fail(f"Invalid value for enum {cls.name}: {value}")
            return constant
        if not isinstance(value, dict):
            raise self.fail("Malformed JSON: Expected '{' at the beginning of object")
        if cls.abstract or cls.exception:
            raise self.fail(f"Apex Type unsupported in JSON: {cls.name}")
        made = ApexObject(cls)
        for ancestor in reversed(list(cls.lineage())):
            for step in ancestor.instance_init:
                step(self.run, made, [])
        for name, item in value.items():
            field = cls.find_field(name)
            if field is None or field.static:
                if self.strict:
                    raise self.fail(f"Unknown field: {cls.name}.{name}")
                continue
            made.slots[field.index] = self.read(item, field.type)
        return made


def _text(reader: Reader, value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, str):
        return value
    raise reader.fail("Illegal value for primitive String")


def _identifier(reader: Reader, value: Any) -> Any:
    return to_id(reader.run, _text(reader, value))


def _boolean(reader: Reader, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise reader.fail(f"Illegal value for primitive Boolean: {value}")


def _whole(reader: Reader, value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        value = int(value)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise reader.fail(f"Illegal value for primitive Integer: {value}")


def _decimal(reader: Reader, value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return Decimal(value)
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return Decimal(value)
    raise reader.fail(f"Illegal value for primitive Decimal: {value}")


def _date(reader: Reader, value: Any) -> Any:
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        raise reader.fail(f"Invalid date: {value}") from None


_ZONE = re.compile(r"([+-]\d{2})(\d{2})$")


def _datetime(reader: Reader, value: Any) -> Any:
    text = _ZONE.sub(r"\1:\2", str(value))
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise reader.fail(f"Invalid date/time: {value}") from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=dt.UTC)
    return found.astimezone(dt.UTC)


def _blob(reader: Reader, value: Any) -> Any:
    raise reader.fail("Apex Type unsupported in JSON: Blob")


_PRIMITIVES: dict[Type, Callable[[Reader, Any], Any]] = {
    STRING: _text,
    ID: _identifier,
    BOOLEAN: _boolean,
    INTEGER: _whole,
    LONG: _whole,
    DECIMAL: _decimal,
    DATE: _date,
    DATETIME: _datetime,
    BLOB: _blob,
}
