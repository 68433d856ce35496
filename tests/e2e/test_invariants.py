"""What holds of the ledger after any history, told in order or late, twice and shuffled."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from rehearsal.demo.clouds import Clouds
from tests.e2e.end_state import NOW
from tests.e2e.test_history import CURRENCIES, DAY, MINOR, SEED, Company, release
from tests.stories.telling.orgs import build
from tests.stories.telling.records import Reader, Record, Records

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("invariants")]

PHASES, MOVES = 5, 8
FAILING = {1: "insufficient_funds", 3: None}
NUMBERS = (
    "Failed_Payments",
    "Overdue_Invoices",
    "Open_Disputes",
    "Refunded",
    "Disputed",
    "Lifetime_Value",
    "Live_Subscriptions",
    "Ended_Subscriptions",
    "Cancelling_Subscriptions",
    "Paused_Subscriptions",
    "Trialing_Subscriptions",
)
"""All that an Account's health may depend on."""

ENDED = {"canceled", "incomplete_expired"}

Sums = dict[tuple[str, str], Decimal]


class Attentive(Company):
    """Knows which of its subscriptions dunning has ended."""

    async def move(self) -> None:
        shown = [await self.stripe.subscriptions.retrieve_async(each) for each in self.running]
        self.running = [each.id for each in shown if each.status not in ENDED]
        await super().move()

    async def a_card_fails(self, code: str | None) -> None:
        """That of a customer who renews within the month: declined, or (None) good again."""
        customer = await self.stripe.customers.retrieve_async(self.customers["northwind"])
        card = customer["invoice_settings"]["default_payment_method"]
        await self.clouds.standin("POST", f"payment_methods/{card}", {"declines_with": code})
        await self.clouds.advance(advance=32 * DAY)


Healths = dict[str, tuple[tuple[Decimal, ...], str]]
"""Of each Account by name: its numbers and its health."""


async def told(
    project: Path, seed: int, version: str | None, *, disordered: bool
) -> tuple[Records, Sums, list[Healths]]:
    """The records after a history that the seed chooses, net cash by Stripe's own book, and how
    the Accounts stood after each phase."""
    dice, disorder = random.Random(seed), random.Random(seed)
    healths = []
    async with Clouds(project, SEED, api_version=version, now=NOW) as clouds:
        reader = Reader(clouds.org)
        await reader.describe()
        company = Attentive(clouds, dice)
        await company.open()
        for phase in range(PHASES):
            await clouds.standin("POST", "delivery", {"hold": disordered, "duplicate": 1})
            for name in CURRENCIES if phase == 0 else ():
                await company.buy(name)
            if phase in FAILING:
                await company.a_card_fails(FAILING[phase])
            for _ in range(MOVES if phase else 0):
                await company.move()
            # What Stripe settles a little later is told too.
            await clouds.advance(advance=7_200)
            if disordered:
                await release(clouds, disorder, killed=phase > 0)
            await clouds.settle()
            records = await reader.read()
            healths.append({row["Name"]: state(row) for row in records["Account"].values()})
        return records, await net(clouds), healths


async def net(clouds: Clouds) -> Sums:
    """Cash less tax by customer and currency, by the stand-in's double-entry book."""
    return {
        (row["customer"], code): Decimal(row["net"] - row["tax"]).scaleb(-MINOR[code])
        for row in (await clouds.standin("GET", "book"))["totals"]
        if (code := row["currency"].upper()) and (row["gross"] or row["net"])
    }


def summed(records: Records, sobject: str, field: str) -> Sums:
    """A field's sums by Stripe customer and currency."""
    sums: Sums = defaultdict(Decimal)
    for row in records[sobject].values():
        customer = records["Bridge_Customer__c"][row["Customer__c"]]["Stripe_Id__c"]
        sums[customer, row["Currency__c"]] += Decimal(row[field] or 0)
    return dict(sums)


def nonzero(sums: Sums) -> Sums:
    return {key: amount for key, amount in sums.items() if amount}


def state(account: Record) -> tuple[tuple[Decimal, ...], str]:
    numbers = tuple(Decimal(account[f"Bridge_{name}__c"] or 0) for name in NUMBERS)
    return numbers, str(account["Bridge_Customer_Health__c"])


def hold(records: Records, cash: Sums) -> None:
    """The invariants of one end state."""
    assert nonzero(summed(records, "Bridge_Entry__c", "Original_Net__c")) == nonzero(cash)
    for row in records["Bridge_Customer__c"].values():
        entries = records["Bridge_Entry__c"].values()
        own = [each["Amount__c"] or 0 for each in entries if each["Customer__c"] == row["Id"]]
        assert Decimal(row["Lifetime_Value__c"] or 0) == sum(own)

    moved = summed(records, "Bridge_Movement__c", "Original_Amount__c")
    recurs = summed(records, "Bridge_Subscription__c", "Original_MRR__c")
    assert nonzero(moved) == nonzero(recurs)

    open_tasks = Counter(
        task["Bridge_Stripe_Invoice_Id__c"]
        for task in records["Task"].values()
        if not task["IsClosed"]
    )
    in_dunning = {
        row["Stripe_Key__c"]
        for row in records["Bridge_Renewal__c"].values()
        if row["In_Dunning__c"] and row["Account__c"]
    }
    assert not [invoice for invoice, count in open_tasks.items() if count > 1]
    assert set(open_tasks) <= in_dunning

    renewals = Counter(row["Stripe_Key__c"] for row in records["Bridge_Renewal__c"].values())
    upcoming = Counter(
        (row["Subscription__c"], row["Interval__c"])
        for row in records["Bridge_Renewal__c"].values()
        if row["Status__c"] == "Upcoming"
    )
    assert max(renewals.values()) == max(upcoming.values()) == 1


@pytest.mark.parametrize(("seed", "version"), [(11, None), (12, "2025-02-24.acacia")])
async def test_the_ledgers_invariants_hold_whatever_the_order(
    project: Path, tmp_path: Path, seed: int, version: str | None
) -> None:
    org = build("plain", project, tmp_path / "org")
    records, cash, ordered = await told(org, seed, version, disordered=False)
    hold(records, cash)
    again, cash, shuffled = await told(org, seed, version, disordered=True)
    hold(again, cash)

    # Health is a function of the state: the same way there or not, the same numbers, one health.
    seen: dict[tuple[Decimal, ...], str] = {}
    for numbers, health in (each for phase in ordered + shuffled for each in phase.values()):
        assert seen.setdefault(numbers, health) == health
    for one, other in zip(ordered, shuffled, strict=True):
        assert {name: each[1] for name, each in one.items()} == {
            name: each[1] for name, each in other.items()
        }
    # The history was rich enough to break something.
    assert len(set(seen.values())) > 1
    assert all(records[name] for name in ("Task", "Bridge_Movement__c", "Bridge_Entry__c"))
