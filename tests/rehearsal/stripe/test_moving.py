"""A subscription that moves to another interval."""

from __future__ import annotations

import datetime as dt

import pytest
import stripe
from stripe import StripeClient


def at(year: int, month: int, day: int, hour: int = 12) -> int:
    return int(dt.datetime(year, month, day, hour, tzinfo=dt.UTC).timestamp())


@pytest.fixture
async def subscribe(api: StripeClient, sale):
    async def create(**more):
        params = {"customer": sale.customer.id, "items": [{"price": sale.price.id}], **more}
        return await api.v1.subscriptions.create_async(params)

    return create


async def latest(api, subscription) -> stripe.Invoice:
    shown = await api.v1.subscriptions.retrieve_async(
        subscription.id, {"expand": ["latest_invoice"]}
    )
    return shown.latest_invoice


async def yearly_price(api, sale, amount: int = 99000) -> stripe.Price:
    return await api.v1.prices.create_async(
        {
            "product": sale.product.id,
            "currency": "usd",
            "unit_amount": amount,
            "recurring": {"interval": "year"},
        }
    )


async def test_moving_to_another_interval_bills_it_at_once(rig, api, sale, subscribe):
    subscription = await subscribe()
    yearly = await yearly_price(api, sale)
    await rig.to(at(2026, 2, 14))
    shown = await api.v1.subscriptions.update_async(
        subscription.id,
        {"items": [{"id": subscription["items"].data[0].id, "price": yearly.id}]},
    )
    item = shown["items"].data[0]
    assert (item.current_period_start, item.current_period_end) == (
        at(2026, 2, 14),
        at(2027, 2, 14),
    )
    assert shown.billing_cycle_anchor == at(2026, 2, 14)
    invoice = await latest(api, subscription)
    assert (invoice.status, invoice.billing_reason) == ("paid", "subscription_update")
    assert sorted(line.amount for line in invoice.lines.data) == [-4950, 99000]
    await rig.to(at(2027, 2, 14, 13))
    assert (await latest(api, subscription)).amount_paid == 99000


async def test_moving_during_a_trial_bills_nothing_and_keeps_its_end(rig, api, sale, subscribe):
    subscription = await subscribe(trial_period_days=14)
    yearly = await yearly_price(api, sale)
    await rig.advance(days=5)
    shown = await api.v1.subscriptions.update_async(
        subscription.id,
        {"items": [{"id": subscription["items"].data[0].id, "price": yearly.id}]},
    )
    assert shown.billing_cycle_anchor == subscription.trial_end
    assert shown["items"].data[0].current_period_end == subscription.trial_end
    assert (await latest(api, subscription)).id == subscription.latest_invoice
    await rig.advance(3600, days=9)
    assert (await latest(api, subscription)).amount_paid == 99000


async def test_moving_one_of_several_items_is_refused_by_name(api, sale, subscribe):
    addon = await api.v1.prices.create_async(
        {
            "product": sale.product.id,
            "currency": "usd",
            "unit_amount": 1000,
            "recurring": {"interval": "month"},
        }
    )
    subscription = await subscribe(items=[{"price": sale.price.id}, {"price": addon.id}])
    yearly = await yearly_price(api, sale)
    with pytest.raises(stripe.InvalidRequestError, match="unsupported by the stand-in"):
        await api.v1.subscriptions.update_async(
            subscription.id,
            {"items": [{"id": subscription["items"].data[0].id, "price": yearly.id}]},
        )
    shown = await api.v1.subscriptions.retrieve_async(subscription.id)
    assert {item.price.id for item in shown["items"].data} == {sale.price.id, addon.id}
