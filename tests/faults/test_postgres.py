"""The server that a run on PostgreSQL has: it starts, and a crash of it loses no commit."""

from __future__ import annotations

import pytest

from tests.faults.postgres import programs, server

pytestmark = pytest.mark.slow

asyncpg = pytest.importorskip("asyncpg")


async def test_it_outlasts_a_crash() -> None:
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    async with server() as running:
        connection = await asyncpg.connect(running.url)
        await connection.execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)")
        await running.crash(0)
        with pytest.raises((asyncpg.PostgresError, OSError, asyncpg.InterfaceError)):
            await connection.fetchval("SELECT 1")
        again = await asyncpg.connect(running.url)
        assert await again.fetchval("SELECT id FROM kept") == 1
        await again.close()
