"""A customer's story in steps: what is done in Stripe, what Salesforce says afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from rehearsal.demo.clouds import Clouds
from rehearsal.demo.org import Change, Snapshot, changes

DAY = 86_400

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


@dataclass(frozen=True, slots=True)
class Told:
    """One step: what Stripe sent, and which records changed."""

    title: str
    why: str
    stripe_events: list[dict[str, str]]
    changes: list[Change]

    def to_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "why": self.why,
            "stripe_events": self.stripe_events,
            "changes": [change.to_json() for change in self.changes],
        }


Step = tuple[str, str, Callable[[], Awaitable[None]]]


class Story:
    """Plays the steps one by one; each waits until Salesforce has done its part."""

    def __init__(self, clouds: Clouds) -> None:
        self.clouds = clouds
        self.snapshot: Snapshot = {}
        self._seen: set[str] = set()
        self._customers: dict[str, str] = {}
        self._subscriptions: dict[str, str] = {}
        self._prices: dict[str, str] = {}

    def steps(self) -> list[Step]:
        return [
            (
                "The customer pays: a deal closes itself",
                "A checkout in Stripe carries the Opportunity's id in the subscription's metadata.",
                self.northwind_buys,
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
                "Stripe sends every event again, shuffled",
                "Nothing changes: each is applied once.",
                self.everything_again,
            ),
        ]

    async def play(self) -> AsyncIterator[Told]:
        """Tells each step when all that it caused is in Salesforce."""
        self.snapshot = await self.clouds.org.snapshot()
        await self._new_events()
        for title, why, act in self.steps():
            await act()
            await self.clouds.settle()
            after = await self.clouds.org.snapshot()
            told = Told(title, why, await self._new_events(), changes(self.snapshot, after))
            self.snapshot = after
            yield told

    async def _new_events(self) -> list[dict[str, str]]:
        fresh: list[dict[str, str]] = []
        listed = await self.clouds.stripe.v1.events.list_async({"limit": 100})
        async for event in listed.auto_paging_iter():
            if event.id in self._seen:
                break
            fresh.append({"id": event.id, "type": event.type})
        self._seen.update(event["id"] for event in fresh)
        return fresh[::-1]

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

    async def a_month_passes(self) -> None:
        await self.clouds.advance(advance=31 * DAY)

    async def northwind_grows(self) -> None:
        stripe = self.clouds.stripe.v1
        subscription_id = self._subscriptions["northwind"]
        subscription = await stripe.subscriptions.retrieve_async(subscription_id)
        item = subscription["items"]["data"][0]["id"]
        await stripe.subscriptions.update_async(
            subscription_id,
            {"items": [{"id": item, "quantity": 40}], "proration_behavior": "none"},
        )

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
        await self.clouds.stripe.v1.subscriptions.create_async(
            {"customer": customer, "items": [{"price": price, "quantity": 3}]}
        )

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

    async def everything_again(self) -> None:
        await self.clouds.standin("POST", "delivery", {"shuffle": 100, "concurrency": 4})
        for event_id in 3 * sorted(self._seen):
            await self.clouds.standin("POST", "resend", {"event": event_id})
        await self.clouds.standin("POST", "flush")
        await self.clouds.standin("POST", "delivery", {})
