"""Events of money: which entries each of them writes, under which parents.

A charge's own event writes its entry. What else can change about money is read as a whole, and
written as a whole, as of that reading: the refunds of a charge, its disputes, the payments of an
invoice, its credit notes. So it does not matter which of their events comes, how often, or when.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial

from bridge.stripe_api.facts import Kind, Need
from bridge.to_salesforce.translate import (
    charges,
    credit_notes,
    disputes,
    link,
    metadata,
    parts,
    paths,
    payments,
    refunds,
)
from bridge.to_salesforce.translate.entries import Place
from bridge.to_salesforce.translate.fields import Context, Snapshot
from bridge.to_salesforce.translate.lookup import gather, gather_two
from bridge.to_salesforce.translate.outcome import Ignored
from bridge.to_salesforce.translate.parents import Rows, if_it_can_be, of_customer, once, renewal
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

_NO_MONEY = Ignored("no money moved: not captured, or not succeeded")
_VOIDED = Ignored("an authorisation was released: no money went back")


def charge(ctx: Context, at: Snapshot) -> Rows | Ignored:
    """``charge.*``: money that came in, or that failed after it had."""
    if not _is_booked(at.object):
        return _NO_MONEY
    return of_customer(ctx, at, lambda: _entry(ctx, at))


def refunded(ctx: Context, at: Snapshot) -> Rows | Ignored:
    """``charge.refunded``: says of a charge that it has refunds, not which."""
    if not flag(at.object, "captured"):
        return _VOIDED
    return _refunds(ctx, required(at.object, "id"), at.as_of)


def refund(ctx: Context, at: Snapshot) -> Rows | Ignored:
    """``refund.*``: all refunds of its charge."""
    key = reference(first(at.object, "charge"))
    if key is None:
        return Ignored("of no charge: what goes back was not booked")
    return _refunds(ctx, key, at.as_of)


def dispute(ctx: Context, at: Snapshot) -> Rows | Ignored:
    """``charge.dispute.*``: all disputes of its charge, once this one has moved money."""
    if not disputes.has_moved(at.object):
        inquiry = (text(at.object, "status") or "").startswith("warning_")
        return Ignored("an inquiry takes no money" if inquiry else "no money was withdrawn")
    return _disputes(ctx, required(at.object, "charge", "charge.id"), at.as_of)


def invoice_payment(ctx: Context, at: Snapshot) -> Rows | Ignored:
    """``invoice_payment.paid``: a payment was put to an invoice, from in or outside Stripe.

    A charge that stood alone until now has an invoice and its tax, and so have its refunds. Nothing
    else says so: a charge names no invoice any more, and does not change by this.
    """
    if not parts.is_paid(at.object):
        return Ignored("not paid: the invoice says what is due")
    if payments.is_outside(at.object):
        return _invoice_of(ctx, required(at.object, "invoice", "invoice.id"), at.as_of)
    intent = reference(first(at.object, "payment.payment_intent"))
    if intent is None:
        return Ignored("the charge says what was paid")
    return _payment_of(ctx, intent, at.as_of)


def paid_invoice(ctx: Context, at: Snapshot) -> Rows:
    """``invoice.*`` of before basil: endpoints of that time hear of no invoice payments."""
    found = at.object
    if not paths.invoice_is_of_before_basil(found) or text(found, "status") in {"draft", "void"}:
        return []
    if not (whole(found, "amount_paid") or flag(found, "paid_out_of_band")):
        return []
    need = Need(Kind.INVOICE_PAYMENTS, required(found, "id"), since=at.as_of)
    listed = parts.in_order(members(ctx.look.one(need).object or {}, "data"))
    return [] if payments.says_all(found, listed) else _payments(ctx, at, at.as_of)


def credit_note(ctx: Context, at: Snapshot) -> Rows | Ignored:
    """``credit_note.*``: its invoice, and what was given back outside Stripe."""
    key = required(at.object, "invoice", "invoice.id")
    fact = ctx.look.one(Need(Kind.INVOICE_CREDIT_NOTES, key, since=at.as_of))
    notes = members(fact.object or {}, "data")
    found = expanded(first(notes[0], "invoice")) if notes else None
    if found is None:
        return Ignored("its invoice is not there")
    invoice = Snapshot(found, fact.as_of)

    def rest() -> Rows:
        if not credit_notes.outside(notes):
            return renewal(ctx, invoice)
        place = _under(ctx, invoice)
        return [*place.parents, *credit_notes.rows(ctx, invoice, notes, place)]

    return of_customer(ctx, invoice, rest)


def session(ctx: Context, at: Snapshot) -> Rows | Ignored:
    """``checkout.session.*`` of a one-time payment: it may name the payment's Opportunity.

    The row stays the charge's, which always looks at its session.
    """
    intent = reference(first(at.object, "payment_intent"))
    if intent is None:
        return Ignored("of no subscription and no payment")
    if link.of_session(ctx.rules, at.object) is None:
        return Ignored("names no Opportunity")
    return _payment_of(ctx, intent, at.as_of)


def _is_booked(charge: Json) -> bool:
    return charges.is_money(charge) or charges.was_money(charge)


def _entry(ctx: Context, at: Snapshot, since: dt.datetime | None = None) -> Rows:
    """A charge's row after its invoice's and its subscription's."""
    (tax, place), settled = gather_two(
        lambda: _placed(ctx, at, since), lambda: charges.settled_of(ctx, at.object)
    )
    return [*place.parents, charges.row(ctx, at, tax, settled, place)]


def _placed(ctx: Context, at: Snapshot, since: dt.datetime | None = None) -> tuple[int, Place]:
    """The tax in a charge, and where its entries stand."""
    gross = charges.captured(at.object)
    found = parts.parts_of(ctx, at, gross, since)
    if found:
        return parts.tax_of(found, gross), _under(ctx, found[0].invoice, at.object)
    return 0, Place([], link.of_payment(ctx, at.object))


def _under(ctx: Context, invoice: Snapshot, charge: Json | None = None) -> Place:
    """Under an invoice; what bills a subscription is of the subscription's Opportunity."""
    parents = if_it_can_be(lambda: renewal(ctx, invoice))
    if paths.invoice_subscription(invoice.object):
        return Place(parents, None)
    named = metadata.opportunity(ctx.rules, charge) if charge is not None else None
    return Place(parents, named or metadata.opportunity(ctx.rules, invoice.object))


def _refunds(ctx: Context, key: str, since: dt.datetime) -> Rows | Ignored:
    def written(at: Snapshot, listed: list[Json]) -> Rows:
        tax, place = _placed(ctx, at)
        return [*place.parents, *refunds.rows(ctx, at, listed, tax, place)]

    return _of_charge(ctx, Need(Kind.CHARGE_REFUNDS, key, since=since), written)


def _disputes(ctx: Context, key: str, since: dt.datetime) -> Rows | Ignored:
    def written(at: Snapshot, listed: list[Json]) -> Rows:
        tax, place = _placed(ctx, at)
        return [*place.parents, *disputes.rows(ctx, at, listed, tax, place)]

    return _of_charge(ctx, Need(Kind.CHARGE_DISPUTES, key, since=since), written)


def _of_charge(
    ctx: Context, need: Need, written: Callable[[Snapshot, list[Json]], Rows]
) -> Rows | Ignored:
    """What a list with its charge in it comes to; nothing where nothing was captured."""
    fact = ctx.look.one(need)
    listed = members(fact.object or {}, "data")
    found = expanded(first(listed[0], "charge")) if listed else None
    if found is None or not flag(found, "captured"):
        return _VOIDED
    at = Snapshot(found, fact.as_of)
    return of_customer(ctx, at, lambda: written(at, listed))


def _payment_of(ctx: Context, intent: str, since: dt.datetime) -> Rows | Ignored:
    """A payment intent's charge with all that hangs on it, and what shares its invoices' tax."""
    fact, _ = ctx.look.all(
        (
            # The row is as of the charge's moment: with that of an older one it would be stale.
            Need(Kind.PAYMENT_CHARGE, intent, since=since),
            Need(Kind.PAYMENT_INVOICES, intent, since=since),
        )
    )
    if fact.object is None or not _is_booked(fact.object):
        return _NO_MONEY
    at = Snapshot(fact.object, fact.as_of)

    def rest() -> Rows:
        own, others = gather_two(lambda: _all_of(ctx, at, since), lambda: _sharers(ctx, at, since))
        return once([*others, *own])

    return of_customer(ctx, at, rest)


def _all_of(ctx: Context, at: Snapshot, since: dt.datetime) -> Rows:
    """A charge's entry, its refunds and its disputes: they share its tax and its parents."""
    key = required(at.object, "id")
    asked: list[Callable[[], Rows]] = [lambda: _entry(ctx, at, since)]
    if whole(at.object, "amount_refunded"):
        asked.append(lambda: _written(_refunds(ctx, key, since)))
    if flag(at.object, "disputed"):
        asked.append(lambda: _written(_disputes(ctx, key, since)))
    return once([row for rows in gather(asked) for row in rows])


def _sharers(ctx: Context, at: Snapshot, since: dt.datetime) -> Rows:
    """The payments of the invoices that a charge does not pay alone."""
    found = parts.parts_of(ctx, at, charges.captured(at.object), since)
    shared = [part.invoice for part in found if not part.is_whole and part.tax]
    written = gather(partial(_payments, ctx, invoice, since) for invoice in shared)
    return [row for rows in written for row in rows]


def _invoice_of(ctx: Context, key: str, since: dt.datetime) -> Rows | Ignored:
    fact = ctx.look.one(Need(Kind.INVOICE, key, since=since))
    if fact.object is None:
        return Ignored("its invoice is not there")
    invoice = Snapshot(fact.object, fact.as_of)
    return of_customer(ctx, invoice, lambda: _payments(ctx, invoice, since))


def _payments(ctx: Context, invoice: Snapshot, since: dt.datetime) -> Rows:
    """All payments of an invoice, as of one reading of their list: they share its tax."""
    need = Need(Kind.INVOICE_PAYMENTS, required(invoice.object, "id"), since=since)
    fact, place = gather_two(lambda: ctx.look.one(need), lambda: _under(ctx, invoice))
    listed = parts.in_order(members(fact.object or {}, "data"))
    taken = [
        Snapshot(found, fact.as_of)
        for payment in listed
        if (found := expanded(first(payment, "payment.payment_intent.latest_charge")))
        and _is_booked(found)
    ]
    outside = payments.rows(ctx, Snapshot(invoice.object, fact.as_of), listed, place)
    written = gather(partial(_charge_under, ctx, at, since) for at in taken)
    return once([*place.parents, *outside, *(row for rows in written for row in rows)])


def _charge_under(ctx: Context, at: Snapshot, since: dt.datetime) -> Rows:
    return _written(of_customer(ctx, at, lambda: _all_of(ctx, at, since)))


def _written(answer: Rows | Ignored) -> Rows:
    return [] if isinstance(answer, Ignored) else answer
