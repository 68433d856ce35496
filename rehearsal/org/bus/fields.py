"""What a platform event's fields may hold when an API publishes it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from rehearsal.org.errors import SaveError
from rehearsal.org.schema import NUMERIC, Field, FieldType, ObjectType
from rehearsal.org.values import Row, Value

_TEXT = frozenset({FieldType.STRING, FieldType.TEXTAREA})


def checked(event: ObjectType, row: Row, *, enforce_required: bool) -> Row:
    """The custom fields as they are published: numbers rounded to their scale, `''` null.

    `enforce_required` is false for the Pub/Sub API, which lets required custom fields arrive null
    (Platform Events Developer Guide, "Platform Event Fields"); there an absent checkbox stays null
    too. Raises SaveError.
    """
    values: Row = {}
    missing: list[str] = []
    for declared in event:
        if not declared.custom:
            continue
        value = row.get(declared.name)
        if value == "":
            value = None
        if value is None and declared.type is FieldType.BOOLEAN and enforce_required:
            value = declared.default == "true"
        if value is None:
            if declared.required:
                missing.append(declared.name)
            values[declared.name] = None
        else:
            values[declared.name] = _value(declared, value)
    if missing and enforce_required:
        raise SaveError(
            "REQUIRED_FIELD_MISSING",
            f"Required fields are missing: [{', '.join(missing)}]",
            tuple(missing),
        )
    return values


def _value(declared: Field, value: Value) -> Value:
    if declared.type in _TEXT and isinstance(value, str):
        if declared.length and len(value) > declared.length:
            shown = value if len(value) <= 255 else f"{value[:252]}..."
            raise SaveError(
                "STRING_TOO_LONG",
                f"{declared.label or declared.name}: data value too large: {shown} "
                f"(max length={declared.length})",
                (declared.name,),
            )
    elif declared.type in NUMERIC and isinstance(value, Decimal):
        return _number(declared, value)
    return value


def _number(declared: Field, value: Decimal) -> Decimal:
    if not declared.precision:
        return value
    limit = Decimal(10) ** (declared.precision - declared.scale)
    if abs(value) < limit:
        rounded = value.quantize(Decimal(1).scaleb(-declared.scale), rounding=ROUND_HALF_UP)
        if abs(rounded) < limit:
            return rounded
    raise SaveError(
        "NUMBER_OUTSIDE_VALID_RANGE",
        f"{declared.label or declared.name}: value outside of valid range on numeric field: "
        f"{value}",
        (declared.name,),
    )
