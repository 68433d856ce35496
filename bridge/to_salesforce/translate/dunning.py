"""An invoice in trouble: what Stripe does about it, and whom it waits for.

In dunning is an open invoice whose payment failed (and none is under way), or whose due date has
passed. All of it is a function of the invoice, its payments and the payment method that is next, as
they are; never of what was before.

Source: Stripe, "Automate payment retries". After a hard decline retries are planned on, but they do
not run until there is another payment method: what Stripe then says of the next one would mislead.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from bridge.to_salesforce.translate import attempts
from bridge.to_salesforce.translate.attempts import Attempt
from bridge.to_salesforce.translate.fields import Context, Snapshot, cut
from bridge.to_salesforce.translate.shape import flag, moment, text, whole


class Word(StrEnum):
    """``Dunning_Status__c``."""

    RETRY = "Retry scheduled"
    NEW_CARD = "Waiting for a new card"
    CUSTOMER = "Waiting for the customer"
    NO_MORE = "No more retries"
    OVERDUE = "Overdue"
    WRITTEN_OFF = "Written off"
    VOIDED = "Voided"


HARD_DECLINES = frozenset(
    {
        "incorrect_number",
        "lost_card",
        "pickup_card",
        "stolen_card",
        "revocation_of_authorization",
        "revocation_of_all_authorizations",
        "highest_risk_level",
        "transaction_not_allowed",
        "invalid_account",
    }
)
"""After these Stripe does not charge the same payment method again (non-retryable decline codes;
``invalid_account`` is from "Decline codes": the account it is connected to is invalid)."""

_AUTHENTICATION = "authentication_required"
"""Not retried either; but the same card will do, once its holder authenticates."""


@dataclass(frozen=True, slots=True)
class Dunning:
    """What is wrong with an invoice."""

    active: bool = False
    """Open, and something is wrong: ``In_Dunning__c``."""
    failed: bool = False
    """A payment has failed, and none is under way."""
    word: Word | None = None
    reason: str | None = None
    next_retry: dt.datetime | None = None


_FINE = Dunning()


def dunning_of(ctx: Context, at: Snapshot) -> Dunning:
    """What is wrong with an invoice as a snapshot shows it."""
    found = at.object
    if flag(found, "deleted"):
        return _FINE
    match text(found, "status"):
        case "draft":
            reason = text(found, "last_finalization_error.message", "last_finalization_error.code")
            return Dunning(reason=cut(reason, 255))
        case "open":
            return _open(ctx, at)
        case "uncollectible":
            return Dunning(word=Word.WRITTEN_OFF, reason=_why_given_up(ctx, at))
        case "void" if _was_in_trouble(at):
            return Dunning(word=Word.VOIDED, reason=_why_given_up(ctx, at))
        case _:
            return _FINE


def is_due(at: Snapshot) -> bool:
    """Whether an invoice's due date has passed; one that Stripe charges by itself has none."""
    due = moment(at.object, "due_date")
    return due is not None and due <= at.as_of


def _open(ctx: Context, at: Snapshot) -> Dunning:
    attempt = attempts.failed(ctx, at)
    if attempt is None:
        return Dunning(active=True, word=Word.OVERDUE) if is_due(at) else _FINE
    if text(at.object, "collection_method") == "send_invoice":
        word = Word.OVERDUE if is_due(at) else Word.CUSTOMER
        return Dunning(active=True, failed=True, word=word, reason=attempt.reason)
    word, next_retry = _what_next(ctx, at, attempt)
    return Dunning(
        active=True, failed=True, word=word, reason=attempt.reason, next_retry=next_retry
    )


def _what_next(ctx: Context, at: Snapshot, attempt: Attempt) -> tuple[Word, dt.datetime | None]:
    planned = moment(at.object, "next_payment_attempt")
    if planned is None and (whole(at.object, "attempt_count") or 0) > 1:
        return Word.NO_MORE, None
    if attempt.waits_for_customer:
        return Word.CUSTOMER, planned
    if planned is not None and _will_run(ctx, at, attempt):
        return Word.RETRY, planned
    if _AUTHENTICATION in attempt.codes:
        return Word.CUSTOMER, None
    return (Word.NO_MORE if planned is None else Word.NEW_CARD), None


def _will_run(ctx: Context, at: Snapshot, attempt: Attempt) -> bool:
    """Whether a planned retry has a payment method that Stripe will charge."""
    method = attempts.next_method(ctx, at)
    refused = not attempt.codes.isdisjoint(HARD_DECLINES | {_AUTHENTICATION})
    return method is not None and (method != attempt.method or not refused)


def _was_in_trouble(at: Snapshot) -> bool:
    """Whether an invoice that is void now had been tried, was overdue, or was written off."""
    found = at.object
    if attempts.is_tried(found) or moment(found, "status_transitions.marked_uncollectible_at"):
        return True
    due, voided = moment(found, "due_date"), moment(found, "status_transitions.voided_at")
    return due is not None and due <= (voided or at.as_of)


def _why_given_up(ctx: Context, at: Snapshot) -> str | None:
    attempt = attempts.last(ctx, at)
    return attempt.reason if attempt else None
