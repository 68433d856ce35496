"""Subscription schedules: phases that begin with a period, and what comes after the last."""

from __future__ import annotations

import datetime as dt

import pytest
import stripe


def at(year: int, month: int, day: int, hour: int = 12) -> int:
    return int(dt.datetime(year, month, day, hour, tzinfo=dt.UTC).timestamp())


FEB, MAR, APR = at(2026, 2, 28), at(2026, 3, 31), at(2026, 4, 30)


@pytest.fixture
async def scheduled(rig, api, sale):
    """A subscription of one seat that goes to three in the second phase."""

    async def create(end_behavior: str = "release"):
        sold = await api.v1.subscriptions.create_async(
            {"customer": sale.customer.id, "items": [{"price": sale.price.id}]}
        )
        made = await api.v1.subscription_schedules.create_async({"from_subscription": sold.id})
        coupon = await api.v1.coupons.create_async({"percent_off": 50, "duration": "forever"})
        phases = [
            {
                "start_date": made.phases[0].start_date,
                "end_date": FEB,
                "items": [{"price": sale.price.id, "quantity": 1}],
            },
            {
                "start_date": FEB,
                "end_date": APR,
                "items": [{"price": sale.price.id, "quantity": 3}],
                "discounts": [{"coupon": coupon.id}],
            },
        ]
        changed = {"phases": phases, "end_behavior": end_behavior}
        return sold, await api.v1.subscription_schedules.update_async(made.id, changed)

    return create


async def test_a_phase_takes_effect_before_its_first_bill(rig, api, scheduled):
    sold, schedule = await scheduled()
    assert (schedule.status, len(schedule.phases)) == ("active", 2)
    assert (await api.v1.subscriptions.retrieve_async(sold.id)).schedule == schedule.id
    await rig.to(FEB + 3600)
    shown = await api.v1.subscriptions.retrieve_async(sold.id, {"expand": ["latest_invoice"]})
    assert shown["items"].data[0].quantity == 3
    assert shown["items"].data[0].id == sold["items"].data[0].id
    assert (shown.latest_invoice.status, shown.latest_invoice.amount_paid) == ("paid", 14850)
    assert "subscription_schedule.updated" in rig.types()


@pytest.mark.parametrize(("end", "status"), [("cancel", "canceled"), ("release", "active")])
async def test_after_the_last_phase_it_ends_or_goes_on(rig, api, scheduled, end, status):
    sold, schedule = await scheduled(end)
    await rig.to(APR + 3600)
    shown = await api.v1.subscriptions.retrieve_async(sold.id)
    assert shown.status == status
    schedule = await api.v1.subscription_schedules.retrieve_async(schedule.id)
    assert schedule.status == ("completed" if end == "cancel" else "released")
    assert "subscription_schedule.completed" in rig.types()


async def test_it_can_be_let_go_and_leaves_things_as_they_are(rig, api, scheduled):
    sold, schedule = await scheduled()
    schedule = await api.v1.subscription_schedules.release_async(schedule.id)
    assert (schedule.subscription, schedule.released_subscription) == (None, sold.id)
    await rig.to(FEB + 3600)
    shown = await api.v1.subscriptions.retrieve_async(sold.id)
    assert (shown["items"].data[0].quantity, shown.schedule) == (1, None)
    with pytest.raises(stripe.InvalidRequestError, match="released, not active"):
        await api.v1.subscription_schedules.cancel_async(schedule.id)


async def test_canceling_it_ends_the_subscription(api, scheduled):
    sold, schedule = await scheduled()
    await api.v1.subscription_schedules.cancel_async(schedule.id)
    assert (await api.v1.subscriptions.retrieve_async(sold.id)).status == "canceled"


async def test_a_phase_within_a_period_is_refused_by_name(api, sale, scheduled):
    _, schedule = await scheduled()
    phase = {
        "start_date": schedule.phases[0].start_date,
        "end_date": FEB - 86_400,
        "items": [{"price": sale.price.id}],
    }
    with pytest.raises(stripe.InvalidRequestError, match="unsupported by the stand-in"):
        await api.v1.subscription_schedules.update_async(schedule.id, {"phases": [phase]})
