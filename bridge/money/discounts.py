"""Discounts: which count, when, and what is left after them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class Duration(StrEnum):
    """Stripe's ``coupon.duration``."""

    FOREVER = "forever"
    REPEATING = "repeating"
    ONCE = "once"


@dataclass(frozen=True, slots=True)
class Discount:
    """A percentage or an amount off, in its window."""

    duration: Duration
    percent_off: Decimal | None = None
    amount_off: int | None = None
    """Minor units of the subscription's currency, off each invoice as a whole."""
    start: dt.datetime | None = None
    """``None`` for one that was there from the beginning."""
    end: dt.datetime | None = None
    products: frozenset[str] | None = None
    """The only products that it is for (``applies_to``); ``None`` for all."""

    def in_window(self, at: dt.datetime) -> bool:
        """Whether an invoice of this moment is within the discount's time."""
        if self.start is not None and at < self.start:
            return False
        return self.end is None or at < self.end

    def covers(self, product: str) -> bool:
        """Whether the discount is for this product."""
        return self.products is None or product in self.products


@dataclass(frozen=True, slots=True)
class Line:
    """What one invoice line comes to, in minor units."""

    product: str
    amount: Fraction


def take_off(lines: Sequence[Line], discount: Discount) -> list[Line]:
    """The lines of one invoice after a discount; never below zero.

    An amount is spread over the lines that it covers, each in proportion to its own amount.
    """
    covered = [line.amount if discount.covers(line.product) else Fraction(0) for line in lines]
    total = sum(covered, Fraction(0))
    if total <= 0:
        return list(lines)
    if discount.percent_off is not None:
        kept = max(Fraction(0), 1 - Fraction(discount.percent_off) / 100)
    elif discount.amount_off is not None:
        kept = max(Fraction(0), 1 - Fraction(discount.amount_off) / total)
    else:
        return list(lines)
    return [
        Line(line.product, line.amount - part * (1 - kept))
        for line, part in zip(lines, covered, strict=True)
    ]
