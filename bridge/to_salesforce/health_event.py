"""Stripe says that it failed to generate an event: what the event was of is read again.

Such an event is neither delivered nor in the Events API (Stripe docs, "Handle webhook event
generation failures", public preview in 2026). The thin event that tells of it carries no data: it
is fetched, and names the type that is missing and the object, in ``data.impact.event_type`` and
``data.impact.related_object.id`` (before 2025-11-17 ``related_object_id``). It names no window of
time, and there is no list of what is missing.
"""

from __future__ import annotations

from typing import Any

from bridge.errors import BridgeError
from bridge.store import Claimed
from bridge.stripe_api import StripeReader
from bridge.to_salesforce import resync
from bridge.to_salesforce.outcomes import Expanded, Nothing
from bridge.to_salesforce.translate.ignored import BY_OBJECT

TYPE = "v2.core.health.event_generation_failure.resolved"

_SESSION = "cs_"


class NamesNothing(BridgeError):
    """A health event from which the bridge cannot tell what to read: an operator must."""


async def expand(claimed: Claimed, reader: StripeReader, at: float) -> Expanded | Nothing:
    """The resync of the object that a health event names. Raises StripeApiError, NamesNothing."""
    answer = await reader.get(f"/v2/core/events/{claimed.event_id}")
    impact = _object(_object(answer.object, "data"), "impact")
    related = _object(impact, "related_object")
    missing = str(impact.get("event_type") or "an event of no known type")
    key, kind = related.get("id") or impact.get("related_object_id"), related.get("type")
    if isinstance(key, str) and key.startswith(_SESSION):
        session = (await reader.get(f"/v1/checkout/sessions/{key}")).object
        key = session.get("subscription") or session.get("payment_intent")
        if key is None:
            return Nothing(f"{missing}: a session that sold nothing")
    try:
        row = resync.asked_for(str(key), claimed.event_id, at=at, livemode=claimed.livemode)
    except ValueError:
        if kind in BY_OBJECT:
            return Nothing(f"{missing} of {key}: {BY_OBJECT[kind]}")
        raise NamesNothing(
            f"Stripe did not generate {missing} of {key}, which cannot be read by itself: "
            "run `stripe-sf resync` for its customer"
        ) from None
    return Expanded((row,), f"{missing} of {key} was never generated")


def _object(of: dict[str, Any], name: str) -> dict[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}
