"""Date literals (SOQL and SOSL Reference, "Date Formats and Date Literals").

Days begin at midnight in the running user's zone; weeks begin on Sunday (locale en_US).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from rehearsal.org.errors import QueryError
from rehearsal.org.soql.ast import DateLiteral


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to the day before `end`."""

    first: dt.date
    end: dt.date

    def instants(self, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
        """The same span as UTC instants."""
        first, end = (
            dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
            for day in (self.first, self.end)
        )
        return first, end


def month_start(day: dt.date, months: int = 0) -> dt.date:
    """The first day of the month `months` after the month of `day`."""
    index = day.year * 12 + day.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, 1)


def span(literal: DateLiteral, now: dt.datetime, zone: ZoneInfo) -> Span:
    """The days that a literal means at `now`. Raises QueryError for an unknown one."""
    today = now.astimezone(zone).date()
    day = dt.timedelta(days=1)
    if literal.count is not None:
        return _counted(literal.name, literal.count, today)
    week = today - day * ((today.weekday() + 1) % 7)
    quarter = month_start(today, -((today.month - 1) % 3))
    match literal.name:
        case "TODAY":
            return Span(today, today + day)
        case "YESTERDAY":
            return Span(today - day, today)
        case "TOMORROW":
            return Span(today + day, today + 2 * day)
        case "THIS_WEEK":
            return Span(week, week + 7 * day)
        case "LAST_WEEK":
            return Span(week - 7 * day, week)
        case "NEXT_WEEK":
            return Span(week + 7 * day, week + 14 * day)
        case "THIS_MONTH":
            return Span(month_start(today), month_start(today, 1))
        case "LAST_MONTH":
            return Span(month_start(today, -1), month_start(today))
        case "NEXT_MONTH":
            return Span(month_start(today, 1), month_start(today, 2))
        case "THIS_QUARTER":
            return Span(quarter, month_start(quarter, 3))
        case "LAST_QUARTER":
            return Span(month_start(quarter, -3), quarter)
        case "NEXT_QUARTER":
            return Span(month_start(quarter, 3), month_start(quarter, 6))
        case "THIS_YEAR":
            return _year(today.year)
        case "LAST_YEAR":
            return _year(today.year - 1)
        case "NEXT_YEAR":
            return _year(today.year + 1)
        case "LAST_90_DAYS":
            return Span(today - 90 * day, today + day)
        case "NEXT_90_DAYS":
            return Span(today + day, today + 91 * day)
    raise _unsupported(literal.name)


def _counted(name: str, count: int, today: dt.date) -> Span:
    day = dt.timedelta(days=1)
    match name:
        case "LAST_N_DAYS":
            return Span(today - count * day, today + day)
        case "NEXT_N_DAYS":
            return Span(today + day, today + (count + 1) * day)
        case "N_DAYS_AGO":
            return Span(today - count * day, today - (count - 1) * day)
        case "LAST_N_MONTHS":
            return Span(month_start(today, -count), month_start(today))
        case "NEXT_N_MONTHS":
            return Span(month_start(today, 1), month_start(today, count + 1))
        case "LAST_N_YEARS":
            return Span(dt.date(today.year - count, 1, 1), dt.date(today.year, 1, 1))
        case "NEXT_N_YEARS":
            return Span(dt.date(today.year + 1, 1, 1), dt.date(today.year + count + 1, 1, 1))
    raise _unsupported(name)


def _year(year: int) -> Span:
    return Span(dt.date(year, 1, 1), dt.date(year + 1, 1, 1))


def _unsupported(name: str) -> QueryError:
    return QueryError("MALFORMED_QUERY", f"not supported by the local org: date literal {name}")
