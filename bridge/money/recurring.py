"""The recurring numbers of a subscription: MRR, the value of a term (ACV, TCV), the first invoice.

All take the subscription as it is now and answer exact minor units (a ``Fraction``); the caller
rounds once, with :func:`bridge.money.round_major`. Tax is in none of them.

How discounts count:

- In MRR: one that lasts forever counts while it is in its window, a repeating one only where the
  company says so, ``once`` never (Stripe, "MRR": the calculation's settings).
- In the value of a term: each in its own window, invoice by invoice, from the day the first paid
  period began. ``once`` comes off one invoice, the first one of its window that has something to
  pay: a free first month makes a monthly contract worth eleven months, not nothing, and a discount
  on the first invoice of a yearly plan lowers that year.
- An amount comes off an invoice as a whole, so items that are due together share it.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from bridge.money.discounts import Discount, Duration, Line, take_off
from bridge.money.pricing import Interval, Item, Price, amount

_PER_MONTH = {
    Interval.DAY: Fraction(365, 12),
    Interval.WEEK: Fraction(52, 12),
    Interval.MONTH: Fraction(1),
}
"""How many of an interval are in a month, by Stripe's own rule; a year is twelve months."""
_WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What was sold: the items and the discounts, whatever the subscription's status is."""

    items: tuple[Item, ...]
    start: dt.datetime
    """When the first paid period began: the end of the trial, where it began with one."""
    discounts: tuple[Discount, ...] = ()


def periods_a_month(price: Price) -> Fraction:
    """How many of a price's periods a month has, on average."""
    unit, count = _step(price)
    return _PER_MONTH[unit] / count


def invoice(items: Sequence[Item], discounts: Iterable[Discount]) -> list[Fraction]:
    """Minor units for one period of each item, invoiced together, after discounts.

    An item's own discounts come off first, then the given ones, in their order. The caller says
    with its choice of discounts which are in their window.
    """
    lines = []
    for item in items:
        line = Line(item.product, amount(item))
        for discount in item.discounts:
            [line] = take_off([line], discount)
        lines.append(line)
    for discount in discounts:
        lines = take_off(lines, discount)
    return [line.amount for line in lines]


def monthly(plan: Plan, at: dt.datetime, *, count_repeating: bool = False) -> Fraction:
    """MRR in minor units at a moment, as if the subscription were active."""

    def counts(discount: Discount) -> bool:
        if discount.duration is Duration.ONCE:
            return False
        if discount.duration is Duration.REPEATING and not count_repeating:
            return False
        return discount.in_window(at)

    families: dict[Interval, list[Item]] = defaultdict(list)
    for item in plan.items:
        own = tuple(discount for discount in item.discounts if counts(discount))
        families[_step(item.price)[0]].append(replace(item, discounts=own))
    discounts = [discount for discount in plan.discounts if counts(discount)]
    return sum(
        (_cycle(items, discounts) * _PER_MONTH[unit] for unit, items in families.items()),
        Fraction(0),
    )


def value(plan: Plan, months: int) -> Fraction:
    """Minor units of the first ``months`` months: ACV for 12, the recurring part of TCV for a term.

    Every invoice counts for the part of its period that lies within the months, so a plan that is
    paid for two years at once has half of it in its ACV. A week is 1/52 of a year, a day 1/365.
    """
    if _is_steady(plan):
        amounts = invoice(plan.items, plan.discounts)
        periods = [periods_a_month(item.price) * months for item in plan.items]
        return sum((net * n for net, n in zip(amounts, periods, strict=True)), Fraction(0))
    invoices: dict[dt.datetime, list[tuple[int, Fraction]]] = defaultdict(list)
    for position, item in enumerate(plan.items):
        count = periods_a_month(item.price) * months
        for nth in range(math.ceil(count)):
            weight = min(_WHOLE, count - nth)
            invoices[_begins(plan.start, item.price, nth)].append((position, weight))
    once = _Once()
    totals: dict[object, Fraction] = {}
    total = Fraction(0)
    for at in sorted(invoices):
        entries = invoices[at]
        own = [once.still(plan.items[position].discounts, at) for position, _ in entries]
        still = once.still(plan.discounts, at)
        # Most invoices are like the one before.
        alike = (tuple(entries), tuple(map(id, still)), tuple(tuple(map(id, each)) for each in own))
        if alike not in totals:
            due = [
                replace(plan.items[position], discounts=discounts)
                for (position, _), discounts in zip(entries, own, strict=True)
            ]
            weighed = zip(invoice(due, still), entries, strict=True)
            totals[alike] = sum((net * weight for net, (_, weight) in weighed), Fraction(0))
            once.use(due, still)
        total += totals[alike]
    return total


def first_invoice(plan: Plan) -> Fraction:
    """Minor units of the first invoice that has a paid period: one period of every item."""
    at = plan.start
    items = [
        replace(item, discounts=tuple(d for d in item.discounts if d.in_window(at)))
        for item in plan.items
    ]
    discounts = [discount for discount in plan.discounts if discount.in_window(at)]
    return sum(invoice(items, discounts), Fraction(0))


def _is_steady(plan: Plan) -> bool:
    """Whether every invoice gives an item the same amount, so that one invoice tells them all.

    A percentage does; an amount off does where all items are always due together.
    """
    discounts = [*plan.discounts, *(each for item in plan.items for each in item.discounts)]
    return all(
        discount.duration is not Duration.ONCE
        and discount.end is None
        and (discount.start is None or discount.start <= plan.start)
        for discount in discounts
    ) and (
        all(discount.percent_off is not None for discount in discounts)
        or len({_step(item.price) for item in plan.items}) <= 1
    )


class _Once:
    """Which ``once`` discounts have been used up, invoice after invoice."""

    def __init__(self) -> None:
        self._used: set[int] = set()

    def still(self, discounts: Iterable[Discount], at: dt.datetime) -> tuple[Discount, ...]:
        """The discounts that an invoice of this moment gets."""
        return tuple(
            discount
            for discount in discounts
            if discount.in_window(at) and id(discount) not in self._used
        )

    def use(self, items: Iterable[Item], discounts: Iterable[Discount]) -> None:
        """An invoice was made of these; one that had nothing to pay uses up no discount."""
        payable = [item for item in items if amount(item) > 0]
        given = [(discount, item) for item in payable for discount in item.discounts]
        given += [(discount, item) for discount in discounts for item in payable]
        self._used.update(
            id(discount)
            for discount, item in given
            if discount.duration is Duration.ONCE and discount.covers(item.product)
        )


def _step(price: Price) -> tuple[Interval, int]:
    """A price's interval in days, weeks or months."""
    if price.interval is Interval.YEAR:
        return Interval.MONTH, 12 * price.interval_count
    return price.interval, price.interval_count


def _cycle(items: Sequence[Item], discounts: Sequence[Discount]) -> Fraction:
    """The average of one unit (day, week, month), over the span after which invoices repeat."""
    steps = [_step(item.price)[1] for item in items]
    span = math.lcm(*steps)
    dates = {date for step in steps for date in range(0, span, step)}
    total = Fraction(0)
    for date in dates:
        due = [item for item, step in zip(items, steps, strict=True) if date % step == 0]
        total += sum(invoice(due, discounts), Fraction(0))
    return total / span


def _begins(start: dt.datetime, price: Price, nth: int) -> dt.datetime:
    unit, count = _step(price)
    if unit is Interval.MONTH:
        return add_months(start, nth * count)
    return start + dt.timedelta(days=nth * count * (7 if unit is Interval.WEEK else 1))


def add_months(start: dt.datetime, months: int) -> dt.datetime:
    """The same day so many months later, or the last of a month that is too short for it."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return start.replace(year=year, month=month + 1, day=min(start.day, last))
