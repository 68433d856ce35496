"""SQLite's own faults: what cannot be stored is not acknowledged, and all goes on by itself."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bridge.errors import StoreInUse, StoreUnavailable
from bridge.store import SqliteInbox
from tests.bridge.stores import Store

ADMITTER = """
import asyncio, sys
from pathlib import Path
from bridge.store import Arrival, SqliteInbox

async def main():
    inbox = await SqliteInbox.open(Path(sys.argv[1]), serving=True)
    async def stream(lane):
        n = 0
        while True:
            n += 1
            event_id = f"evt_{lane}_{n}"
            arrival = Arrival(event_id, "t", 1.0, None, False, None, f"cus_{lane}", b"x" * 6000)
            await inbox.admit(arrival)
            sys.stdout.write(event_id + "\\n")
            sys.stdout.flush()
    await asyncio.gather(*(stream(i) for i in range(16)))

asyncio.run(main())
"""

FILLER = """
import asyncio, resource, signal, sys
from pathlib import Path
from bridge.errors import StoreUnavailable
from bridge.store import Arrival, SqliteInbox

async def main():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    inbox = await SqliteInbox.open(Path(sys.argv[1]), serving=True)
    def arrival(n):
        return Arrival(f"evt_{n}", "t", 1.0, None, False, None, "cus_1", b"x" * 6000)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
    admitted, refused = [], 0
    for n in range(200):
        try:
            await inbox.admit(arrival(n))
            admitted.append(n)
        except StoreUnavailable:
            refused += 1
    assert admitted and refused, (len(admitted), refused)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert await inbox.admit(arrival(1000))
    admitted.append(1000)
    await inbox.close()
    inbox = await SqliteInbox.open(Path(sys.argv[1]), serving=True)
    stored = {row.event_id for row in await inbox.list_events(limit=1000)}
    assert stored == {f"evt_{n}" for n in admitted}, stored
    await inbox.close()

asyncio.run(main())
"""


@pytest.fixture
def store(path: Path) -> Store:
    return Store(path, None)


async def test_each_acknowledged_event_survives_kill_9(path: Path):
    for _ in range(3):
        path.unlink(missing_ok=True)
        acknowledged = await asyncio.to_thread(_admit_and_kill, path)
        assert len(acknowledged) > 100
        inbox = await SqliteInbox.open(path, serving=True)
        try:
            stored = {row.event_id for row in await inbox.list_events(limit=1_000_000)}
        finally:
            await inbox.close()
        assert acknowledged <= stored


def _admit_and_kill(path: Path) -> set[str]:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", ADMITTER, str(path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(200)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
    # The last line may have been cut by the kill.
    return {line.decode().strip() for line in lines if line.endswith(b"\n")}


async def test_a_full_disk_refuses_and_recovers(path: Path):
    # The limit on file size is the process's own, so this needs one.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FILLER, str(path), stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()


async def test_a_locked_store_refuses_and_recovers(path, arrival):
    inbox = await SqliteInbox.open(path, serving=True, busy_timeout=0.05)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="locked"):
                await inbox.admit(arrival("evt_1"))
            other.execute("ROLLBACK")
        assert await inbox.admit(arrival("evt_1"))
    finally:
        await inbox.close()


async def test_too_many_waiting_writes_are_refused_at_once(path, arrival):
    inbox = await SqliteInbox.open(path, serving=True, busy_timeout=0.3, most_waiting=10)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            answers = await asyncio.gather(
                *(inbox.admit(arrival(f"evt_{i}")) for i in range(60)), return_exceptions=True
            )
            other.execute("ROLLBACK")
        assert all(isinstance(answer, StoreUnavailable) for answer in answers)
        assert any("are waiting" in str(answer) for answer in answers)
    finally:
        await inbox.close()


async def test_one_bad_job_fails_alone(inbox, arrival):
    good = inbox.admit(arrival("evt_1"))
    bad = inbox.admit(arrival("evt_2", lane=None))
    results = await asyncio.gather(good, bad, inbox.check(), return_exceptions=True)
    assert results[0] is True
    assert isinstance(results[1], sqlite3.IntegrityError)
    assert results[2] is None


async def test_a_cancelled_waiter_disturbs_no_other(inbox, arrival):
    waiting = [asyncio.create_task(inbox.admit(arrival(f"evt_{i}"))) for i in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert answers[1:] == [True] * 4


async def test_a_second_bridge_on_one_store_is_refused(path, inbox):
    with pytest.raises(StoreInUse, match=r"bridge\.db"):
        await SqliteInbox.open(path, serving=True)


async def test_an_operator_may_look_in_beside_a_serving_bridge(path, inbox, arrival):
    await inbox.admit(arrival("evt_1"))
    beside = await SqliteInbox.open(path, serving=False)
    try:
        assert [row.event_id for row in await beside.list_events()] == ["evt_1"]
    finally:
        await beside.close()


async def test_a_store_of_a_newer_bridge_is_refused(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreUnavailable, match="schema 999"):
        await SqliteInbox.open(path, serving=True)


async def test_a_file_that_is_no_store_is_refused(path):
    path.write_bytes(b"no database at all " * 100)
    with pytest.raises(StoreUnavailable, match="cannot open the store"):
        await SqliteInbox.open(path, serving=True)


async def test_the_file_is_its_owners_alone(path, inbox):
    for name in (path, path.with_name("bridge.db-wal")):
        assert name.stat().st_mode & 0o077 == 0


async def test_a_folder_that_cannot_be_made_is_an_unavailable_store(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot open the store"):
        await SqliteInbox.open(tmp_path / "file" / "bridge.db", serving=True)
