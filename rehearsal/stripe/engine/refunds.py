"""Refunds (Stripe docs, "Refund and cancel payments")."""

from __future__ import annotations

from .. import book
from ..errors import StripeError
from ..events import emit
from ..objects.payments import Charge, Refund
from ..world import World
from . import cash, settlement

LATER = 3600
"""Seconds until a test card's pending refund succeeds, or its refund fails."""


def create(
    world: World,
    charge: Charge,
    amount: int | None,
    reason: str | None,
    metadata: dict[str, str],
    *,
    status: str | None = None,
) -> Refund:
    """Give back a captured charge, or part of it; ``status`` overrides what its card does.

    Raises:
        StripeError: nothing is left to refund, or less than asked.
    """
    if charge.status != "succeeded" or not charge.captured:
        raise StripeError(
            f"Charge {charge.id} was not captured and cannot be refunded.",
            code="charge_not_refundable",
        )
    if charge.refunded:
        raise StripeError(
            f"Charge {charge.id} has already been refunded.", code="charge_already_refunded"
        )
    _refuse_disputed(world, charge)
    left = charge.amount_captured - charge.amount_refunded
    wanted = left if amount is None else amount
    if not 0 < wanted <= left:
        raise StripeError(
            f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({left})",
            code="amount_too_large",
            param="amount",
        )
    behaviour = status or world.payment_methods[charge.payment_method].refunds
    refund = world.refunds.add(
        Refund(
            id=world.ids.new("re"),
            created=world.now(),
            amount=wanted,
            currency=charge.currency,
            charge=charge.id,
            payment_intent=charge.payment_intent,
            status="pending" if behaviour == "pending" else "succeeded",
            pending_reason="processing" if behaviour == "pending" else None,
            customer=charge.customer,
            reason=reason,
            metadata=metadata,
        )
    )
    cash.given_back(world, charge, wanted, book.REFUNDS, refund.id)
    refund.balance_transaction = settlement.record(
        world,
        amount=-wanted,
        currency=charge.currency,
        kind="refund",
        category="refund",
        source=refund.id,
    ).id
    _sum_up(charge, wanted)
    emit(world, "refund.created", refund)
    emit(world, "charge.refunded", charge)
    if behaviour != "succeeded" and status is None:
        kind = "refund_succeeds" if behaviour == "pending" else "refund_fails"
        world.agenda.at(world.now() + LATER, kind, refund.id)
    return refund


def succeed(world: World, refund: Refund) -> None:
    """A pending refund arrived."""
    if refund.status != "pending":
        raise StripeError(f"Refund {refund.id} is {refund.status}, not pending.")
    refund.status, refund.pending_reason = "succeeded", None
    _updated(world, refund)


def fail(world: World, refund: Refund, reason: str = "lost_or_stolen_card") -> None:
    """The bank could not take the money; it comes back to the balance, even days later."""
    if refund.status not in ("pending", "succeeded"):
        raise StripeError(f"Refund {refund.id} is {refund.status} and cannot fail.")
    if refund.releases:
        raise StripeError(f"Refund {refund.id} only voided an authorisation; it moved no money.")
    _undo(world, refund, "failed", "refund_failure")
    refund.failure_reason, refund.pending_reason = reason, None
    _updated(world, refund)
    emit(world, "refund.failed", refund)


def cancel(world: World, refund: Refund) -> Refund:
    """Take back a refund that has not been sent."""
    if refund.status not in ("pending", "requires_action"):
        raise StripeError(f"Refund {refund.id} is {refund.status} and cannot be canceled.")
    _undo(world, refund, "canceled", "refund_failure")
    refund.pending_reason = None
    _updated(world, refund)
    return refund


def succeeds_by_itself(world: World, refund_id: str) -> None:
    """A job: what a test card's pending refund does."""
    refund = world.refunds[refund_id]
    if refund.status == "pending":
        succeed(world, refund)


def fails_by_itself(world: World, refund_id: str) -> None:
    """A job: what a test card's failing refund does."""
    refund = world.refunds[refund_id]
    if refund.status in ("pending", "succeeded"):
        fail(world, refund)


def _refuse_disputed(world: World, charge: Charge) -> None:
    disputes = world.disputes.by("charge", charge.id)
    if any(d.status not in ("won", "warning_closed") and d.balance_transactions for d in disputes):
        raise StripeError(
            f"Charge {charge.id} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )


def _sum_up(charge: Charge, change: int) -> None:
    charge.amount_refunded += change
    charge.refunded = charge.amount_refunded >= charge.amount_captured


def _undo(world: World, refund: Refund, status: str, category: str) -> None:
    charge = world.charges[refund.charge]
    refund.status = status
    cash.given_back(world, charge, -refund.amount, book.REFUNDS, refund.id)
    refund.failure_balance_transaction = settlement.record(
        world,
        amount=refund.amount,
        currency=refund.currency,
        kind="refund_failure",
        category=category,
        source=refund.id,
    ).id
    _sum_up(charge, -refund.amount)


def _updated(world: World, refund: Refund) -> None:
    emit(world, "refund.updated", refund)
    emit(world, "charge.refund.updated", refund)
    emit(world, "charge.updated", world.charges[refund.charge])
