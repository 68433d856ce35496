"""Of several bridges on one store, only the careful one publishes."""

import pytest

from bridge.clock import Backoff
from bridge.store import SqliteInbox
from bridge.to_salesforce.turn import Turn
from bridge.to_salesforce.window import Window
from tests.bridge.manual_clock import ManualClock


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
async def bridges(tmp_path, clock):
    """A window and a turn of two bridges."""
    inboxes = [
        await SqliteInbox.open(tmp_path / "bridge.db", serving=serving, clock=clock)
        for serving in (True, False)
    ]
    windows = [Window(16, 64, Backoff(1.0, 10.0), clock) for _ in inboxes]
    yield [
        (window, Turn(inbox, window, 60.0)) for inbox, window in zip(inboxes, windows, strict=True)
    ]
    for inbox in inboxes:
        await inbox.close()


async def test_while_all_goes_well_all_publish(bridges):
    assert [await turn.comes() for _, turn in bridges] == [True, True]


async def test_while_one_is_careful_the_others_wait_and_then_go_on(bridges, clock):
    (window, turn), (other, others_turn) = bridges
    window.lost(["a"])
    assert [await turn.comes(), await others_turn.comes()] == [True, False]
    other.lost(["b"])
    assert [await turn.comes(), await others_turn.comes()] == [True, False]
    other.forget()
    clock.now += 30
    while not window.is_closed:
        assert [await turn.comes(), await others_turn.comes()] == [True, False]
        window.publishes([str(n) for n in range(window.room(0))])
        assert window.room(0) > 0
    assert not window.is_careful
    assert [await turn.comes(), await others_turn.comes()] == [True, True]


async def test_others_wait_for_a_dead_bridge_only_so_long(bridges, clock):
    (window, turn), (_, others_turn) = bridges
    window.lost(["a"])
    assert await turn.comes()
    assert not await others_turn.comes()
    clock.now += 61
    assert await others_turn.comes()


async def test_a_paused_bridge_holds_up_the_others_too(bridges):
    (window, turn), (_, others_turn) = bridges
    window.is_paused = True
    assert [await turn.comes(), await others_turn.comes()] == [True, False]
    window.is_paused = False
    assert [await turn.comes(), await others_turn.comes()] == [True, True]
