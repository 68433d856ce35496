"""Trouble on the stand-in, told by what Stripe really sends, heard in order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.bridge.translate.history import DAY, Story, story


@pytest.fixture(params=["2025-02-24.acacia", "2026-10-28.endive"])
async def told(request: Any) -> AsyncIterator[Story]:
    async with story(request.param, 1) as told:
        yield told


async def sold(told: Story, **form: Any) -> str:
    item = {"customer": told.customer, "items[0][price]": told.prices[0]}
    made = await told.post("/v1/subscriptions", **item, **form)
    return str(made["id"])


async def renewal(told: Story) -> Any:
    """The newest invoice's row, once all is heard."""
    await told.settle()
    newest = max(told.world.invoices, key=lambda invoice: invoice.created)
    return told.ledger.rows[newest.id]


async def test_a_card_is_stolen_and_replaced_and_the_retry_pays(told: Story) -> None:
    await sold(told)
    await told.act("fail_hard")
    found = await renewal(told)
    assert (found.in_dunning, found.dunning_status) == (True, "Waiting for a new card")
    assert (found.next_retry, found.failure_reason) == (
        None,
        "Your card was declined. (stolen_card)",
    )
    token = "pm_card_mastercard"
    card = {"payment_method": token, "invoice_settings[default_payment_method]": token}
    await told.post(f"/v1/customers/{told.customer}", **card)
    found = await renewal(told)
    assert (found.dunning_status, found.status) == ("Retry scheduled", "Failed")
    await told.control("/clock", {"to": int(found.next_retry.timestamp())})
    found = await renewal(told)
    assert (found.in_dunning, found.dunning_status, found.status) == (False, None, "Collected")


async def test_no_event_of_the_invoice_says_that_it_is_overdue(told: Story) -> None:
    await told.control("/settings", {"overdue_events": False})
    subscription = await sold(told, collection_method="send_invoice", days_until_due=10)
    await told.control("/clock", {"advance": 11 * DAY})
    found = await renewal(told)
    assert (found.status, found.in_dunning, found.dunning_status) == ("Overdue", True, "Overdue")
    assert told.ledger.rows[subscription].status == "past_due"


async def test_nor_that_of_an_invoice_without_a_subscription(told: Story) -> None:
    await told.control("/settings", {"overdue_events": False})
    item = {"customer": told.customer, "currency": "usd", "amount": 1500}
    await told.post("/v1/invoiceitems", **item)
    sent = {"collection_method": "send_invoice", "days_until_due": 5, "auto_advance": "true"}
    include = {"pending_invoice_items_behavior": "include"}
    await told.post("/v1/invoices", customer=told.customer, **sent, **include)
    assert (await renewal(told)).status == "Upcoming"
    await told.control("/clock", {"advance": 6 * DAY})
    found = await renewal(told)
    assert (found.status, found.dunning_status, found.subscription) == ("Overdue", "Overdue", None)


async def test_the_retries_run_out_and_the_subscription_ends(told: Story) -> None:
    subscription = await sold(told)
    await told.act("fail")
    assert (await renewal(told)).dunning_status == "Retry scheduled"
    await told.control("/clock", {"advance": 20 * DAY})
    found = await renewal(told)
    assert (found.dunning_status, found.attempt_count) == ("No more retries", 4)
    ended = told.ledger.rows[subscription]
    assert (ended.status, ended.cancellation_reason, ended.mrr) == ("canceled", "payment_failed", 0)
    assert told.ledger.rows[f"next:{subscription}:month"].status == "Void"


async def test_a_first_payment_waits_for_the_customer_until_it_expires(told: Story) -> None:
    card = {"payment_method": "pm_card_authenticationRequired"}
    default = {"invoice_settings[default_payment_method]": "pm_card_authenticationRequired"}
    await told.post(f"/v1/customers/{told.customer}", **card, **default)
    subscription = await sold(told)
    found = await renewal(told)
    assert (found.dunning_status, found.next_retry) == ("Waiting for the customer", None)
    await told.control("/clock", {"advance": DAY})
    found = await renewal(told)
    assert (found.status, found.dunning_status, found.in_dunning) == ("Void", "Voided", False)
    row = told.ledger.rows[subscription]
    assert (row.status, row.active_date, row.mrr) == ("incomplete_expired", None, 0)
    assert not [key for key in told.ledger.rows if key.startswith("next:")]


async def test_a_draft_that_cannot_become_final_says_why(told: Story) -> None:
    await sold(told)
    await told.control("/settings", {"fail_finalizations": 1})
    await told.act("month")
    found = await renewal(told)
    assert (found.status, found.in_dunning) == ("Open", False)
    assert found.failure_reason == "The customer's location isn't recognized."
