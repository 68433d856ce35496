"""``dispute`` → ``Bridge_Entry__c``: money that a bank took back, and gave back.

One entry for each balance transaction of a dispute, in the charge's currency: negative when it was
withdrawn, positive when it was reinstated. What Stripe's balance lost is beside it, and so is the
fee, which is no part of the customer's money. An inquiry has no balance transaction.

Stripe, "Dispute": ``amount`` is "usually the amount of the charge, but it can differ"; the balance
transactions are in the settlement currency. Where that is the charge's, they say what moved.

The disputes of a charge are written together, since they share its tax in their order. They share
it from the other end than refunds do (:func:`bridge.money.allocate_back`), so that a charge of
which a part was refunded and the rest was lost comes to exactly 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from bridge.contract import LedgerRow
from bridge.money import allocate_back, round_minor
from bridge.to_salesforce.translate import charges, entries
from bridge.to_salesforce.translate.entries import Movement, Place, Settled
from bridge.to_salesforce.translate.fields import Context, Snapshot, currency_code
from bridge.to_salesforce.translate.outcome import Untranslatable
from bridge.to_salesforce.translate.shape import (
    Json,
    amount,
    happened,
    members,
    name_of,
    required,
    text,
)


def has_moved(dispute: Json) -> bool:
    """Whether a dispute has taken money; an inquiry has not."""
    return bool(members(dispute, "balance_transactions"))


def rows(
    ctx: Context, charge: Snapshot, disputes: Sequence[Json], tax: int, place: Place
) -> list[LedgerRow]:
    """The entries of all disputes of a charge; ``tax`` is the tax in the charge."""
    found: list[LedgerRow] = []
    held, gone = charges.captured(charge.object), 0
    for dispute in sorted(disputes, key=lambda each: (happened(each, "created"), _id(each))):
        transactions = sorted(
            members(dispute, "balance_transactions"),
            key=lambda each: (happened(each, "created"), _id(each)),
        )
        before = 0
        for transaction in transactions:
            gross, settled = _moved(ctx, charge.object, dispute, transaction)
            after = before - gross
            shares = [allocate_back(gone + each, tax, held) for each in (before, after)]
            moved = Movement(
                key=_id(transaction),
                kind="Dispute",
                status=required(dispute, "status"),
                customer=required(charge.object, "customer", "customer.id"),
                occurred=happened(transaction, "created"),
                currency=currency_code(charge.object, "currency"),
                gross=gross,
                tax=shares[0] - shares[1],
                settled=settled,
                charge=required(charge.object, "id"),
                description=text(charge.object, "description"),
                reason=text(dispute, "reason"),
            )
            at = Snapshot(dispute, charge.as_of)
            link = ctx.link("disputes", _id(dispute))
            found.append(entries.row(ctx, at, link, moved, place))
            before = after
        gone += before
    return found


def _moved(ctx: Context, charge: Json, dispute: Json, transaction: Json) -> tuple[int, Settled]:
    """What a balance transaction moved in the charge's currency, and what of the balance."""
    settled = entries.settled(transaction)
    moved = amount(transaction, "amount")
    if _is_fee(transaction):
        fee = (settled.fee or 0) - moved
        return 0, Settled(settled.transaction, 0, fee, settled.currency, pending=False)
    if settled.currency == currency_code(charge, "currency"):
        return moved, settled
    disputed = _of_charge(ctx, charge, dispute)
    return (disputed if moved > 0 else -disputed if moved < 0 else 0), settled


def _is_fee(transaction: Json) -> bool:
    """Stripe, "Reporting categories": a fee may come as a transaction of its own."""
    return text(transaction, "reporting_category") == "fee" or (
        text(transaction, "type") in {"stripe_fee", "stripe_fx_fee"}
    )


def _of_charge(ctx: Context, charge: Json, dispute: Json) -> int:
    """What is disputed, in the charge's currency.

    A bank that disputes in another currency disputes as much of the charge as of what it settled.
    """
    disputed, named = amount(dispute, "amount"), currency_code(dispute, "currency")
    if named == currency_code(charge, "currency"):
        return disputed
    settled = charges.settled_of(ctx, charge)
    if settled.currency != named or not settled.amount:
        raise Untranslatable(
            f"{name_of(dispute)} is in {named}, which is not its charge's currency,"
            " and nothing says what it is of the charge"
        )
    taken = charges.captured(charge)
    return min(taken, round_minor(Fraction(disputed) * taken / settled.amount))


def _id(found: Json) -> str:
    return required(found, "id")
