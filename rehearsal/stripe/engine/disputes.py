"""Disputes (Stripe docs, "How disputes work"): money leaves when one opens, unless an inquiry."""

from __future__ import annotations

from .. import book
from ..errors import StripeError
from ..events import emit
from ..objects.payments import Charge, Dispute
from ..periods import DAY
from ..world import World
from . import cash, settlement


def open_dispute(
    world: World, charge: Charge, amount: int, reason: str, *, inquiry: bool = False
) -> Dispute:
    """The bank asks for a charge back (``inquiry``: only asks)."""
    if charge.status != "succeeded" or not charge.captured:
        raise StripeError(f"Charge {charge.id} took no money and cannot be disputed.")
    dispute = world.disputes.add(
        Dispute(
            id=world.ids.new("du"),
            created=world.now(),
            amount=amount,
            currency=charge.currency,
            charge=charge.id,
            payment_intent=charge.payment_intent,
            status="warning_needs_response" if inquiry else "needs_response",
            reason=reason,
            due_by=world.now() + world.settings.dispute_days * DAY,
        )
    )
    charge.disputed = True
    if not inquiry:
        _withdraw(world, charge, dispute)
    emit(world, "charge.dispute.created", dispute)
    if not inquiry:
        emit(world, "charge.dispute.funds_withdrawn", dispute)
    emit(world, "charge.updated", charge)
    return dispute


def escalate(world: World, dispute: Dispute) -> None:
    """An inquiry becomes a chargeback."""
    _need(dispute, "warning_needs_response", "warning_under_review")
    dispute.status = "needs_response"
    _withdraw(world, world.charges[dispute.charge], dispute)
    emit(world, "charge.dispute.updated", dispute)
    emit(world, "charge.dispute.funds_withdrawn", dispute)


def submit(world: World, dispute: Dispute) -> None:
    """Evidence was sent."""
    _need(dispute, "needs_response", "warning_needs_response")
    inquiry = dispute.status.startswith("warning_")
    dispute.status = "warning_under_review" if inquiry else "under_review"
    emit(world, "charge.dispute.updated", dispute)


def win(world: World, dispute: Dispute) -> None:
    """The bank sides with us; the money comes back, the fee too."""
    _need(dispute, "needs_response", "under_review")
    charge = world.charges[dispute.charge]
    dispute.status = "won"
    transaction = settlement.record(
        world,
        amount=dispute.amount,
        currency=dispute.currency,
        kind="adjustment",
        category="dispute_reversal",
        source=dispute.id,
        fee=-world.settings.dispute_fee,
    )
    dispute.balance_transactions.append(transaction.id)
    cash.given_back(world, charge, -dispute.amount, book.DISPUTES, transaction.id)
    emit(world, "charge.dispute.closed", dispute)
    emit(world, "charge.dispute.funds_reinstated", dispute)


def lose(world: World, dispute: Dispute) -> None:
    """The bank sides with the cardholder; an inquiry merely closes."""
    inquiry = dispute.status in ("warning_needs_response", "warning_under_review")
    if not inquiry:
        _need(dispute, "needs_response", "under_review")
    dispute.status = "warning_closed" if inquiry else "lost"
    emit(world, "charge.dispute.closed", dispute)


def _withdraw(world: World, charge: Charge, dispute: Dispute) -> None:
    transaction = settlement.record(
        world,
        amount=-dispute.amount,
        currency=dispute.currency,
        kind="adjustment",
        category="dispute",
        source=dispute.id,
        fee=world.settings.dispute_fee,
    )
    dispute.balance_transactions.append(transaction.id)
    cash.given_back(world, charge, dispute.amount, book.DISPUTES, transaction.id)


def _need(dispute: Dispute, *statuses: str) -> None:
    if dispute.status not in statuses:
        raise StripeError(f"Dispute {dispute.id} is {dispute.status}.")
