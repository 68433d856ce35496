"""Credit notes (Stripe docs, "Issue credit notes"): before payment they lower what is due."""

from __future__ import annotations

from .. import book
from ..book import Entry
from ..errors import StripeError, invalid_parameter
from ..events import emit
from ..objects.credit_notes import CreditNote
from ..objects.invoices import Invoice
from ..world import World
from . import balance, cash, invoices, refunds


def create(
    world: World,
    invoice: Invoice,
    amount: int,
    *,
    refund_amount: int | None,
    credit_amount: int | None,
    out_of_band_amount: int | None,
    reason: str | None,
    memo: str | None,
    metadata: dict[str, str],
) -> CreditNote:
    """Take ``amount`` off a final invoice; after payment its parts say where the money goes.

    Raises:
        StripeError: more than the invoice holds, or the parts do not add up.
    """
    if invoice.status not in ("open", "paid"):
        raise StripeError("Credit notes can only be created for open or paid invoices.")
    unpaid = invoice.amount_remaining if invoice.status == "open" else 0
    before = min(amount, unpaid)
    after = amount - before
    parts = [refund_amount or 0, credit_amount or 0, out_of_band_amount or 0]
    if sum(parts) != after:
        raise invalid_parameter(
            "amount",
            "The sum of credit amount, refund amount and out of band amount"
            f" ({sum(parts)}) must equal the post payment credit amount ({after}).",
        )
    if amount < 1 or after > invoice.amount_paid - invoice.post_payment_credit_notes:
        raise invalid_parameter("amount", "The amount exceeds what the invoice can be credited.")
    count = len(world.credit_notes.by("invoice", invoice.id)) + 1
    note = CreditNote(
        id=world.ids.new("cn"),
        created=world.now(),
        customer=invoice.customer,
        invoice=invoice.id,
        currency=invoice.currency,
        number=f"{invoice.number}-CN-{count:02d}",
        amount=amount,
        tax=cash.tax_within(world, invoice.id, amount),
        inclusive_tax=invoice.tax != invoice.exclusive_tax,
        pre_payment_amount=before,
        post_payment_amount=after,
        out_of_band_amount=out_of_band_amount or 0,
        credit_amount=credit_amount or 0,
        refund_amount=refund_amount or 0,
        reason=reason,
        memo=memo,
        metadata=metadata,
    )
    _move(world, invoice, note)
    world.credit_notes.add(note)
    emit(world, "credit_note.created", note)
    emit(world, "invoice.updated", invoice)
    if before and not invoice.amount_remaining:
        invoices.cancel_intent(world, invoice, "void_invoice")
        invoices.settle(world, invoice)
    return note


def _move(world: World, invoice: Invoice, note: CreditNote) -> None:
    if note.refund_amount:
        charge = world.charges.get(invoice.charge) if invoice.charge else None
        if charge is None:
            raise invalid_parameter("refund_amount", "The invoice has no charge to refund.")
        note.refund = refunds.create(world, charge, note.refund_amount, None, {}).id
    if note.credit_amount:
        row = balance.change(
            world,
            world.customers[invoice.customer],
            -note.credit_amount,
            invoice.currency,
            "credit_note",
            invoice=invoice.id,
        )
        note.balance_transaction = row.id
    if note.out_of_band_amount:
        cash.returned_outside(world, invoice, note.out_of_band_amount, f"{note.id}:oob")
    if note.pre_payment_amount:
        tax = cash.tax_within(world, invoice.id, note.pre_payment_amount)
        world.book.post(
            world.now(),
            note.id,
            "credit_note",
            [
                Entry(book.RECEIVABLE, note.customer, note.currency, -note.pre_payment_amount),
                Entry(book.SALES, note.customer, note.currency, note.pre_payment_amount - tax),
                Entry(book.TAX_INVOICED, note.customer, note.currency, tax),
            ],
        )
        if invoice.payment_intent is not None:
            intent = world.payment_intents[invoice.payment_intent]
            intent.amount -= note.pre_payment_amount
            own = world.invoice_payments[invoice.payments[0]]
            own.amount_requested -= note.pre_payment_amount
    invoice.pre_payment_credit_notes += note.pre_payment_amount
    invoice.post_payment_credit_notes += note.post_payment_amount


def void(world: World, note: CreditNote) -> CreditNote:
    """Take back a credit note (docs, "Void a credit note"): only while its invoice is open.

    Raises:
        StripeError: it is void, or its invoice is not open.
    """
    invoice = world.invoices[note.invoice]
    if note.status == "void" or invoice.status != "open":
        raise StripeError("Only credit notes of open invoices can be voided.")
    note.status, note.voided_at = "void", world.now()
    amount = note.pre_payment_amount
    tax = cash.tax_within(world, invoice.id, amount)
    world.book.post(
        world.now(),
        note.id,
        "credit_note_voided",
        [
            Entry(book.RECEIVABLE, note.customer, note.currency, amount),
            Entry(book.SALES, note.customer, note.currency, tax - amount),
            Entry(book.TAX_INVOICED, note.customer, note.currency, -tax),
        ],
    )
    if invoice.payment_intent is not None:
        world.payment_intents[invoice.payment_intent].amount += amount
        world.invoice_payments[invoice.payments[0]].amount_requested += amount
    invoice.pre_payment_credit_notes -= amount
    emit(world, "credit_note.voided", note)
    emit(world, "invoice.updated", invoice)
    return note
