"""The proxy's own misbehaviour, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from rehearsal.demo.processes import free_port
from tests.faults.proxy import Proxy, address


@pytest_asyncio.fixture
async def echo() -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1024):
                writer.write(data)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def called(proxy: Proxy) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def say(ends: tuple[asyncio.StreamReader, asyncio.StreamWriter], word: bytes) -> bytes:
    ends[1].write(word)
    return await asyncio.wait_for(ends[0].readexactly(len(word)), 5)


async def test_it_forwards_and_passes_over_a_dead_target(echo: int) -> None:
    async with Proxy([("127.0.0.1", free_port()), ("127.0.0.1", echo)]) as proxy:
        for _ in range(3):
            async with called(proxy) as ends:
                assert await say(ends, b"hello") == b"hello"


async def test_an_end_is_told_to_the_other_side(echo: int) -> None:
    async with Proxy([("127.0.0.1", echo)]) as proxy, called(proxy) as ends:
        await say(ends, b"hello")
        ends[1].write_eof()
        assert await asyncio.wait_for(ends[0].read(), 5) == b""


async def test_a_reset_is_a_reset(echo: int) -> None:
    async with Proxy([("127.0.0.1", echo)]) as proxy, called(proxy) as ends:
        await say(ends, b"hello")
        assert proxy.reset() == 1
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(ends[0].read(1), 5)


async def test_a_dead_connection_says_nothing_and_a_new_one_works(echo: int) -> None:
    async with Proxy([("127.0.0.1", echo)]) as proxy, called(proxy) as ends:
        await say(ends, b"hello")
        assert proxy.freeze() == 1
        ends[1].write(b"are you there")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ends[0].read(1), 0.1)
        async with called(proxy) as others:
            assert await say(others, b"hello") == b"hello"


async def test_refused(echo: int) -> None:
    async with Proxy([("127.0.0.1", echo)]) as proxy:
        proxy.refusing = True
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            async with called(proxy) as ends:
                await say(ends, b"hello")


async def test_delayed(echo: int) -> None:
    async with Proxy([("127.0.0.1", echo)]) as proxy, called(proxy) as ends:
        proxy.delay = 0.1
        started = time.monotonic()
        assert await say(ends, b"hello") == b"hello"
        assert time.monotonic() - started >= 0.2


def test_an_address_is_of_a_url_or_a_target() -> None:
    assert address("http://127.0.0.1:80/") == address("127.0.0.1:80") == ("127.0.0.1", 80)
