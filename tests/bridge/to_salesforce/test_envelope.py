"""What is read of a body before it is stored."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.to_salesforce.envelope import NotAnEvent, read_envelope


def body(found, **changes):
    event = {"id": "evt_1", "type": "x", "data": {"object": found}, **changes}
    return json.dumps(event).encode()


@pytest.mark.parametrize(
    ("found", "lane"),
    [
        ({"id": "cus_1", "object": "customer"}, "cus_1"),
        ({"id": "sub_1", "object": "subscription", "customer": "cus_1"}, "cus_1"),
        ({"id": "in_1", "object": "invoice", "customer": {"id": "cus_1"}}, "cus_1"),
        ({"id": "du_1", "object": "dispute", "charge": "ch_1"}, "ch_1"),
        ({"id": "re_1", "object": "refund", "charge": "ch_1", "customer": None}, "ch_1"),
        ({"id": "prod_1", "object": "product"}, "prod_1"),
        ({"object": "invoice", "customer": None}, "evt_1"),
        ({"id": "sub_" + "x" * 300, "object": "subscription"}, "sub_" + "x" * 251),
    ],
)
def test_the_lane_is_what_the_object_hangs_on(found, lane):
    assert read_envelope(body(found)).lane == lane


def test_numbers_deep_inside_are_not_touched():
    raw = b'{"id":"evt_1","type":"x","data":{"object":{"id":"a","rate":1.10e400,"n":1e999}}}'
    assert read_envelope(raw).lane == "a"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from(["object", "created", "api_version", "livemode", "account", "data"]),
        json_values,
    )
)
def test_an_event_of_any_shape_has_an_envelope_or_is_refused(rest):
    raw = json.dumps({**rest, "id": "evt_1", "type": "x"}).encode()
    try:
        envelope = read_envelope(raw)
    except NotAnEvent:
        assert not isinstance(rest.get("livemode"), bool | None) or not isinstance(
            rest.get("account"), str | None
        )
    else:
        assert envelope.id == "evt_1"
        assert 0 < len(envelope.lane) <= 255


@given(st.binary(max_size=200))
def test_any_bytes_have_an_envelope_or_are_refused(raw):
    try:
        envelope = read_envelope(raw)
    except NotAnEvent:
        return
    assert envelope.id
    assert envelope.type
