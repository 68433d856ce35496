"""The local org behind proxies that can be cut, and whoever listens to it by one transport."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp

from bridge.clock import Backoff
from bridge.contract import REQUEST_TOPIC
from bridge.errors import BridgeError
from bridge.salesforce_api import (
    Authenticator,
    CometD,
    Delivery,
    EventSource,
    PubSub,
    Received,
    subscribe,
)
from bridge.salesforce_api.opening import trusting
from bridge.settings import SalesforceSettings
from rehearsal.org.org import Org
from rehearsal.org.server.assembly import Address, Ports, apex_subscribers, serving
from rehearsal.org.server.oauth import ClientApp
from rehearsal.org.server.tls import Certificates
from tests.bridge.salesforce_org import package
from tests.faults.proxy import Proxy, address

SAYS_NOTHING = 0.1
"""Seconds after which the org tells a subscriber that there is nothing."""
SILENCE = 0.6
"""Seconds after which a subscriber gives up a connection that says nothing."""
QUIET = 0.3
"""Seconds for which a CometD session without events is believed."""
FAST = Backoff(first=0.02, longest=0.1)


class Listener:
    """Reads a topic, and stores how far as the bridge does: after what it has read."""

    def __init__(self, source: EventSource, position: bytes | None = None) -> None:
        self.source, self.position = source, position
        self.heard: list[Received] = []
        self.states: list[BridgeError | None] = []
        self.answers = 0
        self.opened = 0

    @property
    def texts(self) -> list[str]:
        """What each event says, by its first coming."""
        return list(dict.fromkeys(event.fields["Stripe_Id__c"] for event in self.heard))

    def suffered(self, fault: type[BridgeError]) -> bool:
        return any(isinstance(state, fault) for state in self.states)

    async def run(self) -> None:
        stream = subscribe(
            self.source,
            REQUEST_TOPIC,
            self.position,
            on_state=self._state,
            backoff=FAST,
            silence=SILENCE,
        )
        try:
            async for delivery in stream:
                self._take(delivery)
        finally:
            await stream.aclose()

    def _state(self, fault: BridgeError | None) -> None:
        if not self.states or self.states[-1] is not fault:
            self.states.append(fault)
        self.opened += fault is None

    def _take(self, delivery: Delivery) -> None:
        self.answers += 1
        self.heard += delivery.events
        self.position = delivery.replay_id or self.position


class StreamingRig:
    """The org, and what lies between it and its listeners."""

    def __init__(self, org: Org, certificates: Certificates, http: aiohttp.ClientSession) -> None:
        self.org, self.http = org, http
        self._certificates = certificates
        self._app = ClientApp(certificates.client_public_key)
        self._serving = AsyncExitStack()
        self._ports = Ports()
        self.address: Address
        self.web: Proxy
        self.grpc: Proxy
        self.published: list[str] = []

    async def start(self) -> None:
        """Serves the org where it was served before."""
        self._serving = AsyncExitStack()
        self.address = await self._serving.enter_async_context(
            serving(
                self.org,
                apex_subscribers(self.org),
                self._ports,
                certificates=self._certificates,
                app=self._app,
                keepalive=SAYS_NOTHING,
                hold=SAYS_NOTHING,
            )
        )
        self._ports = Ports(
            address(self.address.http_url)[1],
            address(self.address.https_url)[1],
            address(self.address.pubsub_target)[1],
        )

    async def stop(self) -> None:
        await self._serving.aclose()

    async def control(self, path: str, **body: Any) -> None:
        url = f"{self.address.http_url}/localorg/{path}"
        async with self.http.post(url, json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def behave(self) -> None:
        """Ends every fault."""
        async with self.http.delete(f"{self.address.http_url}/localorg/faults") as answer:
            assert answer.status == 204

    async def advance(self, **time: float) -> None:
        await self.control("clock", advance_seconds=int(dt.timedelta(**time).total_seconds()))

    def publish(self, count: int = 1) -> None:
        for _ in range(count):
            text = f"cus_{len(self.published)}"
            row = {"Kind__c": "Resync", "Stripe_Id__c": text}
            self.org.bus.append("Bridge_Request__e", row, self.org.admin.id)
            self.published.append(text)

    def cut(self) -> int:
        """Resets every connection; gives how many."""
        return self.web.reset() + self.grpc.reset()

    def settings(self) -> SalesforceSettings:
        return SalesforceSettings.model_validate(
            {
                "login_url": f"https://localhost:{self.web.port}",
                "client_id": self.address.client_id,
                "client_secret": self.address.client_secret,
                "pubsub_target": f"localhost:{self.grpc.port}",
                "ca_file": self.address.ca_file,
            }
        )

    @asynccontextmanager
    async def source(self, transport: str) -> AsyncIterator[EventSource]:
        settings = self.settings()
        context = trusting(settings.ca_file)
        # A token is asked for on a connection of its own, which cannot be a dead one.
        connector = aiohttp.TCPConnector(ssl=context, force_close=True)
        async with aiohttp.ClientSession(connector=connector) as http:
            authenticator = Authenticator(settings, http)
            if transport == "cometd":
                yield CometD(authenticator, context, quiet=QUIET)
                return
            assert settings.ca_file is not None
            ca = settings.ca_file.read_bytes()
            pubsub = PubSub(settings.pubsub_target, authenticator, ca=ca, timeout=SILENCE)
            try:
                yield pubsub
            finally:
                await pubsub.close()

    @asynccontextmanager
    async def listening(
        self, source: EventSource, position: bytes | None = None
    ) -> AsyncIterator[Listener]:
        listener = Listener(source, position)
        task = asyncio.create_task(listener.run())
        try:
            yield listener
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def streaming_rig(certificates: Certificates) -> AsyncIterator[StreamingRig]:
    project, *runtimes = package()
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        rig = StreamingRig(Org(project, *runtimes), certificates, http)
        await rig.start()
        stack.push_async_callback(rig.stop)
        targets = rig.address.https_url, rig.address.pubsub_target
        rig.web = await stack.enter_async_context(Proxy([address(targets[0])]))
        rig.grpc = await stack.enter_async_context(Proxy([address(targets[1])]))
        yield rig


async def until(condition: Callable[[], object], seconds: float = 8.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
