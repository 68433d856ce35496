"""GROUP BY and aggregate functions (SOQL and SOSL Reference, "Aggregate Functions")."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from rehearsal.org.errors import QueryError
from rehearsal.org.schema import NUMERIC, Field, FieldType
from rehearsal.org.soql import ast
from rehearsal.org.soql.conditions import fold
from rehearsal.org.soql.paths import Getter
from rehearsal.org.values import Row, Value

FUNCTIONS = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})


def check(function: str, field: Field | None) -> None:
    """Raises QueryError where Salesforce does not aggregate such a field."""
    summable = field is None or field.type in NUMERIC
    if function in {"SUM", "AVG"} and not summable:
        raise _invalid(function, field)
    if field is not None and (field.long_text or field.type is FieldType.BOOLEAN):
        raise _invalid(function, field)


def _invalid(function: str, field: Field | None) -> QueryError:
    name = field.name if field else ""
    return QueryError(
        "MALFORMED_QUERY", f"field {name} does not support aggregate operator {function}"
    )


def aggregate(function: str, get: Getter | None, field: Field | None, rows: Sequence[Row]) -> Value:
    """One aggregate over the rows of a group; nulls do not count, and no value at all is null."""
    if get is None:
        return len(rows)
    values: list[Any] = [value for row in rows if (value := get(row)) is not None]
    if function == "COUNT":
        return len(values)
    if function == "COUNT_DISTINCT":
        return len({fold(value, field) for value in values})
    if not values:
        return None
    if function == "SUM":
        return sum(values, Decimal(0))
    if function == "AVG":
        return sum(values, Decimal(0)) / len(values)
    keyed: list[tuple[Any, Value]] = [(fold(value, field), value) for value in values]
    choose = min if function == "MIN" else max
    return choose(keyed, key=lambda pair: pair[0])[1]


def date_part(function: str, value: Value, zone: ZoneInfo) -> Value:
    """A date function of a field; a datetime is taken in UTC, as SOQL does by default."""
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        day = value.astimezone(dt.UTC).date()
    elif isinstance(value, dt.date):
        day = value
    else:
        raise QueryError("MALFORMED_QUERY", f"{function} needs a date or datetime field")
    match function:
        case "CALENDAR_YEAR":
            return day.year
        case "CALENDAR_QUARTER":
            return (day.month + 2) // 3
        case "CALENDAR_MONTH":
            return day.month
        case "DAY_IN_MONTH":
            return day.day
        case "DAY_ONLY":
            return day
    raise QueryError("MALFORMED_QUERY", f"not supported by the local org: {function}()")


def alias_of(item: ast.Path | ast.Call, index: int) -> str:
    """The name under which an aggregate row holds an item: alias, field name or `exprN`."""
    if isinstance(item, ast.Path):
        return item.alias or item.parts[-1]
    return item.alias or f"expr{index}"
