"""Switches of the streaming server, as requests under `/localorg/cometd/`.

They are listed with the others in `control`.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from rehearsal.org.server.cometd import CometD
from rehearsal.org.server.cometd.clients import Client
from rehearsal.org.server.control import json_answer, read_body, wrong


class CometDControl:
    """What happens to the clients of a streaming server; each answers how many there were."""

    def __init__(self, server: CometD) -> None:
        self._clients = server.clients

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.post("/localorg/cometd/forget", self._forget),
            web.post("/localorg/cometd/goodbye", self._goodbye),
            web.post("/localorg/cometd/deafen", self._deafen),
            web.post("/localorg/cometd/limit", self._limit),
        ]

    async def _forget(self, _request: web.Request) -> web.Response:
        return self._each(self._clients.forget)

    async def _goodbye(self, _request: web.Request) -> web.Response:
        def leave(client: Client) -> None:
            client.goodbye = True
            self._clients.forget(client)

        return self._each(leave)

    async def _deafen(self, _request: web.Request) -> web.Response:
        def deafen(client: Client) -> None:
            client.deaf = True

        return self._each(deafen)

    async def _limit(self, request: web.Request) -> web.Response:
        most = (await read_body(request)).get("clients")
        if isinstance(most, bool) or not isinstance(most, int) or most < 0:
            raise wrong("clients must be a whole number, 0 or more")
        self._clients.most = most
        return self._each(lambda _: None)

    def _each(self, act: Callable[[Client], None]) -> web.Response:
        clients = list(self._clients)
        for client in clients:
            act(client)
        return json_answer({"clients": len(clients)})
