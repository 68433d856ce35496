"""Two workers, each with its own queue; and what the way back writes down before it writes."""

import sqlite3
from contextlib import closing
from importlib import resources

import pytest

from bridge.store import Arrival, Intent, Move, Placing, Queue, SqliteInbox, State
from bridge.store.inbox import LONGEST_WAIT
from bridge.store.migrate import migrate as migrate_sqlite
from bridge.store.pg.inbox import PostgresInbox
from bridge.store.pg.migrate import migrate as migrate_postgres
from bridge.store.pg.pool import Pool


def ids(claimed):
    return [each.event_id for each in claimed]


async def test_a_worker_claims_from_its_own_queue_alone(inbox, arrival):
    await inbox.admit(arrival("evt_1", urgent=True))
    await inbox.ask([arrival("opportunity:1:m", lane="opportunity:1", queue=Queue.STRIPE)])
    assert ids(await inbox.claim(10, urgent_only=True, queue=Queue.STRIPE)) == []
    assert ids(await inbox.claim(10, queue=Queue.STRIPE)) == ["opportunity:1:m"]
    assert ids(await inbox.claim(10)) == ["evt_1"]


async def test_a_full_queue_holds_up_no_other(inbox, arrival):
    for n in range(30):
        await inbox.admit(arrival(f"evt_{n}", lane=f"cus_{n}"))
    await inbox.ask([arrival("opportunity:1:m", lane="opportunity:1", queue=Queue.STRIPE)])
    assert len(await inbox.claim(5)) == 5
    assert ids(await inbox.claim(5, queue=Queue.STRIPE)) == ["opportunity:1:m"]


async def test_what_is_to_wait_serves_all_who_ask_meanwhile(inbox, arrival, clock):
    row = {"lane": "opportunity:1", "queue": Queue.STRIPE, "wait": 2.0}
    await inbox.ask([arrival("opportunity:1:a", **row)])
    clock.now += 1
    assert await inbox.claim(10, queue=Queue.STRIPE) == []
    assert await inbox.ask([arrival("opportunity:1:b", **row)]) == ["opportunity:1:a"]
    clock.now += 1
    assert await inbox.claim(10, queue=Queue.STRIPE) == [], "it waits anew"
    clock.now += 1
    (claimed,) = await inbox.claim(10, queue=Queue.STRIPE)
    assert await inbox.ask([arrival("opportunity:1:c", **row)]) == ["opportunity:1:c"]
    await inbox.record([Move(claimed, State.DONE, outcome="pushed")])
    clock.now += 2
    assert ids(await inbox.claim(10, queue=Queue.STRIPE)) == ["opportunity:1:c"]


async def test_what_is_asked_for_again_and_again_is_not_put_off_for_ever(inbox, arrival, clock):
    begun, n = clock.now, 0
    while not (claimed := await inbox.claim(10, queue=Queue.STRIPE)):
        row = arrival(f"opportunity:1:{n}", lane="opportunity:1", queue=Queue.STRIPE, wait=2.0)
        await inbox.ask([row])
        n += 1
        clock.now += 1
    assert ids(claimed) == ["opportunity:1:0"]
    assert clock.now - begun == 2.0 * LONGEST_WAIT


async def test_what_waits_for_another_reason_is_not_brought_forward(inbox, arrival, clock):
    row = {"lane": "opportunity:1", "queue": Queue.STRIPE, "wait": 2.0}
    await inbox.ask([arrival("opportunity:1:a", **row)])
    clock.now += 2
    (claimed,) = await inbox.claim(10, queue=Queue.STRIPE)
    await inbox.record([Move(claimed, State.DUE, wait=100.0)])
    await inbox.ask([arrival("opportunity:1:b", **row)])
    clock.now += 99
    assert await inbox.claim(10, queue=Queue.STRIPE) == []
    clock.now += 1
    assert ids(await inbox.claim(10, queue=Queue.STRIPE)) == ["opportunity:1:a"]


async def test_each_worker_hears_of_what_is_new(inbox, arrival):
    await inbox.admit(arrival("evt_1"))
    assert await inbox.wait(0.1)
    assert await inbox.wait(0.1, Queue.STRIPE), "the other one did not take it away"
    assert not await inbox.wait(0.01, Queue.STRIPE)


def intent(target="cus_1", key="k1", params='{"metadata": {"a": "1"}}'):
    return Intent(target, f"/v1/customers/{target}", params, key)


async def test_what_is_begun_is_remembered_until_it_is_done(inbox, beside, clock):
    one, other = Placing("006A", "cus_1"), Placing("006A", "sub_1")
    await inbox.intend([intent(), intent("sub_1", "k2")], [one, other])
    await inbox.intend([], [one, Placing("006B", "cus_1")])
    found = await beside.intents()
    assert {(each.target, each.key, each.at) for each in found} == {
        ("cus_1", "k1", clock.now),
        ("sub_1", "k2", clock.now),
    }
    assert await beside.placed(["006A", "006C"]) == {one, other}
    await inbox.fulfil(["k1", "no such key"], [other])
    assert [each.key for each in await inbox.intents()] == ["k2"]
    assert await inbox.placed(["006A", "006B"]) == {one, Placing("006B", "cus_1")}
    await inbox.intend([intent("sub_1", "k3")], [])
    assert [each.key for each in await inbox.intents()] == ["k3"], "one for each object"


async def test_another_org_or_account_leaves_nothing_of_it(inbox):
    await inbox.intend([intent()], [Placing("006A", "cus_1")])
    await inbox.rebind("org", "00D2")
    assert await inbox.intents() == []
    assert not await inbox.placed(["006A"])


OLD_ROW = (
    "INSERT INTO {table} (seq, event_id, type, created, livemode, lane, state, {more}) VALUES "
)


async def test_an_older_sqlite_store_goes_on(path):
    scripts = sorted((resources.files("bridge.store") / "migrations").iterdir(), key=str)
    with closing(sqlite3.connect(path)) as connection:
        for script in scripts[:6]:
            connection.executescript(script.read_text(encoding="utf-8"))
        connection.execute("PRAGMA user_version = 6")
        connection.execute(
            OLD_ROW.format(table="inbox", more="admitted_at, due_at")
            + "(1, 'evt_1', 't', 1.0, 0, 'cus_1', 'due', 1.0, 1.0)"
        )
        connection.execute("INSERT INTO payload VALUES (1, '{}')")
        connection.commit()
        migrate_sqlite(connection)
    box = await SqliteInbox.open(path, serving=True)
    assert await box.claim(10, queue=Queue.STRIPE) == []
    assert ids(await box.claim(10)) == ["evt_1"]
    await box.close()


async def test_an_older_postgresql_store_goes_on(postgres):
    url = postgres.another("older")
    pool = Pool(url, 1, 10.0)
    await migrate_postgres(pool, upto=1)

    async def fill(connection):
        await connection.execute(
            OLD_ROW.format(table="stripe_sf.inbox", more="urgent, admitted_at, due_at")
            + "(nextval('stripe_sf.inbox_seq'), 'evt_1', 't', 1.0, false, 'cus_1', 'due', "
            "false, 1.0, 1.0)"
        )
        await connection.execute("INSERT INTO stripe_sf.payload VALUES (1, '{}')")

    await pool.run(fill)
    await pool.close()
    box = await PostgresInbox.open(url, serving=True)
    assert await box.claim(10, queue=Queue.STRIPE) == []
    assert ids(await box.claim(10)) == ["evt_1"]
    await box.admit(Arrival("evt_2", "t", 1.0, None, False, None, "x", b"{}", queue=Queue.STRIPE))
    assert ids(await box.claim(10, queue=Queue.STRIPE)) == ["evt_2"]
    await box.close()


@pytest.mark.parametrize("params", ['{"metadata": {"a": "ü"}}', "{}"])
async def test_an_intent_is_kept_word_by_word(inbox, params):
    await inbox.intend([intent(params=params)], [])
    (found,) = await inbox.intents()
    assert (found.path, found.params) == ("/v1/customers/cus_1", params)
