"""The lines that a subscription's items make on an invoice."""

from __future__ import annotations

from decimal import Decimal

from ..money import exponent
from ..objects.catalog import Price
from ..objects.invoices import Line
from ..objects.subscriptions import Subscription, SubscriptionItem
from ..pricing import Part, price_parts
from ..world import World

_SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}


def cycle_lines(
    world: World,
    subscription: Subscription,
    items: list[SubscriptionItem],
    *,
    free: bool = False,
) -> list[Line]:
    """One line an item (one a tier of a graduated price) for its current period; 0 in a trial."""
    lines: list[Line] = []
    for item in items:
        price = world.prices[item.price]
        quantity = item.quantity or 0
        parts = (
            price_parts(price, quantity)
            if not price.metered
            else [Part(0, 0, price.unit_amount, "")]
        )
        if free:
            parts = [Part(0, quantity, Decimal(0), "Trial period for")]
        lines.extend(_line(world, subscription, item, price, part) for part in parts)
    return lines


def _line(
    world: World, subscription: Subscription, item: SubscriptionItem, price: Price, part: Part
) -> Line:
    return Line(
        id=world.ids.new("il"),
        created=world.now(),
        amount=part.amount,
        currency=subscription.currency,
        description=_described(world, price, part),
        period_start=item.current_period_start,
        period_end=item.current_period_end,
        price=price.id,
        product=price.product,
        quantity=part.quantity,
        unit_amount=part.unit_amount,
        subscription=subscription.id,
        subscription_item=item.id,
        discounts=list(item.discounts),
        metadata=dict(subscription.metadata),
    )


def shown(amount: Decimal, currency: str) -> str:
    """An amount in minor units as an invoice's text says it."""
    major = amount.scaleb(-exponent(currency))
    text = f"{major:,.{exponent(currency)}f}"
    symbol = _SYMBOLS.get(currency)
    return f"{symbol}{text}" if symbol else f"{text} {currency.upper()}"


def _described(world: World, price: Price, part: Part) -> str:
    name = world.products[price.product].name
    if part.label.startswith("Trial"):
        return f"{part.label} {name}"
    if price.recurring is None:
        return name
    each, count = price.recurring.interval, price.recurring.interval_count
    every = each if count == 1 else f"every {count} {each}s"
    at = shown(part.unit_amount or Decimal(0), price.currency)
    if part.label == "Flat fee":
        return f"{name} – {part.label} (at {at} / {every})"
    units = f"{part.label} × " if part.label else f"{part.quantity} × "
    return f"{units}{name} (at {at} / {every})"
