"""``charge`` → ``Bridge_Entry__c``: money that came in, once per charge."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from bridge.contract import EntryRow
from bridge.money import exponent, round_minor
from bridge.stripe_api.facts import Kind, Need
from bridge.to_salesforce.translate import entries
from bridge.to_salesforce.translate.entries import Movement, Place, Settled
from bridge.to_salesforce.translate.fields import Context, Snapshot, currency_code
from bridge.to_salesforce.translate.shape import (
    Json,
    amount,
    decimal,
    expanded,
    first,
    flag,
    happened,
    reference,
    required,
    text,
    whole,
)


def is_money(charge: Json) -> bool:
    """Whether a charge has moved money: an authorisation, or a failed one, has not."""
    return flag(charge, "captured") and text(charge, "status") == "succeeded"


def was_money(charge: Json) -> bool:
    """Whether a failed charge may have been booked: a bank debit can fail days later.

    Stripe, "Charge": ``failure_balance_transaction`` takes back what had reached the balance. A
    declined card was never captured.
    """
    return text(charge, "status") == "failed" and (
        flag(charge, "captured")
        or first(charge, "balance_transaction", "failure_balance_transaction") is not None
    )


def captured(charge: Json) -> int:
    """What was taken, in minor units."""
    taken = whole(charge, "amount_captured")
    return amount(charge, "amount") if taken is None else taken


def row(ctx: Context, at: Snapshot, tax: int, settled: Settled, place: Place) -> EntryRow:
    """The entry of a charge; ``tax`` is the tax in what was captured. A failed one has 0."""
    found = at.object
    key, money = required(found, "id"), is_money(found)
    moved = Movement(
        key=key,
        kind="Charge",
        status=required(found, "status"),
        customer=required(found, "customer", "customer.id"),
        occurred=happened(found, "created"),
        currency=currency_code(found, "currency"),
        gross=captured(found) if money else 0,
        tax=tax if money else 0,
        settled=settled if money else entries.nothing(settled),
        charge=key,
        description=text(found, "description"),
        reason=None if money else text(found, "failure_message", "failure_code"),
    )
    return entries.row(ctx, at, link_of(ctx, found), moved, place)


def link_of(ctx: Context, charge: Json) -> str | None:
    """The payment's page in Stripe's dashboard."""
    return ctx.link(
        "payments", reference(first(charge, "payment_intent")) or required(charge, "id")
    )


def settled_of(ctx: Context, charge: Json) -> Settled:
    """What reached the balance, as far as Stripe knows it yet."""
    named = first(charge, "balance_transaction")
    transaction, key = expanded(named), reference(named)
    if transaction is None and key is not None:
        transaction = ctx.look.one(Need(Kind.BALANCE_TRANSACTION, key)).object
    return _taken(charge, entries.settled(transaction, key), transaction)


def _taken(charge: Json, settled: Settled, transaction: Json | None) -> Settled:
    """Of a part that was captured Stripe settled all, and then took the rest back.

    Until basil (Stripe, "Partially capturing or cancelling payments no longer creates a Refund")
    the charge's balance transaction was of what had been authorised, and a second one of what was
    released. Which of the two it is of is told by its rate.
    """
    held, taken = amount(charge, "amount"), captured(charge)
    if transaction is None or settled.amount is None or not 0 < taken < held:
        return settled
    rate = Fraction(decimal(transaction, "exchange_rate") or Decimal(1))
    places = exponent(settled.currency or "") - exponent(currency_code(charge, "currency"))
    original = settled.amount / rate / Fraction(10) ** places
    if abs(original - taken) <= abs(original - held):
        return settled
    part = Fraction(taken, held)
    return Settled(
        settled.transaction,
        round_minor(settled.amount * part),
        round_minor((settled.fee or 0) * part),
        settled.currency,
        pending=False,
    )
