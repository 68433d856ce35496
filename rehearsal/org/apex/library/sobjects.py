"""`SObject`, `AggregateResult`, custom metadata types (Apex Reference Guide, "SObject Class")."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.conversion import midnight, to_id, wrap32
from rehearsal.org.apex.library.collections import copy_record
from rehearsal.org.apex.records import from_row
from rehearsal.org.apex.registry import native
from rehearsal.org.apex.text import to_text
from rehearsal.org.apex.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    ID,
    INTEGER,
    OBJECT,
    STRING,
    Kind,
    Type,
    map_of,
)
from rehearsal.org.apex.values import (
    AggregateRow,
    ApexMap,
    FieldToken,
    IdValue,
    SObject,
    dynamic_type,
)
from rehearsal.org.apex.world import Member
from rehearsal.org.errors import SaveError
from rehearsal.org.schema import FieldType, ObjectType
from rehearsal.org.values import Row

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution


def _member(run: Execution, record: SObject, name: str) -> Member:
    found = run.world.member(record.type, name)
    if found is None:
        raise run.error("SObjectException", f"Invalid field {name} for {record.type.name}")
    return found


def _boxed(kind: Type, value: Any) -> Any:
    return IdValue(value) if kind == ID and value is not None else value


@native("SObject.get(String): Object")
def get(run: Execution, this: SObject, name: str) -> Any:
    found = run.world.member(this.type, name)
    if found is None or found.field is None:
        raise run.error("SObjectException", f"Invalid field {name} for {this.type.name}")
    return _boxed(found.type, this.read(run, found.name, found.field))


@native("SObject.get(Schema.SObjectField): Object")
def get_by_token(run: Execution, this: SObject, token: FieldToken) -> Any:
    return get(run, this, token.field.name)


@native("SObject.put(String, Object?): Object")
def put(run: Execution, this: SObject, name: str, value: Any) -> Any:
    """Raises SObjectException for a field that does not exist, or a value of another type."""
    found = run.world.member(this.type, name)
    if found is None or found.field is None:
        raise run.error("SObjectException", f"Invalid field {name} for {this.type.name}")
    field = found.field
    fixed = field.calculated or field.auto_number or not (field.createable or field.updateable)
    if fixed and field.name != "Id":
        raise run.error("SObjectException", f"Field {field.name} is not editable")
    before = this.values.get(found.name)
    this.write(run, found.name, fitted(run, found, value))
    return _boxed(found.type, before)


@native("SObject.put(Schema.SObjectField, Object?): Object")
def put_by_token(run: Execution, this: SObject, token: FieldToken, value: Any) -> Any:
    return put(run, this, token.field.name, value)


def fitted(run: Execution, member: Member, value: Any) -> Any:
    """A value put into a field without static types. Raises SObjectException."""
    if value is None:
        return None
    accept = _ACCEPTED.get(member.type)
    taken = accept(run, value) if accept is not None else None
    if taken is None:
        raise run.error(
            "SObjectException",
            f"Illegal assignment from {dynamic_type(value)} to {member.type}",
        )
    return taken


def _to_decimal(run: Execution, value: Any) -> Any:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(int(value))
    return value if isinstance(value, Decimal) else None


def _to_integer(run: Execution, value: Any) -> Any:
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return wrap32(int(value))
    return value if isinstance(value, int) else None


def _to_datetime(run: Execution, value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value
    return midnight(value) if isinstance(value, dt.date) else None


def _to_date(run: Execution, value: Any) -> Any:
    return value if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else None


_ACCEPTED: dict[Type, Callable[[Execution, Any], Any]] = {
    BOOLEAN: lambda run, value: value if isinstance(value, bool) else None,
    STRING: lambda run, value: str(value) if isinstance(value, str) else None,
    ID: lambda run, value: to_id(run, str(value)) if isinstance(value, str) else None,
    DECIMAL: _to_decimal,
    INTEGER: _to_integer,
    DATE: _to_date,
    DATETIME: _to_datetime,
}


@native("SObject.getSObject(String): SObject")
def get_sobject(run: Execution, this: SObject, name: str) -> Any:
    found = run.world.member(this.type, name)
    if found is None or found.lookup is None:
        raise run.error("SObjectException", f"Invalid relationship {name} for {this.type.name}")
    return this.read(run, found.name, None)


@native("SObject.putSObject(String, SObject?): SObject")
def put_sobject(run: Execution, this: SObject, name: str, value: SObject | None) -> Any:
    found = run.world.member(this.type, name)
    if found is None or found.lookup is None:
        raise run.error("SObjectException", f"Invalid relationship {name} for {this.type.name}")
    before = this.values.get(found.name)
    this.write(run, found.name, value)
    return before


@native("SObject.getSObjects(String): List<SObject>")
def get_sobjects(run: Execution, this: SObject, name: str) -> Any:
    found = run.world.member(this.type, name)
    if found is None or found.field is not None or found.lookup is not None:
        raise run.error("SObjectException", f"Invalid aggregate relationship {name}")
    rows = this.read(run, found.name, None)
    return rows or None


@native("SObject.getSObjectType(): Schema.SObjectType")
def get_sobject_type(run: Execution, this: SObject) -> ObjectType:
    return this.type


@native("SObject.getPopulatedFieldsAsMap(): Map<String, Object>")
def populated(run: Execution, this: SObject) -> ApexMap:
    made = ApexMap(map_of(STRING, OBJECT))
    for name, value in this.values.items():
        found = run.world.member(this.type, name)
        made[name] = _boxed(found.type, value) if found is not None else value
    return made


@native("SObject.isSet(String): Boolean")
def is_set(run: Execution, this: SObject, name: str) -> bool:
    found = run.world.member(this.type, name)
    if found is None:
        raise run.error("SObjectException", f"Invalid field {name} for {this.type.name}")
    return found.name in this.values


@native(
    "SObject.clone(): $self",
    "SObject.clone(Boolean): $self",
    "SObject.clone(Boolean, Boolean): $self",
    "SObject.clone(Boolean, Boolean, Boolean): $self",
    "SObject.clone(Boolean, Boolean, Boolean, Boolean): $self",
)
def clone(
    run: Execution,
    this: SObject,
    ids: bool = False,
    deep: bool = False,
    timestamps: bool = False,
    numbers: bool = False,
) -> SObject:
    return copy_record(this, ids, timestamps)


@native("SObject.clear(): void")
def clear(run: Execution, this: SObject) -> None:
    if this.lock is not None:
        raise run.error("FinalException", this.lock)
    this.values.clear()


@native("SObject.equals(Object?): Boolean")
def equals(run: Execution, this: SObject, other: Any) -> bool:
    return bool(this == other)


@native("SObject.toString(): String")
def to_string(run: Execution, this: SObject) -> str:
    return to_text(run, this)


@native("SObject.addError(String?): void")
def add_error(run: Execution, this: SObject, message: str | None) -> None:
    """Refuses a record of the trigger. Raises FinalException for any other record."""
    _refuse(run, this, message, ())


@native("SObject.addError(Exception): void")
def add_exception(run: Execution, this: SObject, cause: Any) -> None:
    _refuse(run, this, cause.message, ())


@native(
    "SObject.addError(String, String?): void",
    "SObject.addError(Schema.SObjectField, String?): void",
)
def add_field_error(run: Execution, this: SObject, field: Any, message: str | None) -> None:
    name = field.field.name if isinstance(field, FieldToken) else _member(run, this, field).name
    _refuse(run, this, message, (name,))


def _refuse(run: Execution, record: SObject, message: str | None, fields: tuple[str, ...]) -> None:
    if record.change is None:
        raise run.error("FinalException", "SObject row does not allow errors")
    record.change.errors.append(
        SaveError("FIELD_CUSTOM_VALIDATION_EXCEPTION", message or "null", fields)
    )


@native("SObject.hasErrors(): Boolean")
def has_errors(run: Execution, this: SObject) -> bool:
    return this.change is not None and bool(this.change.errors)


_CACHED_TEXT = 255

# --- aggregates and custom metadata ----------------------------------------------------


@native("AggregateResult.get(String): Object")
def aggregate_get(run: Execution, this: AggregateRow, alias: str) -> Any:
    if alias.lower() not in this.values:
        raise run.error("SObjectException", f"Invalid field {alias} for AggregateResult")
    value = this.values[alias.lower()]
    if isinstance(value, str) and len(value) == 18 and _looks_like_id(run, value):
        return IdValue(value)
    return value


def _looks_like_id(run: Execution, value: str) -> bool:
    prefixes = (kind.key_prefix for kind in run.tx.schema.objects.values())
    return any(prefix and value.startswith(prefix) for prefix in prefixes)


@native("static $metadata.getInstance(String?): SObject")
def get_instance(run: Execution, kind: ObjectType, name: str | None) -> Any:
    """By developer name or id; null when there is none."""
    wanted = (name or "").lower()
    for row in kind.records:
        if wanted in (str(row.get("DeveloperName", "")).lower(), str(row.get("Id", "")).lower()):
            return from_row(run.world, kind, _cut(kind, row))
    return None


@native("static $metadata.getAll(): Map<String, SObject>")
def get_all(run: Execution, kind: ObjectType) -> ApexMap:
    made = ApexMap(map_of(STRING, Type(kind.name, (), Kind.SOBJECT)))
    for row in kind.records:
        made[str(row["DeveloperName"])] = from_row(run.world, kind, _cut(kind, row))
    return made


def _cut(kind: ObjectType, row: Row) -> Row:
    """Long texts come from the application cache with their first 255 characters; a query brings
    all of them (Apex Reference, "Custom Metadata Type Methods")."""
    long = [
        field.name
        for field in kind.fields.values()
        if field.type is FieldType.TEXTAREA and isinstance(row.get(field.name), str)
    ]
    return {**row, **{name: str(row[name])[:_CACHED_TEXT] for name in long}}
