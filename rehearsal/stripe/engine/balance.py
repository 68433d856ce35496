"""The customer's credit balance; negative is owed to them (Stripe docs, "Customer balance")."""

from __future__ import annotations

from .. import book
from ..book import Entry
from ..objects.customers import Customer, CustomerBalanceTransaction
from ..world import World


def change(
    world: World,
    customer: Customer,
    amount: int,
    currency: str,
    kind: str,
    *,
    invoice: str | None = None,
    description: str | None = None,
    against: str = book.SALES,
) -> CustomerBalanceTransaction:
    """Move the balance by ``amount``; no cash moves, so the other side is ``against``."""
    customer.balance += amount
    customer.currency = customer.currency or currency
    row = world.balance_changes.add(
        CustomerBalanceTransaction(
            id=world.ids.new("cbtxn"),
            created=world.now(),
            customer=customer.id,
            amount=amount,
            currency=currency,
            ending_balance=customer.balance,
            type=kind,
            invoice=invoice,
            description=description,
        )
    )
    world.book.post(
        world.now(),
        row.id,
        "credit_balance",
        [
            Entry(book.CREDIT_BALANCE, customer.id, currency, amount),
            Entry(against, customer.id, currency, -amount),
        ],
    )
    return row
