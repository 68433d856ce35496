"""Period boundaries, counted from the anchor."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.stripe.periods import next_boundary, period_around

INTERVALS = st.sampled_from(["day", "week", "month", "year"])
MOMENTS = st.integers(1_500_000_000, 2_000_000_000)


def day(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp())


@pytest.mark.parametrize(
    ("anchor", "interval", "count", "after", "expected"),
    [
        ("2026-01-31", "month", 1, "2026-01-31", "2026-02-28"),
        ("2026-01-31", "month", 1, "2026-02-28", "2026-03-31"),
        ("2024-02-29", "year", 1, "2024-02-29", "2025-02-28"),
        ("2024-02-29", "year", 1, "2027-03-01", "2028-02-29"),
        ("2026-01-31", "month", 3, "2026-05-01", "2026-07-31"),
        ("2026-01-31", "week", 2, "2026-01-31", "2026-02-14"),
        ("2026-03-01", "month", 1, "2026-02-01", "2026-03-01"),
    ],
)
def test_the_next_boundary(anchor, interval, count, after, expected):
    assert next_boundary(day(anchor), interval, count, day(after)) == day(expected)


@given(MOMENTS, INTERVALS, st.integers(1, 3), MOMENTS)
def test_a_moment_is_in_the_period_around_it(anchor, interval, count, moment):
    start, end = period_around(anchor, interval, count, moment)
    if moment >= anchor:
        assert start <= moment < end
        assert next_boundary(anchor, interval, count, start) == end
    else:
        assert end == anchor
