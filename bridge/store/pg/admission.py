"""Group commit: what has come while the last batches were under way goes into one statement."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass

from bridge.errors import StoreUnavailable
from bridge.store.inbox import Arrival
from bridge.store.pg.pool import Connection, Pool
from bridge.store.pg.queries import admit

_BATCH = 500
_AT_ONCE = 2
"""Batches under way: while one waits for the disk, the other is sent."""
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Ticket:
    arrival: Arrival
    future: asyncio.Future[bool]


class Admission:
    """Admits events in batches; each is answered after its batch's commit."""

    def __init__(self, pool: Pool, most_waiting: int) -> None:
        self._pool = pool
        self._most_waiting = most_waiting
        self._waiting: deque[_Ticket] = deque()
        self._batches: set[asyncio.Task[None]] = set()
        self._closed = False

    def admit(self, arrival: Arrival) -> asyncio.Future[bool]:
        """Queues an admission. Raises StoreUnavailable."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        if len(self._waiting) >= self._most_waiting:
            raise StoreUnavailable(f"{self._most_waiting} writes are waiting for the store")
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Ticket(arrival, future))
        self._go_on()
        return future

    async def close(self) -> None:
        """Finishes what is queued."""
        self._closed = True
        while self._batches:
            await asyncio.wait(self._batches)

    def _go_on(self) -> None:
        if self._waiting and len(self._batches) < _AT_ONCE:
            task = asyncio.create_task(self._work())
            self._batches.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._batches.discard(task)
        self._go_on()

    async def _work(self) -> None:
        while self._waiting:
            n = min(len(self._waiting), _BATCH)
            await self._store([self._waiting.popleft() for _ in range(n)])

    async def _store(self, batch: list[_Ticket]) -> None:
        """Stores a batch; if that fails, and not for the store's sake, each alone."""
        arrivals = [ticket.arrival for ticket in batch]

        async def job(connection: Connection) -> list[bool]:
            return await admit(connection, arrivals)

        try:
            results = await self._pool.run(job, alone=True)
        except StoreUnavailable as error:
            _log.error("the store cannot be written: %s", error)
            for ticket in batch:
                _fail(ticket, StoreUnavailable(str(error)))
        except Exception as error:
            if len(batch) == 1:
                _fail(batch[0], error)
                return
            for ticket in batch:
                await self._store([ticket])
        except BaseException:
            for ticket in batch:
                ticket.future.cancel()
            raise
        else:
            for ticket, result in zip(batch, results, strict=True):
                if not ticket.future.done():  # else its waiter was cancelled
                    ticket.future.set_result(result)


def _fail(ticket: _Ticket, error: Exception) -> None:
    if not ticket.future.done():
        ticket.future.set_exception(error)
