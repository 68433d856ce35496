"""Checkout: a buyer nobody knows becomes a customer with a subscription."""

from __future__ import annotations

import pytest
import stripe


@pytest.fixture
async def session(api, sale):
    return await api.v1.checkout.sessions.create_async(
        {
            "mode": "subscription",
            "line_items": [{"price": sale.price.id, "quantity": 3}],
            "client_reference_id": "006000000000009AAA",
            "metadata": {"rep": "ann"},
            "subscription_data": {"metadata": {"salesforce_opportunity_id": "006"}},
            "success_url": "https://acme.example/ok",
        }
    )


async def test_completing_makes_the_customer_the_subscription_and_the_payment(rig, api, session):
    start = len(rig.world.events)
    await rig.control(
        "POST", f"/checkout/{session.id}/complete", {"email": "bo@new.example", "name": "Bo"}
    )
    shown = await api.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["subscription", "line_items"]}
    )
    assert (shown.status, shown.payment_status, shown.amount_total) == ("complete", "paid", 29700)
    assert shown.client_reference_id == "006000000000009AAA"
    assert shown.subscription.status == "active"
    assert shown.subscription.metadata["salesforce_opportunity_id"] == "006"
    assert shown.line_items.data[0].quantity == 3
    customer = await api.v1.customers.retrieve_async(shown.customer)
    assert (customer.email, customer.name) == ("bo@new.example", "Bo")
    types = rig.types(start)
    assert types[0] == "customer.created"
    assert types[-1] == "checkout.session.completed"
    assert "invoice.paid" in types


async def test_a_declined_card_leaves_the_session_open(rig, api, session):
    async with rig.session.post(
        f"{rig.url}/_standin/checkout/{session.id}/complete",
        json={"payment_method": "pm_card_chargeDeclined"},
    ) as answer:
        assert answer.status == 402
    assert (await api.v1.checkout.sessions.retrieve_async(session.id)).status == "open"


async def test_a_session_expires_after_a_day(rig, api, session):
    await rig.advance(days=1)
    assert (await api.v1.checkout.sessions.retrieve_async(session.id)).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        await api.v1.checkout.sessions.expire_async(session.id)
