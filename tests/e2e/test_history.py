"""A random history of several customers, told to the bridge late, shuffled and twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rehearsal.demo.clouds import Clouds
from rehearsal.demo.org import Snapshot
from tests.e2e.end_state import NOW
from tests.habits import Habits

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("history")]

DAY = 86_400
PHASES, MOVES = 3, 16
CURRENCIES = {"northwind": "usd", "northwind-eu": "usd", "contoso": "eur", "sakura": "jpy"}
ACCOUNTS = {"northwind": "Northwind", "northwind-eu": "Northwind", "contoso": "Contoso"}
MINOR = {"USD": 2, "EUR": 2, "JPY": 0}
DEALS = 3
"""Opportunities of each Account; the customer without one is a stranger."""

SEED: dict[str, Any] = {
    "Account": [{"$ref": name, "Name": name} for name in sorted(set(ACCOUNTS.values()))],
    "Opportunity": [
        {
            "AccountId": f"@{account}",
            "Name": f"{customer} {number}",
            "StageName": "Negotiation/Review",
            "CloseDate": "2027-06-30",
        }
        for customer, account in ACCOUNTS.items()
        for number in range(DEALS)
    ],
}


FAILING = ["generic_decline", "insufficient_funds", None]


class Company(Habits):
    """A few customers in several currencies, and how cards fail and deals are won."""

    def __init__(self, clouds: Clouds, dice: random.Random) -> None:
        super().__init__(clouds, dice, list(CURRENCIES))
        self.currencies = CURRENCIES
        self.deals: dict[str, list[str]] = defaultdict(list)
        self.ever_active: dict[str, str | None] = {}
        """Subscriptions that were ever active, and the Opportunity that each names."""
        self._prices: dict[str, list[str]] = {}

    async def open(self) -> None:
        for deal in (await self.clouds.org.snapshot())["Opportunity"].values():
            self.deals[deal["Name"].split()[0]].append(str(deal["Id"]))
        product = await self.stripe.products.create_async({"name": "Team"})
        for currency in sorted(set(CURRENCIES.values())):
            self._prices[currency] = [
                await self._price(product.id, currency, interval) for interval in ("month", "year")
            ]
        for name in CURRENCIES:
            made = await self.stripe.customers.create_async(
                {
                    "name": name,
                    "payment_method": "pm_card_visa",
                    "invoice_settings": {"default_payment_method": "pm_card_visa"},
                }
            )
            self.customers[name] = made.id

    async def move(self) -> None:
        """One thing happens."""
        moves: dict[Callable[[], Awaitable[None]], int] = {
            self.buy: 4,
            self.time_passes: 3,
            self.pay_once: 2,
            self.refund: 2,
            self.dispute: 2,
            self.decide: 1,
            self.credit: 1,
            self.break_a_card: 1,
            self.change_quantity: 2 if self.running else 0,
            self.cancel: 1 if self.running else 0,
        }
        (chosen,) = self.dice.choices(list(moves), list(moves.values()))
        await chosen()
        await self.note_active()

    async def buy(self, name: str | None = None) -> None:
        name = name or self.dice.choice(list(CURRENCIES))
        metadata = {}
        if self.deals[name] and self.dice.random() < 0.8:
            metadata["salesforce_opportunity_id"] = self.deals[name].pop()
        params: Any = {
            "customer": self.customers[name],
            "items": [
                {
                    "price": self.dice.choice(self._prices[CURRENCIES[name]]),
                    "quantity": self.dice.randrange(1, 9),
                }
            ],
            "metadata": metadata,
        }
        if self.dice.random() < 0.3:
            params["trial_period_days"] = self.dice.choice([7, 30])
        self.running.append((await self.stripe.subscriptions.create_async(params)).id)

    async def time_passes(self) -> None:
        await self.clouds.advance(advance=self.dice.randrange(1, 28 * DAY))

    async def break_a_card(self) -> None:
        """From now on a customer's card is declined; or it works again."""
        chosen = self.dice.choice(list(self.customers.values()))
        customer = await self.stripe.customers.retrieve_async(chosen)
        card = customer["invoice_settings"]["default_payment_method"]
        answer = {"declines_with": self.dice.choice(FAILING)}
        await self.clouds.standin("POST", f"payment_methods/{card}", answer)

    async def note_active(self) -> None:
        """Remembers the subscriptions that an event calls active, while Stripe still lists it."""
        listed = await self.stripe.events.list_async(
            {
                "types": ["customer.subscription.created", "customer.subscription.updated"],
                "limit": 100,
            }
        )
        async for event in listed.auto_paging_iter():
            found = event.to_dict()["data"]["object"]
            if found["status"] == "active":
                deal = found["metadata"].get("salesforce_opportunity_id")
                self.ever_active[found["id"]] = deal


async def release(clouds: Clouds, dice: random.Random, *, killed: bool) -> None:
    """What was held back comes twice and in disorder; the bridge may die over it."""
    disorder = {"duplicate": 1, "shuffle": 500, "concurrency": 4, "seed": dice.randrange(1000)}
    await clouds.standin("POST", "delivery", disorder)
    if killed:
        await asyncio.sleep(dice.uniform(0.1, 1.5))
        await clouds.kill_bridge()
        await clouds.start_bridge()
    await clouds.settle()


async def books(clouds: Clouds) -> dict[tuple[str, str], tuple[Decimal, ...]]:
    """Cash by customer and currency, from the stand-in's double-entry book.

    What came in, what went back by refunds and outside Stripe, what banks took, and what is left.
    """
    found = {}
    for row in (await clouds.standin("GET", "book"))["totals"]:
        code = row["currency"].upper()
        returned = row["refunded"] + await returned_outside(clouds, row["customer"])
        came_in = row["net"] + returned + row["disputed"]
        parts = (came_in, -returned, -row["disputed"], row["net"])
        if came_in:
            found[row["customer"], code] = tuple(Decimal(n).scaleb(-MINOR[code]) for n in parts)
    return found


async def returned_outside(clouds: Clouds, customer: str) -> int:
    """What credit notes gave back outside Stripe, in minor units, by Stripe's own list."""
    listed = await clouds.stripe.v1.credit_notes.list_async({"customer": customer, "limit": 100})
    return sum(note.out_of_band_amount or 0 for note in listed.data)


def ledger(records: Snapshot) -> dict[tuple[str, str], tuple[Decimal, ...]]:
    """The same from the Revenue Entries."""
    found: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
    places = {"Charge": 0, "Payment": 0, "Refund": 1, "Credit Note": 1, "Dispute": 2}
    for entry in records["Bridge_Entry__c"].values():
        customer = records["Bridge_Customer__c"][entry["Customer__c"]]["Stripe_Id__c"]
        gross = Decimal(entry["Original_Gross__c"])
        for place in (places[entry["Kind__c"]], 3):
            found[customer, entry["Currency__c"]][place] += gross
    return {key: tuple(sums) for key, sums in found.items()}


def totals(records: Snapshot, account: str) -> tuple[Decimal, Decimal, Decimal]:
    """Lifetime value, ARR and booked ACV of an Account, summed from the ledger anew."""

    def total(sobject: str, field: str, live: bool = False) -> Decimal:
        return sum(
            (
                Decimal(row[field] or 0)
                for row in records[sobject].values()
                if row["Account__c"] == account and (not live or row["Live__c"])
            ),
            Decimal(0),
        )

    return (
        total("Bridge_Entry__c", "Amount__c"),
        total("Bridge_Subscription__c", "ARR__c"),
        total("Bridge_Subscription__c", "Booked_ACV__c", live=True),
    )


@pytest.mark.parametrize(("seed", "version"), [(1, None), (2, "2025-02-24.acacia")])
async def test_any_history_ends_in_stripes_own_books(
    project: Path, seed: int, version: str | None
) -> None:
    dice = random.Random(seed)
    async with Clouds(project, SEED, api_version=version, now=NOW) as clouds:
        company = Company(clouds, dice)
        await company.open()
        for phase in range(PHASES):
            await clouds.standin("POST", "delivery", {"hold": True})
            for name in CURRENCIES if phase == 0 else ():
                await company.buy(name)
            for _ in range(MOVES):
                await company.move()
            await release(clouds, dice, killed=phase > 0)
        # What was settled later than the last move is told too, and what became of refunds.
        await clouds.advance(advance=7_200)
        await clouds.settle()
        await company.note_active()
        records = await clouds.org.snapshot()
        expected = await books(clouds)

    assert ledger(records) == expected
    assert len(expected) > 1
    kinds = {row["Kind__c"] for row in records["Bridge_Entry__c"].values()}
    assert kinds >= {"Charge", "Refund", "Dispute"}
    for key, account in records["Account"].items():
        said = tuple(
            Decimal(account[f"Bridge_{name}__c"] or 0)
            for name in ("Lifetime_Value", "Current_ARR", "ACV")
        )
        assert said == totals(records, key), account["Name"]

    wins = {sub: deal for sub, deal in company.ever_active.items() if deal}
    assert wins
    contracts = Counter(
        row["Bridge_Stripe_Subscription_Id__c"] for row in records["Contract"].values()
    )
    assert contracts == Counter(wins.keys())
    won = {
        row["Stripe_Id__c"]: row["Opportunity__c"]
        for row in records["Bridge_Subscription__c"].values()
        if row["Won_Date__c"]
    }
    assert won == wins
    assert {key for key, row in records["Opportunity"].items() if row["IsWon"]} == set(
        wins.values()
    )
    still_open = {
        (row["Code__c"], row["Stripe_Id__c"])
        for row in records["Bridge_Exception__c"].values()
        if row["Status__c"] != "Resolved"
    }
    assert still_open == {
        ("CURRENCY_NOT_IN_ORG", company.customers[name])
        for name, currency in CURRENCIES.items()
        if currency != "usd"
    }, "a dollar org lists the euros and the yen, and nothing else"
