"""Which part of a payment is tax.

Shares are cumulative: a part has what all parts up to it have, less what those before it have. So
they sum to the tax exactly once they sum to the total, and no cent is lost to rounding.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from bridge.money.currency import round_minor


def allocate(paid: int, tax: int, total: int) -> int:
    """The tax in a part of a total, in minor units: its share.

    ``total`` includes ``tax``. Rounded half away from zero; never more than the part; 0 for a total
    of nothing.
    """
    if total <= 0 or tax <= 0:
        return 0
    if paid < 0:
        return -allocate(-paid, tax, total)
    return min(paid, round_minor(Fraction(paid) * tax / total))


def shares(parts: Iterable[int], tax: int, total: int) -> list[int]:
    """The tax in each of several parts of a total, in their order. What exceeds it has none."""
    found: list[int] = []
    before = reached = 0
    for part in parts:
        reached += part
        upto = allocate(min(reached, total), tax, total)
        found.append(upto - before)
        before = upto
    return found


def allocate_back(part: int, tax: int, total: int) -> int:
    """As :func:`allocate`, but of a half that is rounded the other way.

    What is given back as ``allocate`` says, and the rest of the total as this does, is all of the
    tax: neither needs to know of the other.
    """
    return allocate(total, tax, total) - allocate(total - part, tax, total)
