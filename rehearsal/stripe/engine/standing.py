"""What the fate of an invoice does to its subscription (Stripe docs, "How subscriptions work")."""

from __future__ import annotations

from ..events import emit
from ..objects.invoices import Invoice
from ..objects.subscriptions import Subscription
from ..world import World


def after_paid(world: World, invoice: Invoice) -> None:
    """The first payment activates; paying the latest invoice makes good what was past due."""
    subscription = _subscription(world, invoice)
    if subscription is not None and subscription.latest_invoice == invoice.id:
        if subscription.status in ("incomplete", "past_due", "unpaid"):
            subscription.status = "active"
        emit(world, "customer.subscription.updated", subscription)
    _delinquent(world, invoice, False)


def after_failure(world: World, invoice: Invoice) -> None:
    """A failed renewal is past due; a failed first payment leaves the subscription incomplete."""
    subscription = _subscription(world, invoice)
    if subscription is not None and subscription.status in ("active", "trialing"):
        subscription.status = "past_due"
        emit(world, "customer.subscription.updated", subscription)
    _delinquent(world, invoice, True)


def end(
    world: World,
    subscription: Subscription,
    reason: str | None,
    *,
    comment: str | None = None,
    feedback: str | None = None,
) -> None:
    """Cancel now: what is unpaid stays open, but Stripe no longer collects it by itself."""
    now = world.now()
    subscription.status = "canceled"
    subscription.canceled_at = subscription.canceled_at or now
    subscription.ended_at = now
    subscription.cancellation_reason = subscription.cancellation_reason or reason
    subscription.cancellation_comment = comment or subscription.cancellation_comment
    subscription.cancellation_feedback = feedback or subscription.cancellation_feedback
    for invoice in world.invoices.by("subscription", subscription.id):
        if invoice.status in ("draft", "open") and invoice.auto_advance:
            invoice.auto_advance = False
            invoice.next_payment_attempt = None
            emit(world, "invoice.updated", invoice)
    emit(world, "customer.subscription.deleted", subscription)


def _subscription(world: World, invoice: Invoice) -> Subscription | None:
    subscription = world.subscriptions[invoice.subscription] if invoice.subscription else None
    return None if subscription is None or subscription.ended else subscription


def _delinquent(world: World, invoice: Invoice, delinquent: bool) -> None:
    customer = world.customers[invoice.customer]
    if customer.delinquent != delinquent and not customer.deleted:
        customer.delinquent = delinquent
        emit(world, "customer.updated", customer)
