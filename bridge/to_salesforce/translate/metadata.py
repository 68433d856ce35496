"""What the company writes into Stripe's metadata for the bridge."""

from __future__ import annotations

from bridge.to_salesforce.translate.fields import cut
from bridge.to_salesforce.translate.rules import BookingRules
from bridge.to_salesforce.translate.shape import Json, first


def value(found: Json, key: str) -> str | None:
    """A metadata value without spaces around it; ``None`` when it is missing or empty."""
    metadata = first(found, "metadata")
    entry = metadata.get(key) if isinstance(metadata, dict) else None
    return (entry.strip() or None) if isinstance(entry, str) else None


def opportunity(rules: BookingRules, found: Json) -> str | None:
    """The Opportunity that an object names, as it was typed; Salesforce says whether it is one."""
    return cut(value(found, rules.opportunity_key), 255)


def term_months(rules: BookingRules, subscription: Json) -> int | None:
    """The contract term that a subscription names; anything but 1 to 999 months names none."""
    typed = value(subscription, rules.term_key)
    if typed is None or not typed.isascii() or not typed.isdigit() or len(typed) > 6:
        return None
    months = int(typed)
    return months if 1 <= months <= 999 else None
