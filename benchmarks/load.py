"""Load that costs little: on a machine of few cores a client's work is the server's loss.

Requests are bytes made beforehand, and of an answer only its status and its end are looked at.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

_LENGTH = b"Content-Length: "
_OPEN = 16
"""Connections that are there before the first request."""


def wire(url: str, body: bytes, header: str) -> bytes:
    """A webhook as it goes over the connection."""
    parts = urlsplit(url)
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: Stripe/1.0\r\n"
        f"Content-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        f"Stripe-Signature: {header}\r\n\r\n"
    )
    return head.encode() + body


class Connection(asyncio.Protocol):
    """One of Stripe's connections, kept alive: a request, its answer, and the next."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answered: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found or self._answered is None:
            return
        length = int(head.partition(_LENGTH)[2].partition(b"\r\n")[0] or b"0")
        if len(rest) < length:
            return
        self._buffer = b""
        answered, self._answered = self._answered, None
        if head.split(b" ", 2)[1] == b"200":
            answered.set_result(None)
        else:
            answered.set_exception(RuntimeError(f"{head!r} {rest!r}"))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError("the server hung up"))

    async def post(self, request: bytes) -> None:
        """Raises RuntimeError for anything but an acknowledgement."""
        assert self._transport is not None
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        await self._answered

    def close(self) -> None:
        """Hangs up."""
        if self._transport is not None:
            self._transport.close()


async def connect(url: str) -> Connection:
    """A connection to the server that the URL names."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, parts.hostname, parts.port)
    return connection


async def flood(url: str, requests: Sequence[bytes], connections: int) -> float:
    """Requests a second with every connection busy."""
    waiting: Iterator[bytes] = iter(requests)
    open_ = [await connect(url) for _ in range(connections)]

    async def send(connection: Connection) -> None:
        for request in waiting:
            await connection.post(request)

    began = time.perf_counter()
    await asyncio.gather(*(send(each) for each in open_))
    took = time.perf_counter() - began
    for each in open_:
        each.close()
    return len(requests) / took


async def steady(url: str, requests: Sequence[bytes], rate: float) -> list[float]:
    """Milliseconds until each was answered, sorted; sent at their times, answered or not."""
    idle: list[Connection] = []
    took: list[float] = []

    async def send(request: bytes, due: float) -> None:
        connection = idle.pop() if idle else await connect(url)
        await connection.post(request)
        # From when it was due: a client that falls behind must not hide that.
        took.append((time.perf_counter() - due) * 1000)
        idle.append(connection)

    idle += [await connect(url) for _ in range(_OPEN)]
    start = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number, request in enumerate(requests):
            due = start + number / rate
            if (ahead := due - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            tasks.create_task(send(request, due))
    for connection in idle:
        connection.close()
    return sorted(took)


def percentile(found: Sequence[float], share: float) -> float:
    """Of sorted values."""
    return found[min(len(found) - 1, int(len(found) * share))]
