"""What a quantity of a price costs (Stripe docs, "Tiered pricing", "Transform quantities")."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .money import rounded
from .objects.catalog import Price, Tier


@dataclass(frozen=True, slots=True)
class Part:
    """One invoice line's worth: a tier of a graduated price, or the whole of any other."""

    amount: int
    quantity: int
    unit_amount: Decimal | None
    label: str


def price_parts(price: Price, quantity: int) -> list[Part]:
    """The lines that ``quantity`` units make, amounts in minor units, each rounded by itself."""
    if price.tiers:
        if price.tiers_mode == "volume":
            return _volume(price, quantity)
        return _graduated(price, quantity)
    unit = price.unit_amount if price.unit_amount is not None else Decimal(0)
    billed = quantity
    if price.transform_quantity is not None:
        divisor = price.transform_quantity.divide_by
        billed = quantity // divisor
        if price.transform_quantity.round == "up" and quantity % divisor:
            billed += 1
    return [Part(rounded(unit * billed, price.currency), quantity, price.unit_amount, "")]


def price_amount(price: Price, quantity: int | None) -> int:
    """What ``quantity`` units cost in all; metered prices have no amount in advance."""
    if price.metered:
        return 0
    return sum(part.amount for part in price_parts(price, 1 if quantity is None else quantity))


def _volume(price: Price, quantity: int) -> list[Part]:
    tier = next(t for t in price.tiers if t.up_to is None or quantity <= t.up_to)
    parts = [_units(price, tier, quantity, "")]
    if tier.flat_amount:
        parts.append(_flat(price, tier))
    return parts


def _graduated(price: Price, quantity: int) -> list[Part]:
    parts: list[Part] = []
    below = 0
    for tier in price.tiers:
        inside = (quantity if tier.up_to is None else min(quantity, tier.up_to)) - below
        if inside <= 0 and below > 0:
            break
        label = f"First {inside}" if below == 0 else f"Next {inside}"
        parts.append(_units(price, tier, max(inside, 0), label))
        if tier.flat_amount:
            parts.append(_flat(price, tier))
        if tier.up_to is None or quantity <= tier.up_to:
            break
        below = tier.up_to
    return parts


def _units(price: Price, tier: Tier, quantity: int, label: str) -> Part:
    amount = rounded(tier.unit_amount * quantity, price.currency)
    return Part(amount, quantity, tier.unit_amount, label)


def _flat(price: Price, tier: Tier) -> Part:
    return Part(rounded(tier.flat_amount, price.currency), 1, tier.flat_amount, "Flat fee")
