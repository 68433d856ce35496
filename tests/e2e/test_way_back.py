"""A rep edits a deal, and Stripe says so, whenever the bridge is killed; and nothing echoes."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rehearsal.demo.clouds import Clouds
from rehearsal.demo.story import SEED, Story
from tests.e2e.end_state import NOW

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("way back")]

LEDGER = ("Bridge_Customer__c", "Bridge_Subscription__c", "Bridge_Renewal__c", "Bridge_Movement__c")


class Deal:
    """Northwind's Opportunity, won by a checkout."""

    def __init__(self, clouds: Clouds, id: str, subscription: str, customer: str) -> None:  # noqa: A002
        self.clouds, self.id = clouds, id
        self.subscription, self.customer = subscription, customer

    async def metadata(self) -> list[dict[str, str]]:
        api = self.clouds.stripe.v1
        found = [
            await api.customers.retrieve_async(self.customer),
            await api.subscriptions.retrieve_async(self.subscription),
        ]
        return [dict(each.to_dict()["metadata"]) for each in found]

    async def until(self, **wanted: str) -> list[dict[str, str]]:
        async with asyncio.timeout(60):
            while True:
                found = await self.metadata()
                if all(each.get(key) == value for each in found for key, value in wanted.items()):
                    return found
                await asyncio.sleep(0.05)

    async def writes(self, key: str) -> list[str]:
        """The values that the bridge has written under a key, by Stripe's own events."""
        listed = await self.clouds.stripe.v1.events.list_async({"limit": 100})
        said = [event.data.to_dict() async for event in listed.auto_paging_iter()]
        return [
            each["object"]["metadata"].get(key, "")
            for each in said
            if key in ((each.get("previous_attributes") or {}).get("metadata") or {})
        ]

    async def stamps(self) -> dict[str, str]:
        """When each record of the ledger, and the deal, was written last."""
        found: dict[str, str] = {}
        for sobject in (*LEDGER, "Opportunity", "Account"):
            rows = await self.clouds.org.query(f"SELECT Id, SystemModstamp FROM {sobject}")
            found |= {row["Id"]: row["SystemModstamp"] for row in rows}
        return found


async def win(clouds: Clouds) -> Deal:
    story = Story(clouds)
    async for _ in story.play():
        break
    (subscription,) = (await clouds.stripe.v1.subscriptions.list_async()).data
    (opportunity,) = await clouds.org.query("SELECT Id FROM Opportunity WHERE IsWon = true")
    deal = Deal(clouds, opportunity["Id"], subscription.id, str(subscription.customer))
    await deal.until(salesforce_stage="Closed Won")
    await clouds.settle()
    return deal


async def test_stripe_says_what_the_deal_says_and_nothing_comes_back(project: Path) -> None:
    async with Clouds(project, SEED, now=NOW) as clouds:
        deal = await win(clouds)
        assert (await deal.writes("salesforce_stage")).count("Closed Won") == 2, "one an object"
        before = await deal.stamps()
        await asyncio.sleep(1.0)  # a stamp has whole seconds
        await clouds.org.update("Opportunity", deal.id, Name="Northwind: renamed")
        _, subscription = await deal.until(salesforce_opportunity="Northwind: renamed")
        assert subscription["salesforce_opportunity_id"] == deal.id[:15]
        assert subscription["contract_term_months"] == "24"
        await clouds.settle()
        names = await deal.writes("salesforce_opportunity")
        assert names.count("Northwind: renamed") == 2
        after = await deal.stamps()
        assert {each for each in after if after[each] != before.get(each)} == {deal.id}, "no echo"
        assert (await outcomes_of(clouds))["ignored"] >= 2

        for n in range(6):
            await clouds.org.update("Opportunity", deal.id, Name=f"Northwind {n}")
            await asyncio.sleep(random.uniform(0.0, 0.8))
            await clouds.kill_bridge()
            if n % 2:
                await clouds.org.update("Opportunity", deal.id, Name=f"Northwind {n}, again")
            await clouds.start_bridge()
        for each in await deal.until(salesforce_opportunity="Northwind 5, again"):
            assert each["salesforce_stage"] == "Closed Won"
        await clouds.settle()


async def outcomes_of(clouds: Clouds) -> Counter[str]:
    with closing(sqlite3.connect(clouds.home / "bridge.db")) as connection:
        rows: list[tuple[Any, ...]] = connection.execute("SELECT outcome FROM inbox").fetchall()
    return Counter(str(outcome) for (outcome,) in rows)
