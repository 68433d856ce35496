"""Stripe's word of what the bridge itself has written there: it changes nothing in Salesforce.

Known by value and not by author. What an update says to have changed is metadata alone, of keys
that the object names as the bridge's, and none of them is one that a row is made from. So a row
would be the same but for its time. Each other change has an event of its own: leaving this one out
loses none of them.
"""

from __future__ import annotations

from bridge.contract.manifest import is_manifest, owned
from bridge.stripe_api.events import StripeEvent
from bridge.to_salesforce.translate.rules import BookingRules

_TYPES = frozenset({"customer.updated", "customer.subscription.updated"})


def is_echo(event: StripeEvent, rules: BookingRules) -> bool:
    """Whether an event tells of nothing but the bridge's own metadata."""
    if event.type not in _TYPES or event.previous is None or event.previous.keys() != {"metadata"}:
        return False
    before, now = event.previous["metadata"], event.object.get("metadata")
    if not isinstance(before, dict) or not isinstance(now, dict):
        return False
    was = {**now, **{key: value for key, value in before.items() if isinstance(value, str)}}
    ours = owned(now) | owned(was)
    read = {rules.opportunity_key, rules.term_key}
    return all((key in ours or is_manifest(key)) and key not in read for key in before)
