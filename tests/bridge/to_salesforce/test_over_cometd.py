"""Receipts and requests over CometD, on the shipped package; and a change of the transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bridge.contract import RECEIPT_TOPIC, REQUEST_TOPIC
from bridge.health import Part
from bridge.service import Service
from bridge.settings import Settings
from bridge.store import State

pytestmark = pytest.mark.slow


class House:
    """A bridge between Stripe and the org."""

    def __init__(self, service: Service, deliver: Callable, make: Callable, salesforce) -> None:
        self.service, self._deliver, self._make = service, deliver, make
        self.salesforce = salesforce

    async def deliver(self, *numbers: int) -> None:
        for n in numbers:
            assert await self._deliver(self._make(n)) == 200

    async def control(self, path: str, **body: Any) -> None:
        url = f"{self.salesforce.address.https_url}/localorg/{path}"
        async with self.salesforce.http.post(url, json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def done(self, events: int, resyncs: int = 0) -> None:
        """All are applied, and every one by its receipt: the ledger was never asked."""
        async with asyncio.timeout(15):
            while not await self._settled(events + resyncs):
                await asyncio.sleep(0.02)
        sample = self.service.metrics.registry.get_sample_value
        assert not sample("bridge_ledger_requests_total")

    async def _settled(self, rows: int) -> bool:
        found = await self.service.inbox.list_events(limit=1000)
        assert len(found) <= rows, "something was asked for twice"
        return len(found) == rows and all(row.state is State.DONE for row in found)

    async def positions(self) -> dict[str, bytes | None]:
        names = [f"{way}{topic}" for way in ("", "cometd:") for topic in _TOPICS]
        return {name: await self.service.inbox.get_cursor(name) for name in names}


_TOPICS = (RECEIPT_TOPIC, REQUEST_TOPIC)


@pytest.fixture
def open_house(configure, serve, connect, make_event, make_customer, salesforce, stripe):
    @asynccontextmanager
    async def make(transport: str) -> AsyncIterator[House]:
        known = configure()
        told = {"linger": 0.02, "receipt_timeout": 60.0, "subscribe_with": transport}
        settings = Settings(
            _env_file=None,
            stripe=known.stripe,
            salesforce=salesforce.settings(**told),
            store=known.store,
            http=known.http,
            booking=known.booking,
        )

        def event(n: int) -> dict[str, Any]:
            customer = make_customer(f"cus_{n}", f"Customer {n}")
            stripe.objects[customer["id"]] = customer
            return make_event(f"evt_{n}", customer)

        async with serve(settings) as service:
            await service.until_ready()
            yield House(service, connect(service).deliver, event, salesforce)

    return make


async def test_receipts_and_requests_come_whatever_happens_to_the_sessions(open_house, salesforce):
    async with open_house("cometd") as house:
        await house.deliver(0, 1, 2)
        await house.done(3)
        for round_, path in enumerate(
            ("cometd/forget", "cometd/goodbye", "sessions/expire", "cometd/forget"), 1
        ):
            await house.control(path)
            await house.deliver(3 * round_, 3 * round_ + 1, 3 * round_ + 2)
            await house.done(3 * (round_ + 1), round_ - 1)
            salesforce.publish("Bridge_Request__e", Kind__c="Resync", Stripe_Id__c="sub_1")
            await house.done(3 * (round_ + 1), round_)
        assert house.service.health.works(Part.RECEIPTS)
        assert house.service.health.works(Part.REQUESTS)
        positions = await house.positions()
    for name, position in positions.items():
        assert (position is not None) is name.startswith("cometd:"), name


async def test_a_change_of_the_transport_loses_nothing_and_does_nothing_twice(
    open_house, salesforce
):
    """Each goes on behind its own position; what it meets again is known."""
    events = asked = 0
    for transport in ("pubsub", "cometd", "pubsub", "cometd"):
        async with open_house(transport) as house:
            salesforce.publish("Bridge_Request__e", Kind__c="Resync", Stripe_Id__c="sub_0")
            await house.deliver(events, events + 1)
            events, asked = events + 2, asked + 1
            await house.done(events, asked)
        # While no bridge runs.
        salesforce.publish("Bridge_Request__e", Kind__c="Resync", Stripe_Id__c="sub_1")
        asked += 1
    async with open_house("pubsub") as house:
        await house.done(events, asked)
        assert all((await house.positions()).values())
