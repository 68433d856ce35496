"""Subscriptions over time: renewals, trials, dunning, pauses, ends."""

from __future__ import annotations

import datetime as dt

import pytest
import stripe
from stripe import StripeClient

DAY = 86_400


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


async def use_card(rig, sale, code: str | None) -> None:
    method = sale.customer.invoice_settings.default_payment_method
    await rig.control("POST", f"/payment_methods/{method}", {"declines_with": code})


async def test_the_31st_comes_back_after_february(rig, api, subscribe):
    subscription = await subscribe()
    ends = []
    for _ in range(3):
        item = (await api.v1.subscriptions.retrieve_async(subscription.id))["items"].data[0]
        ends.append(item.current_period_end)
        await rig.to(item.current_period_end)
    assert ends == [at(2026, 2, 28), at(2026, 3, 31), at(2026, 4, 30)]


async def test_a_renewal_is_a_draft_for_an_hour_and_then_paid(rig, api, subscribe):
    subscription = await subscribe()
    await rig.to(at(2026, 2, 28))
    invoice = await latest(api, subscription)
    assert (invoice.status, invoice.billing_reason) == ("draft", "subscription_cycle")
    assert (invoice.period_start, invoice.period_end) == (at(2026, 1, 31), at(2026, 2, 28))
    period = invoice.lines.data[0].period
    assert (period.start, period.end) == (at(2026, 2, 28), at(2026, 3, 31))
    await rig.advance(3600)
    invoice = await latest(api, subscription)
    assert (invoice.status, invoice.attempt_count) == ("paid", 1)
    created = {event.type: event.created for event in rig.world.events}
    assert created["invoice.created"] == at(2026, 2, 28)
    assert created["invoice.paid"] == at(2026, 2, 28, 13)


async def test_a_year_in_one_step_bills_twelve_times_at_the_right_moments(rig, api, subscribe):
    subscription = await subscribe()
    await rig.to(at(2027, 1, 31, 11))
    page = await api.v1.invoices.list_async({"subscription": subscription.id, "limit": 100})
    assert [invoice.status for invoice in page.data] == ["paid"] * 12
    stamps = [event.created for event in rig.world.events]
    assert stamps == sorted(stamps)


async def test_a_failed_renewal_is_past_due_and_retried_by_schedule(rig, api, sale, subscribe):
    subscription = await subscribe()
    await use_card(rig, sale, "insufficient_funds")
    start = len(rig.world.events)
    await rig.to(at(2026, 2, 28, 13))
    invoice = await latest(api, subscription)
    assert (invoice.status, invoice.attempt_count) == ("open", 1)
    assert invoice.next_payment_attempt == at(2026, 3, 3, 13)
    shown = await api.v1.subscriptions.retrieve_async(subscription.id)
    assert shown.status == "past_due"
    assert "invoice.payment_failed" in rig.types(start)
    assert "charge.failed" in rig.types(start)

    await rig.advance(days=3)
    assert (await latest(api, subscription)).attempt_count == 2
    await use_card(rig, sale, None)
    await rig.advance(days=5)
    invoice = await latest(api, subscription)
    assert (invoice.status, invoice.attempt_count) == ("paid", 3)
    shown = await api.v1.subscriptions.retrieve_async(subscription.id)
    assert shown.status == "active"


async def test_after_the_last_retry_the_subscription_is_canceled(rig, api, sale, subscribe):
    subscription = await subscribe()
    await use_card(rig, sale, "generic_decline")
    await rig.to(at(2026, 3, 20))
    shown = await api.v1.subscriptions.retrieve_async(subscription.id)
    assert shown.status == "canceled"
    assert shown.cancellation_details.reason == "payment_failed"
    invoice = await latest(api, subscription)
    assert (invoice.status, invoice.attempt_count, invoice.auto_advance) == ("open", 4, False)
    assert rig.types()[-1] == "customer.subscription.deleted"


@pytest.mark.parametrize("setting", ["unpaid", "past_due"])
async def test_after_the_last_retry_the_setting_says_what_follows(
    rig, api, sale, subscribe, setting
):
    await rig.control("POST", "/settings", {"after_retries": setting})
    subscription = await subscribe()
    await use_card(rig, sale, "generic_decline")
    await rig.to(at(2026, 3, 20))
    shown = await api.v1.subscriptions.retrieve_async(subscription.id)
    assert shown.status == setting


async def test_a_subscription_may_fare_otherwise_than_the_setting_says(rig, api, sale, subscribe):
    special, usual = await subscribe(), await subscribe()
    await rig.control("POST", f"/subscriptions/{special.id}", {"after_retries": "unpaid"})
    await use_card(rig, sale, "generic_decline")
    await rig.to(at(2026, 3, 20))
    shown = [await api.v1.subscriptions.retrieve_async(each.id) for each in (special, usual)]
    assert [each.status for each in shown] == ["unpaid", "canceled"]


async def test_a_hard_declined_card_is_not_tried_again(rig, api, sale, subscribe):
    await subscribe()
    await use_card(rig, sale, "stolen_card")
    await rig.to(at(2026, 3, 20))
    charges = await api.v1.charges.list_async({"customer": sale.customer.id})
    assert [charge.status for charge in charges.data] == ["failed", "succeeded"]


async def test_a_manual_attempt_does_not_count(rig, api, sale, subscribe):
    subscription = await subscribe()
    await use_card(rig, sale, "generic_decline")
    await rig.to(at(2026, 2, 28, 13))
    invoice = await latest(api, subscription)
    with pytest.raises(stripe.CardError):
        await api.v1.invoices.pay_async(invoice.id)
    assert (await latest(api, subscription)).attempt_count == 1
    await use_card(rig, sale, None)
    paid = await api.v1.invoices.pay_async(invoice.id)
    assert (paid.status, paid.attempt_count) == ("paid", 1)


async def test_an_unpaid_first_invoice_leaves_incomplete_and_expires(rig, api, sale, subscribe):
    await use_card(rig, sale, "generic_decline")
    subscription = await subscribe()
    assert subscription.status == "incomplete"
    await rig.advance(23 * 3600 - 1)
    assert (await api.v1.subscriptions.retrieve_async(subscription.id)).status == "incomplete"
    await rig.advance(1)
    shown = await api.v1.subscriptions.retrieve_async(subscription.id)
    assert shown.status == "incomplete_expired"
    assert (await latest(api, subscription)).status == "void"


async def test_confirming_the_first_intent_with_a_good_card_activates(rig, api, sale, subscribe):
    subscription = await subscribe(
        payment_behavior="default_incomplete", expand=["latest_invoice.payments"]
    )
    assert subscription.status == "incomplete"
    intent = subscription.latest_invoice.payments.data[0].payment.payment_intent
    await api.v1.payment_intents.confirm_async(intent, {"payment_method": "pm_card_visa"})
    assert (await api.v1.subscriptions.retrieve_async(subscription.id)).status == "active"


async def test_error_if_incomplete_keeps_nothing(rig, api, sale, subscribe):
    await use_card(rig, sale, "generic_decline")
    with pytest.raises(stripe.CardError) as refusal:
        await subscribe(payment_behavior="error_if_incomplete")
    assert refusal.value.code == "card_declined"
    assert (await api.v1.subscriptions.list_async({"status": "all"})).data == []


async def test_without_a_card_there_is_nothing_to_charge(api, sale):
    customer = await api.v1.customers.create_async({})
    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
        await api.v1.subscriptions.create_async(
            {"customer": customer.id, "items": [{"price": sale.price.id}]}
        )


async def test_a_trial_costs_nothing_and_then_bills(rig, api, subscribe):
    subscription = await subscribe(trial_period_days=14)
    assert subscription.status == "trialing"
    assert (await latest(api, subscription)).amount_due == 0
    start = len(rig.world.events)
    await rig.advance(days=11)
    assert rig.types(start) == ["customer.subscription.trial_will_end"]
    await rig.advance(3600, days=3)
    shown = await api.v1.subscriptions.retrieve_async(subscription.id)
    assert shown.status == "active"
    invoice = await latest(api, subscription)
    assert (invoice.status, invoice.amount_paid) == ("paid", 9900)
    assert invoice.lines.data[0].period.start == subscription.trial_end


@pytest.mark.parametrize(("behavior", "status"), [("cancel", "canceled"), ("pause", "paused")])
async def test_a_trial_without_a_card_ends_as_told(rig, api, sale, behavior, status):
    customer = await api.v1.customers.create_async({})
    subscription = await api.v1.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": sale.price.id}],
            "trial_period_days": 7,
            "trial_settings": {"end_behavior": {"missing_payment_method": behavior}},
        }
    )
    await rig.advance(days=7)
    assert (await api.v1.subscriptions.retrieve_async(subscription.id)).status == status


async def test_cancel_at_period_end_ends_then_and_not_before(rig, api, subscribe):
    subscription = await subscribe()
    shown = await api.v1.subscriptions.update_async(subscription.id, {"cancel_at_period_end": True})
    assert (shown.status, shown.cancel_at) == ("active", at(2026, 2, 28))
    await rig.to(at(2026, 2, 28))
    shown = await api.v1.subscriptions.retrieve_async(subscription.id)
    assert (shown.status, shown.ended_at) == ("canceled", at(2026, 2, 28))
    assert shown.cancellation_details.reason == "cancellation_requested"


async def test_a_canceled_subscription_is_listed_only_when_asked_for(rig, api, subscribe):
    subscription = await subscribe()
    await api.v1.subscriptions.cancel_async(
        subscription.id, {"cancellation_details": {"feedback": "too_expensive"}}
    )
    assert rig.types()[-1] == "customer.subscription.deleted"
    assert (await api.v1.subscriptions.list_async()).data == []
    rows = (await api.v1.subscriptions.list_async({"status": "all"})).data
    assert [row.cancellation_details.feedback for row in rows] == ["too_expensive"]
    with pytest.raises(stripe.InvalidRequestError):
        await api.v1.subscriptions.update_async(subscription.id, {"cancel_at_period_end": True})


@pytest.mark.parametrize(
    ("behavior", "status"),
    [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")],
)
async def test_paused_collection_leaves_the_subscription_active(
    rig, api, subscribe, behavior, status
):
    subscription = await subscribe()
    await api.v1.subscriptions.update_async(
        subscription.id, {"pause_collection": {"behavior": behavior}}
    )
    await rig.to(at(2026, 2, 28, 14))
    shown = await api.v1.subscriptions.retrieve_async(subscription.id)
    assert shown.status == "active"
    assert (await latest(api, subscription)).status == status


async def test_an_invoice_sent_is_active_before_anyone_paid(rig, api, sale, subscribe):
    subscription = await subscribe(collection_method="send_invoice", days_until_due=30)
    assert subscription.status == "active"
    await rig.advance(3600)
    invoice = await latest(api, subscription)
    assert (invoice.status, invoice.due_date) == ("open", at(2026, 1, 31, 13) + 30 * DAY)
    await rig.advance(days=30)
    assert "invoice.overdue" in rig.types()
    invoice = await api.v1.invoices.pay_async(invoice.id, {"paid_out_of_band": True})
    assert invoice.status == "paid"
    shown = await api.v1.invoices.retrieve_async(invoice.id, {"expand": ["amount_paid_off_stripe"]})
    assert shown.amount_paid_off_stripe == 9900
    totals = (await rig.control("GET", "/book"))["totals"][0]
    assert (totals["gross"], totals["out_of_band"]) == (9900, 9900)
    payments = await api.v1.invoice_payments.list_async({"invoice": invoice.id})
    assert sorted((row.payment.type, row.status) for row in payments.data) == [
        ("payment_intent", "canceled"),
        ("payment_record", "paid"),
    ]


async def test_an_upgrade_is_prorated_by_the_second(rig, api, sale, subscribe):
    subscription = await subscribe()
    await rig.to(at(2026, 2, 14))
    item = subscription["items"].data[0].id
    await api.v1.subscriptions.update_async(
        subscription.id,
        {"items": [{"id": item, "quantity": 3}], "proration_behavior": "always_invoice"},
    )
    invoice = await latest(api, subscription)
    assert (invoice.billing_reason, invoice.status) == ("subscription_update", "paid")
    amounts = [line.amount for line in invoice.lines.data]
    assert amounts == [-4950, 14850]
    assert all(line.parent.subscription_item_details.proration for line in invoice.lines.data)


async def test_a_pending_proration_waits_for_the_next_invoice(rig, api, sale, subscribe):
    subscription = await subscribe()
    await rig.to(at(2026, 2, 14))
    item = subscription["items"].data[0].id
    await api.v1.subscriptions.update_async(
        subscription.id, {"items": [{"id": item, "quantity": 2}]}
    )
    await rig.to(at(2026, 2, 28, 13))
    invoice = await latest(api, subscription)
    assert invoice.amount_paid == 2 * 9900 + 9900 // 2


async def test_items_of_different_intervals_have_their_own_periods(rig, api, sale):
    yearly = await api.v1.prices.create_async(
        {
            "product": sale.product.id,
            "currency": "usd",
            "unit_amount": 50000,
            "recurring": {"interval": "year"},
        }
    )
    subscription = await api.v1.subscriptions.create_async(
        {
            "customer": sale.customer.id,
            "items": [{"price": sale.price.id}, {"price": yearly.id}],
        }
    )
    assert (await latest(api, subscription)).amount_paid == 59900
    await rig.to(at(2026, 2, 28, 13))
    assert (await latest(api, subscription)).amount_paid == 9900
    await rig.to(at(2027, 1, 31, 13))
    assert (await latest(api, subscription)).amount_paid == 59900


async def test_deleting_a_customer_cancels_its_subscriptions(rig, api, sale, subscribe):
    subscription = await subscribe()
    await api.v1.customers.delete_async(sale.customer.id)
    assert (await api.v1.subscriptions.retrieve_async(subscription.id)).status == "canceled"
    assert (await api.v1.customers.retrieve_async(sale.customer.id)).deleted is True


@pytest.mark.parametrize("succeed", [True, False])
async def test_a_card_that_wants_3d_secure_waits_for_the_customer(rig, api, sale, succeed):
    method = await api.v1.payment_methods.attach_async(
        "pm_card_authenticationRequired", {"customer": sale.customer.id}
    )
    start = len(rig.world.events)
    subscription = await api.v1.subscriptions.create_async(
        {
            "customer": sale.customer.id,
            "items": [{"price": sale.price.id}],
            "default_payment_method": method.id,
            "expand": ["latest_invoice.payments"],
        }
    )
    assert subscription.status == "incomplete"
    assert "invoice.payment_action_required" in rig.types(start)
    intent = subscription.latest_invoice.payments.data[0].payment.payment_intent
    waiting = await api.v1.payment_intents.retrieve_async(intent)
    assert (waiting.status, waiting.latest_charge) == ("requires_action", None)
    await rig.control("POST", f"/payment_intents/{intent}/authenticate", {"succeed": succeed})
    shown = await api.v1.subscriptions.retrieve_async(subscription.id)
    assert shown.status == ("active" if succeed else "incomplete")
    assert ("invoice.paid" in rig.types(start)) is succeed


async def test_an_upgrade_to_another_price_takes_it_from_the_next_period(rig, api, sale, subscribe):
    subscription = await subscribe()
    better = await api.v1.prices.create_async(
        {
            "product": sale.product.id,
            "currency": "usd",
            "unit_amount": 19900,
            "recurring": {"interval": "month"},
        }
    )
    item = subscription["items"].data[0].id
    shown = await api.v1.subscriptions.update_async(
        subscription.id,
        {"items": [{"id": item, "price": better.id}], "proration_behavior": "none"},
    )
    assert [(row.id, row.price.id) for row in shown["items"].data] == [(item, better.id)]
    await rig.to(at(2026, 2, 28, 13))
    assert (await latest(api, subscription)).amount_paid == 19900


async def test_an_item_can_be_added_and_taken_away(rig, api, sale, subscribe):
    subscription = await subscribe()
    addon = await api.v1.prices.create_async(
        {
            "product": sale.product.id,
            "currency": "usd",
            "unit_amount": 1000,
            "recurring": {"interval": "month"},
        }
    )
    await rig.to(at(2026, 2, 14))
    shown = await api.v1.subscriptions.update_async(
        subscription.id, {"items": [{"price": addon.id, "quantity": 2}]}
    )
    ends = {row.current_period_end for row in shown["items"].data}
    assert (len(shown["items"].data), ends) == (2, {at(2026, 2, 28)})
    pending = await api.v1.invoice_items.list_async({"pending": True})
    assert [row.amount for row in pending.data] == [1000]
    added = next(row.id for row in shown["items"].data if row.price.id == addon.id)
    shown = await api.v1.subscriptions.update_async(
        subscription.id, {"items": [{"id": added, "deleted": True}]}
    )
    assert len(shown["items"].data) == 1
    pending = await api.v1.invoice_items.list_async({"pending": True})
    assert sum(row.amount for row in pending.data) == 0
