"""`JSON` (Apex Reference Guide, "JSON Class")."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.classes import EnumValue
from rehearsal.org.apex.json_read import Reader, read_text
from rehearsal.org.apex.registry import native
from rehearsal.org.apex.types import OBJECT, STRING, list_of, map_of
from rehearsal.org.apex.values import (
    ApexList,
    ApexMap,
    ApexObject,
    ApexSet,
    ExceptionObject,
    SObject,
    TypeValue,
)

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution


def encode(run: Execution, value: Any, *, skip_null: bool) -> Any:
    """An Apex value as dicts, lists, texts and numbers. Raises JSONException."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Decimal):
        return value
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, EnumValue):
        return value.name
    if isinstance(value, (ApexList, ApexSet)):
        return [encode(run, item, skip_null=skip_null) for item in value]
    if isinstance(value, ApexMap):
        return {
            _key(run, key): encode(run, item, skip_null=skip_null)
            for key, item in value.items()
            if not (skip_null and item is None)
        }
    if isinstance(value, SObject):
        return _record(run, value, skip_null=skip_null)
    if isinstance(value, ApexObject) and not isinstance(value, ExceptionObject):
        return _object(run, value, skip_null=skip_null)
    raise run.error("JSONException", f"Type unsupported in JSON: {type(value).__name__}")


def _key(run: Execution, key: Any) -> str:
    if isinstance(key, str):
        return str(key)
    written = encode(run, key, skip_null=False)
    if isinstance(written, (dict, list)):
        raise run.error("JSONException", "Map key must be a primitive")
    return "null" if written is None else str(written)


def _record(run: Execution, record: SObject, *, skip_null: bool) -> dict[str, Any]:
    attributes: dict[str, Any] = {"type": record.type.name}
    identifier = record.values.get("Id")
    if identifier is not None:
        attributes["url"] = f"/services/data/v66.0/sobjects/{record.type.name}/{identifier}"
    made: dict[str, Any] = {"attributes": attributes}
    for name, value in record.values.items():
        if value is None and skip_null:
            continue
        if isinstance(value, dt.datetime):
            made[name] = value.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        elif isinstance(value, ApexList):
            rows = [encode(run, item, skip_null=skip_null) for item in value]
            made[name] = {"totalSize": len(rows), "done": True, "records": rows}
        else:
            made[name] = encode(run, value, skip_null=skip_null)
    return made


def _object(run: Execution, value: ApexObject, *, skip_null: bool) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for cls in value.cls.lineage():
        for field in cls.fields.values():
            if field.static or "transient" in field.modifiers:
                continue
            item = value.slots[field.index]
            if item is None and skip_null:
                continue
            made[field.name] = encode(run, item, skip_null=skip_null)
    return made


def write(value: Any, indent: str | None = None, depth: int = 0) -> str:
    """JSON text; a Decimal is written digit by digit."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if not isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        colon = ":" if indent is None else " : "
        items = [
            json.dumps(name, ensure_ascii=False) + colon + write(item, indent, depth + 1)
            for name, item in value.items()
        ]
    else:
        items = [write(item, indent, depth + 1) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if indent is None or not items:
        return opening + ",".join(items) + closing
    if isinstance(value, list):
        return f"{opening} {', '.join(items)} {closing}"
    line = "\n" + indent * (depth + 1)
    return opening + line + f",{line}".join(items) + "\n" + indent * depth + closing


@native("static JSON.serialize(Object?): String", "static JSON.serialize(Object?, Boolean): String")
def serialize(run: Execution, value: Any, skip_null: bool = False) -> str:
    return write(encode(run, value, skip_null=skip_null))


@native(
    "static JSON.serializePretty(Object?): String",
    "static JSON.serializePretty(Object?, Boolean): String",
)
def serialize_pretty(run: Execution, value: Any, skip_null: bool = False) -> str:
    return write(encode(run, value, skip_null=skip_null), "  ")


@native("static JSON.deserialize(String, Type): Object")
def deserialize(run: Execution, text: str, kind: TypeValue) -> Any:
    return Reader(run, strict=False).read(read_text(run, text), kind.type)


@native("static JSON.deserializeStrict(String, Type): Object")
def deserialize_strict(run: Execution, text: str, kind: TypeValue) -> Any:
    return Reader(run, strict=True).read(read_text(run, text), kind.type)


@native("static JSON.deserializeUntyped(String): Object")
def deserialize_untyped(run: Execution, text: str) -> Any:
    return untyped(read_text(run, text))


def untyped(value: Any) -> Any:
    """Objects as Map<String, Object>, arrays as List<Object>."""
    if isinstance(value, dict):
        return ApexMap(
            map_of(STRING, OBJECT), {name: untyped(item) for name, item in value.items()}
        )
    if isinstance(value, list):
        return ApexList(list_of(OBJECT), [untyped(item) for item in value])
    return value
