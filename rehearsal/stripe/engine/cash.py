"""What a payment, a refund or a dispute writes in the book; its tax is in ``taxes``."""

from __future__ import annotations

from .. import book
from ..book import Entry
from ..money import share
from ..objects.invoices import Invoice
from ..objects.payments import Charge
from ..world import World
from . import taxes


def tax_within(world: World, invoice_id: str | None, amount: int) -> int:
    """The tax in ``amount`` of an invoice, pro rata and half up; none without an invoice."""
    if invoice_id is None:
        return 0
    invoice = world.invoices[invoice_id]
    return share(invoice.tax, amount, invoice.total)


def taken(world: World, charge: Charge) -> None:
    """A charge was captured: it pays its invoice, or is a sale of its own."""
    amount, currency, customer = charge.amount_captured, charge.currency, charge.customer
    other = book.RECEIVABLE if charge.invoice else book.SALES
    world.book.post(
        world.now(),
        charge.id,
        "charge",
        [
            Entry(book.CASH, customer, currency, amount),
            Entry(other, customer, currency, -amount),
        ],
    )


def lost(world: World, charge: Charge) -> None:
    """A charge failed after all: what it paid is a bad debt."""
    amount, currency, customer = charge.amount_captured, charge.currency, charge.customer
    world.book.post(
        world.now(),
        charge.id,
        "charge_failed",
        [
            Entry(book.CASH, customer, currency, -amount),
            Entry(book.WRITTEN_OFF, customer, currency, amount),
        ],
    )
    taxes.reckon_charge(world, charge)


def attached(world: World, invoice: Invoice, charge: Charge, amount: int) -> None:
    """``amount`` of a charge that was a sale of its own pays an invoice after all."""
    world.book.post(
        world.now(),
        charge.id,
        "attached",
        [
            Entry(book.SALES, charge.customer, charge.currency, amount),
            Entry(book.RECEIVABLE, invoice.customer, charge.currency, -amount),
        ],
    )
    taxes.reckon_invoice(world, invoice)


def paid_outside(world: World, invoice: Invoice, amount: int, cause: str) -> None:
    """An invoice, or a part of it, was paid outside Stripe."""
    world.book.post(
        world.now(),
        cause,
        "out_of_band",
        [
            Entry(book.OUT_OF_BAND, invoice.customer, invoice.currency, amount),
            Entry(book.RECEIVABLE, invoice.customer, invoice.currency, -amount),
        ],
    )
    taxes.reckon_invoice(world, invoice)


def returned_outside(world: World, invoice: Invoice, amount: int, cause: str) -> None:
    """A credit note gave money back outside Stripe."""
    world.book.post(
        world.now(),
        cause,
        "out_of_band",
        [
            Entry(book.OUT_OF_BAND, invoice.customer, invoice.currency, -amount),
            Entry(book.SALES, invoice.customer, invoice.currency, amount),
        ],
    )
    notes = world.credit_notes.by("invoice", invoice.id)
    earlier = sum(note.out_of_band_amount for note in notes if note.status == "issued")
    taxes.reckon_outside(world, invoice, earlier + amount)


def given_back(world: World, charge: Charge, amount: int, account: str, cause: str) -> None:
    """``amount`` of a charge went back (negative: came again) by a refund or a dispute."""
    world.book.post(
        world.now(),
        cause,
        account,
        [
            Entry(account, charge.customer, charge.currency, amount),
            Entry(book.CASH, charge.customer, charge.currency, -amount),
        ],
    )
    taxes.reckon_charge(world, charge)
