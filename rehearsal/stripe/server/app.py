"""The way of a request: counted, faulted, authorised, read, answered once, rendered."""

from __future__ import annotations

import asyncio
import email.utils
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from .. import versions
from ..encoding import encode
from ..errors import StripeError
from ..faults import Fault
from ..forms import parse
from ..jsontypes import Body
from ..params import Params
from ..render import render
from ..render.expand import expand
from ..render.newest.shapes import listing
from ..world import RequestContext
from . import control
from .call import Answer, Call, Page, Route
from .resources import ROUTES
from .standin import StandIn, rate_limited

STANDIN: web.AppKey[StandIn] = web.AppKey("standin", StandIn)


def build(standin: StandIn) -> web.Application:
    """The application; its startup starts the courier and the clock."""
    app = web.Application(client_max_size=1 << 20)
    app[STANDIN] = standin
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _serve(standin, route))
    control.install(app, standin)
    app.router.add_route("*", "/{rest:.*}", _unknown(standin))

    async def lifetime(_: web.Application) -> AsyncIterator[None]:
        await standin.start()
        yield
        await standin.stop()

    app.cleanup_ctx.append(lifetime)
    return app


def _unknown(standin: StandIn) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        error = StripeError(
            f"Unrecognized request URL ({request.method}: {request.path}). Unknown to Stripe, or"
            " unsupported by the stand-in.",
            status=404,
        )
        standin.requests[request.method, "(unknown)"] += 1
        return _refusal(standin, error, standin.world.ids.new("req", 14), versions.NEWEST)

    return handler


def _serve(
    standin: StandIn, route: Route
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handler(request: web.Request) -> web.StreamResponse:
        standin.requests[route.method, route.path] += 1
        fault = standin.faults.take(route.method, route.path)
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            fault = None
        if fault is not None and not fault.after:
            return _misbehave(standin, request, fault)
        pairs = list(request.query.items())
        if request.method == "POST":
            pairs += [(k, v) for k, v in (await request.post()).items() if isinstance(v, str)]
        response = _answer(standin, route, request, pairs)
        return response if fault is None else _misbehave(standin, request, fault)

    return handler


def _misbehave(standin: StandIn, request: web.Request, fault: Fault) -> web.Response:
    if fault.kind == "drop":
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if fault.status == 429:
        error = rate_limited()
    else:
        error = StripeError(
            "An unknown error occurred (on demand).", status=fault.status, kind="api_error"
        )
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return _refusal(standin, error, standin.world.ids.new("req", 14), versions.NEWEST, headers)


def _answer(
    standin: StandIn, route: Route, request: web.Request, pairs: list[tuple[str, str]]
) -> web.Response:
    """Authorise, look the idempotency key up, carry out, and remember the answer."""
    world = standin.world
    ref = world.ids.new("req", 14)
    version = world.account.api_version
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    headers: dict[str, str] = {}
    began = False
    fingerprint = ""
    try:
        standin.authorize(request.headers.get("Authorization"))
        standin.check_rate(int(time.time()))
        version = versions.checked(request.headers.get("Stripe-Version", version))
        _check_account(standin, request)
        if versions.before(version, route.since):
            raise StripeError(
                f"Unrecognized request URL ({request.method}: {request.path}).", status=404
            )
        if key is not None:
            fingerprint = hashlib.sha256(repr((request.path, sorted(pairs))).encode()).hexdigest()
            saved = standin.keys.find(key, fingerprint)
            headers["Idempotency-Key"] = key
            if saved is not None:
                headers |= {"Idempotent-Replayed": "true", "Original-Request": saved.request}
                return _response(standin, saved.status, saved.body, ref, version, headers)
            headers["Original-Request"] = ref
        standin.catch_up()
        world.request = RequestContext(ref, key)
        params = Params(parse(pairs))
        paths = params.texts("expand")
        began = True
        call = Call(world, params, dict(request.match_info), version)
        body = _rendered(call, route.handler(call), request.path)
        expand(world, body, paths, version)
        status, payload = 200, encode(body)
    except StripeError as error:
        status, payload = error.status, encode(error.body(ref))
        # Only what was carried out is remembered: a card's refusal, not a wrong parameter.
        began = began and error.type == "card_error"
    finally:
        world.request = None
    if key is not None and began:
        standin.keys.save(key, fingerprint, status, payload, ref)
    return _response(standin, status, payload, ref, version, headers)


def _check_account(standin: StandIn, request: web.Request) -> None:
    account = request.headers.get("Stripe-Account")
    if account is not None and account != standin.world.account.id:
        raise StripeError(
            f"The provided key does not have access to account '{account}' (or that account does"
            " not exist). Application access may have been revoked.",
            status=403,
            code="account_invalid",
        )


def _rendered(call: Call, answer: Answer, path: str) -> Body:
    if isinstance(answer, dict):
        return answer
    if isinstance(answer, Page):
        rows = [render(call.world, row, call.version) for row in answer.rows]
        return listing(path, rows, has_more=answer.has_more)
    return render(call.world, answer, call.version)


def _refusal(
    standin: StandIn,
    error: StripeError,
    ref: str,
    version: str,
    headers: dict[str, str] | None = None,
) -> web.Response:
    return _response(standin, error.status, encode(error.body(ref)), ref, version, headers or {})


def _response(
    standin: StandIn, status: int, body: bytes, ref: str, version: str, headers: dict[str, str]
) -> web.Response:
    date = email.utils.formatdate(standin.world.now(), usegmt=True)
    return web.Response(
        status=status,
        body=body,
        content_type="application/json",
        headers={"Request-Id": ref, "Date": date, "Stripe-Version": version, **headers},
    )
