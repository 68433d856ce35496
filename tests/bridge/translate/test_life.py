"""Whatever happens to a customer, and however it is heard of: the ledger says what is so."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.stripe.cards import DECLINES
from rehearsal.stripe.engine.paying import payment_method_for
from rehearsal.stripe.objects.invoices import Invoice
from rehearsal.stripe.world import World
from tests.bridge.translate.history import Story, story, values

pytestmark = pytest.mark.slow

CHANGES = [
    "sell",
    "edit",
    "edit",
    "schedule",
    "release",
    "month",
    "discount",
    "undiscount",
    "vip",
    "unvip",
    "wait",
]
ENDS = ["sell", "pause", "unpause", "leave", "stay", "cancel", "resume", "no_card", "wait"]
TROUBLE = ["fail", "fail_hard", "fail_hard", "new_card", "no_card", "pay", "authenticate", "month"]
INVOICES = ["one_off", "void", "write_off", "pay", "pay_a_part", "delete_draft", "month"]
ALL = [*CHANGES, *ENDS, *TROUBLE, *INVOICES]
HISTORY = st.sampled_from([CHANGES, ENDS, TROUBLE, INVOICES, ALL]).flatmap(
    lambda acts: st.lists(st.sampled_from(acts), min_size=5, max_size=12)
)


async def play(told: Story, acts: list[str]) -> None:
    await told.act("sell")
    await told.act("wait")
    for name in acts:
        await told.act(name)
        await told.hear(told.dice.choice((0.0, 0.5, 1.0)))
        if told.dice.random() < 0.3:
            await told.settle()
            await check(told)
        await told.act("wait")
    await told.settle()
    await check(told)


@pytest.mark.parametrize("version", ["2025-02-24.acacia", "2026-10-28.endive"])
@given(acts=HISTORY, seed=st.integers(0, 2**32))
@settings(max_examples=12, deadline=None)
def test_the_ledger_says_what_is_so(version: str, acts: list[str], seed: int) -> None:
    async def run() -> None:
        async with story(version, seed) as told:
            await play(told, acts)

    asyncio.run(run())


async def check(told: Story) -> None:
    ledger = told.ledger
    fresh = await told.fresh()
    for key, row in fresh.items():
        if row.sobject != "Bridge_Movement__c":  # of the day that it is read on
            assert values(ledger.rows[key]) == values(row), key
    renewals = ledger.of("Bridge_Renewal__c")
    one_renewal_an_invoice(told, renewals)
    one_upcoming_an_interval(told, renewals)
    in_dunning_is_in_trouble(told, renewals)
    movements_end_in_the_mrr(told)


def one_renewal_an_invoice(told: Story, renewals: list[Any]) -> None:
    keys = {row.key for row in renewals if not row.key.startswith("next:") and row.status}
    invoices = {invoice.id for invoice in told.world.invoices}
    assert invoices <= keys
    gone = {row.key for row in renewals if row.key in keys - invoices}
    assert {told.ledger.rows[key].status for key in gone} <= {"Void"}  # a draft that was deleted


def one_upcoming_an_interval(told: Story, renewals: list[Any]) -> None:
    upcoming = [row for row in renewals if row.status == "Upcoming" and row.subscription]
    assert (
        max(Counter((row.subscription, row.interval) for row in upcoming).values(), default=1) < 2
    )
    for row in upcoming:
        sold = told.world.subscriptions[row.subscription]
        units = {told.world.prices[item.price].recurring.interval for item in sold.items}
        assert not sold.ended
        assert row.key in {f"next:{sold.id}:{unit}" for unit in units}


def in_dunning_is_in_trouble(told: Story, renewals: list[Any]) -> None:
    now = told.world.now()
    for row in renewals:
        invoice = told.world.invoices.get(row.key)
        if invoice is None:
            assert not row.in_dunning
            continue
        intent = told.world.payment_intents.get(invoice.payment_intent or "")
        late = invoice.due_date is not None and invoice.due_date <= now
        failed = invoice.attempt_count > 0 or (intent is not None and intent.error_code is not None)
        assert row.in_dunning == (invoice.status == "open" and (late or failed)), invoice
        if row.dunning_status in {"Waiting for a new card", "Retry scheduled"}:
            assert (row.dunning_status == "Retry scheduled") == retry_will_run(told.world, invoice)
        assert (row.dunning_status is None) <= (not row.in_dunning)
        assert (row.next_retry is None) or (
            row.dunning_status in {"Retry scheduled", "Waiting for the customer"}
            and row.next_retry.timestamp() == invoice.next_payment_attempt
        )


def retry_will_run(world: World, invoice: Invoice) -> bool:
    """As the stand-in itself decides when the retry falls due."""
    method, tried = payment_method_for(world, invoice), world.charges.get(invoice.charge or "")
    if method is None or tried is None or tried.payment_method != method.id:
        return method is not None
    return tried.failure_code is None or not DECLINES[tried.failure_code].hard


def movements_end_in_the_mrr(told: Story) -> None:
    """The last day's observation is the MRR, so that the steps between days sum to it."""
    days = defaultdict(dict)
    for row in told.ledger.of("Bridge_Movement__c"):
        days[row.subscription][row.date] = row.mrr_after
    for sold in told.ledger.of("Bridge_Subscription__c"):
        held = [days[sold.key][day] for day in sorted(days[sold.key])]
        steps = [after - before for before, after in zip([0, *held], held, strict=False)]
        assert sum(steps) == sold.mrr
