"""What one subscription item costs in one of its periods, before discounts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from bridge.money.discounts import Discount


class Interval(StrEnum):
    """Stripe's ``recurring.interval``."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class TiersMode(StrEnum):
    """Stripe's ``tiers_mode``."""

    GRADUATED = "graduated"
    VOLUME = "volume"


class Round(StrEnum):
    """Stripe's ``transform_quantity.round``."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier of a price; amounts in minor units, fractions of one allowed."""

    up_to: int | None
    """The last unit of the tier; ``None`` (Stripe's null or ``inf``) for the last tier."""
    unit_amount: Decimal = Decimal(0)
    flat_amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Transform:
    """``transform_quantity``: units are sold in packages."""

    divide_by: int
    round: Round

    def apply(self, quantity: int) -> int:
        """The number of packages that a quantity comes to."""
        if self.round is Round.UP:
            return -(-quantity // self.divide_by)
        return quantity // self.divide_by


@dataclass(frozen=True, slots=True)
class Price:
    """A recurring price; amounts in minor units, fractions of one allowed."""

    interval: Interval
    interval_count: int = 1
    unit_amount: Decimal = Decimal(0)
    tiers_mode: TiersMode | None = None
    tiers: tuple[Tier, ...] = ()
    transform: Transform | None = None
    metered: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A subscription item: a price, how many of it, and the discounts that are its own."""

    price: Price
    quantity: int = 1
    product: str = ""
    discounts: tuple[Discount, ...] = ()


def amount(item: Item) -> Fraction:
    """Minor units for one period of an item, exactly. A metered item is 0: nobody knows its use."""
    price = item.price
    if price.metered:
        return Fraction(0)
    if price.tiers_mode is TiersMode.GRADUATED:
        return _graduated(price.tiers, item.quantity)
    if price.tiers_mode is TiersMode.VOLUME:
        return _volume(price.tiers, item.quantity)
    packages = price.transform.apply(item.quantity) if price.transform else item.quantity
    return Fraction(price.unit_amount) * packages


def _ordered(tiers: tuple[Tier, ...]) -> list[Tier]:
    bounded = [tier for tier in tiers if tier.up_to is not None]
    return sorted(bounded, key=lambda tier: tier.up_to or 0) + [
        tier for tier in tiers if tier.up_to is None
    ]


def _graduated(tiers: tuple[Tier, ...], quantity: int) -> Fraction:
    """Each tier's units at its own rate, with the flat amount of every tier that is reached.

    The first tier is reached by a quantity of 0 too (Stripe, "Tiered pricing": the flat fee is
    charged even when nothing is used).
    """
    total = Fraction(0)
    below = 0
    for tier in _ordered(tiers):
        top = quantity if tier.up_to is None else min(quantity, tier.up_to)
        total += Fraction(tier.unit_amount) * (top - below) + Fraction(tier.flat_amount)
        below = top
        if tier.up_to is None or quantity <= tier.up_to:
            break
    return total


def _volume(tiers: tuple[Tier, ...], quantity: int) -> Fraction:
    """All units at the rate of the tier in which the quantity falls, and its flat amount."""
    for tier in _ordered(tiers):
        if tier.up_to is None or quantity <= tier.up_to:
            return Fraction(tier.unit_amount) * quantity + Fraction(tier.flat_amount)
    return Fraction(0)
