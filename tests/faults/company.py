"""A company with as many customers as the events that are wanted need."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import stripe

from rehearsal.demo.clouds import Clouds

DAY = 86_400
_FAILING = ["generic_decline", "insufficient_funds", "lost_card"]
_CARDS = ["pm_card_visa"] * 3 + ["pm_card_pendingRefund", "pm_card_refundFail"]
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


class Company:
    """What happens in Stripe, as the dice say."""

    def __init__(self, clouds: Clouds, dice: random.Random, customers: int) -> None:
        self.clouds, self.dice, self.stripe = clouds, dice, clouds.stripe.v1
        self._names = [f"c{number}" for number in range(customers)]
        self.customers: dict[str, str] = {}
        self.currencies: dict[str, str] = {}
        self.won: dict[str, str] = {}
        """Subscriptions that were active, and the Opportunity that each names."""
        self.running: list[str] = []
        self.disputes: list[str] = []
        self.broken: list[str] = []
        self._deals: dict[str, str] = {}
        self._prices: dict[str, list[str]] = {}
        self._cards: dict[str, str] = {}

    async def open(self) -> None:
        """Prices, customers, and a subscription each, on as many days as a month has."""
        for deal in await self.clouds.org.query("SELECT Id, Name FROM Opportunity"):
            self._deals[deal["Name"]] = str(deal["Id"])
        product = await self.stripe.products.create_async({"name": "Team"})
        for currency in ("usd", "eur"):
            self._prices[currency] = [
                await self._price(product.id, currency, interval) for interval in ("month", "year")
            ]
        for few in _portions(self._names, max(len(self._names) // 28, 1)):
            for portion in _portions(few, _AT_ONCE):
                await asyncio.gather(*(self._arrive(name) for name in portion))
            await self.clouds.advance(advance=DAY)

    async def _price(self, product: str, currency: str, interval: str) -> str:
        params: Any = {
            "product": product,
            "currency": currency,
            "unit_amount": self.dice.randrange(1_001, 99_999),
            "recurring": {"interval": interval},
        }
        return str((await self.stripe.prices.create_async(params)).id)

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
        self.currencies[name] = "eur" if int(name[1:]) % 10 == 9 else "usd"
        found = await self.stripe.customers.retrieve_async(made.id)
        self._cards[name] = str(found["invoice_settings"]["default_payment_method"])
        await self.buy(name)

    async def buy(self, name: str | None = None) -> None:
        name = name or self.dice.choice(self._names)
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
            self.change_quantity: 4,
            self.cancel: 1,
            self.rename: 1,
        }
        (chosen,) = self.dice.choices(list(moves), list(moves.values()))
        # What the stand-in refuses, Stripe refuses too: an ended subscription, a disputed charge.
        # What goes wrong on purpose befalls the company's own requests as well.
        with suppress(stripe.StripeError):
            await chosen()

    async def pay_once(self) -> None:
        name = self.dice.choice(self._names)
        amount = self.dice.randrange(1_000, 99_999)
        params: Any = {
            "amount": amount,
            "currency": self.currencies[name],
            "customer": self.customers[name],
            "payment_method": self.dice.choice(_CARDS),
            "payment_method_types": ["card"],
            "confirm": True,
        }
        if self.dice.random() < 0.5:
            await self.stripe.payment_intents.create_async(params)
            return
        params["capture_method"] = "manual"
        held = await self.stripe.payment_intents.create_async(params)
        taken = self.dice.choice([amount, amount - self.dice.randrange(1, 900)])
        await self.stripe.payment_intents.capture_async(held.id, {"amount_to_capture": taken})

    async def refund(self) -> None:
        if charge := await self._charge():
            left = charge["amount_captured"] - charge["amount_refunded"]
            part = self.dice.choice([left, self.dice.randrange(1, left + 1)])
            await self.stripe.refunds.create_async({"charge": charge["id"], "amount": part})

    async def dispute(self) -> None:
        """A bank takes a charge back, or part of it, or only asks."""
        if charge := await self._charge():
            taken = charge["amount_captured"]
            asked = {
                "charge": charge["id"],
                "amount": self.dice.choice([taken, self.dice.randrange(1, taken + 1)]),
                "inquiry": self.dice.random() < 0.2,
            }
            with suppress(RuntimeError):  # disputed already
                opened = await self.clouds.standin("POST", "disputes", asked)
                self.disputes.append(opened["id"])

    async def decide(self) -> None:
        if self.disputes:
            chosen = self.disputes.pop(self.dice.randrange(len(self.disputes)))
            with suppress(RuntimeError):  # an inquiry cannot be won
                move = self.dice.choice(["win", "lose"])
                await self.clouds.standin("POST", f"disputes/{chosen}/{move}")

    async def credit(self) -> None:
        """A credit note on a paid invoice: back to the card, to the balance, or outside Stripe."""
        listed = await self.stripe.invoices.list_async({"status": "paid", "limit": 20})
        invoices = [each for each in listed.data if each.amount_paid > 500]
        if invoices:
            amount = self.dice.randrange(100, 500)
            way = self.dice.choice(["refund_amount", "credit_amount", "out_of_band_amount"])
            params: Any = {
                "invoice": self.dice.choice(invoices).id,
                "amount": amount,
                way: amount,
            }
            await self.stripe.credit_notes.create_async(params)

    async def break_a_card(self) -> None:
        """From now on a customer's card is declined: the next renewal begins dunning."""
        name = self.dice.choice(self._names)
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

    async def change_quantity(self) -> None:
        if self.running:
            chosen = self.dice.choice(self.running)
            subscription = await self.stripe.subscriptions.retrieve_async(chosen)
            item = subscription["items"]["data"][0]["id"]
            how = self.dice.choice(["none", "create_prorations", "always_invoice"])
            params: Any = {
                "items": [{"id": item, "quantity": self.dice.randrange(1, 20)}],
                "proration_behavior": how,
            }
            await self.stripe.subscriptions.update_async(chosen, params)

    async def cancel(self) -> None:
        if self.running:
            chosen = self.running.pop(self.dice.randrange(len(self.running)))
            if self.dice.random() < 0.5:
                await self.stripe.subscriptions.cancel_async(chosen)
            else:
                await self.stripe.subscriptions.update_async(chosen, {"cancel_at_period_end": True})

    async def rename(self) -> None:
        name = self.dice.choice(self._names)
        new: Any = {"name": f"{name}, formerly {name}", "email": f"{name}@example.com"}
        await self.stripe.customers.update_async(self.customers[name], new)

    async def _charge(self) -> Any:
        """A late charge of which something is left."""
        listed = await self.stripe.charges.list_async({"limit": 30})
        left = [
            each
            for each in (charge.to_dict() for charge in listed.data)
            if each["captured"] and each["amount_captured"] > each["amount_refunded"]
        ]
        return self.dice.choice(left) if left else None


def _portions(names: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
