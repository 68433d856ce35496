"""MRR, ACV, TCV and the first invoice."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.money import (
    Discount,
    Duration,
    Interval,
    Item,
    Plan,
    Price,
    add_months,
    first_invoice,
    invoice,
    monthly,
    round_major,
    to_major,
    value,
)

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DURATIONS = st.sampled_from(Duration)


def item(
    minor: int | str, interval: Interval = Interval.MONTH, count: int = 1, quantity: int = 1
) -> Item:
    return Item(Price(interval, count, Decimal(minor)), quantity, "prod")


def plan(*items: Item, discounts: tuple[Discount, ...] = ()) -> Plan:
    return Plan(items, START, discounts)


def percent(off: int | str, duration: Duration = Duration.FOREVER, **window: int) -> Discount:
    return Discount(duration, percent_off=Decimal(off), **months(**window))


def taken(off: int, duration: Duration = Duration.FOREVER, **window: int) -> Discount:
    return Discount(duration, amount_off=off, **months(**window))


def months(start: int | None = None, end: int | None = None) -> dict[str, dt.datetime]:
    bounds = {"start": start, "end": end}
    return {name: add_months(START, at) for name, at in bounds.items() if at is not None}


items = st.builds(
    item,
    st.integers(0, 10**7),
    st.sampled_from(Interval),
    st.integers(1, 12),
    st.integers(0, 500),
)
discounts = st.one_of(
    st.builds(percent, st.integers(0, 100), DURATIONS),
    st.builds(taken, st.integers(0, 10**6), DURATIONS),
)
plans = st.builds(
    lambda sold, off: plan(*sold, discounts=tuple(off)),
    st.lists(items, min_size=1, max_size=4),
    st.lists(discounts, max_size=3),
)


@pytest.mark.parametrize(
    ("interval", "count", "mrr"),
    [
        (Interval.MONTH, 1, Fraction(1200)),
        (Interval.MONTH, 3, Fraction(400)),
        (Interval.YEAR, 1, Fraction(100)),
        (Interval.YEAR, 2, Fraction(50)),
        (Interval.WEEK, 1, Fraction(5200)),
        (Interval.WEEK, 2, Fraction(2600)),
        (Interval.DAY, 1, Fraction(36500)),
    ],
)
def test_every_interval_as_stripe_normalises_it(
    interval: Interval, count: int, mrr: Fraction
) -> None:
    sold = plan(item(1200, interval, count))
    assert monthly(sold, START) == mrr
    assert value(sold, 12) == mrr * 12


def test_a_yearly_plan_counts_once_in_its_first_twelve_months() -> None:
    assert value(plan(item(120_000, Interval.YEAR)), 12) == 120_000
    assert value(plan(item(120_000, Interval.YEAR)), 36) == 360_000


def test_two_years_paid_at_once_count_half_in_the_first() -> None:
    assert value(plan(item(240_000, Interval.YEAR, 2)), 12) == 120_000


def test_items_of_different_intervals_add_up() -> None:
    sold = plan(item(1000), item(12_000, Interval.YEAR), item(3000, Interval.MONTH, 3))
    assert monthly(sold, START) == 3000
    assert value(sold, 12) == 36_000
    assert first_invoice(sold) == 16_000


@given(st.integers(0, 10**9), st.integers(1, 1000))
def test_twelve_months_are_a_year(minor: int, quantity: int) -> None:
    by_month = plan(item(minor, quantity=quantity))
    by_year = plan(item(12 * minor, Interval.YEAR, quantity=quantity))
    assert monthly(by_month, START) == monthly(by_year, START)
    assert value(by_month, 12) == value(by_year, 12)


@given(st.integers(0, 10**9), st.integers(1, 1000), st.sampled_from(["usd", "jpy", "kwd"]))
def test_the_arr_of_a_yearly_plan_is_its_price(minor: int, quantity: int, currency: str) -> None:
    sold = plan(item(minor, Interval.YEAR, quantity=quantity))
    assert round_major(monthly(sold, START) * 12, currency) == to_major(minor * quantity, currency)


class TestDiscounts:
    def test_only_those_that_last_forever_lower_mrr(self) -> None:
        assert monthly(plan(item(1000), discounts=(percent(20),)), START) == 800
        assert monthly(plan(item(1000), discounts=(percent(20, Duration.ONCE),)), START) == 1000
        repeating = percent(20, Duration.REPEATING, end=3)
        assert monthly(plan(item(1000), discounts=(repeating,)), START) == 1000

    def test_repeating_ones_lower_mrr_while_they_last_where_the_company_says_so(self) -> None:
        sold = plan(item(1000), discounts=(percent(20, Duration.REPEATING, end=3),))
        assert monthly(sold, add_months(START, 2), count_repeating=True) == 800
        assert monthly(sold, add_months(START, 3), count_repeating=True) == 1000

    def test_a_free_first_month_leaves_eleven_to_pay(self) -> None:
        sold = plan(item(1000), discounts=(percent(100, Duration.ONCE),))
        assert value(sold, 12) == 11_000
        assert first_invoice(sold) == 0

    def test_once_comes_off_one_invoice_of_a_yearly_plan(self) -> None:
        sold = plan(item(12_000, Interval.YEAR), discounts=(percent(25, Duration.ONCE),))
        assert value(sold, 12) == 9_000
        assert value(sold, 36) == 33_000

    def test_once_waits_for_an_invoice_that_has_something_to_pay(self) -> None:
        free, paid = item(0), replace(item(5000, Interval.MONTH), product="other")
        only = Discount(Duration.ONCE, percent_off=Decimal(50), products=frozenset({"other"}))
        assert value(plan(free, paid, discounts=(only,)), 12) == 5000 * 11 + 2500
        assert value(plan(free, discounts=(percent(50, Duration.ONCE),)), 12) == 0

    def test_once_is_not_used_up_by_an_invoice_of_nothing(self) -> None:
        # In month 1 only the free item is due, in month 3 the paid one too.
        sold = plan(
            item(0), item(1000, Interval.MONTH, 3), discounts=(percent(50, Duration.ONCE, start=1),)
        )
        assert value(sold, 12) == 3 * 1000 + 500

    def test_a_repeating_one_covers_the_invoices_of_its_window(self) -> None:
        three = percent(50, Duration.REPEATING, end=3)
        assert value(plan(item(1000), discounts=(three,)), 12) == 3 * 500 + 9 * 1000
        # Four months on a yearly plan cover the whole first year: there is but one invoice.
        four = percent(50, Duration.REPEATING, end=4)
        assert value(plan(item(12_000, Interval.YEAR), discounts=(four,)), 12) == 6_000

    def test_a_later_one_covers_nothing_before_it(self) -> None:
        assert value(plan(item(1000), discounts=(percent(50, start=6),)), 12) == 9_000
        assert value(plan(item(1000), discounts=(percent(50, start=14),)), 12) == 12_000

    def test_an_amount_comes_off_each_invoice(self) -> None:
        assert monthly(plan(item(1000), discounts=(taken(100),)), START) == 900
        assert monthly(plan(item(12_000, Interval.YEAR), discounts=(taken(1200),)), START) == 900
        sold = plan(item(1000), item(12_000, Interval.YEAR), discounts=(taken(100),))
        assert value(sold, 12) == 24_000 - 12 * 100
        assert monthly(sold, START) == 2000 - 100

    def test_an_amount_is_shared_by_the_items_in_proportion(self) -> None:
        assert invoice([item(3000), item(1000)], [taken(400)]) == [2700, 900]

    def test_an_amount_larger_than_the_invoice_leaves_zero(self) -> None:
        assert value(plan(item(100), discounts=(taken(1_000_000),)), 12) == 0

    def test_one_for_some_products_leaves_the_others_alone(self) -> None:
        other = replace(item(1000), product="other")
        only = Discount(Duration.FOREVER, percent_off=Decimal(50), products=frozenset({"other"}))
        assert invoice([item(1000), other], [only]) == [1000, 500]

    def test_an_items_own_comes_off_before_the_subscriptions(self) -> None:
        own = replace(item(1000), discounts=(taken(200),))
        assert invoice([own], [percent(50)]) == [400]

    def test_percentages_are_exact(self) -> None:
        sold = plan(item(9999), discounts=(percent("33.333"),))
        assert monthly(sold, START) == Fraction(9999) * Fraction("0.66667")
        assert round_major(monthly(sold, START), "USD") == Decimal("66.66")


@given(plans, st.integers(1, 36))
def test_nothing_is_below_zero_or_above_the_list_price(sold: Plan, term: int) -> None:
    listed = replace(sold, discounts=())
    assert 0 <= monthly(sold, START) <= monthly(listed, START)
    assert 0 <= value(sold, term) <= value(listed, term)
    assert 0 <= first_invoice(sold) <= first_invoice(listed)


@given(plans, st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(sold: Plan, shuffle: object) -> None:
    mixed = list(sold.items)
    shuffle.shuffle(mixed)  # type: ignore[attr-defined]
    other = replace(sold, items=tuple(mixed))
    assert monthly(sold, START) == monthly(other, START)
    assert value(sold, 12) == value(other, 12)
    assert first_invoice(sold) == first_invoice(other)


@given(st.lists(items, min_size=1, max_size=5), st.integers(0, 100))
def test_the_whole_is_the_sum_of_its_items(sold: list[Item], off: int) -> None:
    discount = (percent(off),)
    assert monthly(plan(*sold, discounts=discount), START) == sum(
        monthly(plan(each, discounts=discount), START) for each in sold
    )
    assert value(plan(*sold, discounts=discount), 24) == sum(
        value(plan(each, discounts=discount), 24) for each in sold
    )


@given(plans)
def test_all_is_exact_and_nothing_is_float(sold: Plan) -> None:
    for number in (monthly(sold, START), value(sold, 12), first_invoice(sold)):
        assert isinstance(number, Fraction | int)
        assert not isinstance(number, float)
        assert isinstance(round_major(Fraction(number), "USD"), Decimal)


@given(
    st.lists(
        st.tuples(st.integers(1, 10**6), st.sampled_from([1, 2, 3, 4, 6, 12])),
        min_size=1,
        max_size=3,
    ),
    st.lists(
        st.tuples(
            st.booleans(), st.integers(1, 100), DURATIONS, st.integers(0, 14), st.integers(1, 14)
        ),
        max_size=2,
    ),
    st.sampled_from([12, 24, 36]),
)
@settings(max_examples=100)
def test_the_value_of_a_term_is_what_its_invoices_come_to(
    sold: list[tuple[int, int]],
    given_discounts: list[tuple[bool, int, Duration, int, int]],
    term: int,
) -> None:
    """Against a walk through the months, which knows months as numbers and nothing of dates."""
    total = Fraction(0)
    used: set[int] = set()
    for month in range(term):
        amounts = [Fraction(minor) for minor, every in sold if month % every == 0]
        for nth, (is_percent, off, duration, begins, lasts) in enumerate(given_discounts):
            over = duration is Duration.REPEATING and month >= begins + lasts
            if not amounts or month < begins or over or nth in used:
                continue
            before = sum(amounts)
            if duration is Duration.ONCE:
                used.add(nth)
            if before == 0:
                continue
            off_total = before * off / 100 if is_percent else min(Fraction(off * 100), before)
            amounts = [each - off_total * each / before for each in amounts]
        total += sum(amounts)

    listed = tuple(
        (percent if is_percent else taken)(
            off if is_percent else off * 100,
            duration,
            start=begins,
            **({"end": begins + lasts} if duration is Duration.REPEATING else {}),
        )
        for is_percent, off, duration, begins, lasts in given_discounts
    )
    items = [item(minor, Interval.MONTH, every) for minor, every in sold]
    assert value(plan(*items, discounts=listed), term) == total


@given(st.dates(dt.date(2000, 1, 1), dt.date(2030, 12, 31)), st.integers(0, 120))
def test_months_later_is_the_same_day_or_the_months_last(day: dt.date, later: int) -> None:
    start = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
    end = add_months(start, later)
    assert (end.year - start.year) * 12 + end.month - start.month == later
    assert end.day == start.day or (end + dt.timedelta(days=1)).day == 1
