"""How an open invoice is paid: by a card, by an earlier payment, or outside Stripe."""

from __future__ import annotations

from ..errors import StripeError, unsupported
from ..events import emit
from ..objects.customers import PaymentMethod
from ..objects.invoices import Invoice, InvoicePayment
from ..objects.payments import Charge, PaymentIntent
from ..world import World
from . import cash, invoices, payments, standing, taxes


def payment_method_for(world: World, invoice: Invoice) -> PaymentMethod | None:
    """The invoice's, else the subscription's, else the customer's default."""
    candidates = [invoice.default_payment_method]
    if invoice.subscription is not None:
        candidates.append(world.subscriptions[invoice.subscription].default_payment_method)
    candidates.append(world.customers[invoice.customer].default_payment_method)
    chosen = next((ref for ref in candidates if ref), None)
    return world.payment_methods[chosen] if chosen else None


def attempt(
    world: World, invoice: Invoice, method: PaymentMethod, *, automatic: bool
) -> Charge | None:
    """Charge an open invoice. Only automatic attempts count in ``attempt_count``.

    There is no charge when the customer must authenticate first.
    """
    intent = world.payment_intents[invoice.payment_intent or ""]
    invoice.attempted = True
    if automatic:
        invoice.attempt_count += 1
    if intent.status == "requires_action":
        payments.authentication_failed(world, intent)
    charge = payments.confirm(world, intent, method)
    if charge is None:
        emit(world, "invoice.payment_action_required", invoice)
        return None
    return _charged(world, invoice, charge)


def authenticated(world: World, intent: PaymentIntent, *, succeeds: bool) -> None:
    """The customer authenticated, or failed to: the payment goes on, or has failed.

    Raises:
        StripeError: the intent does not wait for it.
    """
    if intent.status != "requires_action":
        raise StripeError(f"PaymentIntent {intent.id} is {intent.status}, not requires_action.")
    invoice = world.invoices[intent.invoice] if intent.invoice else None
    if not succeeds:
        payments.authentication_failed(world, intent)
        if invoice is not None:
            failed(world, invoice)
        return
    intent.status = "requires_confirmation"
    method = world.payment_methods[intent.payment_method or ""]
    charge = payments.confirm(world, intent, method, authenticated=True)
    if invoice is not None and charge is not None:
        _charged(world, invoice, charge)
        if charge.status != "succeeded":
            failed(world, invoice)


def _charged(world: World, invoice: Invoice, charge: Charge) -> Charge:
    invoice.charge = charge.id
    if charge.status == "succeeded":
        paid_by_intent(world, invoice)
    else:
        emit(world, "invoice.updated", invoice)
    return charge


def failed(world: World, invoice: Invoice) -> None:
    """Tell of a failed attempt, after the next one is planned."""
    emit(world, "invoice.payment_failed", invoice)
    emit(world, "invoice.updated", invoice)
    standing.after_failure(world, invoice)


def paid_by_intent(world: World, invoice: Invoice) -> None:
    """The invoice's own payment intent succeeded."""
    payment = world.invoice_payments[invoice.payments[0]]
    payment.status, payment.amount_paid = "paid", payment.amount_requested
    payment.paid_at = world.now()
    invoice.amount_paid += payment.amount_requested
    taxes.reckon_invoice(world, invoice)
    emit(world, "invoice_payment.paid", payment)
    invoices.settle(world, invoice)


def attach_payment(world: World, invoice: Invoice, intent: PaymentIntent) -> None:
    """A payment that stood alone, or what is left of it, counts towards an invoice.

    Raises:
        StripeError: the invoice is not open, or the payment has not succeeded or is used already.
    """
    invoices.need_open(invoice)
    charge = world.charge_of(intent)
    if intent.status != "succeeded" or charge is None or charge.refunded:
        raise unsupported("attaching a payment that has not succeeded", "payment_intent")
    used = world.invoice_payments.by("payment_intent", intent.id)
    left = intent.amount_received - sum(each.amount_paid or 0 for each in used)
    amount = min(left, invoice.amount_remaining)
    if amount < 1 or charge.currency != invoice.currency or charge.customer != invoice.customer:
        raise StripeError("This PaymentIntent cannot be attached to this invoice.")
    intent.invoice = charge.invoice = charge.invoice or invoice.id
    payment = world.invoice_payments.add(
        InvoicePayment(
            id=world.ids.new("inpay"),
            created=world.now(),
            invoice=invoice.id,
            currency=invoice.currency,
            amount_requested=amount,
            is_default=False,
            payment_intent=intent.id,
            amount_paid=amount,
            status="paid",
            paid_at=world.now(),
        )
    )
    invoice.payments.append(payment.id)
    invoice.amount_paid += amount
    cash.attached(world, invoice, charge, amount)
    emit(world, "invoice_payment.paid", payment)
    if invoice.amount_remaining:
        _ask_for_the_rest(world, invoice)
        emit(world, "invoice.updated", invoice)
        return
    invoice.charge = charge.id
    invoices.cancel_intent(world, invoice, "void_invoice")
    invoices.settle(world, invoice)


def _ask_for_the_rest(world: World, invoice: Invoice) -> None:
    """The invoice's own intent asks only for what is left."""
    own = world.invoice_payments[invoice.payments[0]]
    own.amount_requested = invoice.amount_remaining
    if own.payment_intent is not None:
        world.payment_intents[own.payment_intent].amount = invoice.amount_remaining


def pay_out_of_band(world: World, invoice: Invoice, amount: int | None = None) -> None:
    """The company says that it was paid outside Stripe: what is left, or ``amount`` of it.

    Raises:
        StripeError: the invoice is not open, or less is left.
    """
    invoices.need_open(invoice)
    paid = invoice.amount_remaining if amount is None else amount
    if not 0 < paid <= invoice.amount_remaining:
        raise StripeError("The payment is not within what the invoice still asks for.")
    payment = world.invoice_payments.add(
        InvoicePayment(
            id=world.ids.new("inpay"),
            created=world.now(),
            invoice=invoice.id,
            currency=invoice.currency,
            amount_requested=paid,
            is_default=False,
            payment_record=world.ids.new("pr"),
            amount_paid=paid,
            status="paid",
            paid_at=world.now(),
        )
    )
    invoice.payments.append(payment.id)
    invoice.amount_paid += paid
    invoice.paid_off_stripe += paid
    invoice.paid_out_of_band = True
    cash.paid_outside(world, invoice, paid, payment.id)
    if invoice.amount_remaining:
        _ask_for_the_rest(world, invoice)
        emit(world, "invoice_payment.paid", payment)
        emit(world, "invoice.updated", invoice)
        return
    invoices.cancel_intent(world, invoice, "void_invoice")
    emit(world, "invoice_payment.paid", payment)
    invoices.settle(world, invoice)
