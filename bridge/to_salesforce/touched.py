"""Whom the events of a while were of: the customers, or the objects that have none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridge.stripe_api import StripeReader
from bridge.stripe_api.reader import ledger_key
from bridge.to_salesforce.envelope import NotAnEvent, read_envelope
from bridge.to_salesforce.sweep import KEPT, PATH


@dataclass(frozen=True, slots=True)
class Touched:
    """What a list of events tells."""

    keys: tuple[str, ...]
    """Stripe ids that can be read again, the last touched first."""
    events: int
    others: int
    """Events of what the ledger does not keep: products, prices, coupons."""
    since: float
    """From when on Stripe still lists events, if that is later than what was asked for."""


async def touched(reader: StripeReader, since: float) -> Touched:
    """Reads all events since a moment (Unix seconds, Stripe's clock), page by page.

    Raises a ``StripeApiError``.
    """
    params: dict[str, Any] = {"created": {"gte": int(since)}, "limit": 100}
    keys: dict[str, None] = {}
    events, others, horizon = 0, 0, since
    while True:
        page = await reader.raw_page(PATH, params)
        horizon = max(horizon, page.as_of.timestamp() - KEPT)
        for raw in page.elements:
            try:
                envelope = read_envelope(raw)
            except NotAnEvent:
                continue
            params["starting_after"] = envelope.id
            events += 1
            try:
                ledger_key(envelope.lane)
            except ValueError:
                others += 1
            else:
                keys[envelope.lane] = None
        if not page.has_more or not page.elements:
            return Touched(tuple(keys), events, others, horizon)
