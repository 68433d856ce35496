"""Sentences about how subscriptions change and end."""

from __future__ import annotations

from typing import Any

from tests.stories.telling.sentences import NotUnderstood, sentence
from tests.stories.telling.story import Failed, Story

_BILLING = {
    "": "none",
    "paying the difference at once": "always_invoice",
    "with the difference on the next invoice": "create_prorations",
}
_FATES = {"kept as drafts": "keep_as_draft", "voided": "void", "written off": "mark_uncollectible"}


@sentence("{customer} changes {plan} to {seats:int} seats?{how:tail}")
async def changes_seats(story: Story, customer: str, plan: str, seats: int, how: list[str]) -> None:
    item = await _item(story, customer, plan)
    await _change_items(story, customer, plan, [{"id": item["id"], "quantity": seats}], how)


@sentence("{customer} moves from {old} to {new}{how:tail}")
async def moves(story: Story, customer: str, old: str, new: str, how: list[str]) -> None:
    item = await _item(story, customer, old)
    edit = {"id": item["id"], "price": story.plans[new]}
    await _change_items(story, customer, old, [edit], how)
    story.subscriptions[customer, new] = story.subscriptions.pop((customer, old))


@sentence("{customer} adds {seats:int} x {plan} to {main}{how:tail}")
async def adds(
    story: Story, customer: str, seats: int, plan: str, main: str, how: list[str]
) -> None:
    edit = {"price": story.plans[plan], "quantity": seats}
    await _change_items(story, customer, main, [edit], how)
    story.subscriptions[customer, plan] = story.subscriptions[customer, main]


@sentence("{customer} drops {plan}{how:tail}")
async def drops(story: Story, customer: str, plan: str, how: list[str]) -> None:
    item = await _item(story, customer, plan)
    await _change_items(story, customer, plan, [{"id": item["id"], "deleted": True}], how)


@sentence("{customer} cancels {plan} at the end of the period( because it is {why:words})?")
async def cancels_later(story: Story, customer: str, plan: str, why: str | None = None) -> None:
    params: dict[str, Any] = {"cancel_at_period_end": True}
    if why is not None:
        params["cancellation_details"] = {"feedback": why.replace(" ", "_")}
    await _update(story, customer, plan, params)


@sentence("{customer} takes back the cancellation of {plan}")
async def stays(story: Story, customer: str, plan: str) -> None:
    await _update(story, customer, plan, {"cancel_at_period_end": False})


@sentence("{customer} cancels {plan} at once( because it is {why:words})?")
async def cancels_now(story: Story, customer: str, plan: str, why: str | None = None) -> None:
    params: Any = {"cancellation_details": {"feedback": why.replace(" ", "_")}} if why else {}
    await story.stripe.subscriptions.cancel_async(_id(story, customer, plan), params)


@sentence("collection of {plan} is paused for {customer}, invoices are {fate:words}")
async def pauses(story: Story, plan: str, customer: str, fate: str) -> None:
    await _update(story, customer, plan, {"pause_collection": {"behavior": _FATES[fate]}})


@sentence("collection of {plan} goes on for {customer}")
async def goes_on(story: Story, plan: str, customer: str) -> None:
    await _update(story, customer, plan, {"pause_collection": ""})


@sentence("{customer} resumes {plan}")
async def resumes(story: Story, customer: str, plan: str) -> None:
    await story.stripe.subscriptions.resume_async(_id(story, customer, plan), {})


@sentence("{plan} of {customer} stays {fate:words} when no retry is left")
async def stays_after_retries(story: Story, plan: str, customer: str, fate: str) -> None:
    where = f"subscriptions/{_id(story, customer, plan)}"
    await story.clouds.standin("POST", where, {"after_retries": fate.replace(" ", "_")})


@sentence("{plan} of {customer} is given the Opportunity {opportunity}")
async def names_opportunity(story: Story, plan: str, customer: str, opportunity: str) -> None:
    metadata = {"salesforce_opportunity_id": story.opportunities[opportunity]}
    await _update(story, customer, plan, {"metadata": metadata})


@sentence("{plan} of {customer} gets {percent:percent} off forever")
async def discounted(story: Story, plan: str, customer: str, percent: Any) -> None:
    from tests.stories.telling.steps.plans import coupon

    made = await coupon(story, percent, "forever")
    await _update(story, customer, plan, {"discounts": [{"coupon": made}]})


def _id(story: Story, customer: str, plan: str) -> str:
    if (customer, plan) not in story.subscriptions:
        raise Failed(f"{customer} has no {plan}")
    return story.subscriptions[customer, plan]


async def _update(story: Story, customer: str, plan: str, params: Any) -> None:
    await story.stripe.subscriptions.update_async(_id(story, customer, plan), params)


async def _item(story: Story, customer: str, plan: str) -> Any:
    found = await story.stripe.subscriptions.retrieve_async(_id(story, customer, plan))
    for item in found["items"]["data"]:
        if item["price"]["id"] == story.plans[plan]:
            return item
    raise Failed(f"{customer} does not pay for {plan}")


async def _change_items(
    story: Story, customer: str, plan: str, items: list[dict[str, Any]], how: list[str]
) -> None:
    """The difference counts from the middle of the period, so that it is the same each time."""
    words = how[0] if how else ""
    if words not in _BILLING:
        raise NotUnderstood(f"{words!r} is no way to bill a change")
    params: dict[str, Any] = {"items": items, "proration_behavior": _BILLING[words]}
    if words:
        item = await _item(story, customer, plan)
        begins, ends = item["current_period_start"], item["current_period_end"]
        params["proration_date"] = begins + (ends - begins) // 2
    await _update(story, customer, plan, params)
