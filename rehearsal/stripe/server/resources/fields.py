"""Parameters that several resources read."""

from __future__ import annotations

from ...errors import invalid_parameter
from ...objects.customers import Customer
from ...params import Params
from ...world import World

ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


def address(params: Params, key: str) -> dict[str, str | None] | None:
    child = params.child(key)
    if child is None:
        return None
    return {name: child.optional(name) for name in ADDRESS}


def live_customer(world: World, ref: str, param: str = "customer") -> Customer:
    """The customer that a parameter names; a deleted one is missing."""
    customer = world.customers.named(ref, param)
    if customer.deleted:
        raise invalid_parameter(param, f"No such customer: '{ref}'", "resource_missing")
    return customer


def timestamp_after(params: Params, key: str, now: int) -> int | None:
    """A future Unix second; ``now`` is said in words."""
    if params.text(key) == "now":
        return now
    value = params.integer(key)
    if value is not None and value <= now:
        raise invalid_parameter(params.name(key), f"{params.name(key)} must be in the future.")
    return value


def discount_coupons(params: Params, key: str = "discounts") -> list[str]:
    """The coupons of ``discounts[]``; promotion codes are unsupported."""
    return [child.required("coupon") for child in params.children(key)]


def quiet_shipping(params: Params) -> None:
    """Where goods are sent: read, and not kept."""
    shipping = params.child("shipping")
    if shipping is not None:
        address(shipping, "address")
        for name in ("name", "phone", "carrier", "tracking_number"):
            shipping.optional(name)
