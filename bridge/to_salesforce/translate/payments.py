"""``invoice_payment`` → ``Bridge_Entry__c``: what was paid outside Stripe.

One key for one movement: Stripe's own list of an invoice's payments decides it, in whatever shape
the event came. A payment that the list names has that payment's id. Only where an invoice of before
basil says ``paid_out_of_band`` and the list names no payment outside Stripe, the invoice's own id
stands for it (``oob:in_…``).
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.contract import LedgerRow
from bridge.money import shares
from bridge.to_salesforce.translate import entries, parts, paths
from bridge.to_salesforce.translate.entries import Movement, Place
from bridge.to_salesforce.translate.fields import Context, Snapshot, currency_code
from bridge.to_salesforce.translate.shape import (
    Json,
    amount,
    first,
    flag,
    happened,
    reference,
    required,
    text,
    whole,
)

_BY_STRIPE = frozenset({"payment_intent", "charge"})


def is_outside(payment: Json) -> bool:
    """Whether Stripe did not process an invoice payment."""
    if reference(first(payment, "payment.payment_intent", "payment.charge")):
        return False
    return text(payment, "payment.type") not in _BY_STRIPE


def says_all(invoice: Json, payments: Sequence[Json]) -> bool:
    """Whether an invoice of before basil was paid by its own payment intent and nothing else.

    Its charge's own events then say all that there is to book.
    """
    if flag(invoice, "paid_out_of_band") or len(payments) != 1:
        return False
    intent = reference(first(payments[0], "payment.payment_intent"))
    return intent is not None and intent == reference(first(invoice, "payment_intent"))


def rows(
    ctx: Context, invoice: Snapshot, payments: Sequence[Json], place: Place
) -> list[LedgerRow]:
    """The entries of the payments outside Stripe among those that an invoice has."""
    found = [
        _row(
            ctx,
            Snapshot(payment, invoice.as_of),
            invoice.object,
            required(payment, "id"),
            amount(payment, "amount_paid"),
            parts.share_of(required(payment, "id"), payments, invoice.object),
            place,
        )
        for payment in parts.in_order(payments)
        if is_outside(payment)
    ]
    if not found and flag(invoice.object, "paid_out_of_band"):
        found += _unlisted(ctx, invoice, payments, place)
    return found


def _unlisted(
    ctx: Context, invoice: Snapshot, payments: Sequence[Json], place: Place
) -> list[LedgerRow]:
    """What Stripe took for paid, and names no payment of: all that was due and is not listed."""
    found = invoice.object
    listed = sum(whole(each, "amount_paid") or 0 for each in parts.in_order(payments))
    gross = amount(found, "amount_due") - listed
    if gross <= 0:
        return []
    tax = shares([listed, gross], paths.invoice_tax(found), amount(found, "total"))[1]
    return [_row(ctx, invoice, found, f"oob:{required(found, 'id')}", gross, tax, place)]


def _row(
    ctx: Context, at: Snapshot, invoice: Json, key: str, gross: int, tax: int, place: Place
) -> LedgerRow:
    moved = Movement(
        key=key,
        kind="Payment",
        status="paid",
        customer=required(invoice, "customer", "customer.id"),
        occurred=happened(at.object, "status_transitions.paid_at", "created"),
        currency=currency_code(invoice, "currency"),
        gross=gross,
        tax=tax,
        settled=entries.NOT_AT_STRIPE,
        description=text(invoice, "description"),
    )
    return entries.row(ctx, at, ctx.link("invoices", required(invoice, "id")), moved, place)
