"""The three processes of a rehearsal and how they are wired to each other."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import stripe

from rehearsal.demo.org import Org
from rehearsal.demo.processes import DidNotStart, Process, beside_python, free_port

SETTLE_TIMEOUT = 120.0
_FEW = 20
_INBOX = re.compile(r'^bridge_inbox_events\{state="(\w+)"\} (\S+)$', re.MULTILINE)


class NotSettled(Exception):
    """Something that Stripe sent did not arrive in Salesforce in time."""


class Clouds:
    """A local org, a Stripe stand-in and a bridge between them, as real processes on loopback."""

    def __init__(
        self,
        project: Path,
        seed: dict[str, Any],
        *,
        api_version: str | None = None,
        now: str | None = None,
        org: dict[str, Any] | None = None,
    ) -> None:
        """`now` is where both clouds' clocks stand at the beginning; `org` is what the org is
        beside its metadata, as `localorg serve --org` takes it."""
        self._project, self._seed = project, seed
        self._api_version, self._now, self._org_options = api_version, now, org or {}
        self._folder = tempfile.TemporaryDirectory(prefix="stripe-sf-")
        self.home = Path(self._folder.name)
        self.bridge_port = free_port()

    async def __aenter__(self) -> Self:
        self.http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SETTLE_TIMEOUT))
        self._stripe_http = stripe.AIOHTTPClient(timeout=SETTLE_TIMEOUT)
        try:
            await self._start()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in (
            getattr(self, name, None) for name in ("_bridge", "_stripe", "_salesforce")
        ):
            if process is not None:
                await process.stop()
        await self._stripe_http.close_async()  # type: ignore[no-untyped-call]
        await self.http.close()
        self._folder.cleanup()

    async def _start(self) -> None:
        seed = self.home / "seed.json"
        seed.write_text(json.dumps(self._seed))
        options = self.home / "org.json"
        options.write_text(json.dumps(self._org_options))
        localorg = [beside_python("localorg"), "serve", "--project", str(self._project)]
        localorg += ["--org", str(options)]
        now = ["--now", self._now] if self._now else []
        self._salesforce = self._process("localorg", [*localorg, "--seed", str(seed), *now])
        self._stripe = self._process("stripe", [sys.executable, "-m", "rehearsal.stripe", *now])
        await asyncio.gather(self._salesforce.start(), self._stripe.start())
        self.salesforce_said = await self._salesforce.ready()
        self.stripe_said = await self._stripe.ready()
        self.org = Org(
            self.http, self.salesforce_said["http_url"], self.salesforce_said["access_token"]
        )
        await self.prepare_org()
        self.stripe = self._stripe_client()
        secret = await self._webhook_endpoint()
        self._env = self._bridge_env(secret)
        self._bridge = self._process("bridge", [beside_python("stripe-sf"), "serve"], self._env)
        await self.start_bridge()

    async def prepare_org(self) -> None:
        """What is done to the org before the bridge starts: nothing. A subclass may deploy."""

    def _process(self, name: str, command: list[str], env: dict[str, str] | None = None) -> Process:
        return Process(name, command, self.home / f"{name}.log", env or {})

    def _stripe_client(self) -> stripe.StripeClient:
        return stripe.StripeClient(
            self.stripe_said["api_key"],
            base_addresses={"api": self.stripe_said["url"]},
            http_client=self._stripe_http,
        )

    async def _webhook_endpoint(self) -> str:
        params: dict[str, Any] = {
            "url": f"http://127.0.0.1:{self.bridge_port}/stripe/webhook",
            "enabled_events": ["*"],
        }
        if self._api_version:
            params["api_version"] = self._api_version
        endpoint = await self.stripe.v1.webhook_endpoints.create_async(params)  # type: ignore[arg-type]
        return str(endpoint.secret)

    def _bridge_env(self, secret: str) -> dict[str, str]:
        org, cloud = self.salesforce_said, self.stripe_said
        return {
            "BRIDGE_STRIPE__API_KEY": cloud["api_key"],
            "BRIDGE_STRIPE__WEBHOOK_SECRETS": secret,
            "BRIDGE_STRIPE__API_BASE": cloud["url"],
            "BRIDGE_STRIPE__LIVEMODE": "false",
            # Stripe's clock jumps: a sweep by the wall clock would bring what is held back.
            "BRIDGE_STRIPE__SWEEP_EVERY": "86400",
            # Nobody else asks the stand-in, and it has no limit of its own.
            "BRIDGE_STRIPE__READS_PER_SECOND": "1000",
            "BRIDGE_PUSH__WRITES_PER_SECOND": "1000",
            "BRIDGE_PUSH__REQUESTS": "6000",
            "BRIDGE_PUSH__LINGER": "0.2",
            "BRIDGE_SALESFORCE__LOGIN_URL": org["http_url"],
            "BRIDGE_SALESFORCE__CLIENT_ID": org["client_id"],
            "BRIDGE_SALESFORCE__CLIENT_SECRET": org["client_secret"],
            "BRIDGE_SALESFORCE__ORG_ID": org["org_id"],
            "BRIDGE_SALESFORCE__PUBSUB_TARGET": org["pubsub_target"],
            "BRIDGE_SALESFORCE__CA_FILE": org["ca_file"],
            "BRIDGE_STORE__URL": f"sqlite:///{self.home / 'bridge.db'}",
            "BRIDGE_HTTP__PORT": str(self.bridge_port),
        }

    @property
    def bridge_url(self) -> str:
        return f"http://127.0.0.1:{self.bridge_port}"

    async def start_bridge(self) -> None:
        """Starts the bridge, or starts it again after it was killed; returns when it is ready."""
        await self._bridge.start()
        for _ in range(600):
            if self._bridge.ended:
                break
            if await self._get(f"{self.bridge_url}/readyz") == 200:
                return
            await asyncio.sleep(0.1)
        raise DidNotStart(f"the bridge did not start:\n{self._bridge.tail()}")

    async def dead_letters(self) -> str:
        """What the bridge's own command says of the events that wait for an operator."""
        command = [beside_python("stripe-sf"), "events", "list", "--state", "dead"]
        child = await asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, **self._env, "COLUMNS": "200"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        return (await child.communicate())[0].decode()

    async def kill_bridge(self) -> None:
        await self._bridge.kill()

    async def _get(self, url: str) -> int:
        try:
            async with self.http.get(url) as response:
                return response.status
        except aiohttp.ClientError:
            return 0

    async def standin(self, method: str, path: str, body: Any = None) -> Any:
        """A control call to the Stripe stand-in."""
        url = f"{self.stripe_said['url']}/_standin/{path}"
        async with self.http.request(method, url, json=body) as response:
            text = await response.text()
            if response.status >= 400:
                raise RuntimeError(f"{method} {path}: {response.status} {text}")
            return json.loads(text)

    async def advance(self, **clock: Any) -> None:
        """Moves Stripe's clock: `advance=` seconds or `to=` a Unix time."""
        await self.standin("POST", "clock", clock)

    async def settle(self) -> None:
        """Waits until all that Stripe sent is done in Salesforce. Raises NotSettled."""
        await self.standin("POST", "flush")
        deadline = asyncio.get_running_loop().time() + SETTLE_TIMEOUT
        while (open_rows := await self.open_rows()) != 0:
            if asyncio.get_running_loop().time() > deadline:
                raise NotSettled(f"{open_rows} events are still open:\n{self._bridge.tail()}")
            # Each look is work for the bridge, which has better to do while much is open.
            await asyncio.sleep(0.05 if open_rows is None or open_rows < _FEW else 0.25)

    async def open_rows(self) -> int | None:
        """Events whose outcome is not known yet; None while the bridge is down.

        Raises NotSettled for a dead letter, unless `refused` forgives it.
        """
        try:
            async with self.http.get(f"{self.bridge_url}/metrics") as response:
                text = await response.text()
        except aiohttp.ClientError:
            return None
        counts = dict(_INBOX.findall(text))
        if int(float(counts.get("dead", 0))):
            await self.refused()
        return sum(int(float(n)) for state, n in counts.items() if state not in {"done", "dead"})

    async def refused(self) -> None:
        """An event is a dead letter: a story has none. Raises NotSettled; a subclass may go on."""
        raise NotSettled(f"An event was refused:\n{await self.dead_letters()}")
