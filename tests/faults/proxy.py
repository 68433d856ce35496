"""A way between two processes that can be cut: a TCP proxy on loopback.

It knows nothing of what goes through it, so TLS and gRPC go through as they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import struct
from collections.abc import Sequence
from typing import Self

_CHUNK = 64 * 1024
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER without lingering: closing sends RST, as a machine does that has forgotten us."""

Address = tuple[str, int]


def address(target: str) -> Address:
    """Host and port of ``host:port`` or of a URL."""
    host, _, port = target.rpartition("://")[2].rstrip("/").rpartition(":")
    return host, int(port)


class Proxy:
    """Forwards connections to its targets in turn, passing over those where nobody listens."""

    def __init__(self, targets: Sequence[Address], port: int = 0) -> None:
        self._targets = itertools.cycle(targets)
        self._count = len(targets)
        self._port = port
        self._pairs: set[_Pair] = set()
        self.refusing = False
        """Connections are reset as soon as they are made."""
        self.delay = 0.0
        """Seconds that each piece of data is late, either way."""
        self.connections = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.reset()
        await asyncio.sleep(0)

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    def reset(self) -> int:
        """Cuts every connection, either way; gives how many."""
        pairs = list(self._pairs)
        for pair in pairs:
            pair.reset()
        return len(pairs)

    def freeze(self) -> int:
        """Every connection that is open goes dead, and neither end is told; gives how many."""
        pairs = [pair for pair in self._pairs if not pair.frozen]
        for pair in pairs:
            pair.frozen = True
        return len(pairs)

    async def _accept(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.refusing:
            _abort(to_near)
            return
        for _ in range(self._count):
            with contextlib.suppress(OSError):
                far, to_far = await asyncio.open_connection(*next(self._targets))
                break
        else:
            _abort(to_near)
            return
        pair = _Pair(self, to_near, to_far)
        self._pairs.add(pair)
        try:
            await asyncio.gather(pair.pump(near, to_far), pair.pump(far, to_near))
        finally:
            pair.reset()
            self._pairs.discard(pair)


class _Pair:
    """One connection and its continuation."""

    def __init__(self, proxy: Proxy, *ends: asyncio.StreamWriter) -> None:
        self._proxy, self._ends = proxy, ends
        self.frozen = False

    def reset(self) -> None:
        for end in self._ends:
            _abort(end)

    async def pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(_CHUNK):
                if self.frozen:
                    continue
                if self._proxy.delay:
                    await asyncio.sleep(self._proxy.delay)
                sink.write(data)
                await sink.drain()
            if not self.frozen and sink.can_write_eof():
                sink.write_eof()
        except OSError:
            self.reset()


def _abort(end: asyncio.StreamWriter) -> None:
    if not end.transport.is_closing():
        end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        end.transport.abort()
