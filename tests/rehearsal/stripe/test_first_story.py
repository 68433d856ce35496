"""A deal is closed: customer, price, subscription paid by card, and its webhooks."""

from __future__ import annotations

import stripe
from stripe import StripeClient

OPPORTUNITY = "006000000000001AAA"


async def test_a_subscription_paid_by_card_is_active_and_its_money_is_booked(
    rig, api: StripeClient, sale
):
    subscription = await api.v1.subscriptions.create_async(
        {
            "customer": sale.customer.id,
            "items": [{"price": sale.price.id, "quantity": 2}],
            "metadata": {"salesforce_opportunity_id": OPPORTUNITY},
            "expand": ["latest_invoice.payments"],
        }
    )

    assert subscription.status == "active"
    assert subscription.metadata["salesforce_opportunity_id"] == OPPORTUNITY
    invoice = subscription.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == (
        "paid",
        19800,
        "subscription_create",
    )
    assert invoice.parent.subscription_details.subscription == subscription.id
    intent = await api.v1.payment_intents.retrieve_async(
        invoice.payments.data[0].payment.payment_intent
    )
    charge = await api.v1.charges.retrieve_async(intent.latest_charge)
    assert (charge.amount_captured, charge.captured, charge.balance_transaction) == (
        19800,
        True,
        None,
    )
    totals = (await rig.control("GET", "/book"))["totals"]
    assert [(t["customer"], t["gross"], t["net"]) for t in totals] == [
        (sale.customer.id, 19800, 19800)
    ]


async def test_events_tell_the_story_in_order(rig, api: StripeClient, sale):
    start = len(rig.world.events)
    await api.v1.subscriptions.create_async(
        {"customer": sale.customer.id, "items": [{"price": sale.price.id}]}
    )
    await rig.advance(600)

    assert rig.types(start) == [
        "customer.subscription.created",
        "invoice.created",
        "customer.updated",
        "payment_intent.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.updated",
        "charge.updated",
    ]


async def test_the_balance_transaction_comes_later_with_charge_updated(rig, api, sale):
    await api.v1.subscriptions.create_async(
        {"customer": sale.customer.id, "items": [{"price": sale.price.id}]}
    )
    charge = (await api.v1.charges.list_async({"customer": sale.customer.id})).data[0]
    assert charge.balance_transaction is None

    await rig.advance(600)
    charge = await api.v1.charges.retrieve_async(charge.id, {"expand": ["balance_transaction"]})
    settled = charge.balance_transaction
    assert (settled.amount, settled.fee, settled.net, settled.currency) == (9900, 317, 9583, "usd")
    assert list(rig.world.events)[-1].created == charge.created + 120


async def test_webhooks_are_signed_and_delivered_in_order(rig, api, sale, endpoint):
    hook = await api.v1.webhook_endpoints.create_async(
        {"url": endpoint.url, "enabled_events": ["*"], "api_version": "2026-10-28.endive"}
    )
    start = len(rig.world.events)
    await api.v1.subscriptions.create_async(
        {"customer": sale.customer.id, "items": [{"price": sale.price.id}]}
    )
    assert (await rig.control("POST", "/flush"))["delivered"]

    assert endpoint.types == rig.types(start)
    for body, signature in zip(endpoint.bodies, endpoint.signatures, strict=True):
        assert stripe.WebhookSignature.verify_header(body, signature, hook.secret, 300)
