"""The stand-in's own double-entry book: what really moved, whatever the API renders.

Every movement is a posting whose entries sum to zero in each currency; debits are positive. The
book takes numbers and names, never objects of the API, so that it can witness against them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

RECEIVABLE = "receivable"  # asked for on final invoices, not yet settled
CASH = "cash"  # taken through Stripe from a customer, less what went back
SETTLED = "settled"  # contra of cash: the part that reached the balance
BALANCE = "balance"  # on Stripe's balance, net of fees, in the settlement currency
FEES = "fees"
CONVERSION = "conversion"
SALES = "sales"
TAX_INVOICED = "tax_invoiced"
TAX_COLLECTED = "tax_collected"
REFUNDS = "refunds"
DISPUTES = "disputes"
OUT_OF_BAND = "out_of_band"
CREDIT_BALANCE = "credit_balance"  # owed to the customer
WRITTEN_OFF = "written_off"


@dataclass(frozen=True, slots=True)
class Entry:
    """``amount`` in minor units of ``currency``, debits positive."""

    account: str
    customer: str | None
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class Posting:
    """One movement at Unix second ``at``; ``cause`` is the id of the object that moved money."""

    number: int
    at: int
    cause: str
    what: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """Cash of one customer in one currency, in minor units.

    ``gross`` holds charges captured and payments outside Stripe (``out_of_band`` of it);
    ``net`` is gross less refunded and disputed; ``tax`` is the tax within net.
    """

    gross: int
    out_of_band: int
    refunded: int
    disputed: int
    net: int
    tax: int
    receivable: int


class Unbalanced(Exception):
    """A posting whose entries do not sum to zero in some currency: a fault of the stand-in."""


class Book:
    """Postings in the order in which they were made, with running balances."""

    def __init__(self) -> None:
        self._postings: list[Posting] = []
        self._balances: dict[tuple[str, str | None, str], int] = defaultdict(int)
        self._customers: dict[tuple[str, str], None] = {}
        self._taxes: dict[str, int] = defaultdict(int)

    def post(self, at: int, cause: str, what: str, entries: Sequence[Entry]) -> None:
        """Write one movement; entries of amount 0 are left out, an empty posting is none.

        Raises:
            Unbalanced: the entries do not sum to zero.
        """
        kept = tuple(entry for entry in entries if entry.amount)
        sums: dict[str, int] = defaultdict(int)
        for entry in kept:
            sums[entry.currency] += entry.amount
        if any(sums.values()):
            raise Unbalanced(f"{what} of {cause}: {dict(sums)}")
        if not kept:
            return
        self._postings.append(Posting(len(self._postings) + 1, at, cause, what, kept))
        for entry in kept:
            self._balances[entry.account, entry.customer, entry.currency] += entry.amount
            if entry.customer is not None:
                self._customers.setdefault((entry.customer, entry.currency))

    def hold_tax(self, at: int, source: str, customer: str | None, currency: str, tax: int) -> None:
        """From now on so much tax is in ``source``: the difference was collected or given back."""
        change = tax - self._taxes[source]
        self._taxes[source] = tax
        entries = [
            Entry(TAX_INVOICED, customer, currency, change),
            Entry(TAX_COLLECTED, customer, currency, -change),
        ]
        self.post(at, source, "tax", entries)

    def balance(self, account: str, currency: str, customer: str | None = None) -> int:
        """What an account holds, of one customer or, for ``None``, of nobody in particular."""
        return self._balances[account, customer, currency]

    def total(self, account: str, currency: str) -> int:
        """What an account holds over all customers."""
        return sum(
            amount
            for (name, _, code), amount in self._balances.items()
            if name == account and code == currency
        )

    def totals(self, customer: str, currency: str) -> Totals:
        def held(account: str) -> int:
            return self._balances.get((account, customer, currency), 0)

        outside, refunded, disputed = held(OUT_OF_BAND), held(REFUNDS), held(DISPUTES)
        gross = held(CASH) + refunded + disputed + outside
        return Totals(
            gross=gross,
            out_of_band=outside,
            refunded=refunded,
            disputed=disputed,
            net=gross - refunded - disputed,
            tax=-held(TAX_COLLECTED),
            receivable=held(RECEIVABLE),
        )

    def customers(self) -> Iterator[tuple[str, str]]:
        """Each customer and currency that money moved in."""
        return iter(self._customers)

    @property
    def postings(self) -> Sequence[Posting]:
        return self._postings
