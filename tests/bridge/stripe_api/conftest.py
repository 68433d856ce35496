"""A server that speaks Stripe's JSON, on a real socket."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web

from bridge.stripe_api import StripeReader

DATE = "Thu, 01 Jan 2026 00:05:00 GMT"


class Server:
    """Answers by path: a JSON object, raw text, a failure, or a function of the query."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.headers: list[dict[str, str]] = []
        self.date: str | None = DATE
        self.slow = 0.0
        self.at_once = 0
        self.most_at_once = 0
        self.url = ""

    @property
    def paths(self) -> Counter[str]:
        return Counter(path for path, _ in self.seen)

    def fail(self, path: str, *statuses: int, then: Any, **headers: str) -> None:
        """Some failures, and then an answer."""
        left = list(statuses)

        def answer(_: dict[str, str]) -> Any:
            return Failure(left.pop(0), headers) if left else then

        self.answers[path] = answer

    async def handle(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        self.seen.append((request.path, query))
        self.headers.append(dict(request.headers))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.slow)
            return self.response(request.path, query)
        finally:
            self.at_once -= 1

    def response(self, path: str, query: dict[str, str]) -> web.Response:
        answer = self.answers.get(path, Failure(404, {}))
        if callable(answer):
            answer = answer(query)
        headers = {"Request-Id": "req_1"}
        headers["Date"] = self.date or ""
        if isinstance(answer, Failure) and answer.html:
            return web.Response(status=answer.status, text="<html></html>", headers=headers)
        if isinstance(answer, Failure):
            kind = {401: "invalid_request_error", 404: "invalid_request_error"}
            error = {"type": kind.get(answer.status, "api_error"), "message": "as told"}
            if answer.status == 404:
                error["code"] = "resource_missing"
            body = json.dumps({"error": error})
            return web.Response(
                status=answer.status,
                text=body,
                headers=headers | answer.headers,
                content_type="application/json",
            )
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return web.Response(text=text, headers=headers, content_type="application/json")


class Failure:
    def __init__(self, status: int, headers: dict[str, str], *, html: bool = False) -> None:
        self.status = status
        self.html = html
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    server.url = f"http://127.0.0.1:{port}"
    yield server
    await runner.cleanup()


@pytest.fixture
async def connect(server: Server) -> AsyncIterator[Callable[..., StripeReader]]:
    """Readers of the server, closed in the end."""
    readers: list[StripeReader] = []

    def connect(**options: Any) -> StripeReader:
        settings = {"per_second": 10_000.0, "network_retries": 0} | options
        reader = StripeReader("sk_test_123", server.url, **settings)
        readers.append(reader)
        return reader

    yield connect
    for reader in readers:
        await reader.close()


@pytest.fixture
def reader(connect: Callable[..., StripeReader]) -> StripeReader:
    return connect()


@pytest.fixture
def failure() -> Callable[..., Failure]:
    return lambda status, **how: Failure(status, {}, **how)
