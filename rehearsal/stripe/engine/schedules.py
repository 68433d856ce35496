"""Schedules change a subscription when a phase begins (Stripe docs, "Subscription schedules").

Only made from a subscription that runs, with phases that begin and end with its periods and keep
its interval; a phase takes effect before the bill of its first period.
"""

from __future__ import annotations

from ..errors import StripeError, invalid_parameter, unsupported
from ..events import emit
from ..objects.schedules import SchedulePhase, SubscriptionSchedule
from ..objects.subscriptions import Subscription, SubscriptionItem
from ..periods import next_boundary
from ..world import World
from . import discounting, standing


def create(world: World, subscription: Subscription) -> SubscriptionSchedule:
    """A schedule whose one phase is the subscription's period as it is.

    Raises:
        StripeError: the subscription has ended, or follows a schedule already.
    """
    if subscription.ended or subscription.schedule is not None:
        raise StripeError(
            "You cannot migrate a subscription that has ended or is attached to a schedule already."
        )
    phase = SchedulePhase(
        start=subscription.current_period_start,
        end=subscription.current_period_end,
        items=[(item.price, item.quantity) for item in subscription.items],
        coupons=[world.discounts[ref].coupon for ref in subscription.discounts],
    )
    schedule = world.schedules.add(
        SubscriptionSchedule(
            id=world.ids.new("sub_sched"),
            created=world.now(),
            customer=subscription.customer,
            subscription=subscription.id,
            phases=[phase],
        )
    )
    subscription.schedule = schedule.id
    emit(world, "subscription_schedule.created", schedule)
    emit(world, "customer.subscription.updated", subscription)
    return schedule


def update(
    world: World,
    schedule: SubscriptionSchedule,
    phases: list[SchedulePhase] | None,
    end_behavior: str,
) -> SubscriptionSchedule:
    """Put other phases in place; the one that runs keeps what it sells.

    Raises:
        StripeError: it runs no more, or the phases are not what the stand-in does.
    """
    subscription = _running(world, schedule)
    if phases is not None:
        _check(world, subscription, phases)
        schedule.phases = phases
    schedule.end_behavior = end_behavior
    emit(world, "subscription_schedule.updated", schedule)
    return schedule


def advance(world: World, subscription: Subscription) -> None:
    """A period of the subscription ends: the next phase begins, or the schedule is done."""
    if subscription.schedule is None:
        return
    schedule, now = world.schedules[subscription.schedule], world.now()
    phase = next((each for each in schedule.phases if each.start == now), None)
    if phase is not None:
        _begin(world, subscription, phase)
        emit(world, "subscription_schedule.updated", schedule)
    elif now >= schedule.phases[-1].end:
        schedule.status, schedule.completed_at = "completed", now
        if schedule.end_behavior == "cancel":
            emit(world, "subscription_schedule.completed", schedule)
            standing.end(world, subscription, None)
            return
        _let_go(schedule, subscription, now)
        emit(world, "subscription_schedule.completed", schedule)
        emit(world, "subscription_schedule.released", schedule)


def release(world: World, schedule: SubscriptionSchedule) -> SubscriptionSchedule:
    """Leave the subscription as it is, with nothing agreed for later."""
    subscription = _running(world, schedule)
    _let_go(schedule, subscription, world.now())
    emit(world, "subscription_schedule.released", schedule)
    emit(world, "customer.subscription.updated", subscription)
    return schedule


def cancel(world: World, schedule: SubscriptionSchedule) -> SubscriptionSchedule:
    """End the schedule, and the subscription with it."""
    subscription = _running(world, schedule)
    schedule.status, schedule.canceled_at = "canceled", world.now()
    emit(world, "subscription_schedule.canceled", schedule)
    standing.end(world, subscription, "cancellation_requested")
    return schedule


def _running(world: World, schedule: SubscriptionSchedule) -> Subscription:
    if schedule.status != "active" or schedule.subscription is None:
        raise StripeError(f"The schedule is {schedule.status}, not active.")
    return world.subscriptions[schedule.subscription]


def _let_go(schedule: SubscriptionSchedule, subscription: Subscription, now: int) -> None:
    schedule.status, schedule.released_at = "released", now
    schedule.released_subscription, schedule.subscription = schedule.subscription, None
    subscription.schedule = None


def _check(world: World, subscription: Subscription, phases: list[SchedulePhase]) -> None:
    kept = {_interval(world, item.price) for item in subscription.items}
    if len(kept) > 1:
        raise unsupported("a schedule of items with different intervals", "phases")
    [(unit, count)] = kept
    edge = phases[0].start
    if edge != subscription.current_period_start:
        raise invalid_parameter(
            "phases[0][start_date]", "You can not modify the start date of the current phase."
        )
    for index, phase in enumerate(phases):
        if phase.start != edge:
            raise invalid_parameter(f"phases[{index}][start_date]", "Phases must not have gaps.")
        if {_interval(world, price) for price, _ in phase.items} != kept:
            raise unsupported("a phase of another interval", f"phases[{index}][items]")
        while edge < phase.end:
            edge = next_boundary(subscription.billing_cycle_anchor, unit, count, edge)
        if edge != phase.end:
            raise unsupported("a phase that ends within a period", f"phases[{index}][end_date]")


def _interval(world: World, price: str) -> tuple[str, int]:
    recurring = world.prices[price].recurring
    if recurring is None:
        raise unsupported("a one-time price in a phase", "phases")
    return recurring.interval, recurring.interval_count


def _begin(world: World, subscription: Subscription, phase: SchedulePhase) -> None:
    before, items = subscription.items, []
    for position, (price, quantity) in enumerate(phase.items):
        held = before[position] if position < len(before) else before[0]
        row = SubscriptionItem(
            id=held.id if position < len(before) else world.ids.new("si", 14),
            created=held.created if position < len(before) else world.now(),
            subscription=subscription.id,
            price=price,
            quantity=quantity,
            current_period_start=held.current_period_start,
            current_period_end=held.current_period_end,
            metadata=dict(held.metadata),
        )
        items.append(world.items.add(row))
    subscription.items = items
    held_coupons = {world.discounts[ref].coupon: ref for ref in subscription.discounts}
    subscription.discounts = [
        held_coupons.get(coupon)
        or discounting.redeem(
            world,
            coupon,
            "phases",
            customer=subscription.customer,
            subscription=subscription.id,
        ).id
        for coupon in phase.coupons
    ]
