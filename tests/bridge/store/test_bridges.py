"""Several bridges on one PostgreSQL: a lane has one batch in flight, and each event one end."""

import asyncio
import random
from contextlib import AsyncExitStack

import pytest

from bridge.store import Arrival, Move, Settlement, State
from bridge.store.pg.inbox import PostgresInbox

BRIDGES, EVENTS, LANES = 5, 400, 12


@pytest.fixture
async def bridges(postgres):
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(BRIDGES):
            box = await PostgresInbox.open(postgres.url, serving=True)
            stack.push_async_callback(box.close)
            opened.append(box)
        yield opened


def make(n, lane):
    return Arrival(f"evt_{n}", "t", 1.0, None, False, None, lane, b"{}", urgent=n % 7 == 0)


async def test_many_that_claim_at_once_never_share_a_lane(bridges):
    rng = random.Random(7)
    flying: dict[str, str] = {}
    ended: list[str] = []
    finished = asyncio.Event()

    async def admit(box, numbers):
        for n in numbers:
            await box.admit(make(n, f"cus_{n % LANES}"))

    async def work(box, others):
        while not finished.is_set():
            claimed = await box.claim(rng.randint(1, 40), urgent_only=rng.random() < 0.2)
            for lane in {each.lane for each in claimed}:
                assert lane not in flying, f"{lane} is in flight twice"
                flying[lane] = claimed[0].claim
            await asyncio.sleep(0)
            # From here on each of these lanes may be another's, as soon as it is told.
            by_receipt, by_move = [], []
            for each in claimed:
                (by_receipt if rng.random() < 0.5 else by_move).append(each)
            await box.record([Move(each, State.SENT, wait=60) for each in by_receipt])
            for lane in {each.lane for each in claimed}:
                del flying[lane]
            ends = [rng.choice((State.DUE, State.DONE)) for _ in by_move]
            ended.extend(
                m.event_id for m, to in zip(by_move, ends, strict=True) if to is State.DONE
            )
            ended.extend(each.event_id for each in by_receipt)
            receipts = [Settlement(each.event_id, State.DONE, "applied") for each in by_receipt]
            await asyncio.gather(
                box.record([Move(each, to) for each, to in zip(by_move, ends, strict=True)]),
                rng.choice(others).complete(receipts),
            )
            if len(ended) >= EVENTS:
                finished.set()

    async with asyncio.timeout(60):
        await asyncio.gather(
            *(admit(box, range(i, EVENTS, BRIDGES)) for i, box in enumerate(bridges)),
            *(work(box, bridges) for box in bridges),
            *(work(box, bridges) for box in bridges),
        )
    assert sorted(ended) == sorted(f"evt_{n}" for n in range(EVENTS))
    counts = await bridges[0].counts()
    assert counts.states[State.DONE] == EVENTS
    assert counts.waiting == 0


async def test_an_event_that_comes_to_all_at_once_is_admitted_once(bridges):
    async def admit(box, numbers):
        return await asyncio.gather(*(box.admit(make(n, "cus_1")) for n in numbers))

    forwards, backwards = list(range(60)), list(range(59, -1, -1))
    answers = await asyncio.gather(
        *(admit(box, forwards if i % 2 else backwards) for i, box in enumerate(bridges))
    )
    assert sum(sum(each) for each in answers) == 60
    assert len(await bridges[0].list_events(limit=100)) == 60


async def test_those_that_ask_at_once_are_served_by_one(bridges):
    serving = await asyncio.gather(
        *(
            box.ask([make(0, "cus_1")._replace(event_id=f"resync:sub_1:{i}")])
            for i, box in enumerate(bridges)
        )
    )
    assert len({each for (each,) in serving}) == 1


async def test_one_of_several_has_a_lease(bridges):
    for _ in range(5):
        leases = await asyncio.gather(*(box.acquire("receipts", 30) for box in bridges))
        (held,) = [lease for lease in leases if lease is not None]
        await bridges[0].release(held)
    assert held.epoch >= 1


async def test_what_a_bridge_held_that_stopped_is_the_others_at_once(postgres, bridges):
    leaving = await PostgresInbox.open(postgres.url, serving=True)
    await leaving.admit(make(1, "cus_1"))
    (claimed,) = await leaving.claim(10)
    before = await leaving.acquire("receipts", 60)
    assert await bridges[0].claim(10) == []
    assert await bridges[0].acquire("receipts", 60) is None
    await leaving.close()
    (again,) = await bridges[0].claim(10)
    assert (again.event_id, again.attempts) == (claimed.event_id, 1)
    assert (await bridges[0].acquire("receipts", 60)).epoch > before.epoch


async def test_a_bridge_that_renews_while_its_claim_ends_keeps_it_or_loses_it(postgres, bridges):
    """Never both: what is renewed is not claimed by another."""
    mine, theirs = bridges[:2]
    for n in range(40):
        await mine.admit(make(n, f"cus_{n}"))
    claimed = []
    while len(claimed) < 40:
        claimed += await mine.claim(1, lease=0.0)
    # A claim of no time is anybody's: each was claimed anew until it had its turn.
    held = {each.event_id: each for each in claimed}
    kept, taken = await asyncio.gather(
        mine.renew({each.claim for each in held.values()}, lease=60), theirs.claim(40, lease=60)
    )
    renewed = {each.event_id for each in held.values() if each.claim in kept}
    assert renewed.isdisjoint({each.event_id for each in taken})
