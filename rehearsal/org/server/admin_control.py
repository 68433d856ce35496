"""What an administrator does in Setup and in the browser, as requests under `/localorg/`.

They are listed with the others in `control`.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from decimal import Decimal, InvalidOperation

from aiohttp import web

from rehearsal.org.errors import SaveError
from rehearsal.org.org import Org
from rehearsal.org.server.control import json_answer, read_body, wrong


class AdminControl:
    """The endpoints that change records or Setup of a whole org."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.post("/localorg/rates", self._set_rates),
            web.post("/localorg/merge", self._merge),
            web.get("/localorg/flows", self._list_flows),
            web.post("/localorg/flows", self._activate),
            web.get("/localorg/schedules", self._list_schedules),
            web.post("/localorg/schedules", self._run_schedules),
            web.get("/localorg/notifications", self._list_notifications),
        ]

    async def _list_notifications(self, _request: web.Request) -> web.Response:
        return json_answer(self._org.notifications)

    async def _merge(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        master, losers = body.get("master"), body.get("losers")
        if not isinstance(master, dict) or not isinstance(losers, list):
            raise wrong('needs "object", "master" with its Id, and "losers"')
        sobject = str(body.get("object", "Account"))
        try:
            await asyncio.to_thread(self._org.merge, sobject, master, *map(str, losers))
        except (SaveError, ValueError) as error:
            raise wrong(str(error)) from error
        return json_answer({"id": master["Id"]})

    async def _list_flows(self, _request: web.Request) -> web.Response:
        return json_answer(self._org.flows())

    async def _activate(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        names, active = body.get("flows", []), body.get("active", True)
        unknown = set(names) - set(self._org.flows())
        if not isinstance(names, list) or not isinstance(active, bool) or unknown:
            raise wrong(f"no such Flow: {', '.join(sorted(unknown))}")
        await asyncio.to_thread(self._org.set_flows_active, *names, active=active)
        return json_answer(self._org.flows())

    async def _list_schedules(self, _request: web.Request) -> web.Response:
        return json_answer(self._org.schedules())

    async def _run_schedules(self, request: web.Request) -> web.Response:
        names = (await read_body(request)).get("flows", [])
        unknown = set(names) - set(self._org.schedules())
        if not isinstance(names, list) or unknown:
            raise wrong(f"no scheduled and active Flow: {', '.join(sorted(unknown))}")
        runs = await asyncio.to_thread(self._org.run_schedules, *names)
        return json_answer([asdict(run) for run in runs])

    async def _set_rates(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        if not self._org.schema.multicurrency:
            raise wrong("not a multicurrency org")
        for code, rate in body.items():
            try:
                await asyncio.to_thread(self._org.set_rate, code, Decimal(str(rate)))
            except (KeyError, ValueError, InvalidOperation) as error:
                raise wrong(f"not a rate of a currency beside the corporate one: {code}") from error
        return json_answer(body)
