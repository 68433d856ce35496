"""An Opportunity that asks for a Stripe customer gets one, once, and says which."""

import pytest

from bridge.store import SqliteInbox
from rehearsal.stripe.faults import Fault
from tests.bridge.to_stripe.test_deaths import Countdown, Dying, Killed

pytestmark = pytest.mark.slow

TEXT = "Bridge_Stripe_Metadata__c"
CUSTOMER = "Bridge_Stripe_Customer_Id__c"
CREATE = "Bridge_Create_Customer__c"
RESERVED = "salesforce_opportunity_id"
AS_OF = {"As_Of__c": "2026-01-01T00:00:00Z"}


@pytest.fixture(autouse=True)
def switched_on(salesforce):
    salesforce.configure(Create_Stripe_Customers__c=True)


def asking(rig, email=None, customers=(), **fields):
    """An Opportunity of an Account that asks; with a primary contact and known customers."""
    seed = {
        "Account": [{"$ref": "account", "Name": "Acme"}],
        "Opportunity": [
            {
                "$ref": "deal",
                "Name": "Deal",
                "StageName": "Prospecting",
                "CloseDate": "2027-01-31",
                "AccountId": "@account",
                CREATE: True,
                **fields,
            }
        ],
        "Bridge_Customer__c": [
            {"Stripe_Id__c": each, "Account__c": "@account", **AS_OF} for each in customers
        ],
    }
    if email:
        seed["Contact"] = [
            {"$ref": "ann", "LastName": "Ann", "Email": email, "AccountId": "@account"}
        ]
        seed["OpportunityContactRole"] = [
            {"OpportunityId": "@deal", "ContactId": "@ann", "IsPrimary": True}
        ]
    return rig.salesforce.seed({name: rows for name, rows in seed.items() if rows})["deal"]


async def link_of(rig, deal):
    (row,) = await rig.salesforce.rest().query(
        f"SELECT {CUSTOMER} FROM Opportunity WHERE Id = '{deal}'"
    )
    return row[CUSTOMER]


def customers(rig):
    return list(rig.company.standin.world.customers)


async def test_a_new_customer_is_created_and_linked_both_ways_and_says_the_text(rig):
    deal = asking(rig, "ann@example.com", **{TEXT: "a=1"})
    assert await rig.push(deal) == [("pushed", "")]
    (customer,) = customers(rig)
    assert (customer.name, customer.email) == ("Acme", "ann@example.com")
    assert await link_of(rig, deal) == customer.id
    assert await rig.said(customer.id) == {RESERVED: deal, "a": "1"}
    assert await rig.push(deal) == [("unchanged", "")]
    assert len(customers(rig)) == 1
    assert await rig.inbox.intents() == []


async def test_switched_off_nothing_is_created(rig):
    rig.salesforce.configure(Create_Stripe_Customers__c=False)
    deal = asking(rig)
    assert await rig.push(deal) == [("unchanged", "")]
    assert customers(rig) == []
    assert await link_of(rig, deal) is None


async def test_the_customer_that_the_ledger_knows_is_taken(rig):
    known = await rig.company.customer()
    deal = asking(rig, customers=[known])
    await rig.push(deal)
    assert await link_of(rig, deal) == known
    assert await rig.metadata(known) == {RESERVED: deal}
    assert len(customers(rig)) == 1


@pytest.mark.parametrize("there", [1, 2])
async def test_one_with_the_contacts_address_is_taken_and_of_two_none(rig, there):
    for _ in range(there):
        await rig.company.post("customers", email="ann@example.com", name="Ann")
    deal = asking(rig, "ann@example.com")
    ((outcome, reason),) = await rig.push(deal)
    assert len(customers(rig)) == there
    if there == 1:
        assert await link_of(rig, deal) == customers(rig)[0].id
        assert await rig.metadata(customers(rig)[0].id) == {RESERVED: deal}
    else:
        assert (outcome, await link_of(rig, deal)) == ("exception", None)
        assert "2 customers or more" in reason


async def test_several_customers_of_the_account_are_a_persons_to_decide(rig):
    known = [await rig.company.customer() for _ in range(2)]
    deal = asking(rig, customers=known)
    ((outcome, reason),) = await rig.push(deal)
    assert outcome == "exception"
    assert all(each in reason for each in known)
    assert await link_of(rig, deal) is None


async def test_a_customer_of_another_opportunity_keeps_its_name_and_an_admin_is_told(rig):
    known = await rig.company.customer()
    await rig.company.post(f"customers/{known}", **{f"metadata[{RESERVED}]": "006000000000009AAA"})
    deal = asking(rig, customers=[known])
    ((outcome, reason),) = await rig.push(deal)
    assert outcome == "exception"
    assert "names another Opportunity (006000000000009AAA)" in reason
    assert await link_of(rig, deal) == known
    assert await rig.metadata(known) == {RESERVED: "006000000000009AAA"}


async def test_what_salesforce_refuses_creates_no_second_customer(rig, monkeypatch):
    deal = asking(rig)
    refused = [{"success": False, "errors": [{"message": "Not on Fridays"}]}]

    async def refuse(records):
        return refused

    with monkeypatch.context() as patched:
        patched.setattr(rig.pusher._linking._rest, "update", refuse)
        for _ in range(3):
            ((outcome, reason),) = await rig.push(deal)
            assert outcome == "exception"
            assert "Not on Fridays" in reason
    assert await rig.push(deal) == [("unchanged", "")]
    (customer,) = customers(rig)
    assert await link_of(rig, deal) == customer.id
    (problem,) = await rig.exceptions()
    assert problem["Status__c"] == "Resolved"


@pytest.mark.parametrize("email", [None, "ann@example.com"])
async def test_whenever_it_dies_there_is_one_customer(make_rig, tmp_path, email):
    path = tmp_path / "dying.db"
    inbox = await SqliteInbox.open(path, serving=True)
    steps, died, made = 0, True, 0
    while died:
        died = False
        rig = make_rig(inbox)
        deal = asking(rig, email and f"{steps}{email}")
        await rig.nudge(deal)
        countdown = Countdown(steps)
        for worker in (rig.pusher, rig.pusher._linking):
            worker._inbox = Dying(inbox, countdown)
            worker._writer = Dying(worker._writer, countdown)
        rig.pusher._linking._rest = Dying(rig.pusher._linking._rest, countdown)
        try:
            await rig.pusher.once()
        except Killed:
            died = True
            await inbox.close()
            inbox = await SqliteInbox.open(path, serving=True)
        rig = make_rig(inbox)
        while await rig.pusher.once():
            pass
        made += 1
        linked = await link_of(rig, deal)
        assert [each.id for each in customers(rig)].count(linked) == 1
        assert len(customers(rig)) == made, steps
        assert await rig.metadata(linked) == {RESERVED: deal}
        assert await rig.inbox.intents() == []
        steps += 1
    assert steps > 15
    await inbox.close()


async def test_a_key_that_may_create_none_holds_up_no_other(rig):
    known = await rig.company.customer()
    deal = asking(rig)
    (other,) = rig.deals({TEXT: "a=1", CUSTOMER: known})
    fault = Fault(method="POST", path="/v1/customers", kind="error", status=403)
    rig.company.standin.faults.waiting.append(fault)
    assert (await rig.push(deal, other))[1] == ("pushed", "")
    assert await link_of(rig, deal) is None
    while await link_of(rig, deal) is None:
        await rig.work()
    assert len(customers(rig)) == 2
