"""Sentences about single invoices, payments and credit notes."""

from __future__ import annotations

from typing import Any

from tests.stories.telling.sentences import sentence
from tests.stories.telling.steps.subscribing import known
from tests.stories.telling.story import Failed, Story
from tests.stories.telling.words import Money


async def open_invoice(story: Story, customer: str) -> Any:
    """The newest that waits for money."""
    return await _newest(story, customer, status="open")


async def _newest(story: Story, customer: str, **which: str) -> Any:
    params: Any = {"customer": story.customer(customer).id, **which}
    found = (await story.stripe.invoices.list_async(params)).data
    if not found:
        raise Failed(f"{customer} has no such invoice")
    return found[0]


async def payments(story: Story, customer: str) -> list[Any]:
    """Charges that went through, newest first."""
    found = await story.stripe.charges.list_async({"customer": story.customer(customer).id})
    return [charge for charge in found.data if charge.status == "succeeded"]


@sentence("{customer} pays the open invoice outside Stripe")
async def pays_outside(story: Story, customer: str) -> None:
    invoice = await open_invoice(story, customer)
    await story.stripe.invoices.pay_async(invoice.id, {"paid_out_of_band": True})


@sentence("the open invoice of {customer} is voided")
async def voided(story: Story, customer: str) -> None:
    await story.stripe.invoices.void_invoice_async((await open_invoice(story, customer)).id)


@sentence("the open invoice of {customer} is written off")
async def written_off(story: Story, customer: str) -> None:
    invoice = await open_invoice(story, customer)
    await story.stripe.invoices.mark_uncollectible_async(invoice.id)


@sentence("{customer} has a credit of {credit:money}")
async def credit(story: Story, customer: str, credit: Money) -> None:
    whose = await known(story, customer)
    await story.stripe.customers.balance_transactions.create_async(
        whose.id, {"amount": -credit.minor, "currency": credit.currency.lower()}
    )


@sentence(
    "an invoice of {asked:money} for {what} is sent to {customer}, with {days:int} days to pay"
)
async def one_off_invoice(story: Story, asked: Money, what: str, customer: str, days: int) -> None:
    whose = await known(story, customer)
    draft = await story.stripe.invoices.create_async(
        {
            "customer": whose.id,
            "collection_method": "send_invoice",
            "days_until_due": days,
            "currency": asked.currency.lower(),
        }
    )
    await story.stripe.invoice_items.create_async(
        {
            "customer": whose.id,
            "invoice": draft.id,
            "amount": asked.minor,
            "currency": asked.currency.lower(),
            "description": what,
        }
    )
    await story.stripe.invoices.finalize_invoice_async(draft.id)


@sentence("{customer} pays {paid:money} once( for the Opportunity {opportunity})?")
async def pays_once(
    story: Story, customer: str, paid: Money, opportunity: str | None = None
) -> None:
    params = await _payment(story, customer, paid)
    if opportunity is not None:
        params["metadata"] = {"salesforce_opportunity_id": story.opportunities[opportunity]}
    await story.stripe.payment_intents.create_async(params)


@sentence("somebody without a customer pays {paid:money} once")
async def guest_pays(story: Story, paid: Money) -> None:
    await story.stripe.payment_intents.create_async(_intent(paid))


@sentence("{customer} pays {paid:money} towards the open invoice")
async def pays_part(story: Story, customer: str, paid: Money) -> None:
    invoice = await open_invoice(story, customer)
    intent = await story.stripe.payment_intents.create_async(await _payment(story, customer, paid))
    await story.stripe.invoices.attach_payment_async(invoice.id, {"payment_intent": intent.id})


@sentence("the last payment of {customer} is used for the open invoice")
async def attach(story: Story, customer: str) -> None:
    invoice = await open_invoice(story, customer)
    charge = (await payments(story, customer))[0]
    params: Any = {"payment_intent": charge.payment_intent}
    await story.stripe.invoices.attach_payment_async(invoice.id, params)


@sentence("{held:money} are held on the card of {customer}")
async def held(story: Story, held: Money, customer: str) -> None:
    params = await _payment(story, customer, held)
    await story.stripe.payment_intents.create_async({**params, "capture_method": "manual"})


@sentence("{taken:money} of what is held on the card of {customer} are taken")
async def captured(story: Story, taken: Money, customer: str) -> None:
    charge = (await payments(story, customer))[0]
    await story.stripe.payment_intents.capture_async(
        charge.payment_intent, {"amount_to_capture": taken.minor}
    )


@sentence("what is held on the card of {customer} is released")
async def released(story: Story, customer: str) -> None:
    charge = (await payments(story, customer))[0]
    await story.stripe.payment_intents.cancel_async(charge.payment_intent)


@sentence("a credit note takes {off:money} off the open invoice of {customer}")
async def credit_note_before(story: Story, off: Money, customer: str) -> None:
    invoice = await open_invoice(story, customer)
    await story.stripe.credit_notes.create_async({"invoice": invoice.id, "amount": off.minor})


_RETURNS = {
    "refunded": "refund_amount",
    "paid back outside Stripe": "out_of_band_amount",
    "kept as credit": "credit_amount",
}


@sentence("a credit note takes {off:money} off the last invoice of {customer}, {how:words}")
async def credit_note_after(story: Story, off: Money, customer: str, how: str) -> None:
    invoice = await _newest(story, customer, status="paid")
    params: Any = {"invoice": invoice.id, "amount": off.minor, _RETURNS[how]: off.minor}
    await story.stripe.credit_notes.create_async(params)


async def _payment(story: Story, customer: str, paid: Money) -> Any:
    whose = await known(story, customer)
    return {**_intent(paid), "customer": whose.id, "payment_method": whose.card}


def _intent(paid: Money) -> Any:
    return {
        "amount": paid.minor,
        "currency": paid.currency.lower(),
        "payment_method": "pm_card_visa",
        "payment_method_types": ["card"],
        "confirm": True,
    }
