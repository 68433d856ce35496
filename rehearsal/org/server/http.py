"""HTTP around the REST API and OAuth: requests in, Salesforce's replies out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Executor
from typing import Any

from aiohttp import web

from rehearsal.org.bus.allocations import AllocationExceeded
from rehearsal.org.ports import User
from rehearsal.org.server.faults import FaultKind, Faults
from rehearsal.org.server.oauth import OAuth, OAuthReply
from rehearsal.org.server.rest import Call, Reply, RestApi
from rehearsal.org.server.rest.call import MISSING, NEWEST, OLDEST
from rehearsal.org.server.rest.errors import ApiError, not_found
from rehearsal.org.server.rest.jsontext import dumps, loads
from rehearsal.org.server.sessions import Sessions

MAX_BODY = 52_428_800
_JSON = "application/json"
_MAINTENANCE = """<!DOCTYPE html>
<html><head><title>Maintenance | Salesforce</title></head>
<body><h1>We are down for maintenance.</h1><p>Sorry for the inconvenience.</p></body></html>
"""
SLASHES = "/{slashes:/*}"
"""Salesforce takes an instance URL that ends in a slash: `//services/data`."""
_RELEASES = ("Spring", "Summer", "Winter")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class HttpApi:
    """The routes of one org. The engine runs on `executor`'s only thread."""

    def __init__(
        self,
        api: RestApi,
        oauth: OAuth,
        sessions: Sessions,
        faults: Faults,
        executor: Executor,
    ) -> None:
        self._api, self._oauth, self._sessions = api, oauth, sessions
        self._faults, self._executor = faults, executor

    def application(self, more: Iterable[web.AbstractRouteDef] = ()) -> web.Application:
        """The routes of this class, after `more`."""
        app = web.Application(client_max_size=MAX_BODY, middlewares=[self._misbehave])
        app.router.add_routes(more)
        app.router.add_post("/services/oauth2/token", self._token)
        app.router.add_post("/services/oauth2/revoke", self._revoke)
        app.router.add_post("/services/oauth2/introspect", self._introspect)
        app.router.add_get("/services/oauth2/userinfo", self._user_info)
        app.router.add_get("/id/{org}/{user}", self._identity)
        app.router.add_get(f"{SLASHES}services/data", self._versions)
        app.router.add_get(f"{SLASHES}services/data/", self._versions)
        app.router.add_route("*", f"{SLASHES}services/data/{{tail:.+}}", self._rest)
        app.router.add_route("*", "/{tail:.*}", self._nothing)
        return app

    @web.middleware
    async def _misbehave(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if request.path.startswith("/localorg/"):
            return await handler(request)
        slow = self._faults.take(FaultKind.SLOW)
        if slow is not None:
            await asyncio.sleep(slow.delay)
        if self._faults.take(FaultKind.MAINTENANCE):
            return web.Response(status=503, text=_MAINTENANCE, content_type="text/html")
        if self._faults.take(FaultKind.DROP):
            return cut(request)
        response = await handler(request)
        return cut(request) if self._faults.take(FaultKind.DROP_REPLY) else response

    async def _token(self, request: web.Request) -> web.Response:
        form = await _form(request)
        authorization = request.headers.get("Authorization")
        return _oauth_reply(self._oauth.token(form, authorization, own_url(request)))

    async def _introspect(self, request: web.Request) -> web.Response:
        form = await _form(request)
        return _oauth_reply(self._oauth.introspect(form, request.headers.get("Authorization")))

    async def _revoke(self, request: web.Request) -> web.Response:
        form = await _form(request)
        if self._sessions.close(form.get("token", "")):
            return web.Response()
        description = "invalid token: " + form.get("token", "")
        return _oauth_reply(
            OAuthReply(400, {"error": "invalid_token", "error_description": description})
        )

    async def _user_info(self, request: web.Request) -> web.Response:
        user = self._sessions.user(bearer(request))
        if user is None:
            return web.Response(status=403, text="Bad_OAuth_Token")
        return _json(200, self._oauth.user_info(user, own_url(request)))

    async def _identity(self, request: web.Request) -> web.Response:
        """The identity URL of a token's answer; the token may stand in the query."""
        token = bearer(request) or request.query.get("oauth_token", "")
        user = self._sessions.user(token)
        if user is None:
            return web.Response(status=403, text="Bad_OAuth_Token")
        body = self._oauth.identity(user, own_url(request))
        if request.path != self._oauth.identity_path(user):
            return web.Response(status=404, text="Wrong user")
        return _json(200, body)

    async def _versions(self, _request: web.Request) -> web.Response:
        return _json(200, [_version(number) for number in range(OLDEST, NEWEST + 1)])

    async def _nothing(self, _request: web.Request) -> web.Response:
        refused = not_found()
        return _json(refused.status, refused.body)

    async def _rest(self, request: web.Request) -> web.Response:
        try:
            user = self.admit(bearer(request))
            call = await _call(request, user)
            loop = asyncio.get_running_loop()
            reply = await loop.run_in_executor(self._executor, self._api.handle, call)
        except ApiError as refused:
            reply = Reply(refused.status, refused.body)
        return self.answer(reply)

    def admit(self, token: str) -> User:
        """Whose request it is; it is counted once that is known. Raises ApiError."""
        user = self._sessions.user(token)
        if user is None or self._faults.take(FaultKind.SESSION_EXPIRED):
            raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if self._faults.take(FaultKind.REQUEST_LIMIT):
            raise _limit_exceeded()
        context = self._api.context
        try:
            context.api_requests.use(1, context.org.clock.now())
        except AllocationExceeded:
            raise _limit_exceeded() from None
        return user

    def answer(self, reply: Reply) -> web.Response:
        """A reply of the REST API, with the requests that are left."""
        context = self._api.context
        requests = context.api_requests
        used = requests.maximum - requests.remaining(context.org.clock.now())
        headers = {**reply.headers, "Sforce-Limit-Info": f"api-usage={used}/{requests.maximum}"}
        if reply.body is None:
            return web.Response(status=reply.status, headers=headers)
        return _json(reply.status, reply.body, headers)


def own_url(request: web.Request) -> str:
    """The org's address as this client knows it."""
    return f"{request.scheme}://{request.host}"


async def _call(request: web.Request, user: User) -> Call:
    """Raises ApiError for another version or a body that is no JSON."""
    wanted = request.rel_url.raw_path.lstrip("/").removeprefix("services/data/")
    version, _, path = wanted.partition("/")
    number = version.removeprefix("v").removesuffix(".0")
    if not number.isdigit() or not OLDEST <= int(number) <= NEWEST:
        raise not_found()
    body: Any = MISSING
    content = await request.read()
    if content.strip():
        try:
            body = loads(content)
        except ValueError as error:
            raise ApiError(400, "JSON_PARSER_ERROR", str(error)) from error
    method = request.query.get("_HttpMethod", request.method)
    return Call(
        method=method if request.method == "POST" else request.method,
        path=path.strip("/"),
        user=user,
        version=f"{number}.0",
        query=dict(request.query),
        body=body,
        headers={name.lower(): value for name, value in request.headers.items()},
        own_url=own_url(request),
    )


async def _form(request: web.Request) -> dict[str, str]:
    posted = await request.post()
    return {
        **request.query,
        **{name: value for name, value in posted.items() if isinstance(value, str)},
    }


def bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() in {"bearer", "oauth"} else ""


def cut(request: web.Request) -> web.Response:
    """Ends the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=dumps(body), content_type=_JSON, headers=headers)


def _oauth_reply(reply: OAuthReply) -> web.Response:
    return _json(reply.status, reply.body, {"Cache-Control": "no-cache, no-store"})


def _limit_exceeded() -> ApiError:
    return ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


def _version(number: int) -> dict[str, str]:
    """66.0 is Spring '26, and there are three a year."""
    season, years = number % 3, (number - 66) // 3
    year = 26 + years + (1 if season == 2 else 0)
    return {
        "label": f"{_RELEASES[season]} '{year % 100:02d}",
        "url": f"/services/data/v{number}.0",
        "version": f"{number}.0",
    }
