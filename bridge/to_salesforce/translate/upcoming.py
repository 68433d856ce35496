"""``subscription`` → ``Bridge_Renewal__c``: what is coming on it, one row for each interval.

The key is ``next:<subscription>:<interval unit>``. When a subscription moves to another unit
(monthly to yearly), the row of the old one must go, and nothing in the subscription says what the
old one was: so wherever it can have moved since it was made, the rows of all units that it does not
have are written as Void.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction

from bridge.contract import RenewalRow
from bridge.money import Discount, Duration, Interval, Plan, invoice, round_major
from bridge.to_salesforce.translate import paths
from bridge.to_salesforce.translate.fields import Context, Snapshot, currency_code
from bridge.to_salesforce.translate.plan import (
    interval_label,
    interval_of,
    paid_from,
    price_of,
)
from bridge.to_salesforce.translate.shape import (
    Json,
    flag,
    happened,
    moment,
    required,
    text,
    whole,
)
from bridge.to_salesforce.translate.sold import Sold

_RENEWING = frozenset({"active", "past_due", "trialing"})
_NOT_YET = frozenset({"incomplete", "incomplete_expired"})
_GIVES_UP = frozenset({"void", "mark_uncollectible"})


def rows(ctx: Context, at: Snapshot, sold: Sold) -> list[RenewalRow]:
    """What is coming: Upcoming while the subscription renews, Void when it does not any more.

    Nothing is said of a subscription whose first payment is not made yet.
    """
    if required(at.object, "status") in _NOT_YET:
        return []
    items = sold.items
    due: dict[Interval, list[int]] = {}
    for position, item in enumerate(items):
        interval = interval_of(price_of(item))
        if interval is not None:
            due.setdefault(interval[0], []).append(position)
    written = [_row(ctx, at, unit, sold, positions) for unit, positions in due.items()]
    if _can_have_moved(at.object, items):
        written += [_row(ctx, at, unit, sold, []) for unit in Interval if unit not in due]
    return written


def _row(
    ctx: Context, at: Snapshot, unit: Interval, sold: Sold, positions: list[int]
) -> RenewalRow:
    found, items = at.object, sold.items
    key, currency = required(found, "id"), currency_code(found, "currency")
    ends = [
        (end, position)
        for position in positions
        if (end := paths.item_period(found, items[position])[1]) is not None
    ]
    period_ends, soonest = min(ends) if ends else (None, None)
    renews = period_ends is not None and _renews(found, period_ends)
    due = period_ends if renews else None
    amount = Fraction(0)
    interval = None
    if soonest is not None:
        interval = interval_of(price_of(items[soonest]))
    if due is not None:
        together = [position for end, position in ends if end == due]
        amount = _amount(found, sold.plan, together, due)
    grace = whole(found, "days_until_due") or 0
    return ctx.row(
        RenewalRow,
        at,
        ctx.link("subscriptions", key),
        stripe_key=f"next:{key}:{unit}",
        customer=required(found, "customer", "customer.id"),
        subscription=key,
        status="Upcoming" if renews else "Void",
        billing_reason=None,
        invoice_number=None,
        interval=interval_label(interval) if interval else unit.value,
        period_start=ctx.day(due),
        period_end=None,
        due_date=ctx.day(due + dt.timedelta(days=grace)) if due else None,
        paid_date=None,
        currency=currency,
        amount_due=round_major(amount, currency),
        amount_paid=round_major(Fraction(0), currency),
        amount_remaining=round_major(amount, currency),
        credited=round_major(Fraction(0), currency),
        attempt_count=0,
        in_dunning=False,
        dunning_status=None,
        failure_reason=None,
        next_retry=None,
        next_retry_date=None,
        invoice_page=None,
        invoice_pdf=None,
    )


def _renews(subscription: Json, period_ends: dt.datetime) -> bool:
    if required(subscription, "status") not in _RENEWING:
        return False
    if flag(subscription, "cancel_at_period_end") or _is_given_up(subscription, period_ends):
        return False
    cancel_at = moment(subscription, "cancel_at")
    return cancel_at is None or cancel_at > period_ends


def _is_given_up(subscription: Json, due: dt.datetime) -> bool:
    """Whether a pause of collection voids or writes off the invoice to come.

    One that is kept as a draft may be asked for later (Stripe, "Pause payment collection").
    """
    if text(subscription, "pause_collection.behavior") not in _GIVES_UP:
        return False
    resumes = moment(subscription, "pause_collection.resumes_at")
    return resumes is None or resumes > due


def _amount(subscription: Json, plan: Plan, positions: list[int], due: dt.datetime) -> Fraction:
    """Minor units of the next invoice's licensed items, without tax."""
    unpaid_yet = due <= paid_from(subscription)

    def counts(discount: Discount) -> bool:
        if discount.duration is Duration.ONCE and not unpaid_yet:
            begun = moment(subscription, "current_period_start") or plan.start
            if discount.start is None or discount.start <= begun:
                return False
        return discount.in_window(due)

    items = [
        replace(
            plan.items[position],
            discounts=tuple(d for d in plan.items[position].discounts if counts(d)),
        )
        for position in positions
    ]
    return sum(invoice(items, [d for d in plan.discounts if counts(d)]), Fraction(0))


def _can_have_moved(subscription: Json, items: list[Json]) -> bool:
    """Whether the subscription can have had another interval since it was made.

    Moving to another interval sets a new billing date (Stripe, "Change subscriptions"), or gives it
    a new item. In a trial the billing date is the trial's end, whether it has moved or not. (In the
    very second in which the subscription was made it leaves no trace; that is not reckoned with.)
    """
    created = happened(subscription, "created")
    day = dt.timedelta(days=1)
    if any((at := moment(item, "created")) and at - created >= day for item in items):
        return True
    anchor = moment(subscription, "billing_cycle_anchor")
    return anchor is not None and anchor not in {created, moment(subscription, "start_date")}
