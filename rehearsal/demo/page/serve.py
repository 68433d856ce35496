"""Serves the page from the org's state at each request, on loopback."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from aiohttp import web

from rehearsal.demo.org import Org
from rehearsal.demo.page.document import render
from rehearsal.demo.processes import free_port

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The page is what is in it: it may fetch nothing."""


class PageServer:
    """`async with PageServer(org) as page: page.url`."""

    def __init__(self, org: Org) -> None:
        self._org = org
        app = web.Application()
        app.router.add_get("/", self._page)
        self._runner = web.AppRunner(app, access_log=None)
        self._port = free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    async def _page(self, request: web.Request) -> web.Response:
        text = render(await self._org.snapshot(), live=True)
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": _POLICY}
        return web.Response(text=text, content_type="text/html", headers=headers)
