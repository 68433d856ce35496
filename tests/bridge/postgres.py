"""A real PostgreSQL for the tests of a session, emptied between them, with a clock that obeys."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from bridge.store.pg.inbox import PostgresInbox
from bridge.store.pg.migrate import migrate
from bridge.store.pg.pool import Connection, Pool
from tests.faults.postgres import Server, programs

_CLOCK = """
CREATE SCHEMA test_clock;
CREATE TABLE test_clock.clock (at double precision);
INSERT INTO test_clock.clock VALUES (NULL);
CREATE OR REPLACE FUNCTION stripe_sf.bridge_now() RETURNS double precision LANGUAGE sql STABLE AS
$$ SELECT coalesce((SELECT at FROM test_clock.clock),
    extract(epoch FROM clock_timestamp())::double precision) $$;
"""

_TABLES = (
    "inbox",
    "payload",
    "timeline",
    "cursors",
    "refused",
    "heartbeat",
    "leases",
    "bound",
    "reports",
    "intents",
    "placed",
)


class Shuffled(Pool):
    """What a pooler may do: each transaction on another connection, with nothing left in it."""

    async def _take(self) -> tuple[Connection, bool]:
        self._idle.reverse()  # the one that has rested longest
        if self._idle and len(self._idle) < 3:
            self._idle, kept = [], self._idle
            try:
                connection, is_new = await super()._take()
            finally:
                self._idle += kept
        else:
            connection, is_new = await super()._take()
        if not is_new:
            await connection.execute("DISCARD ALL")
        return connection, is_new


async def open_shuffled(url: str, **options: Any) -> PostgresInbox:
    """The store behind a pool like that."""
    with mock.patch("bridge.store.pg.inbox.Pool", Shuffled):
        return await PostgresInbox.open(url, **options)


class Database:
    """A server and its one store."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.url = server.url
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._connection: Any = None

    def sql(self, statements: str, *values: object) -> None:
        """Runs something beside the store, from wherever; returns when it is done."""
        self.do(self._execute(statements, *values))

    def do(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Runs it on a loop of its own."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    def empty(self) -> None:
        """A store as new, on the server's own clock."""
        deletes = ";".join(f"DELETE FROM stripe_sf.{table}" for table in _TABLES)
        self.sql(f"{deletes}; UPDATE test_clock.clock SET at = NULL")

    def set_clock(self, at: float) -> None:
        """Stops the store's clock there."""
        self.sql("UPDATE test_clock.clock SET at = $1", at)

    def another(self, name: str) -> str:
        """The URL of a new database without a store."""
        self.sql(f"DROP DATABASE IF EXISTS {name}")
        self.sql(f"CREATE DATABASE {name}")
        return self.url.rpartition("/")[0] + f"/{name}"

    def prepare(self) -> None:
        """Makes the store."""
        self.do(self._migrate())
        self.sql(_CLOCK)

    def close(self, stop: Coroutine[Any, Any, None]) -> None:
        """Ends the connection, the server and the loop."""
        if self._connection is not None:
            self.do(self._connection.close(timeout=1))
        self.do(stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _migrate(self) -> None:
        pool = Pool(self.url, 1, 10.0)
        await migrate(pool)
        await pool.close()

    async def _execute(self, statements: str, *values: object) -> None:
        import asyncpg

        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self.url)
            await self._connection.execute("SET synchronous_commit = off")
        await self._connection.execute(statements, *values)


@contextlib.contextmanager
def database() -> Iterator[Database | None]:
    """A running one; None where there is no PostgreSQL."""
    found = programs()
    if found is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="stripe-sf-postgres-") as folder:
        server = Server(found, Path(folder))
        database = Database(server)
        try:
            database.do(server.__aenter__())
            database.prepare()
            yield database
        finally:
            database.close(server.__aexit__())
