"""The invoices that a payment pays, and which part of it is their tax.

A payment of a whole invoice has all of its tax. Several payments of one invoice share the tax in
the order in which they were paid, so that their shares sum to it exactly; whichever of them is
written, Stripe's list of the invoice's payments is what decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from bridge.money import shares
from bridge.stripe_api.facts import Fact, Kind, Need
from bridge.to_salesforce.translate import paths
from bridge.to_salesforce.translate.fields import Context, Snapshot
from bridge.to_salesforce.translate.lookup import gather
from bridge.to_salesforce.translate.shape import (
    Json,
    amount,
    expanded,
    first,
    members,
    reference,
    required,
    text,
    whole,
)


@dataclass(frozen=True, slots=True)
class Part:
    """What a payment pays of one invoice, in minor units; ``tax`` is the tax in it."""

    invoice: Snapshot
    paid: int
    tax: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing else has paid the invoice."""
        return self.paid >= amount(self.invoice.object, "total")


def parts_of(
    ctx: Context, at: Snapshot, gross: int, since: dt.datetime | None = None
) -> list[Part]:
    """The invoices that a charge of ``gross`` pays, first the one it pays most of.

    ``since``: a payment was put to an invoice then, so an older answer will not do.
    """
    charge = at.object
    intent = reference(first(charge, "payment_intent"))
    if paths.charge_names_invoice(charge):
        key = reference(first(charge, "invoice"))
        found = [] if key is None else _invoices(ctx, [key], at.as_of)
        named = [each for each in found if each.object]
        if not named or _is_all_of(named[0].object, gross) or intent is None:
            return [_part(ctx, each, gross, at, intent) for each in named]
        since = since or at.as_of
    if intent is None:
        return []
    answer = ctx.look.one(Need(Kind.PAYMENT_INVOICES, intent, since=since))
    payments = [
        payment
        for payment in members(answer.object or {}, "data")
        if text(payment, "status") != "canceled" and reference(first(payment, "invoice"))
    ]
    payments.sort(key=lambda each: (-(whole(each, "amount_paid") or 0), required(each, "id")))
    return gather(
        partial(_part, ctx, invoice, _paid(payment, payments, gross), at, intent)
        for payment, invoice in zip(payments, _paid_by(ctx, payments, answer, at), strict=True)
        if invoice.object
    )


def tax_of(parts: Sequence[Part], gross: int) -> int:
    """The tax in a payment of ``gross``."""
    return min(gross, sum(part.tax for part in parts))


def is_paid(payment: Json) -> bool:
    """Whether an invoice payment has been made."""
    return text(payment, "status") == "paid"


def in_order(payments: Sequence[Json]) -> list[Json]:
    """An invoice's payments that were made, in the order in which they were."""
    paid = [payment for payment in payments if is_paid(payment)]
    return sorted(paid, key=lambda each: (_paid_at(each), required(each, "id")))


def share_of(payment: str, payments: Sequence[Json], invoice: Json) -> int:
    """The tax in one of an invoice's payments, by its id; 0 if it was not made."""
    paid = in_order(payments)
    taxes = shares(
        [whole(each, "amount_paid") or 0 for each in paid],
        paths.invoice_tax(invoice),
        amount(invoice, "total"),
    )
    found = {required(each, "id"): tax for each, tax in zip(paid, taxes, strict=True)}
    return found.get(payment, 0)


def _is_all_of(invoice: Json, paid: int) -> bool:
    """Whether so much pays the invoice and nothing else, or a part in which no tax is."""
    total = amount(invoice, "total")
    return paid == total or (paid < total and paths.invoice_tax(invoice) == 0)


def _part(ctx: Context, invoice: Snapshot, paid: int, at: Snapshot, intent: str | None) -> Part:
    tax, total = paths.invoice_tax(invoice.object), amount(invoice.object, "total")
    if paid >= total or tax <= 0:
        return Part(invoice, paid, max(tax, 0) if total > 0 else 0)
    key = required(invoice.object, "id")
    fact = ctx.look.one(Need(Kind.INVOICE_PAYMENTS, key))
    if _own(fact, intent) is None and fact.as_of < at.as_of:
        fact = ctx.look.one(Need(Kind.INVOICE_PAYMENTS, key, since=at.as_of))
    payments, own = members(fact.object or {}, "data"), _own(fact, intent)
    if own is not None:
        return Part(invoice, paid, share_of(required(own, "id"), payments, invoice.object))
    # Not paid yet as far as Stripe's list knows: it comes after those that are.
    others = [whole(each, "amount_paid") or 0 for each in in_order(payments)]
    return Part(invoice, paid, shares([sum(others), paid], tax, total)[1])


def _own(answer: Fact, intent: str | None) -> Json | None:
    """The payment of an invoice that a payment intent made."""
    for payment in members(answer.object or {}, "data"):
        if intent and reference(first(payment, "payment.payment_intent")) == intent:
            return payment if is_paid(payment) else None
    return None


def _paid_by(ctx: Context, payments: Sequence[Json], answer: Fact, at: Snapshot) -> list[Snapshot]:
    """The invoice of each payment; its object is empty where Stripe does not know it."""
    shown = [expanded(first(payment, "invoice")) for payment in payments]
    if all(shown):
        return [Snapshot(invoice, answer.as_of) for invoice in shown if invoice]
    keys = [reference(first(payment, "invoice")) or "" for payment in payments]
    return _invoices(ctx, keys, at.as_of)


def _invoices(ctx: Context, keys: Sequence[str], paid_at: dt.datetime) -> list[Snapshot]:
    """Nobody pays a draft: what is remembered as one has its last taxes still to come."""
    facts = dict(zip(keys, ctx.look.all(Need(Kind.INVOICE, key) for key in keys), strict=True))
    drafts = [key for key, fact in facts.items() if text(fact.object or {}, "status") == "draft"]
    wanted = [Need(Kind.INVOICE, key, since=paid_at) for key in drafts]
    facts |= zip(drafts, ctx.look.all(wanted), strict=True)
    return [Snapshot(facts[key].object or {}, facts[key].as_of) for key in keys]


def _paid(payment: Json, payments: Sequence[Json], gross: int) -> int:
    """What of a charge went to an invoice; all of it where nothing says otherwise yet."""
    if is_paid(payment):
        return amount(payment, "amount_paid")
    return gross if len(payments) == 1 else whole(payment, "amount_paid") or 0


def _paid_at(payment: Json) -> int:
    return whole(payment, "status_transitions.paid_at", "created") or 0
