"""Values in the form in which fields store them."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.org.clock import Clock
from rehearsal.org.coerce import coerce, utf16_length
from rehearsal.org.errors import SaveError
from rehearsal.org.schema import Field, FieldType

AMOUNT = Field("Amount__c", FieldType.CURRENCY, precision=18, scale=2)
TEXT = Field("Text__c", FieldType.STRING, length=5)
EMAIL = Field("Email__c", FieldType.EMAIL, length=80)
MOMENT = Field("Moment__c", FieldType.DATETIME)
DAY = Field("Day__c", FieldType.DATE)
CHECKBOX = Field("Box__c", FieldType.BOOLEAN)


@given(st.decimals(-(10**15), 10**15, allow_nan=False, places=6))
def test_amounts_are_within_half_a_cent_and_stay_when_stored_again(value):
    stored = coerce(AMOUNT, value)
    assert isinstance(stored, Decimal)
    assert stored == value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert coerce(AMOUNT, stored) == coerce(AMOUNT, str(value)) == stored


@given(st.text(max_size=8))
def test_text_fits_or_is_refused_and_never_cut(value):
    if utf16_length(value.strip()) > TEXT.length:
        with pytest.raises(SaveError, match="STRING_TOO_LONG"):
            coerce(TEXT, value)
    else:
        assert coerce(TEXT, value) == (value.strip() or None)


def test_characters_beyond_the_basic_plane_count_twice():
    assert coerce(TEXT, "ab\N{GRINNING FACE}c") is not None
    with pytest.raises(SaveError, match="data value too large"):
        coerce(TEXT, "\N{GRINNING FACE}" * 3)


@pytest.mark.parametrize("good", ["a@b.example", "first.last+tag@sub.domain.example", "o'x@b.io"])
def test_addresses(good):
    assert coerce(EMAIL, good) == good


@pytest.mark.parametrize("bad", ["a", "a@b", "a b@c.example", "a@b..example", "@b.example"])
def test_what_is_no_address(bad):
    with pytest.raises(SaveError, match="invalid email address"):
        coerce(EMAIL, bad)


@pytest.mark.parametrize(
    "given_value",
    [
        "2026-03-01T10:00:00Z",
        "2026-03-01T10:00:00.000+0000",
        "2026-03-01T11:00:00.999+01:00",
        dt.datetime(2026, 3, 1, 10, 0, 0, 5, tzinfo=dt.UTC),
    ],
)
def test_moments_are_utc_and_whole_seconds(given_value):
    assert coerce(MOMENT, given_value) == dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)


@pytest.mark.parametrize("bad", ["soon", True, Decimal(3)])
def test_other_types_are_refused(bad):
    for field in (DAY, MOMENT):
        with pytest.raises(SaveError, match="value not of required type"):
            coerce(field, bad)


@pytest.mark.parametrize("bad", [1.5, "1,5", "NaN", True])
def test_only_decimals_and_their_texts_are_numbers(bad):
    with pytest.raises(SaveError, match="value not of required type"):
        coerce(AMOUNT, bad)


def test_dates_stay_within_the_platforms_calendar():
    assert coerce(DAY, "1700-01-01") == dt.date(1700, 1, 1)
    with pytest.raises(SaveError, match="invalid date"):
        coerce(DAY, "1699-12-31")


def test_checkbox_is_never_null():
    assert coerce(CHECKBOX, None) is False
    assert coerce(CHECKBOX, "TRUE") is True


def test_clock_stands_still_until_it_is_advanced():
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    clock = Clock(start)
    assert clock.now() == clock.now() == start
    clock.advance(dt.timedelta(days=1))
    assert clock.now() == start + dt.timedelta(days=1)
    with pytest.raises(ValueError, match="never goes back"):
        clock.advance(dt.timedelta(seconds=-1))
