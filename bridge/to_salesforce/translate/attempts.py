"""What became of the attempts to pay an invoice, from its payment intents and their charges.

Sources: Stripe API reference, "Invoice Payment", "PaymentIntent" (``last_payment_error`` is cleared
when the intent is changed; its latest charge still tells) and "Charge" (``outcome``).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bridge.stripe_api.facts import Kind, Need
from bridge.to_salesforce.translate import paths
from bridge.to_salesforce.translate.fields import Context, Snapshot, cut
from bridge.to_salesforce.translate.shape import (
    Json,
    expanded,
    first,
    flag,
    members,
    reference,
    required,
    text,
    whole,
)

_UNDER_WAY = frozenset({"processing", "succeeded", "requires_capture"})
_NEVER = -1
_NO_METHOD = "There is no payment method to charge."


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an invoice's payment failed."""

    codes: frozenset[str] = frozenset()
    """What the bank and Stripe called it: error code, decline code, outcome."""
    reason: str | None = None
    """In words, with the code."""
    method: str | None = None
    """The payment method that was tried, where it is known."""
    waits_for_customer: bool = False
    """The customer has to authenticate, or to confirm his bank account."""


def is_tried(invoice: Json) -> bool:
    """Whether Stripe or the customer has tried to pay an invoice; its payments say how it went."""
    return flag(invoice, "attempted") or bool(whole(invoice, "attempt_count"))


def failed(ctx: Context, at: Snapshot) -> Attempt | None:
    """How the payment of an open invoice failed; ``None`` where none has, or one is under way.

    A bank debit counts as attempted for the days until the bank answers, so the payments themselves
    are asked. An attempt that is made by hand is not in ``attempt_count``: that one must have left
    an error, since a customer who authenticates at this moment is in no trouble. A payment that is
    made already was for its own part of the invoice.
    """
    if not is_tried(at.object):
        return None
    counted = bool(whole(at.object, "attempt_count"))
    intents = _intents(ctx, at, {"paid", "canceled"})
    if any(text(intent, "status") in _UNDER_WAY for intent in intents):
        return None
    told = [attempt for intent in _newest_first(intents) if (attempt := _of(intent))]
    if not counted:
        return next((attempt for attempt in told if not attempt.waits_for_customer), None)
    return told[0] if told else Attempt(reason=_NO_METHOD)


def last(ctx: Context, at: Snapshot) -> Attempt | None:
    """How the last payment of an invoice that is given up had failed."""
    if not is_tried(at.object):
        return None
    told = (_of(intent) for intent in _newest_first(_intents(ctx, at, {"paid"})))
    return next((attempt for attempt in told if attempt), None)


def _intents(ctx: Context, at: Snapshot, without: set[str]) -> list[Json]:
    """The payment intents of an invoice, but for payments in these states."""
    need = Need(Kind.INVOICE_PAYMENTS, required(at.object, "id"), since=at.as_of)
    answer = ctx.look.one(need).object or {}
    payments = [each for each in members(answer, "data") if text(each, "status") not in without]
    intents = paths.invoice_payment_intents(payments)
    shown = [inline for intent in intents if (inline := expanded(intent))]
    keys = [key for intent in intents if not expanded(intent) and (key := reference(intent))]
    facts = ctx.look.all(Need(Kind.PAYMENT_INTENT, key, since=at.as_of) for key in keys)
    return shown + [fact.object for fact in facts if fact.object is not None]


def _newest_first(intents: list[Json]) -> list[Json]:
    def tried(intent: Json) -> int:
        seconds = whole(intent, "latest_charge.created", "created")
        return _NEVER if seconds is None else seconds

    return sorted(intents, key=lambda each: (-tried(each), text(each, "id") or ""))


def _of(intent: Json) -> Attempt | None:
    """What a payment intent tells of its last attempt; ``None`` where it tells of none."""
    error = expanded(first(intent, "last_payment_error")) or {}
    charge = expanded(first(intent, "latest_charge")) or {}
    if text(charge, "status") != "failed":
        charge = {}
    if text(intent, "status") == "requires_action":
        return Attempt(
            reason="The customer has to authenticate the payment.",
            method=reference(first(intent, "payment_method")),
            waits_for_customer=True,
        )
    if not error and not charge:
        return None
    # The first two say more than the last two, which group them.
    codes = [
        text(error, "decline_code"),
        text(charge, "outcome.reason"),
        text(error, "code"),
        text(charge, "failure_code"),
    ]
    named = [code for code in codes if code]
    words = text(error, "message") or text(charge, "failure_message", "outcome.seller_message")
    if text(charge, "outcome.type") == "blocked":
        words = text(charge, "outcome.seller_message") or words
    said = " ".join(part for part in (words, f"({named[0]})" if named else None) if part)
    return Attempt(
        codes=frozenset(named),
        reason=cut(said, 255) or None,
        method=reference(first(error, "payment_method", "source"))
        or reference(first(charge, "payment_method", "source")),
    )


def next_method(ctx: Context, at: Snapshot) -> str | None:
    """The payment method that Stripe charges next: the invoice's, subscription's, or customer's.

    Stripe, "Automate payment retries": payment method ordering. Asked of them as they are now: a
    new card is set on one of them, and the invoice does not change by it.
    """
    found, names = at.object, ("default_payment_method", "default_source")
    own = reference(first(found, *names))
    if own is not None:
        return own
    return _on_subscription(ctx, at.as_of, found) or _on_customer(ctx, at.as_of, found)


def _on_subscription(ctx: Context, since: dt.datetime, invoice: Json) -> str | None:
    key = paths.invoice_subscription(invoice)
    if key is None:
        return None
    found = ctx.look.one(Need(Kind.SUBSCRIPTION, key, since=since)).object or {}
    return reference(first(found, "default_payment_method", "default_source"))


def _on_customer(ctx: Context, since: dt.datetime, invoice: Json) -> str | None:
    key = paths.customer(invoice)
    if key is None:
        return None
    found = ctx.look.one(Need(Kind.CUSTOMER, key, since=since)).object or {}
    return reference(first(found, "invoice_settings.default_payment_method", "default_source"))
