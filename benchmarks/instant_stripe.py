"""A Stripe that answers at once: `python -m benchmarks.instant_stripe EVENTS FILE`.

It plays a company's history in the stand-in until there are so many events, writes them to the
file, and then answers reads: what the stand-in says of the first company is kept, and said of every
copy of it with the copy's ids. It has no limit of requests and lists no events. Prints one JSON
line when it listens; `GET /counts` says how often it was asked for what.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import stripe
from aiohttp import web

from benchmarks import crowd
from rehearsal.stripe import events
from rehearsal.stripe.clock import Clock
from rehearsal.stripe.encoding import encode
from rehearsal.stripe.server.app import build
from rehearsal.stripe.server.standin import StandIn
from rehearsal.stripe.versions import NEWEST, VERSIONS
from rehearsal.stripe.world import World
from tests.faults.company import Company

KEY = "sk_test_benchmark000000000000000000"
DAY = 86_400
_EVENTS_EACH = 40


class Original:
    """The first company: a stand-in with a history."""

    def __init__(self) -> None:
        start = int(time.time()) - 400 * DAY
        self.world = World(clock=Clock(start, frozen=True), seed=5)

    async def start(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        runner = web.AppRunner(build(StandIn(self.world, KEY)), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def play(self, count: int) -> list[str]:
        """Lets things happen until there are so many events; gives their bodies."""
        customers = max(count // _EVENTS_EACH, 1)
        client = stripe.StripeClient(
            KEY, base_addresses={"api": self.url}, http_client=stripe.AIOHTTPClient(timeout=60)
        )

        async def query(_: str) -> list[dict[str, Any]]:
            return [
                {"Id": f"006{number:012d}AAA", "Name": f"c{number}"} for number in range(customers)
            ]

        clouds: Any = SimpleNamespace(
            stripe=client, standin=self._control, advance=self._advance, org=SimpleNamespace()
        )
        clouds.org.query = query
        company = Company(clouds, random.Random(5), customers)  # noqa: S311
        await company.open()
        while len(self.world.events) < count:
            await self._advance(advance=DAY // 8)
            await company.move()
        # Behind the last event, so that whatever is read is read later.
        await self._advance(advance=7_200)
        found = list(self.world.events)[:count]
        return [encode(events.envelope(self.world, each, NEWEST)).decode() for each in found]

    async def _control(self, method: str, path: str, body: Any = None) -> Any:
        async with self._session.request(
            method, f"{self.url}/_standin/{path}", json=body
        ) as answer:
            if answer.status >= 400:
                raise RuntimeError(await answer.text())
            return await answer.json()

    async def _advance(self, **clock: Any) -> None:
        await self._control("POST", "clock", clock)


class Everybody:
    """Answers for every copy."""

    def __init__(self, of: Original, session: aiohttp.ClientSession) -> None:
        self._of, self._session = of, session
        self._said: dict[tuple[str, str], tuple[int, dict[str, str], list[bytes]]] = {}
        self._counts: Counter[str] = Counter()

    async def answer(self, request: web.Request) -> web.Response:
        path, end = crowd.original(request.path_qs)
        resource = request.path.split("/")[2]
        self._counts[resource] += 1
        if request.path == "/v1/events":
            return web.json_response({"object": "list", "data": [], "has_more": False})
        version = _nearest(request.headers.get("Stripe-Version", NEWEST))
        if (path, version) not in self._said:
            self._said[path, version] = await self._ask(path, version)
        status, headers, pieces = self._said[path, version]
        return web.Response(
            status=status,
            body=end.encode().join(pieces),
            headers=headers,
            content_type="application/json",
        )

    async def _ask(self, path: str, version: str) -> tuple[int, dict[str, str], list[bytes]]:
        headers = {"Authorization": f"Bearer {KEY}", "Stripe-Version": version}
        async with self._session.get(self._of.url + path, headers=headers) as answer:
            kept = {name: answer.headers[name] for name in ("Date", "Request-Id")}
            said = await answer.text()
            if answer.status == 400 and "cannot be expanded" in said and "?" in path:
                # What others want expanded and the stand-in lacks: the sources of customers.
                return await self._ask(path.partition("?")[0], version)
            return answer.status, kept, crowd.split(said)

    async def counts(self, _: web.Request) -> web.Response:
        return web.json_response(self._counts)


def _nearest(version: str) -> str:
    """The newest that the stand-in speaks and that is no newer: Stripe speaks all of them."""
    older = [each for each in VERSIONS if each[:10] <= version[:10]]
    return max(older, default=min(VERSIONS))


async def serve(count: int, file: Path) -> None:
    """Serves until killed."""
    async with aiohttp.ClientSession() as session:
        original = Original()
        await original.start(session)
        bodies = await original.play(count)
        await asyncio.to_thread(file.write_text, "\n".join(bodies))
        everybody = Everybody(original, session)
        app = web.Application()
        app.router.add_get("/counts", everybody.counts)
        app.router.add_get("/{path:.*}", everybody.answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        said = {
            "url": f"http://127.0.0.1:{runner.addresses[0][1]}",
            "account": original.world.account.id,
        }
        print(json.dumps(said), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
