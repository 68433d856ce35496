"""Billing periods, counted from the anchor, so the 31st comes back after February."""

from __future__ import annotations

import calendar
import datetime as dt

DAY = 86_400
_FIXED = {"day": DAY, "week": 7 * DAY}
_MONTHS = {"month": 1, "year": 12}


def add_months(moment: int, months: int) -> int:
    """``moment`` (Unix seconds) moved by calendar months in UTC, the day clamped."""
    start = dt.datetime.fromtimestamp(moment, dt.UTC)
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def boundary(anchor: int, interval: str, count: int, index: int) -> int:
    """The ``index``-th period boundary after the anchor."""
    if interval in _FIXED:
        return anchor + _FIXED[interval] * count * index
    return add_months(anchor, _MONTHS[interval] * count * index)


def next_boundary(anchor: int, interval: str, count: int, after: int) -> int:
    """The first boundary strictly after ``after``."""
    return boundary(anchor, interval, count, _next_index(anchor, interval, count, after))


def period_around(anchor: int, interval: str, count: int, moment: int) -> tuple[int, int]:
    """The period, from boundary to boundary, that ``moment`` is in."""
    index = _next_index(anchor, interval, count, moment)
    return boundary(anchor, interval, count, index - 1), boundary(anchor, interval, count, index)


def _next_index(anchor: int, interval: str, count: int, after: int) -> int:
    if after < anchor:
        return 0
    if interval in _FIXED:
        return (after - anchor) // (_FIXED[interval] * count) + 1
    a, b = (dt.datetime.fromtimestamp(t, dt.UTC) for t in (anchor, after))
    months = (b.year - a.year) * 12 + b.month - a.month
    index = max(months // (_MONTHS[interval] * count) - 1, 0)
    while boundary(anchor, interval, count, index) <= after:
        index += 1
    return index
