"""Sentences about money that goes back: refunds and disputes."""

from __future__ import annotations

from typing import Any

from tests.stories.telling.sentences import sentence
from tests.stories.telling.steps.invoices import payments
from tests.stories.telling.story import Failed, Story
from tests.stories.telling.words import Money


@sentence("the last payment of {customer} is refunded( because {why:word})?")
async def refunded(story: Story, customer: str, why: str | None = None) -> None:
    await _refund(story, customer, None, why)


@sentence("{part:money} of the last payment of {customer} are refunded( because {why:word})?")
async def part_refunded(story: Story, part: Money, customer: str, why: str | None = None) -> None:
    await _refund(story, customer, part, why)


async def _refund(story: Story, customer: str, part: Money | None, why: str | None) -> None:
    params: Any = {"charge": (await payments(story, customer))[0].id}
    if part is not None:
        params["amount"] = part.minor
    if why is not None:
        params["reason"] = why
    await story.stripe.refunds.create_async(params)


@sentence("a refund of {part:money} of the last payment of {customer} is on its way")
async def pending(story: Story, part: Money, customer: str) -> None:
    charge = (await payments(story, customer))[0].id
    asked = {"charge": charge, "amount": part.minor, "status": "pending"}
    await story.clouds.standin("POST", "refunds", asked)


@sentence("the refund to {customer} fails")
async def fails(story: Story, customer: str) -> None:
    await story.clouds.standin("POST", f"refunds/{await _last_refund(story, customer)}/fail")


@sentence("the refund to {customer} arrives")
async def arrives(story: Story, customer: str) -> None:
    await story.clouds.standin("POST", f"refunds/{await _last_refund(story, customer)}/succeed")


@sentence("the refund to {customer} is canceled")
async def canceled(story: Story, customer: str) -> None:
    await story.stripe.refunds.cancel_async(await _last_refund(story, customer))


async def _last_refund(story: Story, customer: str) -> str:
    for charge in await payments(story, customer):
        found = (await story.stripe.refunds.list_async({"charge": charge.id})).data
        if found:
            return str(found[0].id)
    raise Failed(f"{customer} has no refund")


@sentence("the bank disputes {part:money} of the last payment of {customer}")
async def part_disputed(story: Story, part: Money, customer: str) -> None:
    await _dispute(story, customer, amount=part.minor)


@sentence("the bank disputes the last payment of {customer}( as {why:words})?")
async def disputed(story: Story, customer: str, why: str | None = None) -> None:
    await _dispute(story, customer, **({"reason": why.replace(" ", "_")} if why else {}))


@sentence("the bank of {customer} inquires about the last payment")
async def inquiry(story: Story, customer: str) -> None:
    await _dispute(story, customer, inquiry=True)


async def _dispute(story: Story, customer: str, **how: Any) -> None:
    charge = (await payments(story, customer))[0].id
    await story.clouds.standin("POST", "disputes", {"charge": charge, **how})


@sentence("the (last )?dispute of {customer} is won")
async def won(story: Story, customer: str) -> None:
    await _move(story, customer, "win")


@sentence("the (last )?dispute of {customer} is lost")
async def lost(story: Story, customer: str) -> None:
    await _move(story, customer, "lose")


@sentence("the inquiry about {customer} is closed")
async def closed(story: Story, customer: str) -> None:
    await _move(story, customer, "lose")


@sentence("the inquiry about {customer} becomes a dispute")
async def escalates(story: Story, customer: str) -> None:
    await _move(story, customer, "escalate")


async def _move(story: Story, customer: str, how: str) -> None:
    for charge in await payments(story, customer):
        found = (await story.stripe.disputes.list_async({"charge": charge.id})).data
        if found:
            await story.clouds.standin("POST", f"disputes/{found[0].id}/{how}")
            return
    raise Failed(f"{customer} has no dispute")
