"""The store behind a real pooler, PgBouncer in transaction mode, where that is installed.

Elsewhere the whole suite runs behind what a pooler may do at worst: ``open_shuffled``.
"""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from bridge.store.pg.inbox import PostgresInbox
from rehearsal.demo.processes import free_port
from tests.bridge.store.test_bridges import (  # noqa: F401
    test_an_event_that_comes_to_all_at_once_is_admitted_once,
    test_many_that_claim_at_once_never_share_a_lane,
    test_one_of_several_has_a_lease,
    test_those_that_ask_at_once_are_served_by_one,
)

pytestmark = pytest.mark.slow

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
BRIDGES, SERVER_CONNECTIONS = 5, 3


@pytest.fixture
async def pooler(postgres):
    """The URL of a pooler with fewer connections than there are bridges, each left empty."""
    if PROGRAM is None:
        pytest.skip("PgBouncer is not installed")
    folder = Path(tempfile.mkdtemp(prefix="stripe-sf-pgbouncer-"))
    port, server_port = free_port(), postgres.url.rpartition(":")[2].partition("/")[0]
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"""
[databases]
postgres = host=127.0.0.1 port={server_port} dbname=postgres user=bridge
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {SERVER_CONNECTIONS}
server_reset_query = DISCARD ALL
server_reset_query_always = 1
logfile = {folder}/log
"""
    )
    user = postgres.server.user  # it refuses to be run by root, too
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    process = subprocess.Popen([PROGRAM, "-q", str(config)], user=user, stderr=subprocess.DEVNULL)
    url = f"postgresql://bridge@127.0.0.1:{port}/postgres"
    try:
        async with asyncio.timeout(10):
            while True:
                try:
                    await (await asyncpg.connect(url, statement_cache_size=0)).close()
                    break
                except OSError:
                    await asyncio.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


@pytest.fixture
async def bridges(pooler):
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(BRIDGES):
            box = await PostgresInbox.open(pooler, serving=True, patience=30.0)
            stack.push_async_callback(box.close)
            opened.append(box)
        yield opened


async def test_admissions_of_all_at_once(bridges, arrival):
    """An admission is no transaction of several statements: all of it must go to one connection."""

    async def admit(number, box):
        for n in range(60):
            assert await box.admit(arrival(f"evt_{number}_{n}", f"cus_{number}"))
            await box.counts()

    await asyncio.gather(*(admit(number, box) for number, box in enumerate(bridges)))
    assert len(await bridges[0].known(f"evt_{a}_{n}" for a in range(5) for n in range(60))) == 300
