"""The stand-in's own controls, under ``/_standin``: no API key, JSON in and out."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

from aiohttp import web

from .. import versions
from ..book import Posting
from ..delivery import Options
from ..encoding import encode
from ..engine import checkout, due
from ..errors import StripeError
from ..faults import KINDS, Fault
from ..jsontypes import Body, Json
from ..world import Settings
from . import money_controls
from .asked import Asked, integer, only, optional, shown, text
from .standin import StandIn

T = TypeVar("T")
Control: TypeAlias = Callable[[StandIn, Asked, "web.Request"], Awaitable[Body]]


def install(app: web.Application, standin: StandIn) -> None:
    """Add the control routes."""
    for method, path, control in (*_CONTROLS, *money_controls.ROUTES):
        app.router.add_route(method, f"/_standin{path}", _serve(standin, control))


def _serve(standin: StandIn, control: Control) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        try:
            text = await request.text()
            asked = json.loads(text) if text else {}
            if not isinstance(asked, dict):
                raise StripeError("A control takes a JSON object.")
            status, body = 200, await control(standin, asked, request)
        except StripeError as error:
            status, body = error.status, error.body("req_standin")
        except (ValueError, TypeError, ArithmeticError) as error:
            status, body = 400, StripeError(str(error)).body("req_standin")
        return web.Response(status=status, body=encode(body), content_type="application/json")

    return handler


async def clock(standin: StandIn, asked: Asked, _: web.Request) -> Body:
    """``advance`` seconds or move ``to`` a Unix second, running what falls due; ``frozen``."""
    world = standin.world
    only(asked, "advance", "to", "frozen")
    if "frozen" in asked:
        world.clock.freeze(bool(asked["frozen"]))
    target = world.now()
    if "advance" in asked:
        target += integer(asked, "advance")
    elif "to" in asked:
        target = integer(asked, "to")
    if target < world.now():
        raise StripeError("The clock does not go back.")
    before = len(world.events)
    jobs = due.run(world, target)
    return {
        "now": world.now(),
        "frozen": world.clock.frozen,
        "jobs": jobs,
        "events": len(world.events) - before,
    }


async def delivery(standin: StandIn, asked: Asked, _: web.Request) -> Body:
    """Set how webhooks misbehave; what is not named goes back to its default. ``GET`` shows it."""
    standin.courier.configure(_read(Options, asked))
    return _options(standin)


async def show_delivery(standin: StandIn, _: Asked, __: web.Request) -> Body:
    return _options(standin)


async def events(standin: StandIn, _: Asked, __: web.Request) -> Body:
    """How many events there have been, and the objects of those that were never generated."""
    return {"count": len(standin.world.events), "lost": list(standin.world.lost)}


async def resend(standin: StandIn, asked: Asked, _: web.Request) -> Body:
    """Send ``event`` again."""
    event = standin.world.events.need(text(asked, "event"), "event")
    standin.courier.resend(event)
    return {"event": event.id}


async def deliveries(standin: StandIn, _: Asked, request: web.Request) -> Body:
    """Attempts from number ``since`` on, and how often each event was acknowledged."""
    courier = standin.courier
    since = int(request.query.get("since", "0"))
    attempts: list[Body] = [
        {**dataclasses.asdict(each), "acknowledged": each.acknowledged}
        for each in courier.attempts[since:]
    ]
    return {
        "acknowledged": dict(courier.acknowledged),
        "attempts": attempts,
        "dropped": list(courier.dropped),
        "next": len(courier.attempts),
        "waiting": courier.waiting,
    }


async def flush(standin: StandIn, asked: Asked, _: web.Request) -> Body:
    """Wait at most ``timeout`` seconds (30) until everything that may leave is acknowledged."""
    value = asked.get("timeout", 30)
    timeout = float(value) if isinstance(value, (int, float)) else 30.0
    delivered = await standin.courier.flush(timeout)
    return {"delivered": delivered, "waiting": standin.courier.waiting}


async def book(standin: StandIn, _: Asked, request: web.Request) -> Body:
    """The double-entry book: totals, and postings from number ``since`` on."""
    ledger = standin.world.book
    since = int(request.query.get("since", "0"))
    totals: list[Body] = [
        {
            "customer": customer,
            "currency": currency,
            **dataclasses.asdict(ledger.totals(customer, currency)),
        }
        for customer, currency in ledger.customers()
    ]
    return {
        "totals": totals,
        "postings": [_posting(each) for each in ledger.postings[since:]],
        "next": len(ledger.postings),
    }


def _posting(posting: Posting) -> Body:
    return {
        "number": posting.number,
        "at": posting.at,
        "cause": posting.cause,
        "what": posting.what,
        "entries": [dataclasses.asdict(entry) for entry in posting.entries],
    }


async def requests(standin: StandIn, _: Asked, __: web.Request) -> Body:
    """How many requests came, by method and path template."""
    rows: list[Body] = [
        {"method": method, "path": path, "count": count}
        for (method, path), count in sorted(standin.requests.items())
    ]
    reads = sum(n for (method, _), n in standin.requests.items() if method == "GET")
    return {"total": standin.requests.total(), "reads": reads, "requests": rows}


async def reset_requests(standin: StandIn, _: Asked, __: web.Request) -> Body:
    standin.requests.clear()
    return {"total": 0}


async def add_fault(standin: StandIn, asked: Asked, _: web.Request) -> Body:
    """Put a fault in the way of the next ``count`` matching requests."""
    fault = _read(Fault, asked)
    if fault.kind not in KINDS:
        raise StripeError(f"kind must be one of {', '.join(KINDS)}")
    standin.faults.waiting.append(fault)
    return {"waiting": len(standin.faults.waiting)}


async def show_faults(standin: StandIn, _: Asked, __: web.Request) -> Body:
    return {"faults": [dataclasses.asdict(each) for each in standin.faults.waiting]}


async def clear_faults(standin: StandIn, _: Asked, __: web.Request) -> Body:
    standin.faults.waiting.clear()
    return {"faults": []}


async def settings(standin: StandIn, asked: Asked, _: web.Request) -> Body:
    """Change billing settings, the account's ``api_version``, or the ``rate_limit`` a second."""
    world = standin.world
    held = world.settings
    names = {field.name for field in dataclasses.fields(Settings)}
    only(asked, *names, "api_version", "rate_limit")
    if "api_version" in asked:
        world.account.api_version = versions.checked(text(asked, "api_version"))
    if "rate_limit" in asked:
        limit = asked["rate_limit"]
        standin.rate_limit = int(limit) if isinstance(limit, int) else None
    for name in names & asked.keys():
        setattr(held, name, _setting(name, asked[name]))
    return {"settings": json.loads(json.dumps(dataclasses.asdict(held), default=str))}


def _setting(name: str, value: object) -> object:
    if name == "retry_days" and isinstance(value, list):
        return tuple(int(day) for day in value)
    if name == "settlement_rates" and isinstance(value, dict):
        return {code: Decimal(str(rate)) for code, rate in value.items()}
    if name == "fee_percent":
        return Decimal(str(value))
    if name == "after_retries":
        return _fate(value)
    if not isinstance(value, int):
        raise StripeError(f"{name} must be a number.")
    return value


async def complete_session(standin: StandIn, asked: Asked, request: web.Request) -> Body:
    """The buyer pays a checkout session: ``email``, ``name``, ``payment_method``."""
    only(asked, "email", "name", "payment_method")
    standin.catch_up()
    session = standin.world.sessions.need(request.match_info["id"])
    checkout.complete(
        standin.world,
        session,
        email=optional(asked, "email"),
        name=optional(asked, "name"),
        payment_method=optional(asked, "payment_method") or "pm_card_visa",
    )
    return shown(standin, session)


def _fate(value: object) -> str:
    if not isinstance(value, str) or value not in ("cancel", "unpaid", "past_due"):
        raise StripeError("after_retries must be cancel, unpaid or past_due.")
    return value


async def set_subscription(standin: StandIn, asked: Asked, request: web.Request) -> Body:
    """One subscription's own ``after_retries``, so that many can share a rehearsal."""
    only(asked, "after_retries")
    subscription = standin.world.subscriptions.need(request.match_info["id"])
    standin.world.after_retries[subscription.id] = _fate(asked.get("after_retries"))
    return shown(standin, subscription)


async def rotate_secret(standin: StandIn, asked: Asked, request: web.Request) -> Body:
    """A new signing secret beside the old one, or (``expire``) the new one alone."""
    only(asked, "expire")
    endpoint = standin.world.endpoints.need(request.match_info["id"])
    if asked.get("expire"):
        del endpoint.secrets[1:]
    else:
        endpoint.secrets.insert(0, standin.world.ids.new("whsec", 32))
    return {"secret": endpoint.secrets[0], "secrets": list(endpoint.secrets)}


def _options(standin: StandIn) -> Body:
    body: dict[str, Json] = dataclasses.asdict(standin.courier.options)
    return {**body, "waiting": standin.courier.waiting}


def _read(cls: type[T], asked: Asked) -> T:
    """The dataclass from what was asked, each value of the type that its field has."""
    known = typing.get_type_hints(cls)
    only(asked, *known)
    values: dict[str, Any] = {}
    for name, value in asked.items():
        hint = typing.get_origin(known[name]) or known[name]
        kinds = typing.get_args(known[name]) if hint is types.UnionType else (hint,)
        if hint is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise StripeError(f"{name} must be {known[name]}.", param=name)
        values[name] = value
    return cls(**values)


_CONTROLS: tuple[tuple[str, str, Control], ...] = (
    ("POST", "/clock", clock),
    ("GET", "/clock", clock),
    ("POST", "/delivery", delivery),
    ("GET", "/delivery", show_delivery),
    ("GET", "/events", events),
    ("POST", "/resend", resend),
    ("GET", "/deliveries", deliveries),
    ("POST", "/flush", flush),
    ("GET", "/book", book),
    ("GET", "/requests", requests),
    ("DELETE", "/requests", reset_requests),
    ("POST", "/faults", add_fault),
    ("GET", "/faults", show_faults),
    ("DELETE", "/faults", clear_faults),
    ("POST", "/settings", settings),
    ("POST", "/checkout/{id}/complete", complete_session),
    ("POST", "/subscriptions/{id}", set_subscription),
    ("POST", "/webhook_endpoints/{id}/rotate", rotate_secret),
)
