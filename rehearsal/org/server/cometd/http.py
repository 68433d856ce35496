"""`/cometd/66.0` over HTTP: JSON in, JSON out, and the cookies that make a session."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from rehearsal.org.server.cometd.messages import NO_VERSION, Message
from rehearsal.org.server.cometd.server import Caller, CometD, ConnectionLost, DuplicateConnect
from rehearsal.org.server.http import SLASHES, bearer, cut
from rehearsal.org.server.rest.call import NEWEST
from rehearsal.org.server.rest.jsontext import dumps, loads

MOST_BYTES = 32_768
"""Of a request (Streaming API Developer Guide, "How the Client Connects")."""
OLDEST = 37


class CometDHttp:
    """The routes of the streaming server."""

    def __init__(self, server: CometD) -> None:
        self._server = server

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.post(f"{SLASHES}cometd{{tail:(/.*)?}}", self._post)]

    async def _post(self, request: web.Request) -> web.StreamResponse:
        version = request.match_info["tail"].strip("/").partition("/")[0]
        number = version.removesuffix(".0")
        if not number.isdigit():
            return web.Response(status=HTTPStatus.BAD_REQUEST, text=NO_VERSION)
        body = await request.read()
        if len(body) > MOST_BYTES:
            return web.Response(
                status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text="Maximum Request Size Exceeded"
            )
        requests = _messages(body)
        if requests is None:
            return web.Response(status=HTTPStatus.BAD_REQUEST, text="no Bayeux messages")
        supported = OLDEST <= int(number) <= NEWEST
        caller = Caller(bearer(request), request.cookies, supported)
        try:
            answers = await self._server.answer(requests, caller)
        except ConnectionLost:
            return cut(request)
        except DuplicateConnect:
            return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)
        response = web.Response(text=dumps(answers), content_type="application/json")
        for name, value in caller.set_cookies.items():
            # Not by set_cookie, which puts the value in quotes.
            response.headers.add("Set-Cookie", f"{name}={value};Path=/;HttpOnly")
        return response


def _messages(body: bytes) -> list[Message] | None:
    try:
        found = loads(body)
    except ValueError:
        return None
    messages = found if isinstance(found, list) else [found]
    return messages if all(isinstance(each, dict) for each in messages) else None
