"""Minor and major units."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.money import allocate, exponent, round_major, round_minor, to_major, to_minor

CURRENCIES = st.sampled_from(["usd", "EUR", "JPY", "krw", "KWD", "BHD", "ISK", "UGX", "HUF", "TWD"])


@pytest.mark.parametrize(
    ("minor", "currency", "major"),
    [
        (1050, "USD", "10.50"),
        (1050, "jpy", "1050"),
        (1050, "KWD", "1.050"),
        (500, "ISK", "5.00"),
        (500, "UGX", "5.00"),
        (100000, "HUF", "1000.00"),
        (-1, "EUR", "-0.01"),
        (0, "TND", "0.000"),
    ],
)
def test_minor_units_by_stripes_own_exponent(minor: int, currency: str, major: str) -> None:
    assert str(to_major(minor, currency)) == major
    assert to_minor(Decimal(major), currency) == minor


@given(st.integers(-(10**20), 10**20), CURRENCIES)
def test_there_and_back_loses_nothing(minor: int, currency: str) -> None:
    assert to_minor(to_major(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [("0.5", 1), ("1.5", 2), ("2.5", 3), ("-0.5", -1), ("-2.5", -3), ("2.4999999", 2), ("0", 0)],
)
def test_half_a_minor_unit_goes_away_from_zero(exact: str, rounded: int) -> None:
    assert round_minor(Fraction(exact)) == rounded


@given(st.fractions(), CURRENCIES)
def test_rounding_is_never_off_by_more_than_half_a_minor_unit(
    minor: Fraction, currency: str
) -> None:
    major = round_major(minor, currency)
    assert isinstance(major, Decimal)
    assert abs(Fraction(major) * 10 ** exponent(currency) - minor) <= Fraction(1, 2)


def test_a_fraction_of_a_minor_unit_is_not_rounded_in_silence() -> None:
    with pytest.raises(ValueError, match="whole number"):
        to_minor(Decimal("10.505"), "USD")


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.data())
def test_payments_share_an_invoices_tax(net: int, tax: int, data: st.DataObject) -> None:
    total = net + tax
    paid = data.draw(st.integers(0, total))
    parts = allocate(paid, tax, total), allocate(total - paid, tax, total)
    assert abs(sum(parts) - tax) <= 1
    assert allocate(total, tax, total) == tax
    assert 0 <= parts[0] <= paid


def test_an_invoice_of_nothing_has_no_tax_to_share() -> None:
    assert allocate(100, 0, 0) == 0
    assert allocate(100, 5, 0) == 0
