"""Dates and times. TODAY and DATEVALUE of a datetime use the user's zone, TEXT and DATETIMEVALUE
are in GMT (Salesforce Help, "Using Date, Date/Time, and Time Values in Formulas")."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal

from rehearsal.org.formula.ast import Call
from rehearsal.org.formula.errors import EvaluationError
from rehearsal.org.formula.kinds import TEXTUAL, Kind
from rehearsal.org.formula.runtime import (
    Context,
    Function,
    Thunk,
    eager,
    number,
    type_name,
    whole,
    wrong_type,
)
from rehearsal.org.values import Value

_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_DATETIME = re.compile(_DATE.pattern + r" (\d{1,2}):(\d{1,2}):(\d{1,2})", re.ASCII)
_NUMBER = frozenset({Kind.NUMBER})
_DAY = frozenset({Kind.DATE})
_MOMENT = frozenset({Kind.DATE, Kind.DATETIME})


def datetime_text(value: Value) -> str:
    """A date as `2026-01-31`, a datetime as `2026-01-31 22:59:48Z`."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, dt.date):
        return value.isoformat()
    raise EvaluationError(f"Expected Date, received {type_name(value)}")


def _day(value: Value) -> dt.date | None:
    if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
        return value
    raise EvaluationError(f"Expected Date, received {type_name(value)}")


def _date(_: Context, arguments: Sequence[Value]) -> Value:
    if None in arguments:
        return None
    year, month, day = (whole(number(argument)) for argument in arguments)
    if not 1 <= year <= 9999:
        raise EvaluationError("Year out of range in DATE() function")
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise EvaluationError("Month or Day out of range in DATE() function") from None


def _date_value(context: Context, arguments: Sequence[Value]) -> Value:
    (value,) = arguments
    if isinstance(value, dt.datetime):
        return value.astimezone(context.zone).date()
    if value is None or isinstance(value, dt.date):
        return value
    return _parsed(str(value), _DATE, "DATEVALUE").date()


def _datetime_value(_: Context, arguments: Sequence[Value]) -> Value:
    (value,) = arguments
    if value is None or isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    return _parsed(str(value), _DATETIME, "DATETIMEVALUE")


def _parsed(value: str, form: re.Pattern[str], function: str) -> dt.datetime:
    match = form.fullmatch(value)
    try:
        if match:
            year, month, day, *time = (int(part) for part in match.groups())
            hour, minute, second = time or (0, 0, 0)
            return dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.UTC)
    except ValueError:
        pass
    raise EvaluationError(f"Invalid date in {function}() function")


def add_months(value: dt.date, months: int) -> dt.date:
    """The same day some months on; the last day of a month stays the last day."""
    month_index = value.year * 12 + value.month - 1 + months
    year, month = divmod(month_index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    is_last = value.day == calendar.monthrange(value.year, value.month)[1]
    return value.replace(year=year, month=month + 1, day=last if is_last else min(value.day, last))


def _add_months(_: Context, arguments: Sequence[Value]) -> Value:
    value, months = arguments
    if value is None or months is None:
        return None
    if not isinstance(value, dt.date):
        raise EvaluationError(f"Expected Date, received {type_name(value)}")
    try:
        return add_months(value, whole(number(months)))
    except ValueError:
        raise EvaluationError("Year out of range in ADDMONTHS() function") from None


def _infer_add_months(call: Call, kinds: Sequence[Kind]) -> Kind:
    if kinds[0] not in (*_MOMENT, Kind.ANY):
        raise wrong_type(call, "Date, DateTime", kinds[0])
    if kinds[1] not in (Kind.NUMBER, Kind.ANY):
        raise wrong_type(call, Kind.NUMBER, kinds[1], 1)
    return kinds[0]


def _build_add_months(call: Call, arguments: Sequence[Thunk]) -> Thunk:
    return lambda context: _add_months(context, [argument(context) for argument in arguments])


def _weekday(_: Context, arguments: Sequence[Value]) -> Value:
    day = _day(arguments[0])
    return None if day is None else Decimal(day.isoweekday() % 7 + 1)


def _part(name: str) -> Function:
    def apply(_: Context, arguments: Sequence[Value]) -> Value:
        day = _day(arguments[0])
        return None if day is None else Decimal(getattr(day, name.lower()))

    return eager(name, [_DAY], Kind.NUMBER, apply)


FUNCTIONS = (
    eager("TODAY", [], Kind.DATE, lambda context, _: context.today()),
    eager("NOW", [], Kind.DATETIME, lambda context, _: context.now),
    eager("DATE", [_NUMBER, _NUMBER, _NUMBER], Kind.DATE, _date),
    eager("DATEVALUE", [TEXTUAL | _MOMENT], Kind.DATE, _date_value),
    eager("DATETIMEVALUE", [TEXTUAL | _MOMENT], Kind.DATETIME, _datetime_value),
    Function("ADDMONTHS", 2, 2, _infer_add_months, _build_add_months),
    eager("WEEKDAY", [_DAY], Kind.NUMBER, _weekday),
    _part("YEAR"),
    _part("MONTH"),
    _part("DAY"),
)
