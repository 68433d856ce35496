"""Values as text: `String.valueOf`, string concatenation, `System.debug`."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rehearsal.org.apex.classes import EnumValue
from rehearsal.org.apex.values import (
    AggregateRow,
    ApexList,
    ApexMap,
    ApexObject,
    ApexSet,
    ExceptionObject,
    FieldToken,
    SObject,
    TypeValue,
)
from rehearsal.org.schema import ObjectType

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution


def to_text(run: Execution, value: Any) -> str:
    """The text that `String.valueOf` gives; `null` for null."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime):
        zone = ZoneInfo(run.tx.user.time_zone)
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, EnumValue):
        return value.name
    if isinstance(value, ApexObject):
        return _object_text(run, value)
    return _structure_text(run, value)


def _object_text(run: Execution, value: ApexObject) -> str:
    own = value.cls.dispatch.get("tostring()")
    if own is not None and own.invoke is not None:
        return str(own.invoke(run, value, []))
    if isinstance(value, ExceptionObject):
        return f"{value.type_name}: {value.message or 'Script-thrown exception'}"
    parts = [
        f"{field.name}={to_text(run, value.slots[field.index])}"
        for cls in value.cls.lineage()
        for field in cls.fields.values()
        if not field.static
    ]
    return f"{value.cls.name.split('.')[-1]}:[{', '.join(parts)}]"


def _structure_text(run: Execution, value: Any) -> str:
    if isinstance(value, ApexList):
        return f"({', '.join(to_text(run, item) for item in value)})"
    if isinstance(value, ApexSet):
        return "{" + ", ".join(to_text(run, item) for item in value) + "}"
    if isinstance(value, ApexMap):
        pairs = (f"{to_text(run, key)}={to_text(run, item)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, SObject):
        pairs = (f"{name}={to_text(run, item)}" for name, item in value.values.items())
        return f"{value.type.name}:{{{', '.join(pairs)}}}"
    if isinstance(value, AggregateRow):
        pairs = (f"{name}={to_text(run, item)}" for name, item in value.values.items())
        return f"AggregateResult:{{{', '.join(pairs)}}}"
    if isinstance(value, ObjectType):
        return value.name
    if isinstance(value, FieldToken):
        return value.field.name
    if isinstance(value, TypeValue):
        return str(value.type)
    if isinstance(value, bytes):
        return f"Blob[{len(value)}]"
    return str(value)
