"""`Date` and `Datetime` (Apex Reference Guide). A Datetime is UTC; zones only enter its text."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rehearsal.org.apex.registry import native

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution


def user_zone(run: Execution) -> ZoneInfo:
    return ZoneInfo(run.tx.user.time_zone)


def make_date(run: Execution, year: int, month: int, day: int) -> dt.date:
    """A date; months and days beyond their range carry over, as Java's calendar does."""
    try:
        years, months = divmod(month - 1, 12)
        return dt.date(year + years, months + 1, 1) + dt.timedelta(days=day - 1)
    except (ValueError, OverflowError):
        raise run.error("TypeException", f"Invalid date: {year}-{month}-{day}") from None


def shift_months(value: dt.date, months: int) -> dt.date:
    """The same day of another month, or its last day."""
    years, month = divmod(value.month - 1 + months, 12)
    year = value.year + years
    day = min(value.day, calendar.monthrange(year, month + 1)[1])
    return value.replace(year=year, month=month + 1, day=day)


# --- Date ------------------------------------------------------------------------------


@native("static Date.today(): Date", "static System.today(): Date")
def today(run: Execution) -> dt.date:
    return run.tx.now().astimezone(user_zone(run)).date()


@native("static Date.newInstance(Integer, Integer, Integer): Date")
def new_date(run: Execution, year: int, month: int, day: int) -> dt.date:
    return make_date(run, year, month, day)


_DATE_TEXT = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?: .*)?")


@native("static Date.valueOf(String): Date")
def date_of_text(run: Execution, text: str) -> dt.date:
    match = _DATE_TEXT.fullmatch(text.strip())
    if match is None:
        raise run.error("TypeException", f"Invalid date: {text}")
    return make_date(run, int(match[1]), int(match[2]), int(match[3]))


@native("static Date.valueOf(Object): Date")
def date_of(run: Execution, value: Any) -> dt.date:
    if isinstance(value, str):
        return date_of_text(run, value)
    if isinstance(value, dt.datetime):
        return value.astimezone(user_zone(run)).date()
    if isinstance(value, dt.date):
        return value
    raise run.error("TypeException", "Invalid date")


@native("static Date.daysInMonth(Integer, Integer): Integer")
def days_in_month(run: Execution, year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


@native("static Date.isLeapYear(Integer): Boolean")
def is_leap_year(run: Execution, year: int) -> bool:
    return calendar.isleap(year)


@native("Date.addDays(Integer): Date")
def add_days(run: Execution, this: dt.date, days: int) -> dt.date:
    return this + dt.timedelta(days=days)


@native("Date.addMonths(Integer): Date")
def add_months(run: Execution, this: dt.date, months: int) -> dt.date:
    return shift_months(this, months)


@native("Date.addYears(Integer): Date")
def add_years(run: Execution, this: dt.date, years: int) -> dt.date:
    return shift_months(this, 12 * years)


@native("Date.year(): Integer")
def year(run: Execution, this: dt.date) -> int:
    return this.year


@native("Date.month(): Integer")
def month(run: Execution, this: dt.date) -> int:
    return this.month


@native("Date.day(): Integer")
def day(run: Execution, this: dt.date) -> int:
    return this.day


@native("Date.dayOfYear(): Integer")
def day_of_year(run: Execution, this: dt.date) -> int:
    return this.timetuple().tm_yday


@native("Date.daysBetween(Date): Integer")
def days_between(run: Execution, this: dt.date, other: dt.date) -> int:
    return (other - this).days


@native("Date.monthsBetween(Date): Integer")
def months_between(run: Execution, this: dt.date, other: dt.date) -> int:
    return (other.year - this.year) * 12 + other.month - this.month


@native("Date.toStartOfMonth(): Date")
def to_start_of_month(run: Execution, this: dt.date) -> dt.date:
    return this.replace(day=1)


@native("Date.isSameDay(Date): Boolean")
def is_same_day(run: Execution, this: dt.date, other: dt.date) -> bool:
    return this == other


# --- Datetime: making ------------------------------------------------------------------


@native("static Datetime.now(): Datetime", "static System.now(): Datetime")
def now(run: Execution) -> dt.datetime:
    return run.tx.now()


@native("static System.currentTimeMillis(): Long")
def current_time_millis(run: Execution) -> int:
    return get_time(run, run.tx.now())


@native(
    "static Datetime.newInstanceGmt(Integer, Integer, Integer): Datetime",
    "static Datetime.newInstanceGmt(Integer, Integer, Integer, Integer, Integer, Integer)"
    ": Datetime",
)
def new_gmt(
    run: Execution, y: int, mo: int, d: int, h: int = 0, mi: int = 0, s: int = 0
) -> dt.datetime:
    start = dt.datetime.combine(make_date(run, y, mo, d), dt.time(), dt.UTC)
    return start + dt.timedelta(hours=h, minutes=mi, seconds=s)


@native(
    "static Datetime.newInstance(Integer, Integer, Integer): Datetime",
    "static Datetime.newInstance(Integer, Integer, Integer, Integer, Integer, Integer): Datetime",
)
def new_local(
    run: Execution, y: int, mo: int, d: int, h: int = 0, mi: int = 0, s: int = 0
) -> dt.datetime:
    start = dt.datetime.combine(make_date(run, y, mo, d), dt.time())
    local = (start + dt.timedelta(hours=h, minutes=mi, seconds=s)).replace(tzinfo=user_zone(run))
    return local.astimezone(dt.UTC)


@native("static Datetime.newInstance(Long): Datetime")
def new_from_millis(run: Execution, millis: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=millis)


_DATETIME_TEXT = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})")


def _parts(run: Execution, text: str) -> list[int]:
    match = _DATETIME_TEXT.fullmatch(text.strip())
    if match is None:
        raise run.error("TypeException", f"Invalid date/time: {text}")
    return [int(part) for part in match.groups()]


@native("static Datetime.valueOf(String): Datetime")
def datetime_of_text(run: Execution, text: str) -> dt.datetime:
    """`yyyy-MM-dd HH:mm:ss` in the user's zone."""
    return new_local(run, *_parts(run, text))


@native("static Datetime.valueOfGmt(String): Datetime")
def datetime_of_gmt_text(run: Execution, text: str) -> dt.datetime:
    return new_gmt(run, *_parts(run, text))


# --- Datetime: reading -----------------------------------------------------------------


@native("Datetime.date(): Date")
def local_date(run: Execution, this: dt.datetime) -> dt.date:
    return this.astimezone(user_zone(run)).date()


@native("Datetime.dateGmt(): Date")
def date_gmt(run: Execution, this: dt.datetime) -> dt.date:
    return this.date()


@native("Datetime.getTime(): Long")
def get_time(run: Execution, this: dt.datetime) -> int:
    since = this - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


@native("Datetime.year(): Integer")
def local_year(run: Execution, this: dt.datetime) -> int:
    return this.astimezone(user_zone(run)).year


@native("Datetime.month(): Integer")
def local_month(run: Execution, this: dt.datetime) -> int:
    return this.astimezone(user_zone(run)).month


@native("Datetime.day(): Integer")
def local_day(run: Execution, this: dt.datetime) -> int:
    return this.astimezone(user_zone(run)).day


@native("Datetime.hour(): Integer")
def local_hour(run: Execution, this: dt.datetime) -> int:
    return this.astimezone(user_zone(run)).hour


@native("Datetime.minute(): Integer")
def local_minute(run: Execution, this: dt.datetime) -> int:
    return this.astimezone(user_zone(run)).minute


@native("Datetime.second(): Integer", "Datetime.secondGmt(): Integer")
def second(run: Execution, this: dt.datetime) -> int:
    return this.second


@native("Datetime.millisecond(): Integer", "Datetime.millisecondGmt(): Integer")
def millisecond(run: Execution, this: dt.datetime) -> int:
    return this.microsecond // 1000


@native("Datetime.yearGmt(): Integer")
def year_gmt(run: Execution, this: dt.datetime) -> int:
    return this.year


@native("Datetime.monthGmt(): Integer")
def month_gmt(run: Execution, this: dt.datetime) -> int:
    return this.month


@native("Datetime.dayGmt(): Integer")
def day_gmt(run: Execution, this: dt.datetime) -> int:
    return this.day


@native("Datetime.hourGmt(): Integer")
def hour_gmt(run: Execution, this: dt.datetime) -> int:
    return this.hour


@native("Datetime.minuteGmt(): Integer")
def minute_gmt(run: Execution, this: dt.datetime) -> int:
    return this.minute


# --- Datetime: moving ------------------------------------------------------------------


@native("Datetime.addDays(Integer): Datetime")
def datetime_add_days(run: Execution, this: dt.datetime, days: int) -> dt.datetime:
    return _in_zone(run, this, lambda local: local + dt.timedelta(days=days))


@native("Datetime.addMonths(Integer): Datetime")
def datetime_add_months(run: Execution, this: dt.datetime, months: int) -> dt.datetime:
    return _in_zone(
        run, this, lambda local: dt.datetime.combine(shift_months(local, months), local.timetz())
    )


@native("Datetime.addYears(Integer): Datetime")
def datetime_add_years(run: Execution, this: dt.datetime, years: int) -> dt.datetime:
    return datetime_add_months(run, this, 12 * years)


def _in_zone(run: Execution, value: dt.datetime, move: Any) -> dt.datetime:
    moved: dt.datetime = move(value.astimezone(user_zone(run)))
    return moved.astimezone(dt.UTC)


@native("Datetime.addHours(Integer): Datetime")
def add_hours(run: Execution, this: dt.datetime, hours: int) -> dt.datetime:
    return this + dt.timedelta(hours=hours)


@native("Datetime.addMinutes(Integer): Datetime")
def add_minutes(run: Execution, this: dt.datetime, minutes: int) -> dt.datetime:
    return this + dt.timedelta(minutes=minutes)


@native("Datetime.addSeconds(Integer): Datetime")
def add_seconds(run: Execution, this: dt.datetime, seconds: int) -> dt.datetime:
    return this + dt.timedelta(seconds=seconds)


# --- Datetime: text --------------------------------------------------------------------

_PATTERN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|.", re.DOTALL)


def formatted(run: Execution, value: dt.datetime, pattern: str) -> str:
    """A Java SimpleDateFormat pattern. Raises IllegalArgumentException for other letters."""

    def replace(match: re.Match[str]) -> str:
        if match[1] is not None:
            return match[1].replace("''", "'") or "'"
        if match[2] is None:
            return match[0]
        text = _pattern_part(value, match[2], len(match[0]))
        if text is None:
            raise run.error("IllegalArgumentException", f"Illegal pattern component: {match[0]}")
        return text

    return _PATTERN.sub(replace, pattern)


def _pattern_part(value: dt.datetime, letter: str, width: int) -> str | None:
    if letter == "y":
        return f"{value.year % 100:02d}" if width == 2 else f"{value.year:0{width}d}"
    if letter == "M" and width > 2:
        name = calendar.month_name[value.month]
        return name if width > 3 else name[:3]
    if letter in "Eu":
        name = calendar.day_name[value.weekday()]
        return str(value.isoweekday()) if letter == "u" else name if width > 3 else name[:3]
    if letter == "a":
        return "AM" if value.hour < 12 else "PM"
    if letter in "ZX":
        return _offset(value, letter, width)
    numbers = {
        "M": value.month,
        "d": value.day,
        "D": value.timetuple().tm_yday,
        "H": value.hour,
        "k": value.hour or 24,
        "h": value.hour % 12 or 12,
        "K": value.hour % 12,
        "m": value.minute,
        "s": value.second,
        "S": value.microsecond // 1000,
    }
    return f"{numbers[letter]:0{width}d}" if letter in numbers else None


def _offset(value: dt.datetime, letter: str, width: int) -> str:
    minutes = int((value.utcoffset() or dt.timedelta()).total_seconds()) // 60
    if letter == "X" and minutes == 0:
        return "Z"
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    if letter == "X" and width == 1:
        return f"{sign}{hours:02d}"
    return f"{sign}{hours:02d}{':' if letter == 'X' and width == 3 else ''}{rest:02d}"


@native("Datetime.format(String): String")
def format_local(run: Execution, this: dt.datetime, pattern: str) -> str:
    return formatted(run, this.astimezone(user_zone(run)), pattern)


@native("Datetime.format(String, String): String")
def format_in(run: Execution, this: dt.datetime, pattern: str, zone: str) -> str:
    """In a named zone; an unknown name means GMT."""
    try:
        found = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        found = ZoneInfo("UTC")
    return formatted(run, this.astimezone(found), pattern)


@native("Datetime.formatGmt(String): String")
def format_gmt(run: Execution, this: dt.datetime, pattern: str) -> str:
    return formatted(run, this, pattern)
