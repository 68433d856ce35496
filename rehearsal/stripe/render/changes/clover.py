"""2025-09-30.clover: ``discount.source``, ``customer_account``, flexible billing by default."""

from __future__ import annotations

from ...jsontypes import Body
from ...objects.customers import Customer
from ...objects.discounts import Discount
from ...world import World
from ..newest import Renderable
from ..newest.discounts import coupon


def undo(world: World, subject: Renderable, body: Body) -> None:
    body.pop("customer_account", None)
    if isinstance(subject, Discount):
        before_sources(world, subject, body)
    elif isinstance(subject, Customer) and subject.discount is not None:
        nested = body.get("discount")
        if isinstance(nested, dict):
            before_sources(world, world.discounts[subject.discount], nested)


def before_sources(world: World, subject: Discount, body: Body) -> None:
    """A discount held its whole coupon."""
    body.pop("customer_account", None)
    body.pop("source", None)
    body["coupon"] = coupon(world, world.coupons[subject.coupon])
