"""A whole bridge: Salesforce says that an Opportunity has changed, and Stripe shows it."""

import asyncio

import pytest

from bridge.clock import Backoff
from bridge.health import Part
from bridge.service import Service
from bridge.settings import PushSettings, Settings, StoreSettings, StripeSettings
from tests.bridge.company import KEY

pytestmark = pytest.mark.slow

FAST = Backoff(first=0.1, longest=0.5)
TEXT = "Bridge_Stripe_Metadata__c"
CUSTOMER = "Bridge_Stripe_Customer_Id__c"


@pytest.fixture
def configure(salesforce, company, tmp_path):
    def make(**push):
        return Settings(
            _env_file=None,
            stripe=StripeSettings(api_key=KEY, webhook_secrets="whsec_1", api_base=company.url),
            salesforce=salesforce.settings(linger=0.01),
            store=StoreSettings(url=f"sqlite:///{tmp_path}/service.db"),
            http={"port": 0},
            push=PushSettings(linger=0.01, writes_per_second=100, **push),
        )

    return make


def serve(settings):
    return Service(settings, grace=0.5, reconnect=FAST, retry=FAST)


async def until(condition, seconds=20):
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


async def test_a_change_that_salesforce_tells_shows_in_stripe(configure, rig):
    customer = await rig.company.customer()
    (deal,) = rig.deals({TEXT: "salesforce_stage=Prospecting", CUSTOMER: customer})
    async with serve(configure()) as service:
        rig.salesforce.publish("Bridge_Request__e", Kind__c="OpportunityChanged", Record_Id__c=deal)

        async def shown():
            return await rig.said(customer) == {"salesforce_stage": "Prospecting"}

        await until(shown)
        assert service.health.works(Part.METADATA)
        rig.edit(deal, **{TEXT: "salesforce_stage=Closed Won"})
        rig.salesforce.publish("Bridge_Request__e", Kind__c="OpportunityChanged", Record_Id__c=deal)

        async def changed():
            return await rig.said(customer) == {"salesforce_stage": "Closed Won"}

        await until(changed)


async def test_a_bridge_that_is_told_not_to_writes_nothing(configure, rig):
    customer = await rig.company.customer()
    (deal,) = rig.deals({TEXT: "a=1", CUSTOMER: customer})
    async with serve(configure(enabled=False)) as service:
        rig.salesforce.publish("Bridge_Request__e", Kind__c="OpportunityChanged", Record_Id__c=deal)

        async def passed_over():
            told = service.metrics.registry.get_sample_value(
                "bridge_requests_total", {"result": "unknown"}
            )
            return told == 1

        await until(passed_over)
    assert await rig.said(customer) == {}
