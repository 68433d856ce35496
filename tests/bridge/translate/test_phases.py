"""What a subscription schedule brings is what is coming."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bridge.to_salesforce.translate import Kind

UPDATED = "customer.subscription.updated"
T0 = 1767225600
FEB, MAR = 1769904000, 1772323200
"""The golden subscription's period ends with January."""


def phase(start: int, end: int, price: str = "price_team", **more: Any) -> dict[str, Any]:
    item = {"price": price, "plan": price, "quantity": 20, "discounts": [], "tax_rates": []}
    return {"start_date": start, "end_date": end, "items": [item], "discounts": []} | more


@pytest.fixture
def coming(golden: Any, rows: Any, stripe: Any) -> Any:
    """What is coming of a subscription that follows a schedule of these phases."""

    def coming(*phases: Any, end: str = "release", shape: str = "endive") -> dict[str, Any]:
        schedule = {"id": "sub_sched_1", "object": "subscription_schedule", "end_behavior": end}
        stripe.answers[Kind.SCHEDULE, "sub_sched_1"] = schedule | {"phases": list(phases)}
        found = rows(golden(UPDATED, shape, schedule="sub_sched_1"))
        return {key.split(":")[2]: row for key, row in found.items() if key.startswith("next:")}

    return coming


@pytest.mark.parametrize("shape", ["acacia", "endive"])
def test_the_next_phase_is_billed_when_this_one_ends(coming: Any, shape: str) -> None:
    found = coming(phase(T0, FEB), phase(FEB, MAR), shape=shape)
    assert set(found) == {"month"}
    assert (found["month"].amount_due, found["month"].due_date) == (
        Decimal("980.00"),
        dt.date(2026, 1, 31),
    )


def test_a_phase_further_off_changes_nothing_yet(coming: Any) -> None:
    assert coming(phase(T0, MAR), phase(MAR, MAR + 1))["month"].amount_due == Decimal("392.00")


def test_its_coupons_count(coming: Any) -> None:
    again = {"discounts": [{"coupon": "LAUNCH20", "discount": None, "promotion_code": None}]}
    assert coming(phase(FEB, MAR, **again))["month"].amount_due == Decimal("784.00")
    kept = {"discounts": [{"coupon": None, "discount": "di_launch", "promotion_code": None}]}
    assert coming(phase(FEB, MAR, **kept))["month"].amount_due == Decimal("784.00")


def test_another_interval_takes_the_old_ones_place_until_it_has_begun(
    coming: Any, stripe: Any
) -> None:
    yearly = {"id": "price_year", "unit_amount": 49_000, "unit_amount_decimal": "49000"}
    yearly |= {"recurring": {"interval": "year", "interval_count": 1, "usage_type": "licensed"}}
    stripe.answers[Kind.PRICE, "price_year"] = stripe.answers[Kind.PRICE, "price_team"] | yearly
    found = coming(phase(FEB, MAR, "price_year"))
    # A schedule can be let go without a trace: nothing would void a row of the year.
    assert set(found) == {"month"}
    row = found["month"]
    assert (row.status, row.interval, row.amount_due) == ("Upcoming", "year", Decimal("9800.00"))


@pytest.mark.parametrize(("end", "status"), [("cancel", "Void"), ("release", "Upcoming")])
def test_a_schedule_that_cancels_has_no_more_to_come(coming: Any, end: str, status: str) -> None:
    assert coming(phase(T0, FEB), end=end)["month"].status == status
    assert coming(phase(T0, FEB), phase(FEB, MAR), end=end)["month"].status == "Upcoming"


def test_a_phase_that_cannot_be_told_does_not_hold_up_the_subscription(
    coming: Any, stripe: Any
) -> None:
    stripe.answers[Kind.PRICE, "price_gone"] = None
    found = coming(phase(FEB, MAR, "price_gone"))
    assert found["month"].amount_due == Decimal("392.00")


def test_a_schedule_that_changes_writes_its_subscription(
    golden: Any, rows: Any, stripe: Any
) -> None:
    changed = {"id": "sub_sched_1", "object": "subscription_schedule", "subscription": "sub_team"}
    event = replace(golden(UPDATED), type="subscription_schedule.updated", object=changed)
    stripe.answers[Kind.SUBSCRIPTION, "sub_team"]["schedule"] = "sub_sched_1"
    stripe.answers[Kind.SCHEDULE, "sub_sched_1"] = changed | {
        "end_behavior": "release",
        "phases": [phase(FEB, MAR)],
    }
    assert rows(event)["next:sub_team:month"].amount_due == Decimal("980.00")
