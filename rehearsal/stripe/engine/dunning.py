"""Automatic collection: attempts, their schedule, and what follows the last one.

Stripe docs, "Smart Retries" and "Automate payment retries": the schedule is a setting here, so
that a rehearsal can be repeated.
"""

from __future__ import annotations

from ..cards import DECLINES
from ..events import emit
from ..objects.invoices import Invoice
from ..periods import DAY
from ..world import World
from . import paying, standing


def collect(world: World, invoice: Invoice, *, first: bool = False) -> None:
    """Make an automatic attempt; ``first``: a new subscription's, which is not retried."""
    method = paying.payment_method_for(world, invoice)
    if method is None:
        invoice.attempted = True
        invoice.attempt_count += 1
    else:
        charge = paying.attempt(world, invoice, method, automatic=True)
        if charge is not None and charge.status == "succeeded":
            return
    _plan(world, invoice, first=first)
    paying.failed(world, invoice)
    if not first and invoice.next_payment_attempt is None:
        exhausted(world, invoice)


def retry(world: World, invoice_id: str) -> None:
    """A planned attempt; a job. A card that was hard declined is not tried again."""
    invoice = world.invoices[invoice_id]
    if invoice.status != "open" or invoice.next_payment_attempt != world.now():
        return
    method = paying.payment_method_for(world, invoice)
    last = world.charges.get(invoice.charge) if invoice.charge else None
    if (
        last is not None
        and method is not None
        and last.payment_method == method.id
        and last.failure_code is not None
        and DECLINES[last.failure_code].hard
    ):
        invoice.attempt_count += 1
        _plan(world, invoice, first=False)
        emit(world, "invoice.updated", invoice)
        if invoice.next_payment_attempt is None:
            exhausted(world, invoice)
        return
    collect(world, invoice)


def exhausted(world: World, invoice: Invoice) -> None:
    """No attempt is left: cancel, leave unpaid, or leave past due, as the account has set."""
    if invoice.subscription is None:
        return
    subscription = world.subscriptions[invoice.subscription]
    if subscription.ended:
        return
    fate = world.after_retries.get(subscription.id, world.settings.after_retries)
    if fate == "cancel":
        standing.end(world, subscription, "payment_failed")
    elif fate == "unpaid":
        subscription.status = "unpaid"
        emit(world, "customer.subscription.updated", subscription)


def _plan(world: World, invoice: Invoice, *, first: bool) -> None:
    days = world.settings.retry_days
    if first or not 0 < invoice.attempt_count <= len(days):
        invoice.next_payment_attempt = None
        return
    invoice.next_payment_attempt = world.now() + days[invoice.attempt_count - 1] * DAY
    world.agenda.at(invoice.next_payment_attempt, "retry_invoice", invoice.id)
