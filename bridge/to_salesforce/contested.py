"""Versions of one object that one batch brings for one second.

The ledger could not tell them apart (a tie), and each would cost a receipt, a wait and a read. One
read before they are published decides for all of them, and for the events of other objects of which
this one is the parent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.stripe_api import StripeEvent
from bridge.stripe_api.reader import ledger_key
from bridge.to_salesforce.translate.ignored import BY_OBJECT, BY_TYPE

_GONE = frozenset({"customer.deleted", "invoice.deleted"})
"""A read knows less of these than the event."""

_READ_ANYWAY = frozenset({"refund", "dispute", "credit_note", "invoice_payment"})
"""Objects whose events only make a list be read: what they say themselves is not written."""


@dataclass(frozen=True, slots=True)
class Contested:
    """An object, and the second of which a batch has several versions."""

    id: str
    as_of: dt.datetime
    events: tuple[str, ...]
    """The ids of the events that bring them."""
    beside: Mapping[str, Any] = field(default_factory=dict)
    """What they say and a read, which has Stripe's newest shape, does not."""


def contested(events: Iterable[StripeEvent]) -> list[Contested]:
    """The objects whose newest second in these events has versions that differ.

    Older seconds do not matter: of several rows of a key the ledger takes the newest.
    """
    newest: dict[str, list[StripeEvent]] = {}
    for event in events:
        key = event.object.get("id")
        if not isinstance(key, str) or not _is_readable(key) or _says_nothing(event):
            continue
        known = newest.get(key)
        if known is None or event.created > known[0].created:
            newest[key] = [event]
        elif event.created == known[0].created:
            known.append(event)
    return [
        Contested(
            key, versions[0].created, tuple(event.id for event in versions), _beside(versions)
        )
        for key, versions in newest.items()
        if any(event.object != versions[0].object for event in versions)
        and not any(event.type in _GONE for event in versions)
    ]


def _beside(versions: Sequence[StripeEvent]) -> dict[str, Any]:
    """Before basil an invoice says how it was paid; the payments themselves have no events then."""
    told = [version.object for version in versions if "paid_out_of_band" in version.object]
    if not told:
        return {}
    intents = [found["payment_intent"] for found in told if found.get("payment_intent")]
    return {
        "paid_out_of_band": any(found["paid_out_of_band"] is True for found in told),
        "payment_intent": intents[-1] if intents else None,
    }


def _says_nothing(event: StripeEvent) -> bool:
    """``charge.refunded`` too has its own work to do, which a reading of the charge would not."""
    kind = event.object.get("object")
    return (
        event.type in BY_TYPE
        or event.type == "charge.refunded"
        or kind in _READ_ANYWAY
        or kind in BY_OBJECT
    )


def _is_readable(key: str) -> bool:
    try:
        ledger_key(key)
    except ValueError:
        return False
    return True
