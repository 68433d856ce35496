"""Reading an event's bytes."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.to_salesforce.translate import MalformedEvent, parse_event, read_event


def event(**changes: Any) -> bytes:
    body = {
        "id": "evt_1",
        "type": "charge.succeeded",
        "created": 1767225600,
        "data": {"object": {"id": "ch_1"}},
    }
    return json.dumps(body | changes).encode()


def floats(found: Any) -> list[float]:
    if isinstance(found, dict):
        return [each for value in found.values() for each in floats(value)]
    if isinstance(found, list):
        return [each for value in found for each in floats(value)]
    return [found] if isinstance(found, float) else []


def test_numbers_keep_every_digit() -> None:
    raw = b"""{"id": "evt_1", "type": "x", "created": 1, "data": {"object":
        {"percent_off": 33.33333333333333333333, "amount": 12345678901234567890123}}}"""
    found = parse_event(raw).object
    assert found["percent_off"] == Decimal("33.33333333333333333333")
    assert found["amount"] == 12345678901234567890123


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=15,
)


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_no_number_is_ever_a_float(found: dict[str, Any]) -> None:
    assert floats(parse_event(event(data={"object": found})).object) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"id": "evt_1"',
        b"[" * 100_000,
        event(id=7),
        event(id=""),
        event(type=None),
        event(created="2026-01-01T00:00:00Z"),
        event(created=10**30),
        event(data={}),
        event(data={"object": []}),
        event(data=None),
    ],
)
def test_what_is_no_event_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedEvent):
        parse_event(raw)


@given(st.binary(max_size=200))
def test_no_bytes_break_it_otherwise(raw: bytes) -> None:
    with pytest.raises(MalformedEvent):
        parse_event(raw)


def test_the_moment_is_aware_and_the_mode_is_test_unless_stripe_says_live() -> None:
    assert parse_event(event()).created == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert parse_event(event()).livemode is False
    assert parse_event(event(livemode=True)).livemode is True
    assert parse_event(event(account="acct_1")).account == "acct_1"


def test_a_read_poses_as_an_event_of_the_moment_of_the_answer() -> None:
    as_of = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    found = {"id": "sub_1", "object": "subscription"}
    read = read_event("next:sub_1:month", found, as_of, "acct_1", True)
    assert (read.created, read.account, read.livemode, read.object) == (
        as_of,
        "acct_1",
        True,
        found,
    )
    assert read == read_event("next:sub_1:month", found, as_of, "acct_1", True)
    assert read.id != read_event("sub_1", found, as_of, "acct_1", True).id
