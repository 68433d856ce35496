"""Salesforce's word that an Opportunity has changed, as a row of the inbox."""

import pytest

from bridge.contract import RequestMessage
from bridge.store import Claimed, Queue
from bridge.to_stripe.changed import KIND, Changes, hint_of, opportunity_of
from bridge.to_stripe.opportunities import id_of_18
from bridge.working.requests import Unreadable

DEAL = "006Lc0000000001IAA"
TEXT = "Bridge_Stripe_Metadata__c"
CUSTOMER = "Bridge_Stripe_Customer_Id__c"


def request(record_id=DEAL, stripe_id=None):
    return RequestMessage(Kind__c=KIND, Record_Id__c=record_id, Stripe_Id__c=stripe_id)


@pytest.fixture
def changes():
    return Changes(livemode=False, linger=2.0, clock=lambda: 1.0)


def claimed(row):
    return Claimed(1, "c", row.event_id, row.type, row.lane, False, None, b"{}", 1, (), None)


@pytest.mark.parametrize("record_id", [DEAL, DEAL[:15]])
def test_it_is_of_the_opportunity_whatever_the_length_of_its_id(changes, record_id):
    row = changes(request(record_id), "m1")
    assert row.event_id == f"opportunity:{DEAL}:m1"
    assert (row.queue, row.wait, row.lane) == (Queue.STRIPE, 2.0, f"opportunity:{DEAL}")
    assert (opportunity_of(claimed(row)), hint_of(claimed(row))) == (DEAL, "")


def test_the_object_that_it_names_is_looked_at_too(changes):
    row, plain = changes(request(stripe_id="cus_1"), "m1"), changes(request(), "m2")
    assert (opportunity_of(claimed(row)), hint_of(claimed(row))) == (DEAL, "cus_1")
    assert row.lane == plain.lane, "one after the other"


@pytest.mark.parametrize("hint", ["in_1", "cus_1:x", "cus_1/../x", "cus_é"])
def test_what_is_no_customer_or_subscription_is_no_hint(changes, hint):
    assert hint_of(claimed(changes(request(stripe_id=hint), "m1"))) == ""


@pytest.mark.parametrize(
    "record_id", [None, "", "006", "001Lc0000000001IAA", "006Lc0000000001' OR"]
)
def test_what_names_no_opportunity_is_refused(changes, record_id):
    with pytest.raises(Unreadable):
        changes(request(record_id), "m1")


def test_ids_of_15_signs_become_those_of_18():
    """The examples are of real orgs, and the local org's own."""
    for found in (DEAL, "001D000000IqhSLIAZ", "00D000000000062EAA"):
        assert id_of_18(found[:15]) == found


@pytest.mark.slow
async def test_what_an_older_copy_of_the_store_does_not_know_salesforce_tells(rig):
    """The bridge wrote to the first customer after the copy was made; the link moves away."""
    first, second = await rig.company.customer(), await rig.company.customer()
    (deal,) = rig.deals({TEXT: "a=1", CUSTOMER: first})
    await rig.push(deal)
    await rig.inbox.fulfil([], await rig.inbox.placed([deal]))
    rig.edit(deal, **{CUSTOMER: second})
    rows = [rig.changes.row(deal, "m1"), rig.changes.row(deal, "m1", first)]
    await rig.inbox.ask(rows)
    await rig.pusher.once()
    assert await rig.metadata(first) == {}
    assert await rig.said(second) == {"a": "1"}
