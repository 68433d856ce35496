"""Connections to PostgreSQL, and transactions that a pooler may hand to any of them.

Nothing is kept in a session: no prepared statement, no ``SET``, no ``LISTEN``, no temporary table,
no session's lock. What a transaction needs it sets for itself (``SET LOCAL``). So a pooler in front
may give each transaction another connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg

from bridge.errors import StoreUnavailable

T = TypeVar("T")
Connection = Any
"""An ``asyncpg.Connection``, inside a transaction; asyncpg has no types."""
Job = Callable[[Connection], Awaitable[T]]

_TRIES = 5
"""Of a transaction that lost against another one."""

_STORES = frozenset({"08", "25", "28", "3D", "3F", "53", "55", "57", "58", "F0", "XX"})
"""Classes of SQLSTATE that are no job's fault (PostgreSQL manual, appendix A): connection,
read-only or ended transaction, authorization, no such database or schema, resources (disk full, too
many connections), locks not to be had, intervention (shutdown, timeout), system, corruption."""
_STORES_TOO = frozenset({"42501", "42P01"})
"""No privilege; no such table."""

_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # What asyncpg says when the server's last word came while the connection was idle.
    asyncpg.InternalClientError,
    OSError,
)

_log = logging.getLogger(__name__)


class ServerAway(StoreUnavailable):
    """The server is not reached, or it starts or stops just now: that may pass."""


class Pool:
    """A few connections, each for one transaction at a time."""

    def __init__(self, url: str, size: int, patience: float) -> None:
        """``patience`` is how long a statement, a lock or an answer is waited for, in seconds."""
        self._url = url
        self._patience = patience
        self._size = size
        self._turns = asyncio.Semaphore(size)
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._closed = False
        ms = max(1, int(patience * 1000))
        # synchronous_commit: an acknowledged event is on the disk, whatever the server's default.
        # The last: a bridge that stops in the middle must not keep its locks.
        self._begin = (
            "BEGIN ISOLATION LEVEL READ COMMITTED;"
            f"SET LOCAL statement_timeout = {ms}; SET LOCAL lock_timeout = {ms};"
            "SET LOCAL synchronous_commit = on;"
            f"SET LOCAL idle_in_transaction_session_timeout = {2 * ms}"
        )

    async def run(self, job: Job[T], *, alone: bool = False) -> T:
        """Runs a job in a transaction of its own; again, if it lost against another one.

        ``alone``: the job is one statement and sets what it needs itself, so it is a transaction
        as it is, and three times as fast. Raises StoreUnavailable. If the connection is lost during
        the commit nobody knows whether it was done: each job may be done twice.
        """
        if self._closed:
            raise StoreUnavailable("the store is closed")
        once = self._statement if alone else self._once
        for tried in range(1, _TRIES + 1):
            try:
                return await once(job)
            except asyncpg.PostgresError as error:
                # 40: a deadlock, or a conflict with what a standby replays.
                if (error.sqlstate or "")[:2] == "40" and tried < _TRIES:
                    continue
                if _is_the_stores(error):
                    raise _unavailable(error) from error
                raise
            except asyncpg.DataError:
                raise  # a value that PostgreSQL cannot hold
            except (*_LOST, TimeoutError) as error:
                raise _unavailable(error) from error
        raise AssertionError

    async def close(self) -> None:
        """Closes the connections; those in use are cut after the patience."""
        self._closed = True
        idle, self._idle = self._idle, []
        await asyncio.gather(*(self._end(connection) for connection in idle))
        try:
            async with asyncio.timeout(self._patience):
                for _ in range(self._size):
                    await self._turns.acquire()
        except TimeoutError:
            _log.warning("PostgreSQL does not answer: the connections are cut")
        for connection in self._open:
            connection.terminate()
        self._open.clear()

    async def _once(self, job: Job[T]) -> T:
        async with self._turns:
            connection = await self._begun()
            try:
                result = await job(connection)
                # COMMIT of a transaction that has failed says ROLLBACK, and is no error.
                if await connection.execute("COMMIT", timeout=self._patience) != "COMMIT":
                    raise StoreUnavailable("the store did not commit; nothing was stored")
            except asyncpg.PostgresError as error:
                await self._roll_back(connection, error)
                raise
            except BaseException:
                self._discard(connection)
                raise
            self._give_back(connection)
            return result

    async def _statement(self, job: Job[T]) -> T:
        async with self._turns:
            while True:
                connection, is_new = await self._take()
                try:
                    result = await job(connection)
                except asyncpg.PostgresError as error:
                    if _is_the_stores(error) or connection.is_closed():
                        self._discard(connection)
                    else:
                        self._give_back(connection)
                    raise
                except BaseException as error:
                    self._discard(connection)
                    if is_new or not isinstance(error, _LOST):
                        raise
                    self._discard_idle()
                else:
                    self._give_back(connection)
                    return result

    async def _begun(self) -> Connection:
        """A connection inside a transaction. One that has died while idle is replaced."""
        while True:
            connection, is_new = await self._take()
            try:
                await connection.execute(self._begin, timeout=self._patience)
            except BaseException as error:
                self._discard(connection)
                if is_new or not isinstance(error, _LOST):
                    raise
                self._discard_idle()
            else:
                return connection

    async def _take(self) -> tuple[Connection, bool]:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                self._open.add(connection)
                return connection, False
        connection = await asyncpg.connect(
            self._url,
            timeout=self._patience,
            command_timeout=2 * self._patience,
            statement_cache_size=0,
        )
        self._open.add(connection)
        return connection, True

    def _give_back(self, connection: Connection) -> None:
        self._open.discard(connection)
        if self._closed:
            connection.terminate()
        else:
            self._idle.append(connection)

    def _discard_idle(self) -> None:
        """Those beside one that has died while idle died of the same."""
        while self._idle:
            self._discard(self._idle.pop())

    def _discard(self, connection: Connection) -> None:
        self._open.discard(connection)
        connection.terminate()

    async def _roll_back(self, connection: Connection, error: asyncpg.PostgresError) -> None:
        if _is_the_stores(error) or connection.is_closed():
            self._discard(connection)
            return
        try:
            await connection.execute("ROLLBACK", timeout=self._patience)
        except BaseException:
            self._discard(connection)
            raise
        self._give_back(connection)

    async def _end(self, connection: Connection) -> None:
        try:
            await connection.close(timeout=1)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            _log.debug("a connection did not close cleanly: %s", error)
            connection.terminate()


def place(url: str) -> str:
    """Where the store is, without what is secret in the URL."""
    parts = urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    port = f":{parts.port}" if parts.port else ""
    return f"postgresql://{user}{parts.hostname or ''}{port}{parts.path}"


def _is_the_stores(error: asyncpg.PostgresError) -> bool:
    state = error.sqlstate or ""
    return state[:2] in _STORES or state[:2] == "40" or state in _STORES_TOO


def _unavailable(error: BaseException) -> StoreUnavailable:
    said = str(error) or type(error).__name__
    away = isinstance(error, (*_LOST, TimeoutError, asyncpg.OperatorInterventionError))
    return (ServerAway if away else StoreUnavailable)(f"PostgreSQL: {said}")
