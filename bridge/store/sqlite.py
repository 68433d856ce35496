"""The inbox in a SQLite file: WAL, ``synchronous=FULL``, one writer."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from bridge.clock import Clock, system_clock
from bridge.errors import StoreInUse, StoreUnavailable
from bridge.store import admission, asks, operator, queries, reports, shared, writes
from bridge.store.bell import Bell
from bridge.store.inbox import (
    CLAIM_LEASE,
    Arrival,
    Claimed,
    Counts,
    Cursor,
    EventRow,
    InFlight,
    Intent,
    Lease,
    Moment,
    Move,
    Placing,
    Progress,
    Queue,
    Report,
    Settlement,
    State,
)
from bridge.store.migrate import migrate
from bridge.store.writer import Writer

T = TypeVar("T")

_PRUNE_ROWS = 500
_PAGE = 8192


class SqliteInbox:
    """See :class:`bridge.store.Inbox`."""

    def __init__(self, path: Path, writer: Writer, lock: int | None, clock: Clock) -> None:
        self._path = path
        self._writer = writer
        self._lock = lock
        self._clock = clock
        self._holder = uuid.uuid4().hex
        self._bell = Bell()

    @property
    def where(self) -> str:
        return str(self._path)

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        serving: bool,
        clock: Clock = system_clock,
        busy_timeout: float = 1.0,
        most_waiting: int = 5_000,
    ) -> SqliteInbox:
        """Opens the store, making it if there is none.

        ``serving`` takes the store for this process alone, and makes due again what an ended
        process had claimed; without it the store is opened beside a serving bridge.
        ``busy_timeout`` is how long a locked file is waited for, in seconds.
        Raises StoreInUse, StoreUnavailable.
        """
        _make_private(path)
        lock = _take_lock(path) if serving else None

        def connect() -> sqlite3.Connection:
            return _connect(path, busy_timeout)

        def admit_all(connection: sqlite3.Connection, arrivals: Sequence[Arrival]) -> list[bool]:
            return admission.admit(connection, arrivals, clock())

        def connect_to_write() -> sqlite3.Connection:
            connection = connect()
            admission.prepare(connection)
            return connection

        try:
            await asyncio.to_thread(_prepare, connect, serving, clock())
            inbox = cls(path, Writer(connect_to_write, admit_all, most_waiting), lock, clock)
        except BaseException as error:
            if lock is not None:
                os.close(lock)
            if isinstance(error, sqlite3.Error | OSError):
                raise StoreUnavailable(f"cannot open the store {path}: {error}") from error
            raise
        return inbox

    async def close(self) -> None:
        await self._writer.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def admit(self, arrival: Arrival) -> bool:
        admitted = await self._writer.admit(arrival)
        self._bell.ring()
        return admitted

    async def ask(self, arrivals: Sequence[Arrival], cursor: Cursor | None = None) -> list[str]:
        now = self._clock()

        def job(connection: sqlite3.Connection) -> list[str]:
            serving = asks.ask(connection, arrivals, now)
            if cursor is not None:
                shared.set_cursor(connection, cursor, now)
            return serving

        serving = await self._writer.run(job)
        self._bell.ring()
        return serving

    async def progress(self, lanes: Sequence[str], prefix: str, since: float) -> Progress:
        return await self._read(lambda c: asks.progress(c, lanes, prefix, since))

    async def known(self, event_ids: Collection[str]) -> frozenset[str]:
        return await self._read(lambda c: queries.known(c, event_ids))

    async def claim(
        self,
        limit: int,
        *,
        lease: float = CLAIM_LEASE,
        urgent_only: bool = False,
        queue: Queue = Queue.SALESFORCE,
    ) -> list[Claimed]:
        token, now = uuid.uuid4().hex, self._clock()
        return await self._writer.run(
            lambda c: queries.claim(c, limit, token, now, lease, urgent_only, queue)
        )

    async def renew(self, claims: Collection[str], *, lease: float = CLAIM_LEASE) -> frozenset[str]:
        now = self._clock()
        return await self._writer.run(lambda c: queries.renew(c, claims, now, lease))

    async def record(self, moves: Sequence[Move]) -> None:
        now = self._clock()
        await self._writer.run(lambda c: queries.record(c, moves, now))
        self._bell.ring()

    async def complete(
        self, settlements: Sequence[Settlement], cursor: Cursor | None = None
    ) -> frozenset[str]:
        now = self._clock()

        def job(connection: sqlite3.Connection) -> frozenset[str]:
            moved = queries.complete(connection, settlements, now)
            if cursor is not None:
                shared.set_cursor(connection, cursor, now)
            return moved

        moved = await self._writer.run(job)
        if moved:
            self._bell.ring()
        return moved

    async def overdue(self, limit: int) -> list[InFlight]:
        now = self._clock()
        return await self._writer.run(lambda c: queries.overdue(c, limit, now))

    async def in_flight(self) -> int:
        return await self._writer.run(queries.in_flight)

    async def wait(self, timeout: float, queue: Queue = Queue.SALESFORCE) -> bool:
        return await self._bell.wait(queue, timeout)

    async def intend(self, intents: Collection[Intent], placings: Collection[Placing]) -> None:
        now = self._clock()
        await self._writer.run(lambda c: writes.intend(c, intents, placings, now))

    async def intents(self) -> list[Intent]:
        return await self._writer.run(writes.intents)

    async def fulfil(self, keys: Collection[str], gone: Collection[Placing]) -> None:
        await self._writer.run(lambda c: writes.fulfil(c, keys, gone))

    async def placed(self, opportunities: Collection[str]) -> frozenset[Placing]:
        return await self._writer.run(lambda c: writes.placed(c, opportunities))

    async def get_cursor(self, topic: str) -> bytes | None:
        return await self._writer.run(lambda c: shared.get_cursor(c, topic))

    async def set_cursor(self, cursor: Cursor) -> None:
        now = self._clock()
        await self._writer.run(lambda c: shared.set_cursor(c, cursor, now))

    async def acquire(self, name: str, seconds: float) -> Lease | None:
        now = self._clock()
        return await self._writer.run(lambda c: shared.acquire(c, name, self._holder, now, seconds))

    async def release(self, lease: Lease) -> None:
        await self._writer.run(lambda c: shared.release(c, lease))

    async def is_held_elsewhere(self, name: str) -> bool:
        now = self._clock()
        return await self._writer.run(
            lambda c: shared.is_held_elsewhere(c, name, self._holder, now)
        )

    async def is_served(self) -> bool:
        return self._lock is not None or _is_locked(self._path)

    async def bind(self, name: str, value: str) -> str:
        return await self._writer.run(lambda c: shared.bind(c, name, value))

    async def bound(self) -> dict[str, str]:
        return await self._read(shared.bound)

    async def rebind(self, name: str, value: str, forget: Sequence[str] = ()) -> None:
        def job(connection: sqlite3.Connection) -> None:
            shared.rebind(connection, name, value, forget)
            writes.forget_all(connection)

        await self._writer.run(job)

    async def count_refused(self, causes: Mapping[str, int]) -> None:
        await self._writer.run(lambda c: queries.count_refused(c, causes))

    async def check(self) -> None:
        now = self._clock()
        await self._writer.run(lambda c: queries.beat(c, now))

    async def retry(self, event_ids: Sequence[str] | None) -> int:
        now = self._clock()
        moved = await self._writer.run(lambda c: operator.retry(c, event_ids, now))
        self._bell.ring()
        return moved

    async def discard(self, event_ids: Sequence[str]) -> int:
        now = self._clock()
        return await self._writer.run(lambda c: operator.discard(c, event_ids, now))

    async def tell(self, bridge: str, body: str | None) -> None:
        now = self._clock()
        await self._writer.run(lambda c: reports.tell(c, bridge, body, now))

    async def told(self) -> list[Report]:
        return await self._read(reports.told)

    async def prune(self, finished_before: float) -> int:
        return await self._writer.run(lambda c: operator.prune(c, finished_before, _PRUNE_ROWS))

    async def forget(self, finished_before: float) -> int:
        return await self._writer.run(lambda c: operator.forget(c, finished_before, _PRUNE_ROWS))

    async def counts(self) -> Counts:
        return await self._read(operator.counts)

    async def list_events(
        self, *, state: State | None = None, lane: str | None = None, limit: int = 100
    ) -> list[EventRow]:
        return await self._read(lambda c: operator.list_events(c, state, lane, limit))

    async def get_event(self, event_id: str) -> tuple[EventRow, list[Moment]] | None:
        return await self._read(lambda c: operator.get_event(c, event_id))

    async def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Runs a query beside the writer, so that a long one holds up no admission."""

        def read() -> T:
            with closing(sqlite3.connect(self._path, timeout=5)) as connection:
                connection.execute("PRAGMA query_only = ON")
                return query(connection)

        try:
            return await asyncio.to_thread(read)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the store cannot be read: {error}") from error


def _connect(path: Path, busy_timeout: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path,
        timeout=busy_timeout,
        isolation_level=None,
        check_same_thread=False,  # handed from the thread that opens to the one that writes
        cached_statements=512,
    )
    try:
        # Of a new file: most webhooks' bodies fit into one such page.
        connection.execute(f"PRAGMA page_size = {_PAGE}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connect: Callable[[], sqlite3.Connection], serving: bool, now: float) -> None:
    with closing(connect()) as connection:
        migrate(connection)
        if serving:
            queries.release_claims(connection, now)
            shared.release_all(connection)


def _make_private(path: Path) -> None:
    """Makes the file if there is none, for its owner alone: it holds customers' data."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreUnavailable(f"cannot open the store {path}: {error}") from error


def _is_locked(path: Path) -> bool:
    try:
        os.close(_take_lock(path))
    except StoreInUse:
        return True
    return False


def _take_lock(path: Path) -> int:
    """Holds a file lock for as long as the process lives; the system drops it at any death."""
    name = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailable(f"cannot open {name}: {error}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise StoreInUse(
            f"another bridge serves from {path}: stop it, or give this one its own store"
        ) from None
    return descriptor
