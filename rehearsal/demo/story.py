"""A customer's year in steps: what is done in Stripe, and why."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from rehearsal.demo.clouds import SETTLE_TIMEOUT, Clouds, NotSettled
from rehearsal.demo.telling import Step, Telling, Told

__all__ = ["SEED", "Step", "Story", "Told"]

DAY = 86_400
HOUR = 3_600

SEED: dict[str, Any] = {
    "Account": [
        {"$ref": "northwind", "Name": "Northwind Traders"},
        {"$ref": "tokyo", "Name": "Sakura Robotics"},
    ],
    "Opportunity": [
        {
            "$ref": "platform",
            "AccountId": "@northwind",
            "Name": "Northwind: platform, 25 seats",
            "StageName": "Negotiation/Review",
            "CloseDate": "2027-06-30",
            "Amount": 9000,
        },
        {
            "$ref": "robots",
            "AccountId": "@tokyo",
            "Name": "Sakura: yearly plan",
            "StageName": "Proposal/Price Quote",
            "CloseDate": "2027-06-30",
        },
    ],
}


class Story(Telling):
    """Northwind buys, grows, cannot pay, pays; Fabrikam comes from nowhere, and leaves."""

    def __init__(self, clouds: Clouds) -> None:
        super().__init__(clouds)
        self._customers: dict[str, str] = {}
        self._subscriptions: dict[str, str] = {}
        self._prices: dict[str, str] = {}
        self._disputes: dict[str, str] = {}

    def steps(self) -> list[Step]:
        return [
            (
                "The customer pays: a deal closes itself",
                "A checkout in Stripe carries the Opportunity's id in the subscription's metadata.",
                self.northwind_buys,
            ),
            (
                "A rep renames the deal, and Stripe shows it",
                "What an Opportunity says is metadata of its Stripe customer and subscription.",
                self.a_rep_renames,
            ),
            (
                "A month later the subscription renews",
                "The invoice is collected; the next one is in sight.",
                self.a_month_passes,
            ),
            (
                "The customer adds seats",
                "Current ARR moves; what was booked at the win does not.",
                self.northwind_grows,
            ),
            (
                "A card payment is not completed",
                "An incomplete subscription wins nothing.",
                self.sakura_hesitates,
            ),
            (
                "A customer whom nobody knows pays",
                "The ledger is complete; only the Account is missing.",
                self.a_stranger_buys,
            ),
            (
                "Somebody links the stranger to an Account",
                "The ledger is stamped and the Account's totals are computed.",
                self.the_stranger_is_linked,
            ),
            (
                "Two more months are paid",
                "Each customer's entries and renewals stand by themselves.",
                self.two_months_pass,
            ),
            (
                "Northwind's card is declined",
                "The renewal fails: the Account's owner learns of it, the money is at risk.",
                self.northwind_cannot_pay,
            ),
            (
                "Northwind gives another card, and the retry is paid",
                "What was at risk is not any more, and nobody has to close anything by hand.",
                self.northwind_pays,
            ),
            (
                "A part of an invoice is refunded",
                "Money that went back is an entry of its own: Lifetime Value shrinks by it.",
                self.northwind_is_refunded,
            ),
            (
                "Fabrikam's bank takes a payment back",
                "A dispute takes the money at once, long before it is decided.",
                self.fabrikam_disputes,
            ),
            (
                "That dispute is lost",
                "The money stays away, and nothing is booked a second time.",
                self.the_dispute_is_lost,
            ),
            (
                "Another dispute, of Northwind's, is won",
                "What was taken comes back: two entries that sum to nothing.",
                self.a_dispute_is_won,
            ),
            (
                "Fabrikam cancels for the end of its period",
                "It still runs and still counts; whoever looks sees that it is going to end.",
                self.fabrikam_cancels,
            ),
            (
                "Fabrikam's period ends",
                "The customer has left: what recurs shrinks, what was paid stays.",
                self.fabrikam_leaves,
            ),
            (
                "Northwind gives five seats back",
                "What recurs shrinks by them; what was booked at the win stays.",
                self.northwind_shrinks,
            ),
            (
                "The rest of the year passes",
                "Renewal after renewal, without anybody's hand.",
                self.the_year_passes,
            ),
            (
                "Stripe sends every event again, shuffled",
                "Nothing changes: each is applied once.",
                self.everything_again,
            ),
        ]

    def _opportunity(self, name: str) -> str:
        for record in self.snapshot["Opportunity"].values():
            if record["Name"].startswith(name):
                return str(record["Id"])
        raise LookupError(name)

    async def _customer(self, name: str, email: str, card: str | None = None) -> str:
        params: Any = {"name": name, "email": email}
        if card:
            params["payment_method"] = card
            params["invoice_settings"] = {"default_payment_method": card}
        customer = await self.clouds.stripe.v1.customers.create_async(params)
        self._customers[name] = customer.id
        return customer.id

    async def _price(self, product: str, **price: Any) -> str:
        if product not in self._prices:
            made = await self.clouds.stripe.v1.products.create_async({"name": product})
            params: Any = {"product": made.id, **price}
            self._prices[product] = (await self.clouds.stripe.v1.prices.create_async(params)).id
        return self._prices[product]

    async def _set_seats(self, quantity: int) -> None:
        stripe, subscription_id = self.clouds.stripe.v1, self._subscriptions["northwind"]
        subscription = await stripe.subscriptions.retrieve_async(subscription_id)
        item = subscription["items"]["data"][0]["id"]
        await stripe.subscriptions.update_async(
            subscription_id,
            {"items": [{"id": item, "quantity": quantity}], "proration_behavior": "none"},
        )

    async def _period_end(self, name: str) -> int:
        """When the period that is billed now ends, as a Unix time."""
        subscription = await self.clouds.stripe.v1.subscriptions.retrieve_async(
            self._subscriptions[name]
        )
        return int(subscription["items"]["data"][0]["current_period_end"])

    async def _until_renewed(self, name: str, *, times: int = 1, hours: int = 12) -> None:
        """Moves Stripe's clock past the next renewals. An invoice is paid an hour after its day
        began; Fabrikam's comes two hours after Northwind's."""
        for _ in range(times):
            await self.clouds.advance(to=await self._period_end(name) + hours * HOUR)

    async def _latest_charge(self, name: str, skip: int = 0) -> str:
        """The customer's latest charge that took money, or one before it."""
        listed = await self.clouds.stripe.v1.charges.list_async(
            {"customer": self._customers[name], "limit": 20}
        )
        return [charge.id for charge in listed.data if charge.status == "succeeded"][skip]

    async def _card_of(self, name: str) -> str:
        customer = await self.clouds.stripe.v1.customers.retrieve_async(self._customers[name])
        return str(customer["invoice_settings"]["default_payment_method"])

    async def northwind_buys(self) -> None:
        stripe = self.clouds.stripe.v1
        customer = await self._customer("Northwind Traders", "ap@northwind.test", "pm_card_visa")
        price = await self._price(
            "Team", currency="usd", unit_amount=4_900, recurring={"interval": "month"}
        )
        coupon = await stripe.coupons.create_async({"percent_off": 10, "duration": "forever"})
        subscription = await stripe.subscriptions.create_async(
            {
                "customer": customer,
                "items": [{"price": price, "quantity": 25}],
                "discounts": [{"coupon": coupon.id}],
                "metadata": {
                    "salesforce_opportunity_id": self._opportunity("Northwind")[:15],
                    "contract_term_months": "24",
                },
            }
        )
        self._subscriptions["northwind"] = subscription.id

    async def a_rep_renames(self) -> str:
        """Gives the time from the edit until both objects in Stripe say so."""
        name = "Northwind: platform, 25 seats, two years"
        started = time.monotonic()
        await self.clouds.org.update("Opportunity", self._opportunity("Northwind"), Name=name)
        for read, key in (
            (self.clouds.stripe.v1.customers.retrieve_async, self._customers["Northwind Traders"]),
            (self.clouds.stripe.v1.subscriptions.retrieve_async, self._subscriptions["northwind"]),
        ):
            while (await read(key))["metadata"].to_dict().get("salesforce_opportunity") != name:
                if time.monotonic() - started > SETTLE_TIMEOUT:
                    raise NotSettled(f"{key} in Stripe does not show the deal's new name")
                await asyncio.sleep(0.02)
        seconds = time.monotonic() - started
        return f"Stripe's customer and subscription showed it after {seconds:.1f} s."

    async def a_month_passes(self) -> None:
        await self._until_renewed("northwind", hours=2)

    async def northwind_grows(self) -> None:
        await self._set_seats(40)

    async def sakura_hesitates(self) -> None:
        customer = await self._customer("Sakura Robotics", "keiri@sakura.test")
        price = await self._price(
            "Yearly", currency="jpy", unit_amount=120_000, recurring={"interval": "year"}
        )
        await self.clouds.stripe.v1.subscriptions.create_async(
            {
                "customer": customer,
                "items": [{"price": price}],
                "payment_behavior": "default_incomplete",
                "metadata": {"salesforce_opportunity_id": self._opportunity("Sakura")},
            }
        )

    async def a_stranger_buys(self) -> None:
        customer = await self._customer("Fabrikam", "billing@fabrikam.test", "pm_card_visa")
        price = await self._price(
            "Team", currency="usd", unit_amount=4_900, recurring={"interval": "month"}
        )
        subscription = await self.clouds.stripe.v1.subscriptions.create_async(
            {"customer": customer, "items": [{"price": price, "quantity": 3}]}
        )
        self._subscriptions["fabrikam"] = subscription.id

    async def the_stranger_is_linked(self) -> None:
        org = self.clouds.org
        stripe_id = self._customers["Fabrikam"]
        (row,) = await org.query(
            f"SELECT Id FROM Bridge_Customer__c WHERE Stripe_Id__c = '{stripe_id}'"
        )
        account = await org.request(
            "POST", "/services/data/v66.0/sobjects/Account", {"Name": "Fabrikam"}
        )
        await org.update("Bridge_Customer__c", row["Id"], Account__c=account["id"])

    async def two_months_pass(self) -> None:
        await self._until_renewed("northwind", times=2)

    async def northwind_cannot_pay(self) -> None:
        card = await self._card_of("Northwind Traders")
        await self.clouds.standin(
            "POST", f"payment_methods/{card}", {"declines_with": "insufficient_funds"}
        )
        await self._until_renewed("northwind")

    async def northwind_pays(self) -> None:
        """The retry comes three days after the attempt that failed."""
        stripe, customer = self.clouds.stripe.v1, self._customers["Northwind Traders"]
        card = await stripe.payment_methods.attach_async(
            "pm_card_mastercard", {"customer": customer}
        )
        await stripe.customers.update_async(
            customer, {"invoice_settings": {"default_payment_method": card.id}}
        )
        await self.clouds.advance(advance=3 * DAY)

    async def northwind_is_refunded(self) -> None:
        charge = await self._latest_charge("Northwind Traders")
        await self.clouds.stripe.v1.refunds.create_async(
            {"charge": charge, "amount": 17_640, "reason": "requested_by_customer"}
        )

    async def fabrikam_disputes(self) -> None:
        charge = await self._latest_charge("Fabrikam")
        dispute = await self.clouds.standin(
            "POST", "disputes", {"charge": charge, "reason": "product_not_received"}
        )
        self._disputes["Fabrikam"] = dispute["id"]

    async def the_dispute_is_lost(self) -> None:
        await self.clouds.standin("POST", f"disputes/{self._disputes['Fabrikam']}/lose")

    async def a_dispute_is_won(self) -> None:
        charge = await self._latest_charge("Northwind Traders", skip=1)
        dispute = await self.clouds.standin(
            "POST", "disputes", {"charge": charge, "reason": "fraudulent"}
        )
        for move in ("submit", "win"):
            await self.clouds.advance(advance=7 * DAY)
            await self.clouds.standin("POST", f"disputes/{dispute['id']}/{move}")

    async def fabrikam_cancels(self) -> None:
        await self.clouds.stripe.v1.subscriptions.update_async(
            self._subscriptions["fabrikam"],
            {
                "cancel_at_period_end": True,
                "cancellation_details": {"feedback": "too_expensive"},
            },
        )

    async def fabrikam_leaves(self) -> None:
        await self._until_renewed("fabrikam")

    async def northwind_shrinks(self) -> None:
        await self._set_seats(35)

    async def the_year_passes(self) -> None:
        await self._until_renewed("northwind", times=6)

    async def everything_again(self) -> None:
        await self.clouds.standin("POST", "delivery", {"shuffle": 100, "concurrency": 4})
        for event_id in 3 * sorted(self._seen):
            await self.clouds.standin("POST", "resend", {"event": event_id})
        await self.clouds.standin("POST", "flush")
        await self.clouds.standin("POST", "delivery", {})
