"""Versions of one object that one batch brings for one second.

The ledger could not tell them apart (a tie), and each would cost a receipt, a wait and a read. One
read before they are published decides for all of them, and for the events of other objects of which
this one is the parent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from bridge.stripe_api import StripeEvent
from bridge.stripe_api.reader import ledger_key
from bridge.to_salesforce.translate.ignored import BY_OBJECT, BY_TYPE

_GONE = frozenset({"customer.deleted", "invoice.deleted"})
"""A read knows less of these than the event."""


@dataclass(frozen=True, slots=True)
class Contested:
    """An object, and the second of which a batch has several versions."""

    id: str
    as_of: dt.datetime
    events: tuple[str, ...]
    """The ids of the events that bring them."""


def contested(events: Iterable[StripeEvent]) -> list[Contested]:
    """The objects whose newest second in these events has versions that differ.

    Older seconds do not matter: of several rows of a key the ledger takes the newest.
    """
    newest: dict[str, list[StripeEvent]] = {}
    for event in events:
        key = event.object.get("id")
        if not isinstance(key, str) or not _is_readable(key) or _writes_nothing(event):
            continue
        known = newest.get(key)
        if known is None or event.created > known[0].created:
            newest[key] = [event]
        elif event.created == known[0].created:
            known.append(event)
    return [
        Contested(key, versions[0].created, tuple(event.id for event in versions))
        for key, versions in newest.items()
        if any(event.object != versions[0].object for event in versions)
        and not any(event.type in _GONE for event in versions)
    ]


def _writes_nothing(event: StripeEvent) -> bool:
    return event.type in BY_TYPE or event.object.get("object") in BY_OBJECT


def _is_readable(key: str) -> bool:
    try:
        ledger_key(key)
    except ValueError:
        return False
    return True
