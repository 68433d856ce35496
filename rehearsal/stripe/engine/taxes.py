"""The tax that the cash of a charge, an invoice payment or a credit note holds, as it is now.

The rule that the book keeps, in whole minor units:

- the payments of an invoice, in the order in which they were made, hold together what is the share
  of all of them in its total, half up;
- what was refunded of a charge takes with it its share, half up; what is lost to disputes takes
  with it what the rest of the charge, half up, does not hold;
- what credit notes give back outside Stripe takes with it what the rest of the invoice does not
  hold.
"""

from __future__ import annotations

from ..money import share
from ..objects.invoices import Invoice, InvoicePayment
from ..objects.payments import Charge
from ..world import World


def reckon_charge(world: World, charge: Charge) -> None:
    """Write in the book what tax a charge holds, less what went back."""
    held = 0
    if charge.status == "succeeded":
        payments = world.invoice_payments.by("payment_intent", charge.payment_intent)
        held = sum(_of_payment(world, payment) for payment in payments)
    refunded = sum(
        each.amount
        for each in world.refunds.by("charge", charge.id)
        if each.status in ("pending", "succeeded") and not each.releases
    )
    lost = sum(
        each.amount
        for each in world.disputes.by("charge", charge.id)
        if len(each.balance_transactions) % 2
    )
    whole = charge.amount_captured
    back = share(held, refunded, whole) + held - share(held, whole - lost, whole)
    world.book.hold_tax(world.now(), charge.id, charge.customer, charge.currency, held - back)


def reckon_invoice(world: World, invoice: Invoice) -> None:
    """Write in the book what tax the payments of an invoice hold."""
    for ref in invoice.payments:
        payment = world.invoice_payments[ref]
        if payment.payment_intent is not None:
            charge = world.charge_of(world.payment_intents[payment.payment_intent])
            if charge is not None and charge.captured:
                reckon_charge(world, charge)
            continue
        tax = _of_payment(world, payment)
        world.book.hold_tax(world.now(), ref, invoice.customer, invoice.currency, tax)


def reckon_outside(world: World, invoice: Invoice, given: int) -> None:
    """Write in the book what tax went with ``given`` that credit notes gave back."""
    rest = share(invoice.tax, invoice.total - given, invoice.total)
    source = f"{invoice.id}:outside"
    world.book.hold_tax(world.now(), source, invoice.customer, invoice.currency, rest - invoice.tax)


def _of_payment(world: World, payment: InvoicePayment) -> int:
    if payment.status != "paid":
        return 0
    invoice = world.invoices[payment.invoice]
    paid = [
        other
        for other in (world.invoice_payments[ref] for ref in invoice.payments)
        if other.status == "paid" and (other.paid_at, other.id) <= (payment.paid_at, payment.id)
    ]
    reached = min(sum(other.amount_paid or 0 for other in paid), invoice.total)
    before = min(
        sum(other.amount_paid or 0 for other in paid if other is not payment), invoice.total
    )
    return share(invoice.tax, reached, invoice.total) - share(invoice.tax, before, invoice.total)
