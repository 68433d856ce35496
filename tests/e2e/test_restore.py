"""The drill of docs/operations.md: an older copy of the store is put back, and nothing is lost."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rehearsal.demo.clouds import Clouds
from tests.e2e.end_state import NOW
from tests.e2e.test_history import books, ledger

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("restore")]

DAY = 86_400
SEED: dict[str, Any] = {
    "Account": [{"$ref": "acme", "Name": "Acme"}],
    "Opportunity": [
        {
            "AccountId": "@acme",
            "Name": f"Acme {n}",
            "StageName": "Negotiation/Review",
            "CloseDate": "2027-06-30",
        }
        for n in range(3)
    ],
}


class Acme:
    """A customer who buys, pays and takes back."""

    def __init__(self, clouds: Clouds) -> None:
        self.clouds, self.api = clouds, clouds.stripe.v1
        self.price = self.customer = ""

    async def open(self) -> None:
        product = await self.api.products.create_async({"name": "Team"})
        price: Any = {
            "product": product.id,
            "currency": "usd",
            "unit_amount": 4_900,
            "recurring": {"interval": "month"},
        }
        self.price = str((await self.api.prices.create_async(price)).id)
        self.customer = await self.someone("Acme")

    async def someone(self, name: str) -> str:
        params: Any = {
            "name": name,
            "payment_method": "pm_card_visa",
            "invoice_settings": {"default_payment_method": "pm_card_visa"},
        }
        return str((await self.api.customers.create_async(params)).id)

    async def buy(self, customer: str, deal: str | None = None) -> None:
        params: Any = {"customer": customer, "items": [{"price": self.price}]}
        if deal:
            params["metadata"] = {"salesforce_opportunity_id": deal}
        await self.api.subscriptions.create_async(params)

    async def give_back(self, amount: int) -> None:
        charge = (await self.api.charges.list_async({"limit": 1})).data[0]
        await self.api.refunds.create_async({"charge": charge.id, "amount": amount})


def copy(source: Path, target: Path) -> None:
    """What `sqlite3 SOURCE ".backup TARGET"` does, while the bridge serves."""
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(target)) as there:
        here.backup(there)


def put_back(saved: Path, store: Path) -> None:
    for ending in ("-wal", "-shm"):
        store.with_name(store.name + ending).unlink(missing_ok=True)
    store.write_bytes(saved.read_bytes())


async def swept(clouds: Clouds) -> None:
    """Waits until the bridge that runs now has swept once."""
    async with asyncio.timeout(60):
        while True:
            async with clouds.http.get(f"{clouds.bridge_url}/metrics") as response:
                if re.search(r"^bridge_sweeps_total [1-9]", await response.text(), re.MULTILINE):
                    return
            await asyncio.sleep(0.1)


async def test_an_older_copy_is_put_back_and_the_ledger_is_stripes_book(project: Path) -> None:
    """Events are listed in another shape than the webhooks came in, too."""
    async with Clouds(project, SEED, api_version="2025-02-24.acacia", now=NOW) as clouds:
        store, saved = clouds.home / "bridge.db", clouds.home / "saved.db"
        acme = Acme(clouds)
        await acme.open()
        deals = list((await clouds.org.snapshot())["Opportunity"])
        await acme.buy(acme.customer, deals[0])
        await swept(clouds)
        await clouds.settle()
        await acme.give_back(900)  # perhaps under way while the copy is made
        copy(store, saved)

        await clouds.advance(advance=2 * DAY)
        await acme.buy(acme.customer, deals[1])
        await clouds.settle()
        await clouds.advance(advance=DAY)
        stranger = await acme.someone("Globex")
        await clouds.standin("POST", "delivery", {"drop_next": 10_000})
        await acme.buy(stranger)
        await acme.give_back(500)
        await clouds.advance(advance=15 * DAY)
        await acme.give_back(700)
        await clouds.standin("POST", "delivery", {})
        await clouds.settle()
        before = await clouds.org.snapshot()
        assert ledger(before) != await books(clouds), "webhooks were lost"

        await clouds.kill_bridge()
        put_back(saved, store)
        await clouds.advance(advance=600)
        await clouds.start_bridge()
        await swept(clouds)
        await clouds.settle()
        after = await clouds.org.snapshot()
        expected = await books(clouds)
        warned = (clouds.home / "bridge.log").read_text()

    assert ledger(after) == expected
    assert "this store is an older copy" in warned
    contracts = Counter(
        row["Bridge_Stripe_Subscription_Id__c"] for row in after["Contract"].values()
    )
    assert sorted(contracts.values()) == [1, 1]
    for sobject in ("Contract", "Task"):
        assert before[sobject].keys() == after[sobject].keys(), sobject
    won = {row["Id"] for row in after["Opportunity"].values() if row["IsWon"]}
    assert won == set(deals[:2])
