"""``refund`` → ``Bridge_Entry__c``: money that went back, once per refund.

The refunds of a charge are written together, as of one reading of their list: each has the tax that
those up to it have of the charge's, less that of those before it, so that a charge that is refunded
in full comes to exactly 0. A refund that failed, or was canceled, keeps its row with amounts of 0.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.contract import LedgerRow
from bridge.money import shares
from bridge.to_salesforce.translate import charges, entries
from bridge.to_salesforce.translate.entries import Movement, Place
from bridge.to_salesforce.translate.fields import Context, Snapshot, currency_code
from bridge.to_salesforce.translate.shape import (
    Json,
    amount,
    expanded,
    first,
    happened,
    reference,
    required,
    text,
)

_GOES_BACK = frozenset({"pending", "succeeded"})
"""Stripe, "Refunds": one that requires action has not left yet."""

_RELEASES = frozenset({"expired_uncaptured_charge", "partial_capture"})


def rows(
    ctx: Context, charge: Snapshot, refunds: Sequence[Json], tax: int, place: Place
) -> list[LedgerRow]:
    """The entries of all refunds of a captured charge; ``tax`` is the tax in the charge."""
    ordered = sorted(refunds, key=lambda each: (happened(each, "created"), required(each, "id")))
    released = _released(charge.object, ordered)
    ordered = [each for each in ordered if each is not released]
    amounts = [_gone(each) for each in ordered]
    taxes = shares(amounts, tax, charges.captured(charge.object))
    return [
        _row(ctx, charge, refund, gross, share, place)
        for refund, gross, share in zip(ordered, amounts, taxes, strict=True)
    ]


def _row(
    ctx: Context, charge: Snapshot, refund: Json, gross: int, tax: int, place: Place
) -> LedgerRow:
    named = first(refund, "balance_transaction")
    settled = entries.settled(expanded(named), reference(named))
    moved = Movement(
        key=required(refund, "id"),
        kind="Refund",
        status=text(refund, "status") or "succeeded",
        customer=required(charge.object, "customer", "customer.id"),
        occurred=happened(refund, "created"),
        currency=currency_code(refund, "currency"),
        gross=-gross,
        tax=-tax,
        settled=settled if gross else entries.nothing(settled),
        charge=required(charge.object, "id"),
        description=text(refund, "description") or text(charge.object, "description"),
        reason=text(refund, "failure_reason", "reason"),
    )
    at = Snapshot(refund, charge.as_of)
    return entries.row(ctx, at, charges.link_of(ctx, charge.object), moved, place)


def _gone(refund: Json) -> int:
    """What went back, in minor units; refunds of long ago have no status."""
    status = text(refund, "status")
    return amount(refund, "amount") if status is None or status in _GOES_BACK else 0


def _released(charge: Json, refunds: Sequence[Json]) -> Json | None:
    """The refund that is none: what was authorised and not captured.

    Stripe made such an object until basil ("Partially capturing or cancelling payments no longer
    creates a Refund"). Its balance transaction's category names it; while it has none, its amount.
    """
    rest = amount(charge, "amount") - charges.captured(charge)
    if rest <= 0:
        return None
    for refund in refunds:
        category = text(refund, "balance_transaction.reporting_category")
        if category == "partial_capture_reversal" or text(refund, "reason") in _RELEASES:
            return refund
    unsettled = [each for each in refunds if first(each, "balance_transaction") is None]
    return next((each for each in unsettled if _gone(each) == rest), None)
