"""Which metadata keys of a Stripe object are the bridge's: it says so beside them.

``salesforce_keys`` holds whose text it is and the keys (``006…:stage,owner``). It is written in the
very request that writes them, so it is never out of step with them, whatever became of the store,
and a key that somebody else wrote is never taken for one of ours. Where it is longer than Stripe's
500 characters it goes on in ``salesforce_keys_2`` and so on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

VALUE_LENGTH = 500
"""Of a metadata value (Stripe's API reference, "Metadata")."""

MANIFEST = "salesforce_keys"


def is_manifest(key: str) -> bool:
    """Whether it is one of the keys that name the others."""
    return key == MANIFEST or re.fullmatch(rf"{MANIFEST}_\d+", key) is not None


def owned(found: Mapping[str, str]) -> frozenset[str]:
    """The keys that the bridge has written to an object, as its metadata says."""
    return frozenset(_decoded(key) for key in _listed(found)[1] if key)


def owner_of(found: Mapping[str, str]) -> str | None:
    """The Opportunity whose text an object's metadata holds."""
    return _listed(found)[0]


def manifest(owner: str, keys: Collection[str]) -> dict[str, str]:
    """The bridge's own keys for what it has written; none where it has written nothing."""
    values: list[str] = []
    for key in sorted(_encoded(key) for key in keys):
        if values and len(values[-1]) + 1 + len(key) <= VALUE_LENGTH:
            values[-1] += f",{key}"
        else:
            values.append(key if values else f"{owner}:{key}")
    return {_name(number): value for number, value in enumerate(values, 1)}


def _listed(found: Mapping[str, str]) -> tuple[str | None, list[str]]:
    if MANIFEST not in found:
        return None, []
    owner, sign, first = found[MANIFEST].partition(":")
    listed = (first if sign else owner).split(",")
    number = 2
    while (name := _name(number)) in found:
        listed += found[name].split(",")
        number += 1
    return (owner if sign else None), listed


def _name(number: int) -> str:
    return MANIFEST if number == 1 else f"{MANIFEST}_{number}"


def _encoded(key: str) -> str:
    return key.replace("%", "%25").replace(",", "%2C").replace(":", "%3A")


def _decoded(key: str) -> str:
    return key.replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
