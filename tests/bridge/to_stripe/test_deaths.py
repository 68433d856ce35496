"""The bridge dies at any moment of a push; afterwards Stripe says what the Opportunity says."""

import json

import pytest

from bridge.health import Part
from bridge.store import Intent, Placing, SqliteInbox, State
from bridge.stripe_api import StripeUnavailable
from rehearsal.stripe.faults import Fault

pytestmark = pytest.mark.slow

TEXT = "Bridge_Stripe_Metadata__c"
CUSTOMER = "Bridge_Stripe_Customer_Id__c"
WRITES = {"method": "POST", "path": "/v1/customers/{id}"}


class Killed(BaseException):
    """Nothing that the bridge could catch."""


class Countdown:
    def __init__(self, steps):
        self.left = steps

    def tick(self):
        if self.left == 0:
            raise Killed
        self.left -= 1


class Dying:
    """Dies before or after one of its calls, when the countdown says so."""

    def __init__(self, inner, countdown):
        self.inner, self.countdown = inner, countdown

    def __getattr__(self, name):
        call = getattr(self.inner, name)

        async def dying(*args, **options):
            self.countdown.tick()
            result = await call(*args, **options)
            self.countdown.tick()
            return result

        return dying


async def test_whenever_it_dies_nothing_is_lost_and_nothing_is_left_over(make_rig, tmp_path):
    """Also where the text went from A to B and to A again, and the link from one to another."""
    path = tmp_path / "dying.db"
    inbox = await SqliteInbox.open(path, serving=True)
    rig = make_rig(inbox)
    first, second = await rig.company.customer(), await rig.company.customer()
    (deal,) = rig.deals({TEXT: "v=start", CUSTOMER: second})
    await rig.push(deal)
    steps, died = 0, True
    while died:
        died = False
        for text, customer in (("v=A", first), ("v=B\nw=1", second), ("v=A", first)):
            rig.edit(deal, **{TEXT: text, CUSTOMER: customer})
            await rig.nudge(deal)
            countdown = Countdown(steps)
            rig.pusher._inbox = Dying(inbox, countdown)
            rig.pusher._writer = Dying(rig.pusher._writer, countdown)
            try:
                await rig.pusher.once()
            except Killed:
                died = True
                await inbox.close()
                inbox = await SqliteInbox.open(path, serving=True)
            rig = make_rig(inbox)
        await rig.nudge(deal)
        while await rig.pusher.once():
            pass
        assert await rig.said(first) == {"v": "A"}, steps
        assert await rig.metadata(second) == {}, steps
        assert await rig.inbox.placed([deal]) == {Placing(deal, first)}
        assert await rig.inbox.intents() == []
        steps += 1
    assert steps > 15, "each call was died in"
    await inbox.close()


async def test_a_write_that_was_begun_is_made_sure_of_under_its_key(rig, company):
    """It may be on its way still: the same key settles it, and the newer word comes after."""
    customer = await company.customer()
    (deal,) = rig.deals({TEXT: "a=new", CUSTOMER: customer})
    params = {"metadata": {"a": "old", "salesforce_keys": f"{deal}:a"}}
    path = f"/v1/customers/{customer}"
    await rig.inbox.intend([Intent(customer, path, json.dumps(params), "the-key")], [])
    assert await rig.push(deal) == [("pushed", "")]
    assert await rig.said(customer) == {"a": "new"}
    assert company.standin.keys.find("the-key", fingerprint(company, "the-key")) is not None
    late = {"metadata[a]": "old", "metadata[salesforce_keys]": f"{deal}:a"}
    headers = {"Idempotency-Key": "the-key"}
    async with company.session.post(company.url + path, data=late, headers=headers) as answer:
        assert answer.headers["Idempotent-Replayed"] == "true"
    assert await rig.said(customer) == {"a": "new"}


def fingerprint(company, key):
    return company.standin.keys._saved[key].fingerprint


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "status": 500, "after": True},
        {"kind": "error", "status": 503},
        {"kind": "error", "status": 429},
        {"kind": "drop", "after": True},
        {"kind": "drop"},
    ],
    ids=lambda fault: f"{fault.get('status', 'drop')}{'-after' if 'after' in fault else ''}",
)
async def test_stripes_trouble_delays_and_loses_nothing(rig, company, fault):
    customers = [await company.customer() for _ in range(4)]
    deals = rig.deals(*({TEXT: "a=1", CUSTOMER: each} for each in customers))
    company.standin.faults.waiting.append(Fault(**WRITES, count=20, **fault))
    await rig.nudge(*deals)
    for _ in range(60):
        await rig.work()
        if not (await rig.inbox.counts()).waiting:
            break
    assert [await rig.said(each) for each in customers] == [{"a": "1"}] * 4
    assert await rig.inbox.intents() == []
    assert not await rig.exceptions()


async def test_a_key_that_may_not_write_is_told_and_blames_no_opportunity(rig, company):
    customer = await company.customer()
    (deal,) = rig.deals({TEXT: "a=1", CUSTOMER: customer})
    company.standin.faults.waiting.append(Fault(**WRITES, kind="error", status=403))
    await rig.push(deal)
    (row,) = await rig.inbox.list_events()
    assert (row.state, row.attempts) == (State.DUE, 0)
    assert not rig.health.works(Part.METADATA)
    while await rig.said(customer) != {"a": "1"}:
        await rig.work()
    assert rig.health.works(Part.METADATA)


async def test_an_answer_that_was_lost_is_asked_for_again_under_the_same_key(rig, company):
    customer = await company.customer()
    (deal,) = rig.deals({TEXT: "a=1", CUSTOMER: customer})
    company.standin.faults.waiting.append(Fault(**WRITES, kind="drop", after=True))
    await rig.push(deal)
    (begun,) = await rig.inbox.intents()
    rig.edit(deal, **{TEXT: "a=2"})
    while await rig.said(customer) != {"a": "2"}:
        await rig.work()
    assert await rig.inbox.intents() == []
    told = [each for each in company.standin.world.events if each.type == "customer.updated"]
    assert len(told) == 2, "each write was carried out once"
    assert fingerprint(company, begun.key)


async def test_one_object_in_trouble_holds_up_no_other(rig, company):
    """Stripe answers 500 for one customer for a long while; the others say what is new."""
    bad, good = await company.customer(), await company.customer()
    first, second = rig.deals({TEXT: "a=1", CUSTOMER: bad}, {TEXT: "a=1", CUSTOMER: good})
    await rig.inbox.intend([Intent(bad, "/v1/customers/{id}/never", "{}", "k")], [])
    broken = rig.pusher._writer.post

    async def post(path, params, key):
        if key == "k":
            raise StripeUnavailable("POST: 500")
        return await broken(path, params, key)

    rig.pusher._writer.post = post
    await rig.push(first, second)
    assert await rig.said(good) == {"a": "1"}
    assert await rig.metadata(bad) == {}
    states = {row.event_id.split(":")[1]: row.state for row in await rig.inbox.list_events()}
    assert states == {first: State.DUE, second: State.DONE}
