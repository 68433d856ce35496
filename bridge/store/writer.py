"""One thread that writes: whatever is queued goes into one transaction (group commit).

A batch of nothing but admissions is one statement, which commits itself (see
:mod:`bridge.store.admission`).
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bridge.errors import StoreUnavailable
from bridge.store.admission import AT_ONCE
from bridge.store.inbox import Arrival

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], Any]
AdmitAll = Callable[[sqlite3.Connection, Sequence[Arrival]], list[bool]]

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Ticket:
    work: Arrival | Job
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Runs jobs on the one writing connection, in order, many in a transaction.

    A job's result is handed over after the commit. When a transaction fails, each of its jobs is
    tried again on its own, so that one bad job fails alone; a store that cannot be written fails
    them all with StoreUnavailable.
    """

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], admit_all: AdmitAll, most_waiting: int
    ) -> None:
        self._connect = connect
        self._admit_all = admit_all
        self._most_waiting = most_waiting
        self._queue: queue.SimpleQueue[_Ticket | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._connection: sqlite3.Connection | None = connect()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def admit(self, arrival: Arrival) -> asyncio.Future[bool]:
        """Queues an admission."""
        return self._submit(arrival)

    def run(self, job: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Queues a job."""
        return self._submit(job)

    async def close(self) -> None:
        """Finishes what is queued and closes the connection."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _submit(self, work: Arrival | Job) -> asyncio.Future[Any]:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        if self._queue.qsize() >= self._most_waiting:
            raise StoreUnavailable(f"{self._most_waiting} writes are waiting for the store")
        future: asyncio.Future[Any] = self._loop.create_future()
        self._queue.put(_Ticket(work, future))
        return future

    def _run(self) -> None:
        try:
            while (batch := self._take()) is not None:
                self._commit(batch)
                self._loop.call_soon_threadsafe(_hand_over, batch)
        finally:
            self._disconnect()

    def _take(self) -> list[_Ticket] | None:
        first = self._queue.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < AT_ONCE:
            try:
                ticket = self._queue.get_nowait()
            except queue.Empty:
                break
            if ticket is None:
                self._queue.put(None)
                break
            batch.append(ticket)
        return batch

    def _commit(self, batch: list[_Ticket]) -> None:
        try:
            self._transaction(batch)
        except Exception as error:
            if _is_the_stores(error):
                _log.error("the store cannot be written: %s", error)
                for ticket in batch:
                    ticket.error = StoreUnavailable(f"the store cannot be written: {error}")
            elif len(batch) == 1:
                batch[0].error = error
            else:
                for ticket in batch:
                    self._commit([ticket])

    def _transaction(self, batch: list[_Ticket]) -> None:
        try:
            connection = self._connection = self._connection or self._connect()
            if all(isinstance(ticket.work, Arrival) for ticket in batch):
                self._work(connection, batch)
                return
            connection.execute("BEGIN IMMEDIATE")
            self._work(connection, batch)
            connection.execute("COMMIT")
        except BaseException as error:
            self._roll_back(error)
            raise

    def _work(self, connection: sqlite3.Connection, batch: list[_Ticket]) -> None:
        arrivals: list[_Ticket] = []
        for ticket in batch:
            if isinstance(ticket.work, Arrival):
                arrivals.append(ticket)
            else:
                self._admit_now(connection, arrivals)
                ticket.result = ticket.work(connection)
        self._admit_now(connection, arrivals)

    def _admit_now(self, connection: sqlite3.Connection, tickets: list[_Ticket]) -> None:
        arrivals = [ticket.work for ticket in tickets if isinstance(ticket.work, Arrival)]
        if arrivals:
            for ticket, result in zip(tickets, self._admit_all(connection, arrivals), strict=True):
                ticket.result = result
        tickets.clear()

    def _roll_back(self, error: BaseException) -> None:
        connection = self._connection
        if connection is None:
            return
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._disconnect()
        # After an I/O error what the pages hold in memory is not to be trusted.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_READONLY}:
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except sqlite3.Error as error:
                _log.error("the store did not close cleanly: %s", error)


def _is_the_stores(error: Exception) -> bool:
    """Whether the file or the disk is at fault, and not the job: locked, full, broken."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def _hand_over(batch: list[_Ticket]) -> None:
    for ticket in batch:
        if ticket.future.done():  # its waiter was cancelled
            continue
        if ticket.error is not None:
            ticket.future.set_exception(ticket.error)
        else:
            ticket.future.set_result(ticket.result)
