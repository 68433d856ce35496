"""Properties of Apex arithmetic."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from rehearsal.org.apex.arithmetic import arithmetic, divide_int, equal_ids
from rehearsal.org.apex.conversion import wrap32, wrap64
from rehearsal.org.apex.types import BOOLEAN, DECIMAL, INTEGER, LONG, STRING
from rehearsal.org.values import id18

run = cast("Any", None)
integers = st.integers(-(2**31), 2**31 - 1)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=6)


@given(st.integers())
def test_wrapping_keeps_the_low_bits(number: int) -> None:
    assert -(2**31) <= wrap32(number) < 2**31
    assert (wrap32(number) - number) % 2**32 == 0
    assert (wrap64(number) - number) % 2**64 == 0


@given(integers, integers.filter(bool))
def test_integer_division_cuts_towards_zero(a: int, b: int) -> None:
    assert divide_int(run, a, b) == int(Fraction(a, b))


@given(decimals, decimals)
def test_decimal_sums_and_products_are_exact(a: Decimal, b: Decimal) -> None:
    for operator, wanted in (
        ("+", Fraction(a) + Fraction(b)),
        ("-", Fraction(a) - Fraction(b)),
        ("*", Fraction(a) * Fraction(b)),
    ):
        found = arithmetic(operator, DECIMAL, DECIMAL)
        assert found is not None
        assert Fraction(found[2](run, a, b)) == wanted


@given(st.sampled_from("+-*/"), st.sampled_from([INTEGER, LONG, DECIMAL]))
def test_the_wider_type_wins(operator: str, other: Any) -> None:
    found = arithmetic(operator, INTEGER, other)
    assert found is not None
    assert found[1] == other


def test_there_is_no_arithmetic_on_other_types() -> None:
    assert arithmetic("-", STRING, INTEGER) is None
    assert arithmetic("+", BOOLEAN, BOOLEAN) is None


@given(st.from_regex(r"\A[a-zA-Z0-9]{15}\Z"))
def test_both_lengths_of_an_id_are_equal(short: str) -> None:
    assert equal_ids(short, id18(short))
    assert equal_ids(id18(short), short)
