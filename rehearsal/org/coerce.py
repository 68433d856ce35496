"""Values into the form in which a field stores them, or a refusal in Salesforce's words."""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from rehearsal.org.errors import SaveError
from rehearsal.org.schema import NUMERIC, Field, FieldType
from rehearsal.org.values import Value, id18

_TEXT = frozenset(
    {
        FieldType.STRING,
        FieldType.TEXTAREA,
        FieldType.EMAIL,
        FieldType.PHONE,
        FieldType.URL,
        FieldType.PICKLIST,
        FieldType.MULTIPICKLIST,
    }
)
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,}"
)
FIRST_YEAR, LAST_YEAR = 1700, 4000


def coerce(field: Field, value: Value) -> Value:
    """The value as the field would store it: typed, trimmed, rounded, checked.

    Text in ISO 8601 or digits is read where a date or a number is stored, as the APIs send it.
    Raises SaveError.
    """
    typed = convert(field, value)
    check(field, typed)
    return typed


def convert(field: Field, value: Value) -> Value:
    """The value with the field's type, unchecked. Raises SaveError when it has another type.

    SOAP API Developer Guide, "Primitive Data Types": white space around text is trimmed, an
    empty text is null, a number is rounded to the field's scale, a datetime has whole seconds.
    """
    kind = field.type
    if kind is FieldType.BOOLEAN:
        return _boolean(field, value)
    if value is None or value == "":
        return None
    if kind in _TEXT:
        if not isinstance(value, str):
            raise _wrong_type(field, value)
        return value.strip() or None
    if kind in NUMERIC:
        return _number(field, value)
    if kind is FieldType.DATE:
        return _date(field, value)
    if kind is FieldType.DATETIME:
        return _datetime(field, value)
    return _id(field, value)


def check(field: Field, value: Value) -> None:
    """Length, range and format of a value that already has the field's type. Raises SaveError."""
    if value is None:
        return
    if isinstance(value, str):
        if field.type in _TEXT and field.length and utf16_length(value) > field.length:
            raise SaveError(
                "STRING_TOO_LONG",
                f"{field.label or field.name}: data value too large: {value} "
                f"(max length={field.length})",
                (field.name,),
            )
        if field.type is FieldType.EMAIL and not _EMAIL.fullmatch(value):
            raise SaveError(
                "INVALID_EMAIL_ADDRESS",
                f"{field.label or field.name}: invalid email address: {value}",
                (field.name,),
            )
    elif isinstance(value, Decimal):
        if field.precision and abs(value) >= Decimal(10) ** (field.precision - field.scale):
            raise SaveError(
                "NUMBER_OUTSIDE_VALID_RANGE",
                f"{field.label or field.name}: value outside of valid range on numeric field: "
                f"{value}",
                (field.name,),
            )
    elif isinstance(value, dt.date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise SaveError(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{field.label or field.name}: invalid date: {value.isoformat()}",
            (field.name,),
        )


def utf16_length(text: str) -> int:
    """Characters as the platform counts them: code units of UTF-16."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _wrong_type(field: Field, value: Value) -> SaveError:
    return SaveError(
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        f"{field.label or field.name}: value not of required type: {value}",
        (field.name,),
    )


def _boolean(field: Field, value: Value) -> bool:
    if value is None or value == "":
        return False
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "false", "1", "0"}:
        return value.strip().lower() in {"true", "1"}
    raise _wrong_type(field, value)


def _number(field: Field, value: Value) -> Decimal | None:
    if isinstance(value, bool):
        raise _wrong_type(field, value)
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None
    if not isinstance(value, str | int | Decimal):
        raise _wrong_type(field, value)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise _wrong_type(field, value) from None
    if not number.is_finite():
        raise _wrong_type(field, value)
    return _rounded(number, field.scale)


def _rounded(number: Decimal, scale: int) -> Decimal:
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > scale:
        number = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    return number if number else Decimal(0)


def _date(field: Field, value: Value) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value.strip()[:10])
        except ValueError:
            pass
    raise _wrong_type(field, value)


def _datetime(field: Field, value: Value) -> dt.datetime:
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value.strip())
        except ValueError:
            raise _wrong_type(field, value) from None
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=dt.UTC)
        return value.astimezone(dt.UTC).replace(microsecond=0)
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time(), dt.UTC)
    raise _wrong_type(field, value)


def _id(field: Field, value: Value) -> str:
    try:
        return id18(str(value).strip())
    except ValueError:
        raise SaveError(
            "MALFORMED_ID",
            f"{field.label or field.name}: id value of incorrect type: {value}",
            (field.name,),
        ) from None
