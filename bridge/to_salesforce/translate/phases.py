"""What a subscription schedule brings: what the next phase sells, and when the last one ends.

Source: Stripe, "Subscription schedules"; API reference, "The schedule object".
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bridge.money import Plan
from bridge.stripe_api.facts import Kind, Need
from bridge.to_salesforce.translate.fields import Context, Snapshot
from bridge.to_salesforce.translate.outcome import Untranslatable
from bridge.to_salesforce.translate.plan import plan_of
from bridge.to_salesforce.translate.shape import (
    Json,
    expanded,
    first,
    members,
    moment,
    reference,
    required,
    text,
)


@dataclass(frozen=True, slots=True)
class Phase:
    """A later phase of a schedule, as if it were the subscription."""

    starts: dt.datetime
    items: list[Json]
    plan: Plan


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is agreed for later."""

    next: Phase | None = None
    ends: dt.datetime | None = None
    """When the subscription is canceled, where the schedule says so."""


_NONE = Schedule()


def schedule_of(ctx: Context, subscription: Json) -> Json | None:
    """The schedule that a subscription follows."""
    named = first(subscription, "schedule")
    key = reference(named)
    if key is None:
        return None
    return expanded(named) or ctx.look.one(Need(Kind.SCHEDULE, key)).object


def agreed(ctx: Context, at: Snapshot) -> Schedule:
    """What a subscription's schedule brings after a snapshot's moment."""
    ended = text(at.object, "status") == "canceled"
    schedule = None if ended else schedule_of(ctx, at.object)
    if schedule is None:
        return _NONE
    phases = [(start, each) for each in members(schedule, "phases") if (start := _start(each))]
    later = sorted((start, n) for n, (start, _) in enumerate(phases) if start > at.as_of)
    coming = _if_it_can_be(ctx, at, *phases[later[0][1]]) if later else None
    ends = [end for _, each in phases if (end := moment(each, "end_date"))]
    cancels = text(schedule, "end_behavior") == "cancel"
    return Schedule(coming, max(ends) if ends and cancels else None)


def _start(phase: Json) -> dt.datetime | None:
    return moment(phase, "start_date")


def _if_it_can_be(ctx: Context, at: Snapshot, starts: dt.datetime, phase: Json) -> Phase | None:
    """The phase; ``None`` where it cannot be told: the subscription must not suffer for it."""
    try:
        return _phase(ctx, at, starts, phase)
    except Untranslatable:
        return None


def _phase(ctx: Context, at: Snapshot, starts: dt.datetime, phase: Json) -> Phase:
    entries = members(phase, "items")
    keys = [reference(first(each, "price", "plan")) or required(each, "price") for each in entries]
    facts = ctx.look.all(Need(Kind.PRICE, key) for key in keys)
    items: list[Json] = [
        {
            "id": f"{required(at.object, 'id')} from {starts:%Y-%m-%d}",
            "object": "subscription_item",
            "price": fact.object or {"id": key, "object": "price"},
            "quantity": each.get("quantity"),
            "discounts": _discounts(each, phase),
        }
        for each, key, fact in zip(entries, keys, facts, strict=True)
    ]
    sold = {**at.object, "discounts": _discounts(phase, phase), "discount": None}
    return Phase(starts, items, plan_of(ctx, Snapshot(sold, at.as_of), items))


def _discounts(holder: Json, phase: Json) -> list[Json | str]:
    """A phase names coupons that become discounts when it starts, or discounts that are there."""
    found: list[Json | str] = []
    for each in members(holder, "discounts"):
        known, coupon = reference(first(each, "discount")), first(each, "coupon")
        if known is not None:
            found.append(known)
        elif (key := reference(coupon)) is not None:
            start = phase.get("start_date")
            found.append({"id": f"coupon {key}", "coupon": coupon, "start": start, "end": None})
    return found
