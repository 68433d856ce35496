"""Waiting."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from bridge.clock import Backoff, utc


@given(first=st.floats(0.01, 10), longest=st.floats(10, 1000), attempt=st.integers(1, 10_000))
def test_a_wait_is_between_half_and_the_whole_of_its_ceiling(first, longest, attempt):
    ceiling = min(longest, first * 2 ** min(attempt - 1, 40))
    assert ceiling / 2 <= Backoff(first, longest).wait(attempt) <= ceiling


def test_a_moment_is_aware_and_utc():
    assert utc(0) == dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
