"""What the customers of a company do in Stripe, as the dice say, for random histories."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import stripe

from rehearsal.demo.clouds import Clouds

_CARDS = ["pm_card_visa"] * 3 + ["pm_card_pendingRefund", "pm_card_refundFail"]


class Habits:
    """One move each. Who the customers are and what they subscribe to is another's to say."""

    looks_back = 100
    """How many of the latest charges and invoices something may happen to."""

    def __init__(self, clouds: Clouds, dice: random.Random, names: Sequence[str]) -> None:
        self.clouds, self.dice, self.stripe = clouds, dice, clouds.stripe.v1
        self.names = names
        self.customers: dict[str, str] = {}
        """Stripe's ids by name."""
        self.currencies: dict[str, str] = {}
        self.running: list[str] = []
        """Subscriptions."""
        self.disputes: list[str] = []

    async def _price(self, product: str, currency: str, interval: str) -> str:
        params: Any = {
            "product": product,
            "currency": currency,
            "unit_amount": self.dice.randrange(1_001, 99_999),
            "recurring": {"interval": interval},
        }
        return str((await self.stripe.prices.create_async(params)).id)

    async def pay_once(self) -> None:
        name = self.dice.choice(self.names)
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
        held = await self.stripe.payment_intents.create_async(
            {**params, "capture_method": "manual"}
        )
        taken = self.dice.choice([amount, amount - self.dice.randrange(1, 900)])
        await self.stripe.payment_intents.capture_async(held.id, {"amount_to_capture": taken})

    async def refund(self) -> None:
        charge = await self._charge()
        if charge is None:
            return
        left = charge["amount_captured"] - charge["amount_refunded"]
        part = self.dice.choice([left, self.dice.randrange(1, left + 1)])
        with suppress(stripe.InvalidRequestError):  # a charge that is disputed
            await self.stripe.refunds.create_async({"charge": charge["id"], "amount": part})

    async def dispute(self) -> None:
        """A bank takes a charge back, or part of it, or only asks."""
        charge = await self._charge()
        if charge is None:
            return
        taken = charge["amount_captured"]
        asked = {
            "charge": charge["id"],
            "amount": self.dice.choice([taken, self.dice.randrange(1, taken + 1)]),
            "inquiry": self.dice.random() < 0.2,
        }
        self.disputes.append((await self.clouds.standin("POST", "disputes", asked))["id"])

    async def decide(self) -> None:
        if self.disputes:
            chosen = self.disputes.pop(self.dice.randrange(len(self.disputes)))
            move = self.dice.choice(["win", "lose"])
            with suppress(RuntimeError):  # an inquiry cannot be won
                await self.clouds.standin("POST", f"disputes/{chosen}/{move}")

    async def credit(self) -> None:
        """A credit note on a paid invoice: back to the card, to the balance, or outside Stripe."""
        listed = await self.stripe.invoices.list_async({"status": "paid", "limit": self.looks_back})
        invoices = [each for each in listed.data if each.amount_paid > 500]
        if not invoices:
            return
        chosen = self.dice.choice(invoices)
        amount = self.dice.randrange(100, 500)
        way = self.dice.choice(["refund_amount", "credit_amount", "out_of_band_amount"])
        params: Any = {"invoice": chosen.id, "amount": amount, way: amount}
        with suppress(stripe.InvalidRequestError):  # more than is left of it
            await self.stripe.credit_notes.create_async(params)

    async def change_quantity(self) -> None:
        chosen = self.dice.choice(self.running)
        subscription = await self.stripe.subscriptions.retrieve_async(chosen)
        item = subscription["items"]["data"][0]["id"]
        params: Any = {
            "items": [{"id": item, "quantity": self.dice.randrange(1, 20)}],
            "proration_behavior": self.dice.choice(["none", "create_prorations", "always_invoice"]),
        }
        await self.stripe.subscriptions.update_async(chosen, params)

    async def cancel(self) -> None:
        chosen = self.running.pop(self.dice.randrange(len(self.running)))
        if self.dice.random() < 0.5:
            await self.stripe.subscriptions.cancel_async(chosen)
        else:
            await self.stripe.subscriptions.update_async(chosen, {"cancel_at_period_end": True})

    async def _charge(self) -> Any:
        """A charge of which something is left."""
        listed = await self.stripe.charges.list_async({"limit": self.looks_back})
        left = [
            each
            for each in (charge.to_dict() for charge in listed.data)
            if each["captured"] and each["amount_captured"] > each["amount_refunded"]
        ]
        return self.dice.choice(left) if left else None
