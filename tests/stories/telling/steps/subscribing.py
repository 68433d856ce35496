"""Sentences about customers and what they begin to pay for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from tests.stories.telling.sentences import NotUnderstood, sentence
from tests.stories.telling.steps import plans
from tests.stories.telling.story import Customer, Story
from tests.stories.telling.words import READERS

Params = dict[str, Any]


@sentence("the customer {name} with the e-mail address {email}")
async def customer_with_email(story: Story, name: str, email: str) -> None:
    await new_customer(story, name, email=email)


@sentence("the customer {name} without a card")
async def customer_without_card(story: Story, name: str) -> None:
    await new_customer(story, name, card=None)


@sentence("the customer {name} who names the Opportunity {opportunity}")
async def customer_of_opportunity(story: Story, name: str, opportunity: str) -> None:
    metadata = {"salesforce_opportunity_id": story.opportunities[opportunity]}
    await new_customer(story, name, metadata=metadata)


@sentence("{customer} subscribes to {items:items}( for the Opportunity {opportunity})?{terms:tail}")
async def subscribes(
    story: Story,
    customer: str,
    items: list[tuple[int, str]],
    opportunity: str | None = None,
    terms: list[str] = [],  # noqa: B006
) -> None:
    named = {} if opportunity is None else {_REF: story.opportunities[opportunity]}
    await _subscribe(story, customer, items, named, terms)


@sentence("the customer {name} is deleted in Stripe")
async def deleted(story: Story, name: str) -> None:
    await story.stripe.customers.delete_async(story.customer(name).id)


@sentence("{customer} subscribes to {items:items} for an Opportunity that does not exist")
async def subscribes_for_nothing(story: Story, customer: str, items: list[tuple[int, str]]) -> None:
    await _subscribe(story, customer, items, {_REF: "006000000000000AAA"}, [])


@sentence("{customer} buys {items:items} in Checkout for the Opportunity {opportunity}")
async def checks_out(
    story: Story, customer: str, items: list[tuple[int, str]], opportunity: str
) -> None:
    session = await story.stripe.checkout.sessions.create_async(
        {
            "mode": "subscription",
            "line_items": [
                {"price": story.plans[plan], "quantity": count} for count, plan in items
            ],
            "client_reference_id": story.opportunities[opportunity],
            "success_url": "https://shop.example/thanks",
        }
    )
    buyer = {"email": f"billing@{slug(customer)}.example", "name": customer}
    done = await story.clouds.standin("POST", f"checkout/{session.id}/complete", buyer)
    story.customers[customer] = Customer(done["customer"])
    story.subscriptions[customer, items[0][1]] = done["subscription"]


_REF = "salesforce_opportunity_id"


async def _subscribe(
    story: Story,
    customer: str,
    items: list[tuple[int, str]],
    metadata: dict[str, str],
    terms: list[str],
) -> None:
    whose = await known(story, customer)
    params: Params = {
        "customer": whose.id,
        "items": [{"price": story.plans[plan], "quantity": count} for count, plan in items],
        "metadata": metadata,
    }
    for item in params["items"]:
        if (await story.stripe.prices.retrieve_async(item["price"])).recurring.usage_type != (
            "licensed"
        ):
            del item["quantity"]
    months = None
    for term in terms:
        months = await _term(story, params, term) or months
    made = await _create(story, params, months)
    for _, plan in items:
        story.subscriptions[customer, plan] = made


async def _term(story: Story, params: Params, words: str) -> int | None:
    """Adds one of the words after a comma; gives the months after which it is to end, if so."""
    for pattern, add in _TERMS.items():
        match = re.fullmatch(pattern, words)
        if match is not None:
            add(params, match)
            return None
    if match := re.fullmatch(r"ending after (\d+) months", words):
        return int(match[1])
    if match := re.fullmatch(r"with (.+?) % off (forever|once|for (\d+) months)", words):
        made = await plans.coupon(story, match[1], match[3] or match[2])
        params.setdefault("discounts", []).append({"coupon": made})
    elif match := re.fullmatch(r"with (\d+) % tax", words):
        params["default_tax_rates"] = [await plans.tax(story, match[1])]
    elif match := re.fullmatch(r'plus ([\d.,]+ [A-Z]{3}) for "(.+)"', words):
        price = await plans.one_off_price(story, match[2], READERS["money"][1](match[1]))
        params["add_invoice_items"] = [{"price": price}]
    else:
        raise NotUnderstood(f"{words!r} is no term of a subscription")
    return None


def _trial(params: Params, match: re.Match[str]) -> None:
    params["trial_period_days"] = int(match[1])


def _agreed(params: Params, match: re.Match[str]) -> None:
    params["metadata"]["contract_term_months"] = match[1]


def _invoiced(params: Params, match: re.Match[str]) -> None:
    params |= {"collection_method": "send_invoice", "days_until_due": int(match[1])}


def _unfinished(params: Params, _: re.Match[str]) -> None:
    params["payment_behavior"] = "default_incomplete"


def _without_card(params: Params, match: re.Match[str]) -> None:
    does = "pause" if match[1] == "pausing" else "cancel"
    params["trial_settings"] = {"end_behavior": {"missing_payment_method": does}}


_TERMS: dict[str, Callable[[Params, re.Match[str]], None]] = {
    r"on trial for (\d+) days": _trial,
    r"for a term of (\d+) months": _agreed,
    r"invoiced with (\d+) days to pay": _invoiced,
    r"without finishing the payment": _unfinished,
    r"(pausing|ending) when there is no card after the trial": _without_card,
}


async def _create(story: Story, params: Params, months: int | None) -> str:
    """With ``months``, it is agreed from the start that it ends after so many of its periods.

    Said a second later, it would depend on the order of the two events what is booked at the win.
    """
    if months is None:
        return str((await story.stripe.subscriptions.create_async(params)).id)
    first = dt.datetime.fromtimestamp(await _clock(story, frozen=True), dt.UTC)
    month = first.month - 1 + months
    end = first.replace(year=first.year + month // 12, month=month % 12 + 1)
    try:
        made = await story.stripe.subscriptions.create_async(
            {**params, "cancel_at": int(end.timestamp())}
        )
    finally:
        await _clock(story, frozen=False)
    return str(made.id)


async def _clock(story: Story, *, frozen: bool) -> int:
    """Stops Stripe's clock, or lets it run; gives its time, Unix seconds."""
    return int((await story.clouds.standin("POST", "clock", {"frozen": frozen}))["now"])


async def known(story: Story, name: str) -> Customer:
    """The customer of a name, made with a good card when it is first heard of."""
    if name not in story.customers:
        await new_customer(story, name)
    return story.customers[name]


async def new_customer(
    story: Story,
    name: str,
    *,
    card: str | None = "pm_card_visa",
    email: str | None = None,
    **more: Any,
) -> None:
    params: Any = {"name": name, "email": email or f"billing@{slug(name)}.example", **more}
    made = await story.stripe.customers.create_async(params)
    story.customers[name] = Customer(made.id)
    if card is not None:
        await give_card(story, name, card)


async def give_card(story: Story, name: str, card: str) -> None:
    """A saved card that is used from now on; ``card`` is one of Stripe's test tokens."""
    whose = story.customer(name)
    method = await story.stripe.payment_methods.attach_async(card, {"customer": whose.id})
    await story.stripe.customers.update_async(
        whose.id, {"invoice_settings": {"default_payment_method": method.id}}
    )
    whose.card = method.id


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
