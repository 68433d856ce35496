"""Any text, any metadata: what is ours becomes the text, and what is another's stays."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.contract.manifest import VALUE_LENGTH, is_manifest, manifest, owned, owner_of
from bridge.to_stripe.compare import difference
from bridge.to_stripe.text import (
    KEY_LENGTH,
    MOST_KEYS,
    BadText,
    parse,
)
from rehearsal.stripe.params import Params, merged

RESERVED = "salesforce_opportunity_id"
OWNER = "006000000000001AAA"
SIGNS = string.ascii_letters + string.digits + "_-.,:% é"
keys = st.text(SIGNS, min_size=1, max_size=KEY_LENGTH).map(str.strip).filter(bool)
few_keys = st.sampled_from(["a", "b", "salesforce_stage", "x,y", "x%2Cy", "p:q"])
values = st.text(SIGNS + "=", min_size=1, max_size=VALUE_LENGTH).map(str.strip).filter(bool)
pairs = st.dictionaries(keys, values, max_size=20)


def written(found, changes):
    """What Stripe makes of it, by the stand-in's own rules."""
    return merged(found, Params({"metadata": dict(changes)}).metadata()) if changes else found


@given(pairs)
def test_a_text_is_read_as_it_was_written(wanted):
    text = "\r\n".join(f" {key} = {value} " for key, value in wanted.items())
    assert parse(text, RESERVED) == wanted


@pytest.mark.parametrize("text", [None, "", "\n  \r\n", "owner=\nstage ="])
def test_a_text_may_say_nothing(text):
    assert parse(text, RESERVED) == {}


def test_a_value_may_hold_signs_of_its_own():
    text = "a=1=2\nb=[x]\nname=Smith & Sons <smith@example.com>\nc=a < b > c"
    assert parse(text, RESERVED) == {
        "a": "1=2",
        "b": "[x]",
        "name": "Smith & Sons <smith@example.com>",
        "c": "a < b > c",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<p>stage=Won</p>", "HTML (<p>)"),
        ("stage=Won<br>owner=Ann", "HTML (<br>)"),
        ('<span style="x">stage=Won</span>', "HTML"),
        ("name=R&amp;D", "HTML (&amp;)"),
        ("stage", "line 1 is not of the form key=value"),
        ("a=1\n=Won", "line 2 is not of the form key=value"),
        (f"{'k' * 41}=1", "has 41 characters, and Stripe takes 40"),
        ("a[b]=1", "square bracket"),
        (f"a={'v' * 501}", "has 501 characters, and Stripe takes 500"),
        ("a=1\na=2", "line 2: the key a is there twice"),
        ("a=\na=2", "line 2: the key a is there twice"),
        (f"{RESERVED}=006", "the link to Salesforce"),
        ("salesforce_keys=a", "the bridge's own key"),
        ("salesforce_keys_2=a", "the bridge's own key"),
    ],
)
def test_what_cannot_be_metadata_is_refused_by_name(text, said):
    with pytest.raises(BadText) as caught:
        parse(text, RESERVED)
    assert said in str(caught.value)


@given(pairs, pairs)
def test_one_write_is_enough_and_the_next_finds_nothing(wanted, found):
    found = {key: value for key, value in found.items() if not is_manifest(key)}
    found[RESERVED] = OWNER
    first = difference(OWNER, wanted, found)
    after = written(found, first.changes)
    assert difference(OWNER, wanted, after).changes == {}
    assert {key: after[key] for key in found} == found, "what was another's"
    for key, value in wanted.items():
        assert after[key] == value or key in first.foreign
    assert owned(after) == wanted.keys() - found.keys()
    assert owner_of(after) == (OWNER if owned(after) else None)


@given(st.sets(keys, max_size=49))
def test_the_manifest_holds_any_keys_within_stripes_limits(names):
    said = manifest(OWNER, names)
    assert owned(said) == names
    assert all(len(value) <= VALUE_LENGTH and is_manifest(key) for key, value in said.items())


def test_more_keys_than_stripe_takes_are_not_written_in_part():
    found = {f"theirs_{n}": "x" for n in range(MOST_KEYS - 2)}
    fits = difference(OWNER, {"a": "1"}, found)
    assert len(written(found, fits.changes)) == MOST_KEYS
    too_many = difference(OWNER, {"a": "1", "b": "2"}, found)
    assert (too_many.changes, too_many.too_many) == ({}, MOST_KEYS + 1)


class Metadata(RuleBasedStateMachine):
    """Reps edit, others write to Stripe, and the bridge dies before or after its write."""

    def __init__(self):
        super().__init__()
        self.stripe = {RESERVED: OWNER}
        self.theirs = {RESERVED: OWNER}
        self.text = {}

    @rule(text=st.dictionaries(few_keys, st.sampled_from(["1", "2"]), max_size=4))
    def edit(self, text):
        self.text = text

    @rule(key=few_keys, value=st.sampled_from(["1", "2", "3"]))
    def another_writes(self, key, value):
        if key not in owned(self.stripe):
            self.stripe[key] = self.theirs[key] = value

    @rule(key=few_keys)
    def another_deletes(self, key):
        self.stripe.pop(key, None)
        self.theirs.pop(key, None)

    @rule(key=few_keys)
    def another_spoils_ours(self, key):
        if key in owned(self.stripe) and key in self.stripe:
            self.stripe[key] = "spoilt"

    @rule(dies=st.booleans(), twice=st.booleans())
    def push(self, dies, twice):
        planned = difference(OWNER, self.text, self.stripe)
        if dies:
            return
        for _ in range(1 + twice):
            self.stripe = written(self.stripe, planned.changes)
        assert difference(OWNER, self.text, self.stripe).changes == {}
        for key, value in self.text.items():
            assert self.stripe[key] == value or key in self.theirs

    @invariant()
    def what_is_anothers_stays(self):
        assert {key: self.stripe[key] for key in self.theirs} == self.theirs

    def teardown(self):
        self.text = {}
        self.push(dies=False, twice=False)
        assert self.stripe == self.theirs, "nothing of ours is left"


TestMetadata = Metadata.TestCase
