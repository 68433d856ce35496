"""PostgreSQL's own faults: what cannot be stored is not acknowledged, and all goes on by itself."""

import asyncio
import os
import re
import shutil
import subprocess

import asyncpg
import pytest

from bridge.errors import StoreUnavailable
from bridge.store import Cursor, Move, Settlement, State, open_store
from bridge.store.pg.inbox import PostgresInbox
from bridge.store.pg.pool import place

NOWHERE = "postgresql://bridge:hunter2@127.0.0.1:1/nowhere"


@pytest.fixture
async def inbox(postgres):
    box = await PostgresInbox.open(postgres.url, serving=True, patience=2.0)
    yield box
    await box.close()


def _limit(postgres, pid, size):
    """Of a server's process, which may have ended; only its own user may."""
    words = ["prlimit", f"--pid={pid}", f"--fsize={size}:"]
    subprocess.run(words, check=False, user=postgres.server.user, stderr=subprocess.DEVNULL)


@pytest.mark.slow
async def test_what_was_acknowledged_survives_a_crash_of_the_server_and_the_bridge_goes_on(
    postgres, inbox, arrival
):
    acknowledged, refused = [], 0
    stop = asyncio.Event()

    async def stream(lane):
        nonlocal refused
        n = 0
        while not stop.is_set():
            n += 1
            try:
                await inbox.admit(arrival(f"evt_{lane}_{n}", f"cus_{lane}"))
            except StoreUnavailable:
                refused += 1
                await asyncio.sleep(0.02)
            else:
                acknowledged.append(f"evt_{lane}_{n}")

    streams = [asyncio.create_task(stream(lane)) for lane in range(8)]
    while len(acknowledged) < 100:
        await asyncio.sleep(0.01)
    await postgres.server.crash(0.1)
    before = len(acknowledged)
    async with asyncio.timeout(20):
        while len(acknowledged) < before + 50:
            await asyncio.sleep(0.01)
    stop.set()
    await asyncio.gather(*streams)
    assert refused
    stored = {row.event_id for row in await inbox.list_events(limit=100_000)}
    assert set(acknowledged) <= stored


async def test_a_locked_table_refuses_after_a_while_and_recovers(postgres, arrival):
    inbox = await PostgresInbox.open(postgres.url, serving=True, patience=0.2, most_waiting=10)
    other = await asyncpg.connect(postgres.url)
    try:
        async with other.transaction():
            await other.execute("LOCK TABLE stripe_sf.inbox IN ACCESS EXCLUSIVE MODE")
            answers = await asyncio.gather(
                *(inbox.admit(arrival(f"evt_{i}")) for i in range(60)), return_exceptions=True
            )
        assert all(isinstance(answer, StoreUnavailable) for answer in answers)
        assert any("are waiting" in str(answer) for answer in answers)
        assert await inbox.admit(arrival("evt_1"))
    finally:
        await other.close()
        await inbox.close()


async def test_a_server_that_became_read_only_refuses_and_recovers(postgres, inbox, arrival):
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    ours = f"{others} AND usename = 'bridge' AND backend_type = 'client backend'"
    await inbox.check()
    await asyncio.to_thread(
        postgres.sql, f"ALTER ROLE bridge SET default_transaction_read_only = on; {ours}"
    )
    try:
        with pytest.raises(StoreUnavailable, match="read-only"):
            await inbox.admit(arrival("evt_1"))
    finally:
        reset = "SET default_transaction_read_only = off; ALTER ROLE bridge RESET ALL;"
        await asyncio.to_thread(postgres.sql, f"{reset} {ours}")
    assert await inbox.admit(arrival("evt_1"))


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="util-linux's prlimit is not here")
async def test_a_full_disk_refuses_and_recovers(postgres, inbox, arrival):
    """The limit on file size is the disk: this body needs more than it lets a file have."""
    body = os.urandom(20_000_000)
    await inbox.check()
    rows = await inbox._pool.run(lambda c: c.fetch("SELECT pid FROM pg_stat_activity"))
    pids = [row["pid"] for row in rows]
    for pid in pids:
        _limit(postgres, pid, str(17 * 1024 * 1024))
    try:
        with pytest.raises(StoreUnavailable, match="could not"):
            await inbox.admit(arrival("evt_1", payload=body))
    finally:
        for pid in pids:
            _limit(postgres, pid, "unlimited")
    assert await inbox.get_event("evt_1") is None
    assert await inbox.admit(arrival("evt_1", payload=body))
    (claimed,) = await inbox.claim(10)
    assert claimed.payload == body


async def test_one_bad_event_fails_alone(inbox, arrival):
    results = await asyncio.gather(
        inbox.admit(arrival("evt_0")),
        inbox.admit(arrival("evt_1")),
        inbox.admit(arrival("evt_2")),
        inbox.admit(arrival("evt_3")),
        inbox.admit(arrival("evt_4", lane=None)),
        inbox.check(),
        return_exceptions=True,
    )
    assert results[:4] == [True] * 4
    assert isinstance(results[4], asyncpg.NotNullViolationError)


async def test_a_cancelled_waiter_disturbs_no_other(inbox, arrival):
    waiting = [asyncio.create_task(inbox.admit(arrival(f"evt_{i}"))) for i in range(9)]
    await asyncio.sleep(0)
    for task in waiting[::4]:
        task.cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [answer for i, answer in enumerate(answers) if i % 4] == [True] * 6
    assert len(await inbox.list_events()) == 9  # what was asked for is stored all the same


async def test_a_job_that_is_cancelled_leaves_no_lock_behind(postgres, inbox, arrival):
    await inbox.admit(arrival("evt_1"))
    other = await asyncpg.connect(postgres.url)
    try:
        async with other.transaction():
            await other.execute("LOCK TABLE stripe_sf.payload IN ACCESS EXCLUSIVE MODE")
            claiming = asyncio.create_task(inbox.claim(10))
            while not await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                await asyncio.sleep(0.01)
            claiming.cancel()
            await asyncio.gather(claiming, return_exceptions=True)
        async with asyncio.timeout(5):
            while not (claimed := await inbox.claim(10)):
                await asyncio.sleep(0.02)
        assert [each.event_id for each in claimed] == ["evt_1"]
    finally:
        await other.close()


async def test_what_others_say_may_hold_any_sign(inbox, arrival):
    await inbox.admit(arrival("evt_1"))
    (claimed,) = await inbox.claim(10)
    await inbox.record([Move(claimed, State.SENT, wait=60, reason="a\0b")])
    keys = ("sub_1", 'with "quotes"', "back\\slash", "comma,", "")
    await inbox.complete([Settlement("evt_1", State.DUE, "tie", "c\0d", read_keys=keys)])
    row, moments = await inbox.get_event("evt_1")
    assert row.read_keys == keys
    assert [moment.detail for moment in moments] == ["", "a�b", "c�d"]


async def test_no_password_is_told(caplog):
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1/nowhere") as refused:
        await open_store(NOWHERE, serving=False, patience=1.0)
    assert "hunter2" not in str(refused.value) + caplog.text
    assert place(NOWHERE) == "postgresql://bridge@127.0.0.1:1/nowhere"


@pytest.mark.slow
async def test_a_bridge_that_starts_before_the_server_waits_for_it(postgres, arrival):
    await postgres.server.stop("fast")
    opening = asyncio.create_task(open_store(postgres.url, serving=True))
    with pytest.raises(StoreUnavailable):  # whoever only looks in is told at once
        await open_store(postgres.url, serving=False)
    await postgres.server.start()
    inbox = await opening
    assert await inbox.admit(arrival("evt_1"))
    await inbox.close()


async def test_what_waiting_does_not_mend_is_told_at_once(postgres):
    url = postgres.url.replace("bridge@", "nobody_1@")
    async with asyncio.timeout(5):
        with pytest.raises(StoreUnavailable, match="does not exist"):
            await open_store(url, serving=True)


async def test_a_store_that_is_closed_says_so(postgres):
    inbox = await PostgresInbox.open(postgres.url, serving=True)
    await inbox.close()
    async with asyncio.timeout(5):
        with pytest.raises(StoreUnavailable, match="closed"):
            await inbox.in_flight()


async def test_there_is_no_store_before_a_bridge_has_served(postgres):
    url = await asyncio.to_thread(postgres.another, "empty")
    with pytest.raises(StoreUnavailable, match="has the bridge served yet"):
        await open_store(url, serving=False, create=False)


async def test_bridges_that_start_at_once_make_one_store(postgres, arrival):
    url = await asyncio.to_thread(postgres.another, "fresh")
    boxes = await asyncio.gather(*(PostgresInbox.open(url, serving=True) for _ in range(4)))
    try:
        assert await boxes[0].admit(arrival("evt_1"))
        assert not await boxes[3].admit(arrival("evt_1"))
    finally:
        await asyncio.gather(*(box.close() for box in boxes))


async def test_a_store_of_a_newer_bridge_is_refused(postgres):
    url = await asyncio.to_thread(postgres.another, "newer")
    await (await PostgresInbox.open(url, serving=True)).close()
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE stripe_sf.schema_version SET version = 999")
    await connection.close()
    with pytest.raises(StoreUnavailable, match="schema 999"):
        await PostgresInbox.open(url, serving=True)


async def test_no_query_reads_the_whole_inbox(postgres, arrival):
    """Planned with a table that is large and mostly done, as it is after a month."""
    url = await asyncio.to_thread(postgres.another, "large")
    box = await PostgresInbox.open(url, serving=True, connections=1)
    said = {}
    (connection,) = box._pool._idle
    connection.add_query_logger(lambda query: said.setdefault(query.query, query.args))
    try:
        await connection.execute(
            "INSERT INTO stripe_sf.inbox (seq, event_id, type, created, livemode, lane, state,"
            " urgent, admitted_at, due_at, finished_at, pruned) SELECT nextval("
            "'stripe_sf.inbox_seq'), 'evt_' || n, 't', 1, false, 'cus_' || n % 997, 'done', false,"
            " 1, 1, 1e12, false FROM generate_series(1, 20000) AS n; ANALYZE stripe_sf.inbox"
        )
        said.clear()
        await box.admit(arrival("evt_new", "cus_1"))
        await box.admit(arrival("evt_urgent", "cus_2", urgent=True))
        await box.ask([arrival("resync:sub_1:1", "cus_3")])
        await box.claim(10, urgent_only=True)
        claimed = await box.claim(10, lease=0.0)
        claimed = await box.claim(10)
        await box.renew({each.claim for each in claimed})
        await box.record([Move(each, State.SENT, wait=60) for each in claimed])
        await box.complete([Settlement(claimed[0].event_id, State.DONE, "applied")])
        await box.known(["evt_1"])
        await box.overdue(10)
        await box.in_flight()
        await box.progress(["cus_3"], "bridge.", 0.0)
        await box.list_events(state=State.DEAD)
        await box.list_events(lane="cus_5", limit=5)
        await box.get_event("evt_5")
        await box.prune(1.0)
        await box.forget(1.0)
        await box.retry(None)
        await box.discard(["evt_1"])
        plans = {
            query: [row[0] for row in await connection.fetch(f"EXPLAIN {query}", *args)]
            for query, args in list(said.items())
            if "stripe_sf.inbox" in query
            and not query.startswith(
                ("EXPLAIN", "INSERT INTO stripe_sf.inbox (seq, event_id, type, created, livemode")
            )
        }
    finally:
        await box.close()
    assert len(plans) > 20
    whole = re.compile(r"Seq Scan on (stripe_sf\.)?inbox\b")
    guilty = {q: "\n".join(plan) for q, plan in plans.items() if whole.search("\n".join(plan))}
    assert not guilty


async def test_an_admission_is_on_the_disk_whatever_the_server_does_by_default(postgres, arrival):
    """Each connection is told so by the server's configuration; the statement overrules it."""
    off = "ALTER DATABASE postgres SET synchronous_commit = off"
    await asyncio.to_thread(postgres.sql, off)
    inbox = await PostgresInbox.open(postgres.url, serving=True)
    try:
        for n in range(5):
            assert await _flushed_after(inbox, inbox.admit(arrival(f"evt_{n}")))
        # Elsewhere the default rules; now and then the log is written just then all the same.
        plain = "INSERT INTO stripe_sf.refused SELECT gen_random_uuid()::text, 1"
        others = [
            await _flushed_after(inbox, inbox._pool.run(lambda c: c.execute(plain), alone=True))
            for _ in range(5)
        ]
        assert not all(others)
    finally:
        await inbox.close()
        await asyncio.to_thread(postgres.sql, "ALTER DATABASE postgres RESET synchronous_commit")


async def _flushed_after(inbox, writing):
    """Whether all that was written to the log is on the disk when the writing is done."""
    await writing
    written = "SELECT pg_current_wal_insert_lsn() <= pg_current_wal_flush_lsn()"
    return await inbox._pool.run(lambda c: c.fetchval(written), alone=True)


async def test_an_admission_goes_on_over_connections_that_died_while_idle(postgres, arrival):
    inbox = await PostgresInbox.open(postgres.url, serving=True)
    try:
        assert await inbox.admit(arrival("evt_1"))
        await postgres.server.crash(0)
        assert await inbox.admit(arrival("evt_2"))
    finally:
        await inbox.close()


@pytest.mark.slow
async def test_a_dump_is_restored_as_the_runbook_says(postgres, arrival):
    """docs/operations.md, "Backup and restore of PostgreSQL"."""
    dump = postgres.server.program("pg_dump")
    if dump is None:
        pytest.skip("pg_dump is not installed")
    url = await asyncio.to_thread(postgres.another, "kept")
    first = await PostgresInbox.open(url, serving=True)
    for n in range(3):
        await first.admit(arrival(f"evt_{n}", f"cus_{n}"))
    assert await first.claim(1, lease=0.0)
    lease = await first.acquire("topic", 3600)
    await first.set_cursor(Cursor("topic", b"\x05", lease))
    words = ("--format=custom", "--schema=stripe_sf", url)
    copy = await asyncio.to_thread(
        subprocess.run, [dump, *words], check=True, stdout=subprocess.PIPE
    )
    await first.admit(arrival("evt_lost"))
    await first.close()
    assert not await _is_served(url)
    connection = await asyncpg.connect(url)
    await connection.execute("ALTER SCHEMA stripe_sf RENAME TO stripe_sf_lost")
    await connection.close()
    restore = [postgres.server.program("pg_restore"), f"--dbname={url}"]
    await asyncio.to_thread(subprocess.run, restore, input=copy.stdout, check=True)
    again = await PostgresInbox.open(url, serving=True)
    try:
        assert await again.known(["evt_0", "evt_1", "evt_2", "evt_lost"]) == {
            "evt_0",
            "evt_1",
            "evt_2",
        }
        assert await again.get_cursor("topic") == b"\x05"
        assert await again.admit(arrival("evt_3", "cus_3"))
        assert {each.event_id for each in await again.claim(10)} == {f"evt_{n}" for n in range(4)}
    finally:
        await again.close()


async def _is_served(url):
    box = await PostgresInbox.open(url, serving=False)
    try:
        return await box.is_served()
    finally:
        await box.close()
