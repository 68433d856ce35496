"""Claims that are worked on are not lost, and those that are lost are not worked on."""

import asyncio
import dataclasses
import time

import pytest

from bridge.errors import StoreUnavailable
from bridge.store import Arrival, State
from bridge.working import keeping
from bridge.working.keeping import kept

LEASE = 0.3


@pytest.fixture
async def inbox(either):
    box = await either.open()
    await box.admit(Arrival("evt_1", "t", 1.0, None, False, None, "cus_1", b"{}"))
    yield box
    await box.close()


@pytest.fixture
async def other(inbox, either):
    box = await either.open(serving=False)
    yield box
    await box.close()


async def claim(inbox):
    since = time.monotonic()
    (claimed,) = await inbox.claim(10, lease=LEASE)
    return claimed, since


async def until_claimed(inbox):
    async with asyncio.timeout(5):
        while not (claimed := await inbox.claim(10)):
            await asyncio.sleep(0.02)
    return claimed


async def test_they_are_held_for_as_long_as_it_takes_and_no_longer(inbox, other):
    claimed, since = await claim(inbox)
    async with kept(inbox, {claimed.claim}, LEASE, since) as held:
        while time.monotonic() - since < 2.5 * LEASE:
            assert await other.claim(10) == []
            await asyncio.sleep(0.03)
        assert not held.ended
    (again,) = await until_claimed(other)
    assert again.event_id == "evt_1"


async def test_a_store_that_was_away_is_asked_again_before_they_end(inbox, other, monkeypatch):
    monkeypatch.setattr(keeping, "_AGAIN", 0.02)
    renew, failures = inbox.renew, []

    async def at_last(claims, *, lease):
        if len(failures) < 3:
            failures.append(1)
            raise StoreUnavailable("not now")
        return await renew(claims, lease=lease)

    monkeypatch.setattr(inbox, "renew", at_last)
    claimed, since = await claim(inbox)
    async with kept(inbox, {claimed.claim}, LEASE, since) as held:
        while time.monotonic() - since < 2 * LEASE:
            assert await other.claim(10) == []
            await asyncio.sleep(0.03)
        assert not held.ended
    assert len(failures) == 3


async def test_they_have_ended_when_the_store_was_away_for_longer(inbox, monkeypatch):
    async def away(claims, *, lease):
        raise StoreUnavailable("not now")

    monkeypatch.setattr(inbox, "renew", away)
    claimed, since = await claim(inbox)
    async with kept(inbox, {claimed.claim}, LEASE, since) as held:
        assert not held.ended
        async with asyncio.timeout(5):
            while not held.ended:
                await asyncio.sleep(0.02)
    assert time.monotonic() - since >= LEASE


@pytest.mark.slow
async def test_what_another_bridge_may_have_by_now_is_not_published(
    configure, serve, connect, org, stripe, applied, make_event, monkeypatch
):
    """A batch took longer than its claims were held: Stripe answered late, the store not at all."""
    async with serve(configure()) as service:
        client = connect(service)
        await service.until_ready()
        publisher = service._publisher
        publisher._tuning = dataclasses.replace(publisher._tuning, lease=LEASE)
        prepare, renew, times = publisher._preparer.prepare, service.inbox.renew, []

        async def late(*args):
            times.append(1)
            if len(times) == 1:
                await asyncio.sleep(1.5 * LEASE)
            return await prepare(*args)

        async def away(claims, *, lease):
            if len(times) == 1:
                raise StoreUnavailable("not now")
            return await renew(claims, lease=lease)

        monkeypatch.setattr(publisher._preparer, "prepare", late)
        monkeypatch.setattr(service.inbox, "renew", away)
        assert await client.deliver(make_event("evt_1")) == 200
        async with asyncio.timeout(10):
            while (await service.inbox.get_event("evt_1"))[0].state is not State.DONE:
                await asyncio.sleep(0.02)
        assert len(times) == 2
        assert [event["Stripe_Event_Id__c"] for event in org.published] == ["evt_1"]
        (row, _) = await service.inbox.get_event("evt_1")
        assert row.attempts == 1
