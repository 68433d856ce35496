"""Due dates, what tells of them, and invoices that are given up or cannot become final."""

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


async def test_a_bad_debt_that_there_is_no_card_for_stays_one(rig, api, sale, subscribe):
    subscription = await subscribe(collection_method="send_invoice", days_until_due=30)
    await rig.advance(3600)
    method = sale.customer.invoice_settings.default_payment_method
    await api.v1.payment_methods.detach_async(method)
    invoice = await api.v1.invoices.mark_uncollectible_async(subscription.latest_invoice)
    with pytest.raises(stripe.InvalidRequestError, match="no `default_payment_method`"):
        await api.v1.invoices.pay_async(invoice.id)
    assert (await latest(api, subscription)).status == "uncollectible"


async def test_a_draft_that_is_deleted_falls_due_no_more(rig, api, sale):
    customer = {"customer": sale.customer.id}
    invoice = await api.v1.invoices.create_async({**customer, "auto_advance": True})
    await api.v1.invoices.delete_async(invoice.id)
    assert (await rig.advance(7200))["events"] == 0


async def test_an_automation_tells_of_the_due_date_before_and_after(rig, api, subscribe):
    await rig.control("POST", "/settings", {"will_be_due_days": 3})
    await subscribe(collection_method="send_invoice", days_until_due=30)
    await rig.advance(3600, days=27)
    assert rig.types()[-1] == "invoice.will_be_due"
    await rig.advance(days=3)
    assert "invoice.overdue" in rig.types()


async def test_without_an_automation_the_subscription_and_the_customer_tell_of_it(
    rig, api, sale, subscribe
):
    await rig.control("POST", "/settings", {"overdue_events": False})
    subscription = await subscribe(collection_method="send_invoice", days_until_due=30)
    await rig.advance(3600, days=30)
    assert "invoice.overdue" not in rig.types()
    assert rig.types()[-2:] == ["customer.subscription.updated", "customer.updated"]
    shown = await api.v1.subscriptions.retrieve_async(subscription.id)
    assert shown.status == "past_due"
    assert (await api.v1.customers.retrieve_async(sale.customer.id)).delinquent is True


async def test_a_draft_that_cannot_become_final_says_why(rig, api, subscribe):
    subscription = await subscribe()
    await rig.control("POST", "/settings", {"fail_finalizations": 1})
    await rig.to(at(2026, 2, 28, 14))
    assert rig.types()[-1] == "invoice.finalization_failed"
    invoice = await latest(api, subscription)
    assert invoice.status == "draft"
    assert invoice.last_finalization_error.message == "The customer's location isn't recognized."
    invoice = await api.v1.invoices.finalize_invoice_async(invoice.id)
    assert (invoice.status, invoice.last_finalization_error) == ("open", None)
