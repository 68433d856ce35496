"""What an Opportunity says is in Stripe's metadata, and what others wrote there stays."""

import pytest

pytestmark = pytest.mark.slow

TEXT = "Bridge_Stripe_Metadata__c"
CUSTOMER = "Bridge_Stripe_Customer_Id__c"
SUBSCRIPTION = "Bridge_Stripe_Subscription_Id__c"


async def test_the_customer_and_the_subscription_say_what_the_opportunity_says(rig):
    customer = await rig.company.customer()
    subscription = await rig.company.subscribe(customer, await rig.company.price())
    await rig.company.post(f"customers/{customer}", **{"metadata[theirs]": "1"})
    text = "salesforce_stage=Prospecting\nowner=Ann"
    (deal,) = rig.deals({TEXT: text, CUSTOMER: customer, SUBSCRIPTION: subscription})
    before = rig.writes()
    assert await rig.push(deal) == [("pushed", "")]
    said = {"salesforce_stage": "Prospecting", "owner": "Ann"}
    assert await rig.said(customer) == said | {"theirs": "1"}
    assert await rig.said(subscription) == said
    assert rig.writes() - before == 2

    assert await rig.push(deal) == [("unchanged", "")]
    rig.edit(deal, **{TEXT: "salesforce_stage=Negotiation"})
    assert await rig.push(deal) == [("pushed", "")]
    assert await rig.said(customer) == {"salesforce_stage": "Negotiation", "theirs": "1"}
    assert await rig.said(subscription) == {"salesforce_stage": "Negotiation"}
    assert rig.writes() - before == 4


async def test_the_link_itself_is_never_touched(rig):
    customer = await rig.company.customer()
    await rig.company.post(f"customers/{customer}", **{"metadata[salesforce_opportunity_id]": "x"})
    (deal,) = rig.deals({TEXT: "a=1", CUSTOMER: customer})
    await rig.push(deal)
    rig.edit(deal, **{TEXT: None})
    await rig.push(deal)
    assert await rig.metadata(customer) == {"salesforce_opportunity_id": "x"}


async def test_a_changed_link_takes_the_keys_along(rig):
    old, new = await rig.company.customer(), await rig.company.customer()
    await rig.company.post(f"customers/{old}", **{"metadata[theirs]": "1"})
    (deal,) = rig.deals({TEXT: "a=1", CUSTOMER: old})
    await rig.push(deal)
    rig.edit(deal, **{CUSTOMER: new})
    await rig.push(deal)
    assert await rig.metadata(old) == {"theirs": "1"}
    assert await rig.said(new) == {"a": "1"}
    assert {placing.target for placing in await rig.inbox.placed([deal])} == {new}
    rig.edit(deal, **{CUSTOMER: None})
    await rig.push(deal)
    assert await rig.metadata(new) == {}
    assert not await rig.inbox.placed([deal])


async def test_a_deleted_opportunity_takes_its_keys_along_and_brings_them_back(rig):
    customer = await rig.company.customer()
    (deal,) = rig.deals({TEXT: "a=1", CUSTOMER: customer})
    await rig.push(deal)
    rig.delete(deal)
    await rig.push(deal)
    assert await rig.metadata(customer) == {}
    rig.undelete(deal)
    await rig.push(deal)
    assert await rig.said(customer) == {"a": "1"}


async def test_a_customer_shows_the_opportunity_that_was_created_last(rig):
    customer = await rig.company.customer()
    first, second = rig.deals({TEXT: "a=1", CUSTOMER: customer}, {CUSTOMER: customer})
    await rig.push(first, second)
    assert await rig.said(customer) == {"a": "1"}, "the other one says nothing"
    rig.edit(second, **{TEXT: "a=2\nb=2"})
    await rig.push(second)
    assert await rig.said(customer) == {"a": "2", "b": "2"}
    rig.edit(first, **{TEXT: "a=3"})
    await rig.push(first)
    assert await rig.said(customer) == {"a": "2", "b": "2"}
    rig.delete(second)
    await rig.push(second)
    assert await rig.said(customer) == {"a": "3"}


async def test_each_subscription_of_an_opportunity_says_it(rig):
    customer, price = await rig.company.customer(), await rig.company.price()
    subscriptions = [await rig.company.subscribe(customer, price) for _ in range(3)]
    (deal,) = rig.deals({TEXT: "a=1", CUSTOMER: customer})
    as_of = {"As_Of__c": "2026-01-01T00:00:00Z"}
    rows = [
        {"Stripe_Id__c": each, "Customer__c": "@cus", "Opportunity__c": deal, **as_of}
        for each in subscriptions
    ]
    rig.salesforce.seed(
        {
            "Bridge_Customer__c": [{"$ref": "cus", "Stripe_Id__c": customer, **as_of}],
            "Bridge_Subscription__c": rows,
        }
    )
    assert await rig.push(deal) == [("pushed", "")]
    for each in (customer, *subscriptions):
        assert await rig.said(each) == {"a": "1"}


async def test_a_foreign_key_is_left_alone_and_named(rig):
    customer = await rig.company.customer()
    await rig.company.post(f"customers/{customer}", **{"metadata[plan]": "gold"})
    (deal,) = rig.deals({TEXT: "plan=silver\na=1", CUSTOMER: customer})
    ((outcome, reason),) = await rig.push(deal)
    assert outcome == "exception"
    assert "plan with another value" in reason
    assert await rig.said(customer) == {"plan": "gold", "a": "1"}
    (problem,) = await rig.exceptions()
    assert (problem["Status__c"], problem["Record_Id__c"]) == ("Open", deal)
    assert problem["Reason__c"] == reason
    assert problem["Stripe_Id__c"] == customer
    await rig.company.post(f"customers/{customer}", **{"metadata[plan]": ""})
    assert await rig.push(deal) == [("pushed", "")]
    assert await rig.said(customer) == {"plan": "silver", "a": "1"}
    (problem,) = await rig.exceptions()
    assert problem["Status__c"] == "Resolved"


@pytest.mark.parametrize("gone", ["deleted", "unknown", "nonsense"])
async def test_what_is_not_there_ends_clearly(rig, gone):
    customer = {"unknown": "cus_unknown", "nonsense": "Acme's"}.get(gone)
    if customer is None:
        customer = await rig.company.customer()
        await rig.company.delete(f"customers/{customer}")
    (deal,) = rig.deals({TEXT: "a=1", CUSTOMER: customer})
    before = rig.writes()
    ((outcome, reason),) = await rig.push(deal)
    problems = [each["Reason__c"] for each in await rig.exceptions()]
    if gone == "deleted":
        assert (outcome, problems) == ("gone", []), "somebody meant it"
    else:
        assert (outcome, problems) == ("exception", [reason])
        assert customer in reason
    assert await rig.pusher.once() == 0, "it does not go round"
    assert rig.writes() == before
    assert not await rig.inbox.placed([deal])


HTML = "<p>stage=Won</p>"


async def test_a_text_that_cannot_be_written_is_an_exception_once_and_the_old_keys_stay(rig):
    customer = await rig.company.customer()
    (deal,) = rig.deals({TEXT: "a=1", CUSTOMER: customer})
    await rig.push(deal)
    rig.edit(deal, **{TEXT: HTML})
    for _ in range(3):
        ((outcome, reason),) = await rig.push(deal)
        assert outcome == "exception"
        assert "HTML (<p>)" in reason
    (problem,) = await rig.exceptions()
    assert problem["Count__c"] == 1, "the same trouble is not written again"
    assert problem["Code__c"] == "NOT_IN_STRIPE"
    assert await rig.said(customer) == {"a": "1"}
    rig.edit(deal, **{TEXT: "a=2"})
    await rig.push(deal)
    rig.edit(deal, **{TEXT: HTML})
    await rig.push(deal)
    (problem,) = await rig.exceptions()
    assert (problem["Status__c"], problem["Count__c"]) == ("Open", 2)


async def test_more_keys_than_stripe_takes_are_an_exception_and_no_loop(rig):
    customer = await rig.company.customer()
    for start in (0, 24):
        many = {f"metadata[k{n}]": "1" for n in range(start, start + 24)}
        await rig.company.post(f"customers/{customer}", **many)
    (deal,) = rig.deals({TEXT: "a=1\nb=1", CUSTOMER: customer})
    before = rig.writes()
    ((outcome, reason),) = await rig.push(deal)
    assert (outcome, rig.writes() - before) == ("exception", 0)
    assert "would have 51 metadata keys" in reason
    assert await rig.pusher.once() == 0
    rig.edit(deal, **{TEXT: "a=1"})
    assert await rig.push(deal) == [("pushed", "")]


async def test_an_exception_that_salesforce_refuses_is_an_operators(rig, monkeypatch):
    (deal,) = rig.deals({TEXT: HTML, CUSTOMER: await rig.company.customer()})
    monkeypatch.setattr("bridge.to_stripe.exceptions._OPEN", "No such status")
    ((outcome, reason),) = await rig.push(deal)
    assert outcome == "failed"
    assert "HTML" in reason
    assert "Salesforce refused the exception" in reason
