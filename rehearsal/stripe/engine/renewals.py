"""What time does to a subscription: periods, trials, and first payments that never came."""

from __future__ import annotations

from ..events import emit
from ..objects.invoices import Invoice
from ..objects.subscriptions import Subscription, SubscriptionItem
from ..periods import next_boundary
from ..world import World
from . import discounting, dunning, invoices, schedules, standing
from .lines import cycle_lines
from .subscriptions import plan_period_end


def period_ends(world: World, subscription_id: str) -> None:
    """A period is over: end as planned, or bill the next one in advance; a job."""
    subscription = world.subscriptions[subscription_id]
    now = world.now()
    if subscription.ended or subscription.current_period_end != now:
        return
    if subscription.status in ("incomplete", "paused"):
        return
    if subscription.cancel_at is not None and subscription.cancel_at <= now:
        standing.end(world, subscription, None)
        return
    trial_over = subscription.status == "trialing"
    if trial_over and not _trial_may_go_on(world, subscription):
        return
    schedules.advance(world, subscription)
    if subscription.ended:
        return
    due = [item for item in subscription.items if item.current_period_end == now]
    before = min(item.current_period_start for item in due)
    for item in due:
        _advance(world, subscription, item)
    if trial_over:
        subscription.status = "active"
    _drop_spent_discounts(world, subscription)
    _bill(world, subscription, due, before)
    plan_period_end(world, subscription)


def _trial_may_go_on(world: World, subscription: Subscription) -> bool:
    """At a trial's end without a card: bill anyway, cancel, or pause, as the trial says."""
    customer = world.customers[subscription.customer]
    if subscription.default_payment_method or customer.default_payment_method:
        return True
    if subscription.missing_payment_method == "cancel":
        standing.end(world, subscription, None)
        return False
    if subscription.missing_payment_method == "pause":
        subscription.status = "paused"
        emit(world, "customer.subscription.paused", subscription)
        emit(world, "customer.subscription.updated", subscription)
        return False
    return True


def _advance(world: World, subscription: Subscription, item: SubscriptionItem) -> None:
    recurring = world.prices[item.price].recurring
    if recurring is None:
        return
    item.current_period_start = item.current_period_end
    item.current_period_end = next_boundary(
        subscription.billing_cycle_anchor,
        recurring.interval,
        recurring.interval_count,
        item.current_period_start,
    )


def _drop_spent_discounts(world: World, subscription: Subscription) -> None:
    now = world.now()
    kept = {each.id for each in discounting.in_force(world, subscription.discounts, now)}
    spent = [ref for ref in subscription.discounts if ref not in kept]
    subscription.discounts = [ref for ref in subscription.discounts if ref in kept]
    for item in subscription.items:
        item.discounts = [each.id for each in discounting.in_force(world, item.discounts, now)]
    for ref in spent:
        emit(world, "customer.discount.deleted", world.discounts[ref])


def _bill(
    world: World, subscription: Subscription, due: list[SubscriptionItem], before: int
) -> None:
    """The draft of a renewal; it becomes final an hour later, unless collection is paused."""
    now = world.now()
    customer = world.customers[subscription.customer]
    discounts = list(subscription.discounts)
    if not discounts and customer.discount:
        discounts = [customer.discount]
    invoice = Invoice(
        id=world.ids.new("in"),
        created=now,
        customer=subscription.customer,
        currency=subscription.currency,
        collection_method=subscription.collection_method,
        billing_reason="subscription_cycle",
        period_start=before,
        period_end=now,
        subscription=subscription.id,
        subscription_metadata=dict(subscription.metadata),
        discounts=discounts,
        default_tax_rates=list(subscription.default_tax_rates),
        days_until_due=subscription.days_until_due,
        lines=cycle_lines(world, subscription, due),
    )
    subscription.latest_invoice = invoice.id
    pause = subscription.pause_collection
    held = subscription.status == "unpaid" or (
        pause is not None and pause.behavior == "keep_as_draft"
    )
    invoice.auto_advance = not held
    if not held:
        invoice.automatically_finalizes_at = now + world.settings.draft_seconds
        world.agenda.at(invoice.automatically_finalizes_at, "draft_due", invoice.id)
        if subscription.collection_method == "charge_automatically":
            invoice.next_payment_attempt = invoice.automatically_finalizes_at
    invoices.price(world, invoice, starting=now)
    invoices.open_draft(world, invoice)
    emit(world, "customer.subscription.updated", subscription)


def draft_due(world: World, invoice_id: str) -> None:
    """A draft's hour is over: finalise and collect it; a job."""
    invoice = world.invoices.get(invoice_id)
    if invoice is None or invoice.status != "draft" or not invoice.auto_advance:
        return  # it was deleted, or is done by hand
    subscription = world.subscriptions[invoice.subscription] if invoice.subscription else None
    pause = subscription.pause_collection if subscription else None
    if world.settings.fail_finalizations > 0:
        world.settings.fail_finalizations -= 1
        invoice.cannot_be_final = True
        emit(world, "invoice.finalization_failed", invoice)
        return
    invoice.next_payment_attempt = None
    invoices.finalize(world, invoice)
    if invoice.status != "open":
        return
    if pause is not None and pause.behavior == "void":
        invoices.void(world, invoice)
    elif pause is not None and pause.behavior == "mark_uncollectible":
        invoices.mark_uncollectible(world, invoice)
    elif invoice.collection_method == "charge_automatically":
        dunning.collect(world, invoice)


def invoice_due(world: World, invoice_id: str) -> None:
    """The due date of an invoice that the customer pays himself has come; a job."""
    invoice = world.invoices[invoice_id]
    if invoice.status == "open" and invoice.due_date == world.now():
        if world.settings.overdue_events:
            emit(world, "invoice.overdue", invoice)
        standing.after_failure(world, invoice)


def invoice_will_be_due(world: World, invoice_id: str) -> None:
    """The due date of an invoice is near; a job."""
    invoice = world.invoices[invoice_id]
    if invoice.status == "open":
        emit(world, "invoice.will_be_due", invoice)


def trial_will_end(world: World, subscription_id: str) -> None:
    """Three days before a trial ends; a job."""
    subscription = world.subscriptions[subscription_id]
    if subscription.status == "trialing":
        emit(world, "customer.subscription.trial_will_end", subscription)


def incomplete_expires(world: World, subscription_id: str) -> None:
    """A first payment did not come within 23 hours; a job."""
    subscription = world.subscriptions[subscription_id]
    if subscription.status != "incomplete":
        return
    subscription.status, subscription.ended_at = "incomplete_expired", world.now()
    invoice = world.invoices[subscription.latest_invoice or ""]
    if invoice.status == "open":
        invoices.void(world, invoice)
    emit(world, "customer.subscription.updated", subscription)


def collection_resumes(world: World, subscription_id: str) -> None:
    """``pause_collection.resumes_at`` has come; a job."""
    subscription = world.subscriptions[subscription_id]
    pause = subscription.pause_collection
    if pause is not None and pause.resumes_at == world.now():
        subscription.pause_collection = None
        emit(world, "customer.subscription.updated", subscription)
