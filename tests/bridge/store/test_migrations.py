"""A store that an earlier version made is read by this one, whatever it held."""

import json
import sqlite3
from contextlib import closing

import asyncpg
import pytest

from bridge.errors import StoreUnavailable
from bridge.store import Settlement, State
from bridge.store import migrate as sqlite
from bridge.store.pg import migrate as pg
from bridge.store.pg.inbox import PostgresInbox
from bridge.store.pg.pool import Pool
from bridge.store.sqlite import SqliteInbox

TOPIC = "/event/Bridge_Receipt__e"
STATES = ["new", "queued", "due", "claimed", "sent", "done", "dead"]

# What every version has had since the first.
COLUMNS = (
    "seq, event_id, type, created, api_version, livemode, account, lane, state, admitted_at, "
    "due_at, attempts, claim, sent_at, sent_as_of, finished_at, outcome, reason, read_keys"
)
OTHERS = {
    "payload": "seq, body",
    "timeline": "seq, at, what, detail",
    "cursors": "topic, replay_id, at",
    "refused": "cause, count",
}


def held(array):
    """What an old store holds; ``array`` writes a tie's keys in the store's way."""
    rows, payloads, moments = [], [], []
    for seq, state in enumerate(STATES, 1):
        flying, ended = state in ("claimed", "sent"), state in ("done", "dead")
        # A lane of two, of which the one that is due goes first.
        lane = "cus_due" if state == "queued" else f"cus_{state}"
        due = 19.0 if state == "due" else 20.0 + seq
        rows.append(
            (
                *(seq, f"evt_{state}", "customer.updated", 1.5, "2026-10-28.endive"),
                *(seq % 2 == 0, "acct_1", lane, state, 10.0 + seq, due, seq),
                *("token" if flying else None, 21.5 if state == "sent" else None, 7.25),
                *(30.0 if ended else None, "failed" if state == "dead" else None, f"so: {state}"),
                array(["cus_1", 'with "quotes", and a comma']),
            )
        )
        payloads.append((seq, b'{"id": "evt_%s"}' % state.encode()))
        moments.append((seq, 22.0, "claimed", "by an older version"))
    return {
        "inbox": (COLUMNS, rows),
        "payload": (OTHERS["payload"], payloads),
        "timeline": (OTHERS["timeline"], moments),
        "cursors": (OTHERS["cursors"], [(TOPIC, b"\x00\x07", 23.0)]),
        "refused": (OTHERS["refused"], [("wrong_signature", 3)]),
    }


def schema(connection):
    """Tables with their columns and indexes, in whatever way they came about."""
    names = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    return {
        name: (
            {row[1:] for row in connection.execute(f"PRAGMA table_info({name})")},
            {row[1] for row in connection.execute(f"PRAGMA index_list({name})")},
        )
        for name in names
    }


async def check(inbox):
    """All that was there is there, and goes on from where it stood."""
    rows = {row.event_id: row for row in await inbox.list_events()}
    assert {event_id: row.state.value for event_id, row in rows.items()} == {
        f"evt_{state}": state for state in STATES
    }
    dead = rows["evt_dead"]
    assert (dead.outcome, dead.reason, dead.attempts) == ("failed", "so: dead", 7)
    assert (dead.created, dead.admitted_at, dead.finished_at) == (1.5, 17.0, 30.0)
    assert (dead.livemode, rows["evt_queued"].livemode) == (False, True)
    assert (dead.api_version, dead.account, dead.lane) == (
        "2026-10-28.endive",
        "acct_1",
        "cus_dead",
    )
    assert dead.read_keys == ("cus_1", 'with "quotes", and a comma')
    _, moments = await inbox.get_event("evt_dead")
    assert [(m.at, m.what, m.detail) for m in moments] == [
        (17.0, "admitted", ""),
        (22.0, "claimed", "by an older version"),
    ]
    assert await inbox.get_cursor(TOPIC) == b"\x00\x07"
    assert (await inbox.counts()).refused == {"wrong_signature": 3}
    assert await inbox.known([*rows, "evt_other"]) == rows.keys()
    # The claim of an older version ends as any does; what was sent waits for its receipt.
    claimed = {each.event_id: each for each in await inbox.claim(10)}
    assert claimed.keys() == {"evt_new", "evt_queued", "evt_due", "evt_claimed"}
    assert claimed["evt_due"].payload == b'{"id": "evt_due"}'
    assert claimed["evt_due"].sent_as_of == 7.25
    assert [each.event_id for each in await inbox.overdue(10)] == ["evt_sent"]
    settled = [Settlement(event_id, State.DONE, "applied") for event_id in [*claimed, "evt_sent"]]
    assert len(await inbox.complete(settled)) == 5
    assert await inbox.retry(None) == 1
    assert [each.event_id for each in await inbox.claim(10)] == ["evt_dead"]


@pytest.mark.parametrize("version", sorted(sqlite._scripts()))
async def test_sqlite_from_each_version(path, version):
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        sqlite.migrate(old, version)
        for table, (columns, rows) in held(json.dumps).items():
            marks = ", ".join("?" * len(columns.split(",")))
            old.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
    inbox = await SqliteInbox.open(path, serving=False)
    try:
        await check(inbox)
    finally:
        await inbox.close()
    with closing(sqlite3.connect(path)) as migrated, closing(sqlite3.connect(":memory:")) as new:
        new.isolation_level = None
        sqlite.migrate(new)
        assert schema(migrated) == schema(new)


async def fill(url, version):
    """A store as that version left it."""
    pool = Pool(url, 1, 10.0)
    await pg.migrate(pool, version)
    await pool.close()
    connection = await asyncpg.connect(url)
    try:
        for table, (columns, rows) in held(list).items():
            marks = ", ".join(f"${n}" for n in range(1, len(columns.split(",")) + 1))
            if table == "inbox":  # without which it cannot be
                columns, marks = f"{columns}, urgent", f"{marks}, false"
            await connection.executemany(
                f"INSERT INTO stripe_sf.{table} ({columns}) VALUES ({marks})", rows
            )
    finally:
        await connection.close()


@pytest.fixture
def old(postgres):
    """The URL of a database for an old store."""
    return postgres.another("old")


@pytest.mark.parametrize("version", sorted(pg._scripts()))
async def test_postgres_from_each_version(old, version):
    await fill(old, version)
    inbox = await PostgresInbox.open(old, serving=False)
    try:
        await check(inbox)
    finally:
        await inbox.close()


async def test_postgres_to_the_next_version(old, monkeypatch):
    """Of whatever comes after this one: what is there is kept, and this one then refuses."""
    scripts = pg._scripts()
    newest = max(scripts)
    await fill(old, newest)
    following = "ALTER TABLE stripe_sf.inbox ADD COLUMN later text NOT NULL DEFAULT 'x'"
    with monkeypatch.context() as patched:
        patched.setattr(pg, "_scripts", lambda: {**scripts, newest + 1: following})
        inbox = await PostgresInbox.open(old, serving=False)
        try:
            await check(inbox)
        finally:
            await inbox.close()
    with pytest.raises(StoreUnavailable, match=f"schema {newest + 1}"):
        await PostgresInbox.open(old, serving=False)


async def test_a_migration_that_fails_leaves_the_store_as_it_was(old, monkeypatch):
    scripts = pg._scripts()
    newest = max(scripts)
    await fill(old, newest)
    broken = "ALTER TABLE stripe_sf.inbox DROP COLUMN reason; SELECT no_such_function()"
    with monkeypatch.context() as patched:
        patched.setattr(pg, "_scripts", lambda: {**scripts, newest + 1: broken})
        with pytest.raises(asyncpg.UndefinedFunctionError):
            await PostgresInbox.open(old, serving=False)
    inbox = await PostgresInbox.open(old, serving=False)
    try:
        await check(inbox)
    finally:
        await inbox.close()
