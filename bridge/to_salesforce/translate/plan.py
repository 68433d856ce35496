"""A subscription's items and discounts as :mod:`bridge.money` takes them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from bridge.money import (
    Interval,
    Item,
    Plan,
    Price,
    Round,
    Tier,
    TiersMode,
    Transform,
)
from bridge.stripe_api.facts import Kind, Need
from bridge.to_salesforce.translate.discounts import chosen, discounts_of
from bridge.to_salesforce.translate.fields import Context, Snapshot
from bridge.to_salesforce.translate.lookup import gather_two
from bridge.to_salesforce.translate.outcome import Untranslatable
from bridge.to_salesforce.translate.shape import (
    Json,
    decimal,
    expanded,
    first,
    flag,
    happened,
    members,
    moment,
    name_of,
    reference,
    required,
    text,
    whole,
)

_DAY = dt.timedelta(days=1)


def items_of(ctx: Context, at: Snapshot) -> list[Json]:
    """All items of a subscription."""
    embedded = first(at.object, "items")
    if isinstance(embedded, dict) and flag(embedded, "has_more"):
        need = Need(Kind.SUBSCRIPTION_ITEMS, required(at.object, "id"), since=at.as_of)
        answer = ctx.look.one(need).object
        if answer is not None:
            return members(answer, "data")
    return members(at.object, "items")


def plan_of(ctx: Context, at: Snapshot, items: list[Json]) -> Plan:
    """What was sold, from the subscription as it is now."""
    prices, listed = gather_two(
        lambda: _prices(ctx, at.object, items),
        lambda: discounts_of(ctx, at, items),
    )
    currency = required(at.object, "currency")
    sold = tuple(
        Item(
            price=_price(price, currency),
            quantity=whole(item, "quantity") or 0,
            product=product_id(price) or "",
            discounts=chosen(listed.by_id, item),
        )
        for item, price in zip(items, prices.values(), strict=True)
    )
    return Plan(sold, paid_from(at.object), listed.whole)


def paid_from(subscription: Json) -> dt.datetime:
    """When the first paid period began: the end of the trial where it began with one."""
    trial_end = moment(subscription, "trial_end")
    if trial_end is not None and began_with_trial(subscription):
        return trial_end
    return happened(subscription, "start_date", "created")


def began_with_trial(subscription: Json) -> bool:
    """Whether the trial was there from the beginning; a later one only moves a billing date."""
    began, created = moment(subscription, "trial_start"), happened(subscription, "created")
    return began is not None and began - created < _DAY


def product_id(price: Json) -> str | None:
    """The product of a price."""
    return reference(first(price, "product"))


def interval_of(price: Json) -> tuple[Interval, int] | None:
    """A price's interval and its count; ``None`` for a one-time price."""
    name = text(price, "recurring.interval", "interval")
    if name is None:
        return None
    if name not in set(Interval):
        raise Untranslatable(f"{name_of(price)}: unknown interval {name}")
    return Interval(name), max(1, whole(price, "recurring.interval_count", "interval_count") or 1)


def interval_label(interval: tuple[Interval, int]) -> str:
    """An interval in words: ``month``, ``3 months``."""
    unit, count = interval
    return unit.value if count == 1 else f"{count} {unit.value}s"


def _prices(ctx: Context, subscription: Json, items: list[Json]) -> dict[int, Json]:
    """Each item's price with all that its amount depends on, by the item's position.

    Stripe leaves tiers out of events, and shows a price that is sold in several currencies in its
    first one.
    """
    currency = required(subscription, "currency").lower()
    shown = {position: price_of(item) for position, item in enumerate(items)}
    short = {
        position: Need(kind, required(price, "id"))
        for position, price in shown.items()
        if (kind := _lacks(price, currency))
    }
    facts = ctx.look.all(short.values())
    for position, fact in zip(short, facts, strict=True):
        shown[position] = fact.object or shown[position]
    return shown


def price_of(item: Json) -> Json:
    """An item's price as Stripe shows it in the item."""
    price = expanded(first(item, "price", "plan"))
    if price is None:
        raise Untranslatable(f"{name_of(item)} has no price")
    return price


def _lacks(price: Json, currency: str) -> Kind | None:
    """The read that tells what a price costs in a currency; ``None`` where it shows it."""
    if (text(price, "currency") or currency).lower() != currency:
        return Kind.PRICE_IN_CURRENCIES
    if text(price, "billing_scheme") == "tiered" and not members(price, "tiers"):
        return Kind.PRICE
    return None


def _price(price: Json, currency: str) -> Price:
    interval = interval_of(price)
    if interval is None:
        raise Untranslatable(f"{name_of(price)} is not recurring")
    unit, count = interval
    metered = text(price, "recurring.usage_type", "usage_type") == "metered"
    amounts = _in_currency(price, currency)
    if amounts is None:
        raise Untranslatable(f"{name_of(price)} has no amount in {currency.upper()}")
    if metered:
        return Price(unit, count, metered=True)
    if text(price, "billing_scheme") != "tiered":
        return Price(
            unit,
            count,
            unit_amount=_minor(amounts, "unit_amount"),
            transform=_transform(price),
        )
    tiers = members(amounts, "tiers")
    mode = text(price, "tiers_mode")
    if not tiers or mode not in set(TiersMode):
        raise Untranslatable(f"{name_of(price)} has no tiers in {currency.upper()}")
    return Price(unit, count, tiers_mode=TiersMode(mode), tiers=tuple(map(_tier, tiers)))


def _in_currency(price: Json, currency: str) -> Json | None:
    """The part of a price that holds its amounts in a currency."""
    if (text(price, "currency") or currency).lower() == currency.lower():
        return price
    return expanded(first(price, f"currency_options.{currency.lower()}"))


def _minor(found: Json, name: str) -> Decimal:
    """An amount in minor units, the exact one where Stripe gives it."""
    return decimal(found, f"{name}_decimal", name) or Decimal(0)


def _tier(tier: Json) -> Tier:
    bound = first(tier, "up_to")
    return Tier(
        up_to=None if bound == "inf" else whole(tier, "up_to"),
        unit_amount=_minor(tier, "unit_amount"),
        flat_amount=_minor(tier, "flat_amount"),
    )


def _transform(price: Json) -> Transform | None:
    divide_by = whole(price, "transform_quantity.divide_by")
    if not divide_by or divide_by < 1:
        return None
    rounding = text(price, "transform_quantity.round")
    if rounding not in set(Round):
        raise Untranslatable(f"{name_of(price)}: unknown rounding {rounding}")
    return Transform(divide_by, Round(rounding))


def metered(price: Any) -> bool:
    """Whether a price is billed by use."""
    return text(price, "recurring.usage_type", "usage_type") == "metered"
