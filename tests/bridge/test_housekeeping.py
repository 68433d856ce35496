"""What is kept, for how long, and what is told meanwhile."""

import pytest

from bridge.health import Health, Part
from bridge.housekeeping import Housekeeping
from bridge.metrics import Metrics
from bridge.store import Arrival, Move, SqliteInbox, State
from tests.bridge.manual_clock import ManualClock

DAY = 86_400.0


@pytest.fixture
async def inbox(tmp_path):
    box = await SqliteInbox.open(tmp_path / "bridge.db", serving=True, clock=ManualClock())
    yield box
    await box.close()


async def done(inbox, *event_ids):
    for event_id in event_ids:
        await inbox.admit(Arrival(event_id, "t", 1.0, None, False, None, event_id, b"{}"))
    claimed = await inbox.claim(len(event_ids))
    await inbox.record([Move(each, State.DONE, outcome="applied") for each in claimed])


async def test_a_body_goes_after_the_days_that_are_set_and_the_id_35_days_later(inbox):
    clock = ManualClock()
    house = Housekeeping(inbox, Health(), Metrics(), keep_days=14, clock=clock)
    await done(inbox, "evt_1")
    clock.now += 13.9 * DAY
    await house.once()
    _, timeline = await inbox.get_event("evt_1")
    assert len(timeline) > 1
    clock.now += 0.2 * DAY
    await house.once()
    _, timeline = await inbox.get_event("evt_1")
    assert len(timeline) == 1
    clock.now += 34.8 * DAY
    await house.once()
    assert await inbox.known(["evt_1"]) == {"evt_1"}
    clock.now += 0.2 * DAY
    await house.once()
    assert await inbox.known(["evt_1"]) == frozenset()


async def test_refusals_are_counted_and_a_store_that_fails_is_told_of(inbox):
    health, metrics = Health(), Metrics()
    house = Housekeeping(inbox, health, metrics, keep_days=14)
    metrics.refuse("wrong_signature")
    await house.once()
    assert (await inbox.counts()).refused == {"wrong_signature": 1}
    assert health.works(Part.STORE)
    await inbox.close()
    await house.once()
    assert not health.works(Part.STORE)
