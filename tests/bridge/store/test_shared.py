"""What several bridges share: leases, cursors under them, what the store is bound to."""

import pytest

from bridge.errors import LeaseLost
from bridge.store import Cursor, Settlement, State

TOPIC = "/event/Bridge_Receipt__e"


async def test_a_lease_is_one_bridges_until_it_ends(inbox, beside, clock):
    mine = await inbox.acquire("receipts", 30)
    assert mine is not None
    assert await beside.acquire("receipts", 30) is None
    assert await beside.acquire("sweep", 30) is not None
    clock.now += 20
    assert await inbox.acquire("receipts", 30) == mine  # longer, and the same
    clock.now += 29
    assert await beside.acquire("receipts", 30) is None
    clock.now += 1
    theirs = await beside.acquire("receipts", 30)
    assert theirs is not None
    assert theirs.epoch > mine.epoch
    assert await inbox.acquire("receipts", 30) is None


async def test_a_lease_can_be_let_go_by_its_holder_alone(inbox, beside, clock):
    mine = await inbox.acquire("receipts", 30)
    await inbox.release(mine)
    theirs = await beside.acquire("receipts", 30)
    assert theirs is not None
    await inbox.release(mine)
    assert await inbox.acquire("receipts", 30) is None


async def test_a_cursor_of_a_lost_lease_does_not_move_nor_anything_with_it(
    inbox, beside, clock, arrival
):
    mine = await inbox.acquire("receipts", 30)
    await inbox.set_cursor(Cursor(TOPIC, b"\x01", mine))
    clock.now += 31
    # Nobody took over: what was read under the lease is still so.
    await inbox.set_cursor(Cursor(TOPIC, b"\x02", mine))
    theirs = await beside.acquire("receipts", 30)
    await beside.set_cursor(Cursor(TOPIC, b"\x03", theirs))
    await inbox.admit(arrival("evt_1"))
    with pytest.raises(LeaseLost):
        await inbox.set_cursor(Cursor(TOPIC, b"\x04", mine))
    with pytest.raises(LeaseLost):
        await inbox.complete(
            [Settlement("evt_1", State.DONE, "applied")], Cursor(TOPIC, b"\x05", mine)
        )
    with pytest.raises(LeaseLost):
        await inbox.ask([arrival("resync:sub_1:1")], Cursor(TOPIC, b"\x06", mine))
    assert await inbox.get_cursor(TOPIC) == b"\x03"
    assert [(row.event_id, row.state) for row in await inbox.list_events()] == [
        ("evt_1", State.NEW)
    ]


async def test_the_store_is_bound_to_what_came_first(inbox, beside):
    assert await inbox.bind("salesforce org", "00D1") == "00D1"
    assert await beside.bind("salesforce org", "00D2") == "00D1"
    assert await beside.bind("stripe account", "acct_1") == "acct_1"


async def test_whether_another_bridge_has_a_lease(inbox, beside, clock):
    assert not await inbox.is_held_elsewhere("careful")
    mine = await inbox.acquire("careful", 30)
    assert not await inbox.is_held_elsewhere("careful")
    assert await beside.is_held_elsewhere("careful")
    assert not await beside.is_held_elsewhere("sweep")
    await inbox.release(mine)
    assert not await beside.is_held_elsewhere("careful")
    await inbox.acquire("careful", 30)
    clock.now += 31
    assert not await beside.is_held_elsewhere("careful")


async def test_whether_a_bridge_serves(store, clock):
    serving = await store.open()
    beside = await store.open(serving=False)
    assert await serving.is_served()
    assert await beside.is_served()
    await serving.close()
    assert not await beside.is_served()
    await beside.close()


async def test_one_that_died_on_the_server_serves_until_it_has_been_silent(store, clock):
    if store.kind == "sqlite":
        pytest.skip("a file's lock ends with its process")
    dead = await store.open()
    beside = await store.open(serving=False)
    clock.now += 30
    await dead.check()
    clock.now += 30
    assert await beside.is_served()
    clock.now += 11
    assert not await beside.is_served()
    await beside.check()  # looking in is not serving
    assert not await beside.is_served()
    await beside.close()
    await dead.close()
