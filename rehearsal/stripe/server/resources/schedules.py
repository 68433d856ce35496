"""Subscription schedules, made from a subscription."""

from __future__ import annotations

from ...engine import schedules
from ...errors import missing_parameter
from ...objects.schedules import SchedulePhase
from ...params import Params
from ...world import World
from ..call import Answer, Call, Route, listed
from . import fields

_ENDS = ("release", "cancel")


def create(call: Call) -> Answer:
    params, world = call.params, call.world
    subscription = world.subscriptions.named(
        params.required("from_subscription"), "from_subscription"
    )
    params.done()
    return schedules.create(world, subscription)


def update(call: Call) -> Answer:
    params, world = call.params, call.world
    schedule = world.schedules.need(call.id)
    phases = [_phase(world, child) for child in params.children("phases")]
    end_behavior = params.choice("end_behavior", _ENDS, schedule.end_behavior)
    params.choice("proration_behavior", ("none", "create_prorations"), "none")
    params.done()
    return schedules.update(world, schedule, phases or None, end_behavior)


def _phase(world: World, params: Params) -> SchedulePhase:
    items = [
        (
            world.prices.named(child.required("price"), child.name("price")).id,
            1 if (quantity := child.integer("quantity", minimum=0)) is None else quantity,
        )
        for child in params.children("items")
    ]
    if not items:
        raise missing_parameter(params.name("items"))
    return SchedulePhase(
        start=params.required_integer("start_date"),
        end=params.required_integer("end_date"),
        items=items,
        coupons=fields.discount_coupons(params),
    )


def retrieve(call: Call) -> Answer:
    call.params.done()
    return call.world.schedules.need(call.id)


def list_(call: Call) -> Answer:
    customer = call.params.optional("customer")
    rows = [each for each in call.world.schedules if customer in (None, each.customer)]
    return listed(call.params, rows)


def release(call: Call) -> Answer:
    call.params.done()
    return schedules.release(call.world, call.world.schedules.need(call.id))


def cancel(call: Call) -> Answer:
    call.params.done()
    return schedules.cancel(call.world, call.world.schedules.need(call.id))


ROUTES = (
    Route("POST", "/v1/subscription_schedules", create),
    Route("GET", "/v1/subscription_schedules", list_),
    Route("GET", "/v1/subscription_schedules/{id}", retrieve),
    Route("POST", "/v1/subscription_schedules/{id}", update),
    Route("POST", "/v1/subscription_schedules/{id}/release", release),
    Route("POST", "/v1/subscription_schedules/{id}/cancel", cancel),
)
