"""One bridge at a time works under a lease, and another goes on at once when it stops."""

import asyncio
import time

import pytest

from bridge.health import Health, Part
from bridge.working.holding import holding

LEASE = 0.6


class Bridge:
    """One that works for as long as it may."""

    def __init__(self, inbox, working):
        self.health = Health()
        self._inbox, self._working = inbox, working
        self.task = asyncio.create_task(self._run())

    async def _run(self):
        await holding(
            "work",
            self._work,
            inbox=self._inbox,
            health=self.health,
            part=Part.METADATA,
            seconds=LEASE,
        )

    async def _work(self, _):
        self.health.good(Part.METADATA)
        self._working.add(self)
        try:
            await asyncio.Event().wait()
        finally:
            self._working.discard(self)

    async def stop(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
async def bridges(either):
    inboxes = [await either.open(serving=serving) for serving in (True, False)]
    working = set()
    running = [Bridge(inbox, working) for inbox in inboxes]
    yield running, working
    for bridge, inbox in zip(running, inboxes, strict=True):
        await bridge.stop()
        await inbox.close()


async def until(condition):
    began = time.monotonic()
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)
    return time.monotonic() - began


def stands_by(bridge):
    return bridge.health.standing_by == [str(Part.METADATA)]


async def test_one_works_and_the_other_stands_by_for_longer_than_a_lease(bridges):
    running, working = bridges
    await until(lambda: len(working) == 1)
    (first,) = working
    (other,) = set(running) - working
    await until(lambda: stands_by(other))
    end = time.monotonic() + 2 * LEASE
    while time.monotonic() < end:
        assert working == {first}
        await asyncio.sleep(0.02)


async def test_when_it_stops_the_other_goes_on_before_the_lease_would_end(bridges):
    running, working = bridges
    await until(lambda: len(working) == 1)
    (first,) = working
    (other,) = set(running) - working
    await until(lambda: stands_by(other))
    await first._inbox.acquire("work", 60.0)  # so that nothing but letting go can end it
    await first.stop()
    await until(lambda: working == {other})
    assert not stands_by(other)


async def test_when_it_dies_the_other_goes_on_when_the_lease_ends(bridges, monkeypatch):
    running, working = bridges
    await until(lambda: len(working) == 1)
    (first,) = working
    (other,) = set(running) - working
    died = asyncio.get_running_loop().create_future()

    async def nothing(*_):
        return await died

    monkeypatch.setattr(first._inbox, "acquire", nothing)
    await until(lambda: other in working)
    died.set_result(None)
    await until(lambda: working == {other} and stands_by(first))
