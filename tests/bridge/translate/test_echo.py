"""Stripe's word of what the bridge wrote is no news; everything else is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.stripe_api import Facts, parse_event
from bridge.to_salesforce.translate import Ignored, Translation, translate
from bridge.to_salesforce.translate.echo import is_echo
from bridge.to_stripe.compare import difference
from rehearsal.stripe.events import difference as stripe_difference
from rehearsal.stripe.params import merged
from tests.bridge.translate.test_stand_in import RULES

OWNER = "006000000000001AAA"
KEYS = ["stage", "owner", "theirs", "salesforce_opportunity_id", "contract_term_months"]
texts = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["1", "2"]), max_size=3)


def event(before, after, kind="customer", **changes):
    objects = [
        {"id": "cus_1", "object": kind, "metadata": each, "created": 1, "name": "Acme"}
        for each in (before, after)
    ]
    objects[1] |= changes
    body = {
        "id": "evt_1",
        "type": {"customer": "customer.updated", "subscription": "customer.subscription.updated"}[
            kind
        ],
        "created": 1_760_000_000,
        "livemode": False,
        "data": {"object": objects[1], "previous_attributes": stripe_difference(*objects)},
    }
    return parse_event(json.dumps(body).encode())


def written(found, text):
    return merged(found, dict(difference(OWNER, text, found).changes))


@pytest.mark.parametrize("kind", ["customer", "subscription"])
@pytest.mark.parametrize("text", [{"stage": "Won"}, {"owner": "Ann"}, {}])
def test_what_the_bridge_wrote_is_left_out(kind, text):
    before = written({"theirs": "1"}, {"stage": "Open"})
    assert is_echo(event(before, written(before, text), kind), RULES)


def test_it_is_translated_into_nothing():
    found = event({}, written({}, {"stage": "Won"}))
    assert isinstance(translate(found, Facts.empty(), RULES), Ignored)
    assert isinstance(translate(event({}, {"a": "1"}), Facts.empty(), RULES), Translation)


def test_a_change_beside_it_is_news():
    assert not is_echo(event({}, written({}, {"stage": "Won"}), name="Acme 2"), RULES)


@given(texts, texts, texts)
def test_whatever_a_row_is_made_from_is_news(foreign, one, other):
    """Also where a text writes such a key, or another writes beside the bridge."""
    before = written(foreign, one)
    after = written(before, other)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    if not changed:
        return
    read = {RULES.opportunity_key, RULES.term_key}
    assert is_echo(event(before, after), RULES) == (not changed & read)
    assert not is_echo(event(before, {**after, "foreign": "new"}), RULES)
