"""What a payment, a refund or a dispute writes in the book."""

from __future__ import annotations

from .. import book
from ..book import Entry
from ..money import share
from ..objects.invoices import Invoice
from ..objects.payments import Charge
from ..world import World


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
            *_tax(customer, currency, tax_within(world, charge.invoice, amount)),
        ],
    )


def attached(world: World, invoice: Invoice, charge: Charge) -> None:
    """A charge that was a sale of its own pays an invoice after all; no cash moves."""
    amount, currency, customer = charge.amount_captured, charge.currency, charge.customer
    world.book.post(
        world.now(),
        charge.id,
        "attached",
        [
            Entry(book.SALES, customer, currency, amount),
            Entry(book.RECEIVABLE, invoice.customer, currency, -amount),
            *_tax(customer, currency, tax_within(world, invoice.id, amount)),
        ],
    )


def paid_outside(world: World, invoice: Invoice, amount: int, cause: str) -> None:
    """An invoice was paid outside Stripe."""
    world.book.post(
        world.now(),
        cause,
        "out_of_band",
        [
            Entry(book.OUT_OF_BAND, invoice.customer, invoice.currency, amount),
            Entry(book.RECEIVABLE, invoice.customer, invoice.currency, -amount),
            *_tax(invoice.customer, invoice.currency, tax_within(world, invoice.id, amount)),
        ],
    )


def returned_outside(world: World, invoice: Invoice, amount: int, cause: str) -> None:
    """A credit note gave money back outside Stripe."""
    world.book.post(
        world.now(),
        cause,
        "out_of_band",
        [
            Entry(book.OUT_OF_BAND, invoice.customer, invoice.currency, -amount),
            Entry(book.SALES, invoice.customer, invoice.currency, amount),
            *_tax(invoice.customer, invoice.currency, -tax_within(world, invoice.id, amount)),
        ],
    )


def given_back(world: World, charge: Charge, amount: int, account: str, cause: str) -> None:
    """``amount`` of a charge went back (negative: came again) by a refund or a dispute."""
    world.book.post(
        world.now(),
        cause,
        account,
        [
            Entry(account, charge.customer, charge.currency, amount),
            Entry(book.CASH, charge.customer, charge.currency, -amount),
            *_tax(charge.customer, charge.currency, -tax_within(world, charge.invoice, amount)),
        ],
    )


def _tax(customer: str | None, currency: str, tax: int) -> list[Entry]:
    """Tax that cash brought: collected now, no longer only invoiced."""
    return [
        Entry(book.TAX_INVOICED, customer, currency, tax),
        Entry(book.TAX_COLLECTED, customer, currency, -tax),
    ]
