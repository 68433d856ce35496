"""``subscription`` → ``Bridge_Renewal__c``: what is coming on it, one row for each interval.

The key is ``next:<subscription>:<interval unit>``. When a subscription moves to another unit
(monthly to yearly), the row of the old one must go, and nothing in the subscription says what the
old one was: so wherever it can have moved since it was made, the rows of all units that it does not
have are written as Void.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from fractions import Fraction

from bridge.contract import RenewalRow
from bridge.money import Discount, Duration, Interval, Item, Plan, invoice, round_major
from bridge.to_salesforce.translate import paths
from bridge.to_salesforce.translate.fields import Context, Snapshot, currency_code
from bridge.to_salesforce.translate.phases import Schedule
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


@dataclass(frozen=True, slots=True)
class _Bill:
    """The next invoice of an interval unit."""

    due: dt.datetime
    interval: str
    items: list[Item]
    """Those that are due then, without their discounts' windows looked at."""
    discounts: tuple[Discount, ...]


def rows(ctx: Context, at: Snapshot, sold: Sold) -> list[RenewalRow]:
    """What is coming: Upcoming while the subscription renews, Void when it does not any more.

    Nothing is said of a subscription whose first payment is not made yet.
    """
    if required(at.object, "status") in _NOT_YET:
        return []
    bills = _bills(at.object, sold)
    written = [_row(ctx, at, unit, bill, sold) for unit, bill in bills.items()]
    if _can_have_moved(at.object, sold.items):
        written += [_row(ctx, at, unit, None, sold) for unit in Interval if unit not in bills]
    return written


def _bills(subscription: Json, sold: Sold) -> dict[Interval, _Bill | None]:
    """The next invoice of each interval unit; ``None`` where there is none any more.

    A phase of a schedule that begins by then sells something else. Its own interval gets a row only
    once it has begun, since a schedule can be let go without a trace: until then the row of the
    interval that it takes the place of shows its first invoice.
    """
    ends = [paths.item_period(subscription, item)[1] for item in sold.items]
    bills = _by_unit(sold.items, sold.plan, ends)
    phase = sold.schedule.next
    if phase is None:
        return bills
    then = _by_unit(phase.items, phase.plan, [phase.starts] * len(phase.items))
    changing = {u: bill.due for u, bill in bills.items() if bill and phase.starts <= bill.due}
    new = [bill for unit, bill in then.items() if unit not in bills]
    for unit, due in changing.items():
        later = then.get(unit) or (new.pop(0) if new else None)
        bills[unit] = later and replace(later, due=due)
    return bills


def _by_unit(
    items: list[Json], plan: Plan, ends: list[dt.datetime | None]
) -> dict[Interval, _Bill | None]:
    found: dict[Interval, _Bill | None] = {}
    units: dict[Interval, list[int]] = {}
    for position, item in enumerate(items):
        interval = interval_of(price_of(item))
        if interval is not None:
            units.setdefault(interval[0], []).append(position)
    for unit, positions in units.items():
        dated = [(end, n) for n in positions if (end := ends[n]) is not None]
        if not dated:
            found[unit] = None
            continue
        due, soonest = min(dated)
        interval = interval_of(price_of(items[soonest]))
        found[unit] = _Bill(
            due,
            interval_label(interval) if interval else unit.value,
            [plan.items[n] for end, n in dated if end == due],
            plan.discounts,
        )
    return found


def _row(ctx: Context, at: Snapshot, unit: Interval, bill: _Bill | None, sold: Sold) -> RenewalRow:
    found = at.object
    key, currency = required(found, "id"), currency_code(found, "currency")
    renews = bill is not None and _renews(found, bill.due, sold.schedule)
    due = bill.due if bill is not None and renews else None
    amount = Fraction(0)
    if bill is not None and due is not None:
        amount = _amount(found, sold.plan.start, bill)
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
        interval=bill.interval if bill else unit.value,
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


def _renews(subscription: Json, period_ends: dt.datetime, schedule: Schedule) -> bool:
    if required(subscription, "status") not in _RENEWING:
        return False
    if flag(subscription, "cancel_at_period_end") or _is_given_up(subscription, period_ends):
        return False
    ends = [moment(subscription, "cancel_at"), schedule.ends]
    return all(end is None or end > period_ends for end in ends)


def _is_given_up(subscription: Json, due: dt.datetime) -> bool:
    """Whether a pause of collection voids or writes off the invoice to come.

    One that is kept as a draft may be asked for later (Stripe, "Pause payment collection").
    """
    if text(subscription, "pause_collection.behavior") not in _GIVES_UP:
        return False
    resumes = moment(subscription, "pause_collection.resumes_at")
    return resumes is None or resumes > due


def _amount(subscription: Json, paid_since: dt.datetime, bill: _Bill) -> Fraction:
    """Minor units of the next invoice's licensed items, without tax."""
    unpaid_yet = bill.due <= paid_from(subscription)

    def counts(discount: Discount) -> bool:
        if discount.duration is Duration.ONCE and not unpaid_yet:
            begun = moment(subscription, "current_period_start") or paid_since
            if discount.start is None or discount.start <= begun:
                return False
        return discount.in_window(bill.due)

    items = [
        replace(item, discounts=tuple(d for d in item.discounts if counts(d)))
        for item in bill.items
    ]
    return sum(invoice(items, [d for d in bill.discounts if counts(d)]), Fraction(0))


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
