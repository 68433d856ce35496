"""What the service answers over HTTP."""

from __future__ import annotations

import asyncio

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bridge.clock import Clock, system_clock
from bridge.errors import StoreUnavailable
from bridge.health import Health, Part
from bridge.metrics import Metrics
from bridge.reporting import parts_as_json
from bridge.store import Inbox
from bridge.to_salesforce.admit import Admission
from bridge.to_salesforce.budget import Budget


class Pages:
    """``/healthz``, ``/readyz`` and ``/metrics``."""

    def __init__(
        self,
        inbox: Inbox,
        health: Health,
        metrics: Metrics,
        budget: Budget,
        clock: Clock = system_clock,
    ) -> None:
        self._inbox = inbox
        self._health = health
        self._metrics = metrics
        self._budget = budget
        self._clock = clock

    async def healthz(self, _: web.Request) -> web.Response:
        """The process answers."""
        return web.json_response({"ok": True})

    async def readyz(self, _: web.Request) -> web.Response:
        """200 when the store and both ends work; else 503, with what does not and why."""
        try:
            await self._inbox.check()
        except StoreUnavailable as error:
            self._health.bad(Part.STORE, error)
        else:
            self._health.good(Part.STORE)
        parts = parts_as_json(self._health.report())
        ready = self._health.ready
        said = {"ready": ready, "parts": parts, "stands_by": self._health.standing_by}
        return web.json_response(said, status=200 if ready else 503)

    async def metrics(self, _: web.Request) -> web.Response:
        """Prometheus's text format."""
        try:
            counts = await self._inbox.counts()
        except StoreUnavailable as error:
            self._health.bad(Part.STORE, error)
        else:
            for state, n in counts.states.items():
                self._metrics.events.labels(state.value).set(n)
            oldest = counts.oldest_waiting
            self._metrics.oldest.set(0 if oldest is None else self._clock() - oldest)
        self._metrics.show(self._health.report(), self._health.standing_by)
        self._budget.show()
        body = await asyncio.to_thread(generate_latest, self._metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def application(admission: Admission, pages: Pages, body_limit: int) -> web.Application:
    """The aiohttp application."""
    app = web.Application(client_max_size=body_limit)
    app.router.add_post("/stripe/webhook", admission.handle)
    if admission.takes_thin:
        app.router.add_post("/stripe/thin", admission.handle_thin)
    app.router.add_get("/healthz", pages.healthz)
    app.router.add_get("/readyz", pages.readyz)
    app.router.add_get("/metrics", pages.metrics)
    return app
