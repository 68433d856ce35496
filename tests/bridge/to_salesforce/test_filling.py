"""Publish calls are full where there is enough, and no event more is claimed where there is not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.to_salesforce.filling import Filling

WHOLE = 200


@pytest.mark.parametrize("share", [1.0, 0.9, 0.7, 0.5, 0.3])
def test_a_backlog_goes_in_calls_that_are_nearly_full(share):
    filling, chance = Filling(WHOLE), random.Random(7)
    published = calls = 0
    for _ in range(300):
        claimed = filling.claim(2_000)
        ready = sum(chance.random() < share for _ in range(claimed))
        filling.saw(claimed, ready)
        published += ready
        calls += -(-ready // WHOLE)
    assert published / calls > 0.85 * WHOLE


def test_at_first_a_batch_is_what_a_call_takes():
    assert Filling(WHOLE).claim(2_000) == WHOLE


def test_where_nothing_is_published_the_batch_stays_bounded():
    filling = Filling(WHOLE)
    for _ in range(100):
        filling.saw(filling.claim(2_000), 0)
    assert WHOLE < filling.claim(2_000) <= 4 * WHOLE


@given(
    st.integers(1, 2_000),
    st.lists(st.tuples(st.integers(1, 800), st.floats(0, 1)), max_size=20),
)
def test_never_more_is_claimed_than_may_be_published(room, seen):
    filling = Filling(WHOLE)
    for claimed, share in seen:
        filling.saw(claimed, int(claimed * share))
    assert 1 <= filling.claim(room) <= room
    if room < WHOLE:
        assert filling.claim(room) == room
