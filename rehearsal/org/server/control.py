"""The org's own switches, on loopback only: no part of Salesforce.

| request | does |
|---|---|
| `GET /localorg/faults` | the faults that are on |
| `POST /localorg/faults` | switches one on: `{"kind": "maintenance", "count": 3}` (see `faults.FaultKind`; `until` an aware ISO time by the org's clock, `topic` for lose_events, `delay` in seconds for slow) |
| `DELETE /localorg/faults` | switches all off |
| `POST /localorg/cometd/forget` | the streaming server forgets its clients, as one that is scaled down does |
| `POST /localorg/cometd/goodbye` | the same, and those that wait are told by `/meta/disconnect` |
| `POST /localorg/cometd/deafen` | its clients are answered, and given no more events |
| `POST /localorg/cometd/limit` | how many streaming clients there may be: `{"clients": 1000}` |
| `POST /localorg/sessions/expire` | ends every session but the administrator's; answers how many |
| `GET /localorg/clock` | `{"now": …}` |
| `POST /localorg/clock` | moves the clock on: `{"advance_seconds": 3600}` |
| `POST /localorg/drain` | waits until every Apex event trigger is idle: `{"timeout": 30}`; `{"idle": true}` |
| `GET /localorg/subscribers` | the EventBusSubscriber records |
| `POST /localorg/subscribers/{name}/suspend` | suspends a trigger, as an administrator does in Setup |
| `POST /localorg/subscribers/{name}/resume` | runs a trigger that is suspended or in the error state again, from the tip |
| `POST /localorg/locks` | the rows that another transaction is said to hold: `{"ids": […]}`; saving one is UNABLE_TO_LOCK_ROW |
| `POST /localorg/rates` | conversion rates of a multicurrency org: `{"EUR": 0.95}`; roll-ups follow |
| `GET /localorg/flows` | whether each Flow is active, by its name |
| `POST /localorg/flows` | activates Flows, `{"active": false}` deactivates them: those of `"flows": […]`, or all |
| `POST /localorg/merge` | merges Accounts as a person does: `{"master": {"Id": …}, "losers": [id]}`, with the values that were chosen for the master |
| `GET /localorg/schedules` | the active schedule-triggered Flows |
| `POST /localorg/schedules` | runs them, or those of `{"flows": […]}`, as when their time has come |
| `GET /localorg/notifications` | the custom notifications that were sent, by the names of the action's inputs |
| `POST /localorg/allocations` | sets `hourly_published`, `daily_delivered`, `daily_requests` |
"""  # noqa: E501

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

from aiohttp import web

from rehearsal.org.bus.subscribers import ApexSubscribers
from rehearsal.org.server.faults import Fault, FaultKind, Faults
from rehearsal.org.server.rest.context import Context
from rehearsal.org.server.rest.jsontext import dumps, loads
from rehearsal.org.server.rest.values import value_to_json
from rehearsal.org.server.sessions import Sessions
from rehearsal.org.values import id18


class Control:
    """The endpoints under `/localorg/`."""

    def __init__(
        self,
        context: Context,
        faults: Faults,
        sessions: Sessions,
        subscribers: ApexSubscribers,
    ) -> None:
        self._context, self._faults = context, faults
        self._sessions, self._subscribers = sessions, subscribers

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/localorg/faults", self._list_faults),
            web.post("/localorg/faults", self._add_fault),
            web.delete("/localorg/faults", self._clear_faults),
            web.post("/localorg/sessions/expire", self._expire),
            web.get("/localorg/clock", self._clock),
            web.post("/localorg/clock", self._advance),
            web.post("/localorg/drain", self._drain),
            web.get("/localorg/subscribers", self._list_subscribers),
            web.post("/localorg/subscribers/{name}/suspend", self._suspend),
            web.post("/localorg/subscribers/{name}/resume", self._resume),
            web.post("/localorg/locks", self._lock),
            web.post("/localorg/allocations", self._allocate),
        ]

    async def _list_faults(self, _request: web.Request) -> web.Response:
        return json_answer([_fault_json(fault) for fault in self._faults.active()])

    async def _add_fault(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        fault = _fault(body)
        if fault.kind is FaultKind.LOSE_EVENTS:
            if fault.topic is None or fault.count is None:
                raise wrong("lose_events needs topic and count")
            if self._context.org.bus.event_type(fault.topic) is None:
                raise wrong(f"no such topic: {fault.topic}")
            self._context.org.bus.lose_next(fault.topic, fault.count)
        else:
            self._faults.add(fault)
        return json_answer(_fault_json(fault))

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        self._faults.clear()
        for event in self._context.org.bus.event_types():
            self._context.org.bus.lose_next(event.name, 0)
        return web.Response(status=204)

    async def _expire(self, _request: web.Request) -> web.Response:
        ended = self._sessions.expire_all()
        self._faults.announce()
        return json_answer({"ended": ended})

    async def _clock(self, _request: web.Request) -> web.Response:
        return json_answer({"now": value_to_json(self._context.org.clock.now())})

    async def _advance(self, request: web.Request) -> web.Response:
        seconds = (await read_body(request)).get("advance_seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 0:
            raise wrong("advance_seconds must be a whole number, 0 or more")
        self._context.org.clock.advance(dt.timedelta(seconds=seconds))
        self._faults.announce()
        return await self._clock(request)

    async def _drain(self, request: web.Request) -> web.Response:
        timeout = float((await read_body(request)).get("timeout", 30))
        idle = await asyncio.to_thread(self._subscribers.drain, timeout)
        return json_answer({"idle": idle})

    async def _list_subscribers(self, _request: web.Request) -> web.Response:
        return json_answer(self._subscribers.rows())

    async def _suspend(self, request: web.Request) -> web.Response:
        try:
            self._subscribers.suspend(request.match_info["name"])
        except KeyError:
            raise web.HTTPNotFound from None
        return web.Response(status=204)

    async def _resume(self, request: web.Request) -> web.Response:
        try:
            self._subscribers.resume(request.match_info["name"])
        except KeyError:
            raise web.HTTPNotFound from None
        return web.Response(status=204)

    async def _lock(self, request: web.Request) -> web.Response:
        ids = (await read_body(request)).get("ids")
        try:
            if not isinstance(ids, list):
                raise ValueError("ids must be a list")
            locked = {id18(str(identifier)) for identifier in ids}
        except ValueError as error:
            raise wrong(str(error)) from error
        rows = self._context.org.locked_rows
        rows.clear()
        rows.update(locked)
        return json_answer({"ids": sorted(rows)})

    async def _allocate(self, request: web.Request) -> web.Response:
        bus = self._context.org.bus.allocations
        known = {
            "hourly_published": bus.published,
            "daily_delivered": bus.delivered,
            "daily_requests": self._context.api_requests,
        }
        body = await read_body(request)
        for name, maximum in body.items():
            if name not in known or not isinstance(maximum, int) or maximum < 0:
                raise wrong(f"{name}: one of {', '.join(known)}, a number")
        for name, maximum in body.items():
            known[name].maximum = maximum
        return json_answer({name: allocation.maximum for name, allocation in known.items()})


async def read_body(request: web.Request) -> dict[str, Any]:
    content = await request.read()
    try:
        body = loads(content) if content.strip() else {}
    except ValueError as error:
        raise wrong(str(error)) from error
    if not isinstance(body, dict):
        raise wrong("the body must be a JSON object")
    return body


def _fault(body: dict[str, Any]) -> Fault:
    unknown = set(body) - {"kind", "count", "until", "topic", "delay"}
    if unknown:
        raise wrong(f"unknown: {', '.join(sorted(unknown))}")
    try:
        kind = FaultKind(body.get("kind", ""))
        until = body.get("until")
        fault = Fault(
            kind=kind,
            count=None if body.get("count") is None else int(body["count"]),
            until=None if until is None else dt.datetime.fromisoformat(until),
            topic=body.get("topic"),
            delay=float(body.get("delay", 0)),
        )
    except (TypeError, ValueError) as error:
        raise wrong(str(error)) from error
    if fault.until is not None and fault.until.tzinfo is None:
        raise wrong("until needs a time zone")
    return fault


def _fault_json(fault: Fault) -> dict[str, Any]:
    return {
        "kind": fault.kind.value,
        "count": fault.count,
        "until": value_to_json(fault.until),
        "topic": fault.topic,
        "delay": str(fault.delay),
    }


def wrong(message: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=dumps({"error": message}), content_type="application/json")


def json_answer(body: Any) -> web.Response:
    return web.Response(text=dumps(body), content_type="application/json")
