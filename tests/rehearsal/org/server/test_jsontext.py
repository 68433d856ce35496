from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.org.server.rest.jsontext import dumps, loads, number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0.0"),
        ("4", "4.0"),
        ("12.50", "12.5"),
        ("-0.25", "-0.25"),
        ("0.001", "0.001"),
        ("0.0001", "1.0E-4"),
        ("9999999", "9999999.0"),
        ("10000000", "1.0E7"),
        ("12345678.91", "1.234567891E7"),
        ("9007199254740993.123", "9.007199254740993123E15"),
    ],
)
def test_a_double_is_spelled_as_java_does(value: str, text: str) -> None:
    assert number(Decimal(value)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_no_digit_is_lost(value: Decimal) -> None:
    assert loads(dumps({"x": value}))["x"] == value


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=40)
@given(_json)
def test_everything_else_is_plain_json(value: object) -> None:
    assert json.loads(dumps(value)) == value


@pytest.mark.parametrize("text", ["NaN", "[1,]", "", "Infinity"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        loads(text)
