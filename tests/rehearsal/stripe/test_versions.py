"""Each row of "where a fact lives" in the version before basil, and in the newest."""

from __future__ import annotations

import pytest
import stripe
from stripe import StripeClient

OLD, NEW = "2025-02-24.acacia", "2026-10-28.endive"


@pytest.fixture
async def deal(rig, api: StripeClient, sale):
    """A discounted, taxed subscription, paid."""
    rate = await api.v1.tax_rates.create_async(
        {"display_name": "VAT", "percentage": 10, "inclusive": False}
    )
    coupon = await api.v1.coupons.create_async({"percent_off": 50, "duration": "forever"})
    return await api.v1.subscriptions.create_async(
        {
            "customer": sale.customer.id,
            "items": [{"price": sale.price.id}],
            "discounts": [{"coupon": coupon.id}],
            "default_tax_rates": [rate.id],
            "metadata": {"salesforce_opportunity_id": "006"},
        }
    )


@pytest.fixture
async def invoices(rig, deal):
    path = f"/v1/invoices/{deal.latest_invoice}"
    return await rig.raw(path, OLD), await rig.raw(path, NEW)


async def test_invoice_names_its_subscription(deal, invoices):
    old, new = invoices
    assert old["subscription"] == deal.id
    assert old["subscription_details"]["metadata"] == {"salesforce_opportunity_id": "006"}
    assert "parent" not in old
    details = new["parent"]["subscription_details"]
    assert (new["parent"]["type"], details["subscription"]) == ("subscription_details", deal.id)
    assert details["metadata"] == {"salesforce_opportunity_id": "006"}
    assert "subscription" not in new
    assert "subscription_details" not in new


async def test_invoice_names_its_payment(rig, invoices):
    old, new = invoices
    assert old["charge"].startswith("ch_")
    assert old["payment_intent"].startswith("pi_")
    assert old["paid"] is True
    for gone in ("charge", "payment_intent", "paid", "payments"):
        assert gone not in new
    assert new["status"] == "paid"
    expanded = await rig.raw(f"/v1/invoices/{new['id']}?expand[]=payments", NEW)
    payment = expanded["payments"]["data"][0]
    assert payment["payment"] == {
        "type": "payment_intent",
        "payment_intent": old["payment_intent"],
    }
    assert (payment["amount_paid"], payment["status"]) == (5445, "paid")


async def test_charge_names_its_invoice(rig, invoices):
    old, _ = invoices
    charge = await rig.raw(f"/v1/charges/{old['charge']}", OLD)
    assert charge["invoice"] == old["id"]
    charge = await rig.raw(f"/v1/charges/{old['charge']}", NEW)
    assert "invoice" not in charge
    found = await rig.raw(
        "/v1/invoice_payments?payment[type]=payment_intent"
        f"&payment[payment_intent]={charge['payment_intent']}",
        NEW,
    )
    assert [row["invoice"] for row in found["data"]] == [old["id"]]


async def test_tax(invoices):
    old, new = invoices
    assert old["tax"] == 495
    assert [row["amount"] for row in old["total_tax_amounts"]] == [495]
    assert "total_taxes" not in old
    assert [row["amount"] for row in new["total_taxes"]] == [495]
    assert "tax" not in new


async def test_discount(rig, deal, invoices):
    old, new = invoices
    assert old["discount"]["coupon"]["percent_off"] == 50
    assert new["discounts"] == old["discounts"]
    assert "discount" not in new
    subscription = await rig.raw(f"/v1/subscriptions/{deal.id}", OLD)
    assert subscription["discount"]["coupon"]["percent_off"] == 50
    subscription = await rig.raw(f"/v1/subscriptions/{deal.id}?expand[]=discounts", NEW)
    assert "discount" not in subscription
    source = subscription["discounts"][0]["source"]
    assert source == {"coupon": old["discount"]["coupon"]["id"], "type": "coupon"}
    between = await rig.raw(f"/v1/subscriptions/{deal.id}?expand[]=discounts", "2025-03-31.basil")
    assert between["discounts"][0]["coupon"]["percent_off"] == 50


async def test_line(sale, deal, invoices):
    old, new = (invoice["lines"]["data"][0] for invoice in invoices)
    item = deal["items"].data[0].id
    assert (old["price"]["id"], old["plan"]["id"]) == (sale.price.id, sale.price.id)
    assert (old["type"], old["subscription_item"]) == ("subscription", item)
    assert old["proration"] is False
    assert new["pricing"]["price_details"] == {
        "price": sale.price.id,
        "product": sale.product.id,
    }
    parent = new["parent"]["subscription_item_details"]
    assert (parent["subscription_item"], parent["proration"]) == (item, False)
    for gone in ("price", "plan", "subscription_item", "proration", "type"):
        assert gone not in new


async def test_current_period(rig, deal):
    old = await rig.raw(f"/v1/subscriptions/{deal.id}", OLD)
    new = await rig.raw(f"/v1/subscriptions/{deal.id}", NEW)
    item = new["items"]["data"][0]
    assert (old["current_period_start"], old["current_period_end"]) == (
        item["current_period_start"],
        item["current_period_end"],
    )
    assert "current_period_end" not in new
    assert "current_period_end" not in old["items"]["data"][0]


async def test_refund_customer_and_credit_note_refund(rig, api, sale, deal, invoices):
    note = await api.v1.credit_notes.create_async(
        {"invoice": invoices[0]["id"], "amount": 100, "refund_amount": 100}
    )
    refund = note.refunds[0].refund
    old = await rig.raw(f"/v1/credit_notes/{note.id}", OLD)
    assert old["refund"] == refund
    assert "refunds" not in old
    assert "customer" not in await rig.raw(f"/v1/refunds/{refund}", OLD)
    assert (await rig.raw(f"/v1/refunds/{refund}", NEW))["customer"] == sale.customer.id


async def test_billing_mode_is_flexible_from_clover_on(rig, api, sale, deal):
    assert deal.billing_mode.type == "flexible"
    old = await rig.client(OLD).v1.subscriptions.create_async(
        {"customer": sale.customer.id, "items": [{"price": sale.price.id}]}
    )
    shown = await api.v1.subscriptions.retrieve_async(old.id)
    assert shown.billing_mode.type == "classic"


async def test_an_unknown_version_is_refused(rig):
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version"):
        await rig.client("2024-06-20").v1.accounts.retrieve_current_async()


async def test_invoice_payments_do_not_exist_before_basil(rig):
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        await rig.client(OLD).v1.invoice_payments.list_async()


async def test_each_endpoint_gets_its_own_version(rig, api, sale, endpoint):
    for version in (OLD, NEW):
        await api.v1.webhook_endpoints.create_async(
            {"url": endpoint.url, "enabled_events": ["invoice.paid"], "api_version": version}
        )
    await api.v1.subscriptions.create_async(
        {"customer": sale.customer.id, "items": [{"price": sale.price.id}]}
    )
    await rig.control("POST", "/flush")
    shapes = {e["api_version"]: "paid" in e["data"]["object"] for e in endpoint.events}
    assert shapes == {OLD: True, NEW: False}


async def test_the_events_api_keeps_the_version_of_creation(rig, api):
    await rig.control("POST", "/settings", {"api_version": OLD})
    await api.v1.customers.create_async({"email": "a@b.example"})
    await rig.control("POST", "/settings", {"api_version": NEW})
    events = await api.v1.events.list_async({"type": "customer.created"})
    assert events.data[0].api_version == OLD
    assert "customer_account" not in events.data[0].data.object
