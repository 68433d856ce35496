"""The inbox in PostgreSQL: any number of bridges, and no state but the tables."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Collection, Mapping, Sequence

from bridge.errors import StoreUnavailable
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
from bridge.store.pg import asks, operator, queries, shared, writes
from bridge.store.pg.admission import Admission
from bridge.store.pg.migrate import is_there, migrate
from bridge.store.pg.pool import Connection, Pool, ServerAway, place

_PRUNE_ROWS = 500
_REACH_AGAIN = 0.5
_log = logging.getLogger(__name__)


class PostgresInbox:
    """See :class:`bridge.store.Inbox`."""

    def __init__(self, pool: Pool, where: str, serving: bool, most_waiting: int) -> None:
        self._pool = pool
        self._admission = Admission(pool, most_waiting)
        self._holder = uuid.uuid4().hex
        self._serving = serving
        self._bell = Bell()
        self._closed = False
        self.where = where
        """Where the store is, without a password."""

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        serving: bool,
        patience: float = 5.0,
        most_waiting: int = 5_000,
        connections: int = 8,
        create: bool = True,
        wait: float = 0.0,
    ) -> PostgresInbox:
        """Opens the store; ``create`` makes it if there is none, and brings it up to date.

        ``patience`` is how long a statement, a lock or an answer is waited for, ``wait`` a server
        that is away; seconds. Raises StoreUnavailable.
        """
        where = place(url)
        pool = Pool(url, connections, patience)
        inbox = cls(pool, where, serving, most_waiting)
        try:
            await _reach(pool, where, wait)
            if not create and not await pool.run(is_there):
                raise StoreUnavailable(f"there is no store in {where}: has the bridge served yet?")
            await migrate(pool)
            if serving:
                await inbox.check()
        except BaseException as error:
            await pool.close()
            if isinstance(error, StoreUnavailable) and where not in str(error):
                raise StoreUnavailable(f"cannot open the store {where}: {error}") from error
            if isinstance(error, ValueError):
                # Its words may hold the URL, and that a password.
                raise StoreUnavailable(f"cannot open the store {where}: bad address") from None
            raise
        return inbox

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await self._admission.close()

        async def job(connection: Connection) -> None:
            await queries.release_claims(connection, self._holder)
            await shared.leave(connection, self._holder)

        try:
            await self._pool.run(job)
        except StoreUnavailable as error:
            _log.warning("claims and leases end by themselves: %s", error)
        await self._pool.close()

    async def admit(self, arrival: Arrival) -> bool:
        admitted = await self._admission.admit(arrival)
        self._bell.ring()
        return admitted

    async def ask(self, arrivals: Sequence[Arrival], cursor: Cursor | None = None) -> list[str]:
        async def job(connection: Connection) -> list[str]:
            serving = await asks.ask(connection, arrivals)
            if cursor is not None:
                await shared.set_cursor(connection, cursor)
            return serving

        serving = await self._pool.run(job)
        self._bell.ring()
        return serving

    async def progress(self, lanes: Sequence[str], prefix: str, since: float) -> Progress:
        return await self._pool.run(lambda c: asks.progress(c, lanes, prefix, since))

    async def known(self, event_ids: Collection[str]) -> frozenset[str]:
        return await self._pool.run(lambda c: queries.known(c, event_ids))

    async def claim(
        self,
        limit: int,
        *,
        lease: float = CLAIM_LEASE,
        urgent_only: bool = False,
        queue: Queue = Queue.SALESFORCE,
    ) -> list[Claimed]:
        token = self._holder + uuid.uuid4().hex
        return await self._pool.run(
            lambda c: queries.claim(c, limit, token, lease, urgent_only, queue)
        )

    async def renew(self, claims: Collection[str], *, lease: float = CLAIM_LEASE) -> frozenset[str]:
        return await self._pool.run(lambda c: queries.renew(c, claims, lease))

    async def record(self, moves: Sequence[Move]) -> None:
        await self._pool.run(lambda c: queries.record(c, moves))
        self._bell.ring()

    async def complete(
        self, settlements: Sequence[Settlement], cursor: Cursor | None = None
    ) -> frozenset[str]:
        moved = await self._pool.run(lambda c: queries.complete(c, settlements, cursor))
        if moved:
            self._bell.ring()
        return moved

    async def overdue(self, limit: int) -> list[InFlight]:
        return await self._pool.run(lambda c: queries.overdue(c, limit))

    async def in_flight(self) -> int:
        return await self._pool.run(queries.in_flight)

    async def wait(self, timeout: float, queue: Queue = Queue.SALESFORCE) -> bool:
        """What other bridges admit shows at the next claim: nobody is told of it."""
        return await self._bell.wait(queue, timeout)

    async def intend(self, intents: Collection[Intent], placings: Collection[Placing]) -> None:
        await self._pool.run(lambda c: writes.intend(c, intents, placings))

    async def intents(self) -> list[Intent]:
        return await self._pool.run(writes.intents)

    async def fulfil(self, keys: Collection[str], gone: Collection[Placing]) -> None:
        await self._pool.run(lambda c: writes.fulfil(c, keys, gone))

    async def placed(self, opportunities: Collection[str]) -> frozenset[Placing]:
        return await self._pool.run(lambda c: writes.placed(c, opportunities))

    async def get_cursor(self, topic: str) -> bytes | None:
        return await self._pool.run(lambda c: shared.get_cursor(c, topic))

    async def set_cursor(self, cursor: Cursor) -> None:
        await self._pool.run(lambda c: shared.set_cursor(c, cursor))

    async def acquire(self, name: str, seconds: float) -> Lease | None:
        return await self._pool.run(lambda c: shared.acquire(c, name, self._holder, seconds))

    async def release(self, lease: Lease) -> None:
        await self._pool.run(lambda c: shared.release(c, lease))

    async def is_held_elsewhere(self, name: str) -> bool:
        return await self._pool.run(lambda c: shared.is_held_elsewhere(c, name, self._holder))

    async def is_served(self) -> bool:
        return await self._pool.run(shared.is_served)

    async def bind(self, name: str, value: str) -> str:
        return await self._pool.run(lambda c: shared.bind(c, name, value))

    async def bound(self) -> dict[str, str]:
        return await self._pool.run(shared.bound)

    async def rebind(self, name: str, value: str, forget: Sequence[str] = ()) -> None:
        async def job(connection: Connection) -> None:
            await shared.rebind(connection, name, value, forget)
            await writes.forget_all(connection)

        await self._pool.run(job)

    async def count_refused(self, causes: Mapping[str, int]) -> None:
        await self._pool.run(lambda c: queries.count_refused(c, causes))

    async def check(self) -> None:
        if self._serving:
            await self._pool.run(lambda c: shared.beat(c, self._holder))
        else:
            await self._pool.run(_write)

    async def retry(self, event_ids: Sequence[str] | None) -> int:
        moved = await self._pool.run(lambda c: operator.retry(c, event_ids))
        self._bell.ring()
        return moved

    async def discard(self, event_ids: Sequence[str]) -> int:
        return await self._pool.run(lambda c: operator.discard(c, event_ids))

    async def tell(self, bridge: str, body: str | None) -> None:
        await self._pool.run(lambda c: shared.tell(c, bridge, body))

    async def told(self) -> list[Report]:
        return await self._pool.run(shared.told)

    async def prune(self, finished_before: float) -> int:
        return await self._pool.run(lambda c: operator.prune(c, finished_before, _PRUNE_ROWS))

    async def forget(self, finished_before: float) -> int:
        return await self._pool.run(lambda c: operator.forget(c, finished_before, _PRUNE_ROWS))

    async def counts(self) -> Counts:
        return await self._pool.run(operator.counts)

    async def list_events(
        self, *, state: State | None = None, lane: str | None = None, limit: int = 100
    ) -> list[EventRow]:
        return await self._pool.run(lambda c: operator.list_events(c, state, lane, limit))

    async def get_event(self, event_id: str) -> tuple[EventRow, list[Moment]] | None:
        return await self._pool.run(lambda c: operator.get_event(c, event_id))


async def _reach(pool: Pool, where: str, wait: float) -> None:
    """Waits for a server that is away. Raises StoreUnavailable."""
    deadline = time.monotonic() + wait
    while True:
        try:
            await pool.run(is_there)
        except ServerAway as error:
            if time.monotonic() >= deadline:
                raise
            _log.warning("the store %s is waited for: %s", where, error)
            await asyncio.sleep(_REACH_AGAIN)
        else:
            return


async def _write(connection: Connection) -> None:
    """A write that leaves nothing behind."""
    await connection.execute("DELETE FROM stripe_sf.heartbeat WHERE holder = ''")
