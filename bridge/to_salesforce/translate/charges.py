"""``charge`` → ``Bridge_Entry__c``: money that came in, once per charge."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bridge.contract import EntryRow
from bridge.money import allocate, to_major
from bridge.stripe_api.facts import Kind, Need
from bridge.to_salesforce.translate import paths
from bridge.to_salesforce.translate.fields import (
    Context,
    Snapshot,
    currency_code,
    cut,
    day,
)
from bridge.to_salesforce.translate.shape import (
    Json,
    amount,
    expanded,
    first,
    flag,
    happened,
    members,
    reference,
    required,
    text,
    whole,
)


@dataclass(frozen=True, slots=True)
class Part:
    """What a charge pays of one invoice; ``paid`` in minor units, ``None`` for all of it."""

    invoice: Snapshot
    paid: int | None


def is_money(charge: Json) -> bool:
    """Whether a charge has moved money: an authorisation, or a failed one, has not."""
    return flag(charge, "captured") and text(charge, "status") == "succeeded"


def parts_of(ctx: Context, at: Snapshot, since: dt.datetime | None = None) -> list[Part]:
    """The invoices that a charge pays, first the one it pays most of.

    ``since``: a payment was put to an invoice then, so an older answer will not do.
    """
    charge = at.object
    if paths.charge_names_invoice(charge):
        key = reference(first(charge, "invoice"))
        return [] if key is None else _invoices(ctx, [(None, key)], at.as_of)
    intent = reference(first(charge, "payment_intent"))
    if intent is None:
        return []
    answer = ctx.look.one(Need(Kind.PAYMENT_INVOICES, intent, since=since))
    payments = [
        payment
        for payment in members(answer.object or {}, "data")
        if text(payment, "status") != "canceled" and reference(first(payment, "invoice"))
    ]
    payments.sort(key=lambda each: (-(whole(each, "amount_paid") or 0), required(each, "id")))
    if any(expanded(first(payment, "invoice")) is None for payment in payments):
        named = [(_paid(each, payments), reference(each.get("invoice")) or "") for each in payments]
        return _invoices(ctx, named, at.as_of)
    return [
        Part(Snapshot(invoice, answer.as_of), _paid(payment, payments))
        for payment in payments
        if (invoice := expanded(first(payment, "invoice")))
    ]


def _invoices(
    ctx: Context, named: list[tuple[int | None, str]], paid_at: dt.datetime
) -> list[Part]:
    """Nobody pays a draft: what is remembered as one has its last taxes still to come."""
    keys = [key for _, key in named]
    facts = dict(zip(keys, ctx.look.all(Need(Kind.INVOICE, key) for key in keys), strict=True))
    drafts = [key for key, fact in facts.items() if text(fact.object or {}, "status") == "draft"]
    wanted = [Need(Kind.INVOICE, key, since=paid_at) for key in drafts]
    facts |= zip(drafts, ctx.look.all(wanted), strict=True)
    return [
        Part(Snapshot(found, facts[key].as_of), paid)
        for paid, key in named
        if (found := facts[key].object) is not None
    ]


def _paid(payment: Json, payments: list[Json]) -> int | None:
    """What of a charge went to an invoice; all of it where that is the only one."""
    return None if len(payments) == 1 else whole(payment, "amount_paid") or 0


def row(
    ctx: Context,
    at: Snapshot,
    parts: list[Part],
    settled: Json | None,
    *,
    subscription: str | None,
    renewal: str | None,
) -> EntryRow:
    """The entry of a charge that has moved money."""
    found = at.object
    key, currency = required(found, "id"), currency_code(found, "currency")
    gross = _captured(found)
    tax = min(gross, sum(_tax(part, gross) for part in parts))
    occurred = happened(found, "created")
    home = currency_code(settled, "currency") if settled is not None else None
    return ctx.row(
        EntryRow,
        at,
        ctx.link("payments", reference(first(found, "payment_intent")) or key),
        stripe_key=key,
        customer=required(found, "customer", "customer.id"),
        subscription=subscription,
        renewal=renewal,
        kind="Charge",
        status="succeeded",
        occurred_at=occurred,
        date=day(occurred, ctx.rules.time_zone),
        currency=currency,
        gross=to_major(gross, currency),
        tax=to_major(tax, currency),
        net=to_major(gross - tax, currency),
        balance_transaction=reference(first(found, "balance_transaction")),
        settled_gross=to_major(amount(settled, "amount"), home) if settled and home else None,
        settled_currency=home,
        fee=to_major(whole(settled, "fee") or 0, home) if settled and home else None,
        settlement_pending=settled is None,
        description=cut(text(found, "description"), 255),
        charge=key,
        reason=None,
        opportunity_ref=None,
    )


def _captured(charge: Json) -> int:
    captured = whole(charge, "amount_captured")
    return amount(charge, "amount") if captured is None else captured


def _tax(part: Part, gross: int) -> int:
    paid = gross if part.paid is None else part.paid
    return allocate(
        paid, paths.invoice_tax(part.invoice.object), amount(part.invoice.object, "total")
    )


def settlement_of(ctx: Context, charge: Json) -> Json | None:
    """The balance transaction; ``None`` until Stripe has made it, up to an hour later."""
    named = first(charge, "balance_transaction")
    inline, key = expanded(named), reference(named)
    if inline is not None or key is None:
        return inline
    return ctx.look.one(Need(Kind.BALANCE_TRANSACTION, key)).object
