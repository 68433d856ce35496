"""The servers under load, each a process: `python -m benchmarks.server KIND PORT STORE-URL`."""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web

from bridge.clock import system_clock
from bridge.metrics import Metrics
from bridge.settings import StripeSettings
from bridge.store import Arrival, Inbox, open_store
from bridge.to_salesforce.admit import Admission
from bridge.to_salesforce.signature import verify

SECRET = "whsec_benchmark"  # noqa: S105
BODY_LIMIT = 1_048_576


async def signature_only(_: str) -> web.Application:
    """The yardstick: the same handler, which checks the signature and answers."""

    async def handle(request: web.Request) -> web.Response:
        header = request.headers.get("Stripe-Signature")
        verify(await request.read(), header, [SECRET], 300, system_clock)
        return web.Response()

    app = web.Application(client_max_size=BODY_LIMIT)
    app.router.add_post("/stripe/webhook", handle)
    return app


async def bridge(store: str) -> web.Application:
    """The bridge's own admission on its own store."""
    return await _admission(await open_store(store, serving=True))


async def commit_each(store: str) -> web.Application:
    """The same admission, but each event waits for the one before to be committed."""
    return await _admission(_OneAtATime(await open_store(store, serving=True)))


async def _admission(inbox: Inbox | _OneAtATime) -> web.Application:
    settings = StripeSettings.model_validate(
        {"api_key": "sk_test_benchmark", "webhook_secrets": SECRET, "account": "acct_1"}
    )
    admission = Admission(inbox, settings, Metrics())  # type: ignore[arg-type]
    app = web.Application(client_max_size=BODY_LIMIT)
    app.router.add_post("/stripe/webhook", admission.handle)
    return app


class _OneAtATime:
    def __init__(self, inbox: Inbox) -> None:
        self._inbox, self._turn = inbox, asyncio.Lock()

    async def admit(self, arrival: Arrival) -> bool:
        async with self._turn:
            return await self._inbox.admit(arrival)


async def serve(kind: str, port: int, store: str) -> None:
    """Serves until killed."""
    make = {"signature": signature_only, "bridge": bridge, "commit-each": commit_each}[kind]
    runner = web.AppRunner(await make(store), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
