"""Coupons."""

from __future__ import annotations

from ...errors import invalid_parameter, missing_object, missing_parameter
from ...events import emit
from ...money import currency as known_currency
from ...objects.discounts import Coupon
from ...params import merged
from ..call import Answer, Call, Route, listed


def create(call: Call) -> Answer:
    params, world = call.params, call.world
    percent, amount = params.decimal("percent_off"), params.integer("amount_off", minimum=1)
    if (percent is None) == (amount is None):
        raise invalid_parameter(
            "percent_off", "You must pass either `percent_off` or `amount_off`, but not both."
        )
    if percent is not None and not 0 < percent <= 100:
        raise invalid_parameter("percent_off", "percent_off must be above 0 and at most 100.")
    code = params.optional("currency")
    if amount is not None and code is None:
        raise missing_parameter("currency")
    duration = params.choice("duration", ("once", "forever", "repeating"), "once")
    months = params.integer("duration_in_months", minimum=1)
    if (duration == "repeating") != (months is not None):
        raise invalid_parameter(
            "duration_in_months", "duration_in_months goes with duration=repeating, and only that."
        )
    coupon = Coupon(
        id=params.optional("id") or world.ids.new("", 8)[1:],
        created=world.now(),
        duration=duration,
        percent_off=percent,
        amount_off=amount,
        currency=known_currency(code) if amount is not None and code else None,
        duration_in_months=months,
        name=params.optional("name"),
        max_redemptions=params.integer("max_redemptions", minimum=1),
        redeem_by=params.integer("redeem_by"),
        metadata=merged({}, params.metadata()),
    )
    params.done()
    held = world.coupons.get(coupon.id)
    if held is not None and not held.deleted:
        raise invalid_parameter("id", "Coupon already exists.", "resource_already_exists")
    world.coupons.add(coupon)
    emit(world, "coupon.created", coupon)
    return coupon


def update(call: Call) -> Answer:
    coupon, params = _live(call), call.params
    name = params.optional("name") if params.has("name") else coupon.name
    metadata = merged(coupon.metadata, params.metadata())
    params.done()
    coupon.name, coupon.metadata = name, metadata
    emit(call.world, "coupon.updated", coupon)
    return coupon


def retrieve(call: Call) -> Answer:
    call.params.done()
    return _live(call)


def list_(call: Call) -> Answer:
    return listed(call.params, [each for each in call.world.coupons if not each.deleted])


def delete(call: Call) -> Answer:
    """Delete a coupon; discounts that it gave stay."""
    call.params.done()
    coupon = _live(call)
    emit(call.world, "coupon.deleted", coupon)
    coupon.deleted = True
    return coupon


def _live(call: Call) -> Coupon:
    coupon = call.world.coupons.need(call.id)
    if coupon.deleted:
        raise missing_object("coupon", call.id)
    return coupon


ROUTES = (
    Route("POST", "/v1/coupons", create),
    Route("GET", "/v1/coupons", list_),
    Route("GET", "/v1/coupons/{id}", retrieve),
    Route("POST", "/v1/coupons/{id}", update),
    Route("DELETE", "/v1/coupons/{id}", delete),
)
