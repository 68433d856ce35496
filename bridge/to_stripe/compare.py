"""What to write so that an object's metadata says what a text says, and nothing else changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.contract.manifest import is_manifest, manifest, owned
from bridge.to_stripe.text import MOST_KEYS


@dataclass(frozen=True, slots=True)
class Difference:
    """What to write to one object."""

    changes: Mapping[str, str]
    """Metadata as Stripe takes it: an empty value deletes its key. Empty: nothing to write."""
    foreign: tuple[str, ...] = ()
    """Keys of the text that somebody else wrote with other values: left alone."""
    too_many: int = 0
    """How many keys it would have, if more than Stripe takes; then nothing is to be written."""


def difference(owner: str, wanted: Mapping[str, str], found: Mapping[str, str]) -> Difference:
    """Between the text of an Opportunity (``owner``, its id) and an object's metadata."""
    ours = owned(found)
    foreign = tuple(
        key for key in wanted if key in found and key not in ours and found[key] != wanted[key]
    )
    own = {key: value for key, value in wanted.items() if key in ours or key not in found}
    after = {**own, **manifest(owner, own)}
    before = {key for key in found if key in ours or is_manifest(key)}
    changes = {key: value for key, value in after.items() if found.get(key) != value}
    changes |= {key: "" for key in before if key not in after}
    count = len({key for key in found if key not in before} | after.keys())
    if count > MOST_KEYS and changes:
        return Difference({}, foreign, count)
    return Difference(changes, foreign)
