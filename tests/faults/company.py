"""A company with as many customers as the events that are wanted need."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import stripe

from rehearsal.demo.clouds import Clouds
from tests.habits import Habits

DAY = 86_400
_FAILING = ["generic_decline", "insufficient_funds", "lost_card"]
_CURRENCIES = ["usd"] * 8 + ["jpy", "eur"]
_AT_ONCE = 4


def seed(customers: int) -> dict[str, Any]:
    """The org's first records: an Account and an open Opportunity a customer."""
    names = [f"c{number}" for number in range(customers)]
    return {
        "Account": [{"$ref": name, "Name": f"Customer {name}"} for name in names],
        "Opportunity": [
            {
                "AccountId": f"@{name}",
                "Name": name,
                "StageName": "Negotiation/Review",
                "CloseDate": "2027-06-30",
            }
            for name in names
        ],
    }


class Company(Habits):
    """Many customers, each with a subscription."""

    looks_back = 30

    def __init__(self, clouds: Clouds, dice: random.Random, customers: int) -> None:
        super().__init__(clouds, dice, [f"c{number}" for number in range(customers)])
        self.won: dict[str, str] = {}
        """Subscriptions that were active, and the Opportunity that each names."""
        self.broken: list[str] = []
        self._deals: dict[str, str] = {}
        self._prices: dict[str, list[str]] = {}
        self._cards: dict[str, str] = {}

    async def open(self) -> None:
        """Prices, customers, and a subscription each, on as many days as a month has."""
        for deal in await self.clouds.org.query("SELECT Id, Name FROM Opportunity"):
            self._deals[deal["Name"]] = str(deal["Id"])
        product = await self.stripe.products.create_async({"name": "Team"})
        for currency in ("usd", "eur", "jpy"):
            self._prices[currency] = [
                await self._price(product.id, currency, interval) for interval in ("month", "year")
            ]
        for few in _portions(self.names, max(len(self.names) // 28, 1)):
            for portion in _portions(few, _AT_ONCE):
                await asyncio.gather(*(self._arrive(name) for name in portion))
            await self.clouds.advance(advance=DAY)

    async def _arrive(self, name: str) -> None:
        card = "pm_card_visa"
        made = await self.stripe.customers.create_async(
            {
                "name": name,
                "payment_method": card,
                "invoice_settings": {"default_payment_method": card},
            }
        )
        self.customers[name] = made.id
        self.currencies[name] = _CURRENCIES[int(name[1:]) % len(_CURRENCIES)]
        found = await self.stripe.customers.retrieve_async(made.id)
        self._cards[name] = str(found["invoice_settings"]["default_payment_method"])
        await self.buy(name)

    async def buy(self, name: str | None = None) -> None:
        name = name or self.dice.choice(self.names)
        deal = self._deals.pop(name, None) if self.dice.random() < 0.8 else None
        params: Any = {
            "customer": self.customers[name],
            "items": [
                {
                    "price": self.dice.choice(
                        self._prices[self.currencies[name]][:1] * 5
                        + self._prices[self.currencies[name]][1:]
                    ),
                    "quantity": self.dice.randrange(1, 9),
                }
            ],
            "metadata": {"salesforce_opportunity_id": deal} if deal else {},
        }
        made = await self.stripe.subscriptions.create_async(params)
        if made.status == "active":
            self.running.append(made.id)
            if deal:
                self.won[made.id] = deal

    async def move(self) -> None:
        """One thing happens."""
        moves: dict[Callable[[], Awaitable[None]], int] = {
            self.buy: 1,
            self.pay_once: 3,
            self.refund: 3,
            self.dispute: 2,
            self.decide: 2,
            self.credit: 2,
            self.break_a_card: 2,
            self.mend_a_card: 1,
            self.change_quantity: 4 if self.running else 0,
            self.cancel: 1 if self.running else 0,
            self.rename: 1,
        }
        (chosen,) = self.dice.choices(list(moves), list(moves.values()))
        # What the stand-in refuses, Stripe refuses too: an ended subscription, a disputed charge.
        # What goes wrong on purpose befalls the company's own requests as well.
        with suppress(stripe.StripeError):
            await chosen()

    async def dispute(self) -> None:
        with suppress(RuntimeError):  # disputed already
            await super().dispute()

    async def break_a_card(self) -> None:
        """From now on a customer's card is declined: the next renewal begins dunning."""
        name = self.dice.choice(self.names)
        code = self.dice.choice(_FAILING)
        await self.clouds.standin(
            "POST", f"payment_methods/{self._cards[name]}", {"declines_with": code}
        )
        self.broken.append(name)

    async def mend_a_card(self) -> None:
        if self.broken:
            name = self.broken.pop(self.dice.randrange(len(self.broken)))
            await self.clouds.standin(
                "POST", f"payment_methods/{self._cards[name]}", {"declines_with": None}
            )

    async def rename(self) -> None:
        name = self.dice.choice(self.names)
        new: Any = {"name": f"{name}, formerly {name}", "email": f"{name}@example.com"}
        await self.stripe.customers.update_async(self.customers[name], new)


def _portions(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
