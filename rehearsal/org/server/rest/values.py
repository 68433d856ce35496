"""Field values between JSON and the org (REST API Developer Guide, "Valid Date and DateTime
Formats")."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from rehearsal.org.errors import SaveError
from rehearsal.org.schema import NUMERIC, Field, FieldType, ObjectType, Schema
from rehearsal.org.server.rest.errors import ApiError, malformed
from rehearsal.org.values import Row, Value

_DATETIME = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)$", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d$", re.ASCII)


def record_from_json(schema: Schema, target: ObjectType, body: Any) -> Row:
    """A record as the org takes it; a parent under its relationship name stays nested.

    Raises ApiError INVALID_FIELD or JSON_PARSER_ERROR.
    """
    if not isinstance(body, dict):
        raise malformed(f"Can not deserialize instance of {target.name} from this value")
    row: Row = {}
    for name, value in body.items():
        if name == "attributes":
            continue
        declared = target.find(name)
        if declared is not None:
            row[declared.name] = value_from_json(declared, value)
            continue
        parent = _parent(schema, target, name)
        if parent is None or not (isinstance(value, dict) or value is None):
            raise no_such_column(name, target)
        relationship, parent_type = parent
        row[relationship] = None if value is None else record_from_json(schema, parent_type, value)
    return row


def value_from_json(declared: Field, value: Any) -> Value:
    """Raises ApiError JSON_PARSER_ERROR where the JSON value is not of the field's type."""
    if value is None:
        return None
    kind = declared.type
    if kind is FieldType.BOOLEAN:
        if isinstance(value, bool):
            return value
    elif kind in NUMERIC:
        found = _number(value)
        if found is not None:
            return found
    elif kind is FieldType.DATE:
        if isinstance(value, str) and _DATE.match(value):
            try:
                return dt.date.fromisoformat(value)
            except ValueError:
                pass
    elif kind is FieldType.DATETIME:
        found_at = _datetime(value)
        if found_at is not None:
            return found_at
    elif isinstance(value, str):
        return value or None
    raise malformed(
        f"Cannot deserialize instance of {_java_name(kind)} from {_token(value)} value "
        f"{_shown(value)} or request may be missing a required field"
    )


def value_to_json(value: Value) -> Any:
    """The JSON of a value: datetimes as `2026-10-01T12:00:00.000+0000`, numbers as they are."""
    if isinstance(value, dt.datetime):
        utc = value.astimezone(dt.UTC)
        return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return f"{value:%H:%M:%S}.{value.microsecond // 1000:03d}Z"
    return value


def field_to_json(declared: Field, value: Value) -> Any:
    """Like `value_to_json`; a whole-number field has no decimal point."""
    if declared.type is FieldType.INT and isinstance(value, Decimal):
        return int(value)
    if declared.type in NUMERIC and isinstance(value, int) and not isinstance(value, bool):
        return value if declared.type is FieldType.INT else Decimal(value)
    if declared.type is FieldType.BOOLEAN and value is None:
        return False
    return value_to_json(value)


def no_such_column(name: str, target: ObjectType) -> ApiError:
    return ApiError(
        400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {target.name}"
    )


def save_error_json(error: SaveError) -> dict[str, Any]:
    """One error of a collection's result."""
    return {
        "statusCode": error.status_code,
        "message": error.message,
        "fields": list(error.fields),
    }


def _parent(schema: Schema, target: ObjectType, name: str) -> tuple[str, ObjectType] | None:
    for declared in target:
        if declared.relationship and declared.relationship.lower() == name.lower():
            parent = schema.find(declared.reference_to[0])
            return (declared.relationship, parent) if parent else None
    return None


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _datetime(value: Any) -> dt.datetime | None:
    match = _DATETIME.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    zone = "+00:00" if match[3] == "Z" else match[3]
    try:
        return dt.datetime.fromisoformat(f"{match[1]}T{match[2]}{zone}").astimezone(dt.UTC)
    except ValueError:
        return None


def _java_name(kind: FieldType) -> str:
    return "double" if kind in NUMERIC and kind is not FieldType.INT else kind.value


def _token(value: Any) -> str:
    if isinstance(value, bool):
        return "VALUE_TRUE" if value else "VALUE_FALSE"
    if isinstance(value, str):
        return "VALUE_STRING"
    if isinstance(value, int):
        return "VALUE_NUMBER_INT"
    if isinstance(value, Decimal):
        return "VALUE_NUMBER_FLOAT"
    return "START_OBJECT" if isinstance(value, dict) else "START_ARRAY"


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
