"""Sentences about what the company sells."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.stories.telling.sentences import sentence
from tests.stories.telling.story import Story
from tests.stories.telling.words import Interval, Money


@sentence("the plan {name} at {price:money} {interval:interval}")
async def plan(story: Story, name: str, price: Money, interval: Interval) -> None:
    await _plan(story, name, price, interval, unit_amount=price.minor)


@sentence("the metered plan {name} at {price:money} {interval:interval}")
async def metered_plan(story: Story, name: str, price: Money, interval: Interval) -> None:
    await _plan(story, name, price, interval, unit_amount=price.minor, metered=True)


@sentence(
    "the plan {name} at {price:money} a seat {interval:interval} and {more:money} a seat"
    " beyond the first {seats:int}"
)
async def tiered_plan(
    story: Story, name: str, price: Money, interval: Interval, more: Money, seats: int
) -> None:
    tiers = [
        {"up_to": seats, "unit_amount": price.minor},
        {"up_to": "inf", "unit_amount": more.minor},
    ]
    await _plan(
        story,
        name,
        price,
        interval,
        tiers=tiers,
        tiers_mode="graduated",
        billing_scheme="tiered",
    )


async def _plan(
    story: Story,
    name: str,
    price: Money,
    interval: Interval,
    *,
    metered: bool = False,
    **pricing: Any,
) -> None:
    product = await story.stripe.products.create_async({"name": name})
    recurring: dict[str, Any] = {"interval": interval.unit, "interval_count": interval.count}
    if metered:
        recurring["usage_type"] = "metered"
    params: Any = {
        "product": product.id,
        "currency": price.currency.lower(),
        "recurring": recurring,
        **pricing,
    }
    story.plans[name] = (await story.stripe.prices.create_async(params)).id


async def one_off_price(story: Story, name: str, price: Money) -> str:
    product = await story.stripe.products.create_async({"name": name})
    params: Any = {
        "product": product.id,
        "currency": price.currency.lower(),
        "unit_amount": price.minor,
    }
    return str((await story.stripe.prices.create_async(params)).id)


async def coupon(story: Story, percent: Decimal, lasting: str) -> str:
    """``lasting``: ``forever``, ``once``, or so many months."""
    params: Any = {"percent_off": float(percent), "duration": lasting}
    if lasting.isdigit():
        params |= {"duration": "repeating", "duration_in_months": int(lasting)}
    return str((await story.stripe.coupons.create_async(params)).id)


async def tax(story: Story, percent: Decimal) -> str:
    params: Any = {"display_name": "Sales tax", "percentage": float(percent), "inclusive": False}
    return str((await story.stripe.tax_rates.create_async(params)).id)
