"""Products, prices, tax rates."""

from __future__ import annotations

from ...jsontypes import Body
from ...objects.catalog import Price, Product, TaxRate, Tier
from ...objects.discounts import Coupon
from ...world import World
from .shapes import decimal_string, whole


def product(world: World, subject: Product) -> Body:
    if subject.deleted:
        return {"id": subject.id, "object": "product", "deleted": True}
    return {
        "id": subject.id,
        "object": "product",
        "active": subject.active,
        "created": subject.created,
        "default_price": subject.default_price,
        "description": subject.description,
        "images": [],
        "livemode": world.livemode,
        "marketing_features": [],
        "metadata": dict(subject.metadata),
        "name": subject.name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": subject.statement_descriptor,
        "tax_code": subject.tax_code,
        "type": "service",
        "unit_label": subject.unit_label,
        "updated": subject.updated,
        "url": None,
    }


def price(world: World, subject: Price) -> Body:
    """A price; ``tiers`` only come when expanded."""
    recurring: Body | None = None
    if subject.recurring is not None:
        recurring = {
            "interval": subject.recurring.interval,
            "interval_count": subject.recurring.interval_count,
            "meter": None,
            "trial_period_days": None,
            "usage_type": subject.recurring.usage_type,
        }
    transform = subject.transform_quantity
    return {
        "id": subject.id,
        "object": "price",
        "active": subject.active,
        "billing_scheme": "tiered" if subject.tiers else "per_unit",
        "created": subject.created,
        "currency": subject.currency,
        "custom_unit_amount": None,
        "livemode": world.livemode,
        "lookup_key": subject.lookup_key,
        "metadata": dict(subject.metadata),
        "nickname": subject.nickname,
        "product": subject.product,
        "recurring": recurring,
        "tax_behavior": subject.tax_behavior,
        "tiers_mode": subject.tiers_mode,
        "transform_quantity": (
            {"divide_by": transform.divide_by, "round": transform.round} if transform else None
        ),
        "type": "recurring" if subject.recurring else "one_time",
        "unit_amount": whole(subject.unit_amount),
        "unit_amount_decimal": decimal_string(subject.unit_amount),
    }


def currency_options(subject: Price) -> Body:
    """What ``expand[]=currency_options`` adds to a price; the stand-in's have one currency."""
    return {
        subject.currency: {
            "custom_unit_amount": None,
            "tax_behavior": subject.tax_behavior,
            "unit_amount": whole(subject.unit_amount),
            "unit_amount_decimal": decimal_string(subject.unit_amount),
        }
    }


def coupon_restriction(subject: Coupon, name: str) -> Body:
    """``applies_to`` and ``currency_options`` of a coupon; the stand-in's are for any product."""
    if name == "applies_to":
        return {"products": []}
    if subject.currency is None:
        return {}
    return {subject.currency: {"amount_off": subject.amount_off}}


def tiers(subject: Price) -> list[Body]:
    """What ``expand[]=tiers`` adds to a price."""

    def one(tier: Tier) -> Body:
        return {
            "flat_amount": whole(tier.flat_amount) if tier.flat_amount else None,
            "flat_amount_decimal": decimal_string(tier.flat_amount) if tier.flat_amount else None,
            "unit_amount": whole(tier.unit_amount),
            "unit_amount_decimal": decimal_string(tier.unit_amount),
            "up_to": tier.up_to,
        }

    return [one(tier) for tier in subject.tiers]


def plan(world: World, subject: Price) -> Body:
    """The old form of a recurring price, which items still carry beside it."""
    recurring = subject.recurring
    transform = subject.transform_quantity
    return {
        "id": subject.id,
        "object": "plan",
        "active": subject.active,
        "amount": whole(subject.unit_amount),
        "amount_decimal": decimal_string(subject.unit_amount),
        "billing_scheme": "tiered" if subject.tiers else "per_unit",
        "created": subject.created,
        "currency": subject.currency,
        "interval": recurring.interval if recurring else None,
        "interval_count": recurring.interval_count if recurring else None,
        "livemode": world.livemode,
        "metadata": dict(subject.metadata),
        "meter": None,
        "nickname": subject.nickname,
        "product": subject.product,
        "tiers_mode": subject.tiers_mode,
        "transform_usage": (
            {"divide_by": transform.divide_by, "round": transform.round} if transform else None
        ),
        "trial_period_days": None,
        "usage_type": recurring.usage_type if recurring else None,
    }


def tax_rate(world: World, subject: TaxRate) -> Body:
    return {
        "id": subject.id,
        "object": "tax_rate",
        "active": subject.active,
        "country": subject.country,
        "created": subject.created,
        "description": subject.description,
        "display_name": subject.display_name,
        "effective_percentage": None,
        "flat_amount": None,
        "inclusive": subject.inclusive,
        "jurisdiction": subject.jurisdiction,
        "jurisdiction_level": None,
        "livemode": world.livemode,
        "metadata": dict(subject.metadata),
        "percentage": subject.percentage,
        "rate_type": "percentage",
        "state": None,
        "tax_type": None,
    }
