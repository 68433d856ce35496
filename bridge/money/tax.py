"""Which part of a payment is tax."""

from __future__ import annotations

from fractions import Fraction

from bridge.money.currency import round_minor


def allocate(paid: int, tax: int, total: int) -> int:
    """The tax in a payment towards an invoice, in minor units: its share of the invoice's total.

    ``tax`` and ``total`` (tax included) are the invoice's. Rounded half away from zero; never more
    than the payment; 0 for an invoice of nothing.
    """
    if total <= 0 or tax <= 0:
        return 0
    return min(paid, round_minor(Fraction(paid) * tax / total))
