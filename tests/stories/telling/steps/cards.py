"""Sentences about how customers pay, and how it fails."""

from __future__ import annotations

from typing import Any

import stripe

from tests.stories.telling.sentences import sentence
from tests.stories.telling.steps.invoices import open_invoice
from tests.stories.telling.steps.subscribing import give_card, known
from tests.stories.telling.story import Story


@sentence("the card of {customer} is declined from now on: {why:words}")
async def declined(story: Story, customer: str, why: str) -> None:
    await _card(story, customer, why.replace(" ", "_"))


@sentence("the card of {customer} works again")
async def works(story: Story, customer: str) -> None:
    await _card(story, customer, None)


async def _card(story: Story, customer: str, code: str | None) -> None:
    card = (await known(story, customer)).card
    await story.clouds.standin("POST", f"payment_methods/{card}", {"declines_with": code})


@sentence("the bank of {customer} asks for authentication from now on")
async def asks_for_authentication(story: Story, customer: str) -> None:
    await give_card(story, customer, "pm_card_authenticationRequired")


@sentence("{customer} authenticates the payment")
async def authenticates(story: Story, customer: str) -> None:
    invoice = await open_invoice(story, customer)
    payments = await story.stripe.invoice_payments.list_async({"invoice": invoice.id})
    intent: Any = payments.data[0]["payment"]["payment_intent"]
    await story.clouds.standin("POST", f"payment_intents/{intent}/authenticate", {"succeed": True})


@sentence("{customer} saves a new card")
async def new_card(story: Story, customer: str) -> None:
    await give_card(story, customer, "pm_card_visa")


@sentence("{customer} pays the open invoice")
async def pays(story: Story, customer: str) -> None:
    await story.stripe.invoices.pay_async((await open_invoice(story, customer)).id)


@sentence("{customer} tries to pay the open invoice and is declined")
async def fails_to_pay(story: Story, customer: str) -> None:
    invoice = await open_invoice(story, customer)
    try:
        await story.stripe.invoices.pay_async(invoice.id)
    except stripe.CardError:
        return
    raise AssertionError("the payment went through")


@sentence("{customer} pays the open invoice with a new card")
async def pays_with_new_card(story: Story, customer: str) -> None:
    await give_card(story, customer, "pm_card_visa")
    await pays(story, customer)
