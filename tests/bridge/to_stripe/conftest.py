"""A pusher between the shipped package on the local org and a Stripe stand-in."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bridge.clock import Backoff
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.store import Inbox, SqliteInbox
from bridge.stripe_api import StripeReader
from bridge.stripe_api.breaker import Breaker
from bridge.stripe_api.writer import StripeWriter
from bridge.to_stripe.changed import Changes
from bridge.to_stripe.exceptions import Exceptions
from bridge.to_stripe.linking import Linking
from bridge.to_stripe.opportunities import Opportunities
from bridge.to_stripe.push import Pusher, Tuning
from bridge.to_stripe.sweep import OpportunitySweep
from bridge.working.gate import Gate
from bridge.working.per_minute import PerMinute
from tests.bridge.company import KEY, Company
from tests.bridge.salesforce_org import SalesforceOrg, open_org

FAST = Backoff(first=0.05, longest=0.1)
RESERVED = "salesforce_opportunity_id"
DEAL = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2027-01-31"}


class Rig:
    """Everything of the way back, driven by hand."""

    def __init__(
        self,
        inbox: Inbox,
        salesforce: SalesforceOrg,
        company: Company,
        reader: StripeReader,
        writer: StripeWriter,
    ) -> None:
        self.inbox, self.salesforce, self.company = inbox, salesforce, company
        self.health, self.metrics = Health(), Metrics()
        self.changes = Changes(livemode=False, linger=0.0)
        opportunities = Opportunities(salesforce.rest())
        self.gate = Gate(opportunities.probe, FAST, self.health, Part.METADATA)
        self.pusher = Pusher(
            inbox,
            opportunities,
            reader,
            writer,
            self.gate,
            PerMinute(6_000, lambda: 0.0),
            self.health,
            self.metrics,
            Tuning(FAST),
            linking=Linking(salesforce.rest(), reader, writer, inbox, reserved=RESERVED),
            exceptions=Exceptions(salesforce.rest()),
            reserved=RESERVED,
        )
        self.sweep = OpportunitySweep(
            inbox,
            opportunities,
            self.changes,
            self.gate,
            PerMinute(6_000, lambda: 0.0),
            self.health,
            self.metrics,
            every=300.0,
            overlap=600.0,
            backoff=FAST,
        )

    def deals(self, *fields: dict[str, Any]) -> list[str]:
        records = [{"$ref": str(n), **DEAL, **each} for n, each in enumerate(fields)]
        ids = self.salesforce.seed({"Opportunity": records})
        return [ids[str(n)] for n in range(len(fields))]

    def edit(self, deal: str, **fields: Any) -> None:
        self.edit_all({deal: fields})

    def edit_all(self, deals: dict[str, dict[str, Any]]) -> None:
        rows = [{"Id": deal, **fields} for deal, fields in deals.items()]
        self._run(lambda tx: tx.update("Opportunity", rows))

    def delete(self, deal: str) -> None:
        self._run(lambda tx: tx.delete("Opportunity", [deal]))

    def undelete(self, deal: str) -> None:
        self._run(lambda tx: tx.undelete("Opportunity", [deal]))

    def _run(self, work: Callable[[Any], Any]) -> None:
        org = self.salesforce.org
        org.run(work, user=org.admin)

    async def nudge(self, *deals: str) -> None:
        mark = uuid.uuid4().hex
        await self.inbox.ask([self.changes.row(deal, mark) for deal in deals])

    async def work(self) -> None:
        """A turn of the pusher, and a moment in which what waits comes due."""
        await self.pusher.once()
        await asyncio.sleep(0.05)

    async def push(self, *deals: str) -> list[tuple[str, str]]:
        """What became of the rows: outcome and reason, in the order of the Opportunities."""
        await self.nudge(*deals)
        await self.pusher.once()
        found = (await self.inbox.list_events())[::-1]
        rows = {row.event_id.split(":")[1]: row for row in found}
        return [(rows[deal].outcome or "", rows[deal].reason) for deal in deals]

    async def metadata(self, target: str) -> dict[str, str]:
        kind = "customers" if target.startswith("cus_") else "subscriptions"
        async with self.company.session.get(f"{self.company.url}/v1/{kind}/{target}") as answer:
            return dict((await answer.json())["metadata"])

    async def said(self, target: str) -> dict[str, str]:
        """Its metadata without the bridge's own key."""
        found = await self.metadata(target)
        return {key: value for key, value in found.items() if not key.startswith("salesforce_keys")}

    async def exceptions(self) -> list[dict[str, Any]]:
        fields = "Code__c, Record_Id__c, Stripe_Id__c, Reason__c, Status__c, Count__c"
        return await self.salesforce.rest().query(f"SELECT {fields} FROM Bridge_Exception__c")

    def swept(self) -> float | None:
        """Versions of Opportunities that sweeps asked for."""
        return self.metrics.registry.get_sample_value("bridge_opportunities_swept_total")

    def writes(self) -> int:
        """Of metadata, at the stand-in."""
        asked: Counter[tuple[str, str]] = self.company.standin.requests
        return asked["POST", "/v1/customers/{id}"] + asked["POST", "/v1/subscriptions/{id}"]


@pytest.fixture
async def salesforce() -> AsyncIterator[SalesforceOrg]:
    """Without Flows, so that an Opportunity says what a test wants it to say."""
    async with open_org(flows=False) as salesforce:
        yield salesforce


@pytest.fixture
async def inbox(tmp_path) -> AsyncIterator[SqliteInbox]:
    box = await SqliteInbox.open(tmp_path / "bridge.db", serving=True)
    yield box
    await box.close()


@pytest.fixture
async def make_rig(salesforce, company) -> AsyncIterator[Callable[[Inbox], Rig]]:
    breaker = Breaker(FAST, lambda _: None)
    reader = StripeReader(
        KEY, company.url, per_second=10_000, burst=100, network_retries=0, breaker=breaker
    )
    writer = StripeWriter(
        KEY,
        company.url,
        per_second=10_000,
        network_retries=0,
        rate_limit_retries=0,
        count=lambda _: None,
        breaker=breaker,
    )
    probing = asyncio.create_task(breaker.run(reader.probe))
    yield lambda inbox: Rig(inbox, salesforce, company, reader, writer)
    probing.cancel()
    await asyncio.gather(probing, return_exceptions=True)
    await reader.close()
    await writer.close()


@pytest.fixture
def rig(inbox, make_rig) -> Rig:
    return make_rig(inbox)
