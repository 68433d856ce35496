"""Implicit conversions and casts, as closures around a value."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.classes import RUN, Code, Frame
from rehearsal.org.apex.types import (
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
)
from rehearsal.org.apex.values import ApexList, IdValue, LongValue, dynamic_type
from rehearsal.org.values import id18

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution


def wrap32(value: int) -> int:
    """An Integer keeps 32 bits and wraps around."""
    return (value + 0x8000_0000) % 0x1_0000_0000 - 0x8000_0000


def wrap64(value: int) -> int:
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def to_id(run: Execution, value: str | None) -> str | None:
    """Raises StringException `Invalid id: …`."""
    if value is None:
        return None
    try:
        return id18(value)
    except ValueError:
        raise run.error("StringException", f"Invalid id: {value}") from None


def midnight(value: dt.date) -> dt.datetime:
    """A Date as a Datetime: midnight GMT."""
    return dt.datetime.combine(value, dt.time(), dt.UTC)


def single_row(run: Execution, rows: ApexList) -> Any:
    """The one row of a query (Apex Developer Guide, "Working with SOQL and SOSL Query Results").

    Raises QueryException for none or several."""
    if len(rows) == 1:
        return rows[0]
    if rows:
        raise run.error("QueryException", "List has more than 1 row for assignment to SObject")
    raise run.error("QueryException", "List has no rows for assignment to SObject")


def converter(given: Type, wanted: Type, code: Code) -> Code:
    """`code` with the implicit conversion that Apex makes; the types are known to convert."""
    if given == wanted:
        return code
    if wanted == DECIMAL and given in (INTEGER, LONG):

        def as_decimal(f: Frame) -> Any:
            value = code(f)
            return None if value is None else Decimal(value)

        return as_decimal
    if wanted == ID and given == STRING:
        return lambda f: to_id(f[RUN], code(f))
    if wanted == DATETIME and given == DATE:

        def as_datetime(f: Frame) -> Any:
            value = code(f)
            return None if value is None else midnight(value)

        return as_datetime
    if wanted == OBJECT:
        return boxed(given, code)
    if given.name == "$query" and wanted.kind is Kind.SOBJECT:
        return lambda f: single_row(f[RUN], code(f))
    return code


def boxed(given: Type, code: Code) -> Code:
    """A value that goes into an Object keeps what kind of number or text it is."""
    if given == LONG:

        def as_long(f: Frame) -> Any:
            value = code(f)
            return None if value is None else LongValue(value)

        return as_long
    if given == ID:

        def as_id(f: Frame) -> Any:
            value = code(f)
            return None if value is None else IdValue(value)

        return as_id
    return code


def cast(run: Execution, value: Any, wanted: Type) -> Any:
    """A cast at run time. Raises TypeException."""
    if value is None or wanted == OBJECT:
        return value
    given = dynamic_type(value)
    if given == wanted:
        return value
    if wanted == INTEGER and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return wrap32(int(value))
    if wanted == LONG and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return wrap64(int(value))
    if wanted == DECIMAL and given in (INTEGER, LONG):
        return Decimal(value)
    if wanted == STRING and given == ID:
        return str(value)
    if wanted == ID and given == STRING:
        return to_id(run, value)
    if instance_of(run, value, wanted) or _record_list(given, wanted):
        return value
    raise run.error("TypeException", f"Invalid conversion from runtime type {given} to {wanted}")


def _record_list(given: Type, wanted: Type) -> bool:
    """A list or map of SObject may be cast to one of a specific type."""
    if given.name != wanted.name or given.name not in ("List", "Map"):
        return False
    have, want = given.args[-1], wanted.args[-1]
    return have == SOBJECT and want.kind is Kind.SOBJECT


def instance_of(run: Execution, value: Any, wanted: Type) -> bool:
    """Apex's `instanceof`: false for null."""
    if value is None:
        return False
    given = dynamic_type(value)
    if given == wanted or wanted == OBJECT:
        return True
    if given.kind is Kind.PRIMITIVE:
        return given == ID and wanted == STRING
    return run.world.cost(given, wanted) is not None and wanted.kind is not Kind.PRIMITIVE
