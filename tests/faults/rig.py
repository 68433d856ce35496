"""Both clouds, one or more bridges, and a proxy on each way between them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rehearsal.demo.clouds import Clouds, NotSettled
from rehearsal.demo.processes import DidNotStart, Process, beside_python, free_port
from tests.faults.inboxes import Rows, open_inbox
from tests.faults.postgres import Server
from tests.faults.proxy import Proxy, address

_STATES = re.compile(r'^bridge_inbox_events\{state="(\w+)"\} (\S+)$', re.MULTILINE)


class Bridge:
    """One ``stripe-sf serve``, which may be dead at the moment."""

    def __init__(self, process: Process, port: int) -> None:
        self.process, self.port = process, port
        self.kills = 0
        self.moving = asyncio.Lock()
        """Held by whoever kills it or starts it."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        child = self.process._child
        return None if self.process.ended or child is None else child.pid


class Rig(Clouds):
    """Clouds whose ways go through proxies, with any number of bridges on one store.

    The proxies: ``webhooks`` from Stripe to the bridges, in turn; ``stripe``, ``login`` and
    ``pubsub`` from the bridges to the clouds; ``database`` to PostgreSQL where there is one.
    """

    def __init__(
        self,
        project: Path,
        seed: dict[str, Any],
        *,
        database: Server | None = None,
        bridges: int = 1,
        settings: dict[str, str] | None = None,
        main: list[str] | None = None,
        org_steps_back: bool = False,
        **clouds: Any,
    ) -> None:
        """``database`` is a running PostgreSQL, else the store is a SQLite file. ``main`` is the
        bridge's command, without ``serve``. ``org_steps_back``: the local org gets what processor
        time the others leave, as if it ran on another machine."""
        super().__init__(project, seed, **clouds)
        self.database, self._settings = database, settings or {}
        self._main = main or [beside_python("stripe-sf")]
        self._niceness = ["nice", "-n", "19"] if org_steps_back else []
        self._ports = [free_port() for _ in range(bridges)]
        self.bridges: list[Bridge] = []
        self.proxies: dict[str, Proxy] = {}
        self._stack = contextlib.AsyncExitStack()

    def _process(self, name: str, command: list[str], env: dict[str, str] | None = None) -> Process:
        # Live mode, as in production.
        mode = ["--livemode"] if name == "stripe" else []
        way = self._niceness if name == "localorg" else []
        return super()._process(name, [*way, *command, *mode], env)

    async def prepare_org(self) -> None:
        org, cloud = self.salesforce_said, self.stripe_said
        ways = {
            "webhooks": [("127.0.0.1", port) for port in self._ports],
            "stripe": [address(cloud["url"])],
            "login": [address(org["http_url"])],
            "pubsub": [address(org["pubsub_target"])],
        }
        if self.database is not None:
            parts = urlsplit(self.database.url)
            ways["database"] = [(str(parts.hostname), parts.port or 5432)]
        for name, targets in ways.items():
            port = self.bridge_port if name == "webhooks" else 0
            self.proxies[name] = await self._stack.enter_async_context(Proxy(targets, port))

    async def __aexit__(self, *error: Any) -> None:
        for bridge in self.bridges[1:]:
            await bridge.process.stop()
        await super().__aexit__(*error)
        await self._stack.aclose()

    def _bridge_env(self, secret: str) -> dict[str, str]:
        self.secret = secret
        env = super()._bridge_env(secret)
        local = {name: f"127.0.0.1:{proxy.port}" for name, proxy in self.proxies.items()}
        env["BRIDGE_STRIPE__LIVEMODE"] = "true"
        # Else a run would mostly wait for its turn to read.
        env["BRIDGE_STRIPE__READS_PER_SECOND"] = "400"
        env["BRIDGE_STRIPE__API_BASE"] = f"http://{local['stripe']}"
        env["BRIDGE_SALESFORCE__LOGIN_URL"] = f"http://{local['login']}"
        env["BRIDGE_SALESFORCE__PUBSUB_TARGET"] = local["pubsub"]
        if self.database is not None:
            parts = urlsplit(self.database.url)
            user = f"{parts.username}@" if parts.username else ""
            env["BRIDGE_STORE__URL"] = parts._replace(netloc=user + local["database"]).geturl()
        env |= self._settings
        return env

    async def start_bridge(self) -> None:
        """Makes the bridges and starts them."""
        for number, port in enumerate(self._ports):
            env = {**self._env, "BRIDGE_HTTP__PORT": str(port)}
            process = self._process(f"bridge-{number}", [*self._main, "serve"], env)
            self.bridges.append(Bridge(process, port))
        self._bridge = self.bridges[0].process
        for bridge in self.bridges:
            await self.start(bridge)

    async def start(self, bridge: Bridge, *, ready: bool = True, patience: float = 60.0) -> None:
        """Starts one; returns when it listens, or (``ready``) when both ends have answered it."""
        await bridge.process.start()
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and not bridge.process.ended:
            answer = await self._get(f"{bridge.url}/{'readyz' if ready else 'healthz'}")
            if answer == 200:
                return
            await asyncio.sleep(0.05)
        raise DidNotStart(f"the bridge did not start:\n{bridge.process.tail()}")

    async def kill(self, bridge: Bridge, pause: float = 0.0) -> None:
        """``kill -9``, and after the pause a new start."""
        async with bridge.moving:
            await bridge.process.kill()
            bridge.kills += 1
            await asyncio.sleep(pause)
            await self.start(bridge, ready=False)

    async def control_org(self, method: str, path: str, body: Any = None) -> Any:
        """The org's own switches."""
        return await self.org.request(method, f"/localorg/{path}", body)

    async def command(self, *words: str) -> str:
        """What ``stripe-sf`` prints. Raises RuntimeError if it fails."""
        child = await asyncio.create_subprocess_exec(
            *self._main,
            *words,
            env={**os.environ, **self._env, "COLUMNS": "200"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = (await child.communicate())[0].decode()
        if child.returncode:
            raise RuntimeError(f"stripe-sf {' '.join(words)}: exit {child.returncode}\n{said}")
        return said

    async def states(self) -> dict[str, int] | None:
        """The inbox's events by state, as the first bridge that answers counts them."""
        for bridge in self.bridges:
            with contextlib.suppress(Exception):
                async with self.http.get(f"{bridge.url}/metrics") as response:
                    found = _STATES.findall(await response.text())
                    return {state: int(float(count)) for state, count in found}
        return None

    async def inbox(self) -> Rows:
        """Every row of the inbox, from the store itself."""
        return await open_inbox(self._env["BRIDGE_STORE__URL"])

    @property
    def store_file(self) -> Path:
        return self.home / "bridge.db"

    async def done(self, patience: float, tell: Any = None) -> None:
        """Waits until nothing is on its way. Raises NotSettled when nothing moves any more for
        as long as ``patience``, in seconds."""
        before: Any = None
        since = time.monotonic()
        while True:
            waiting = (await self.standin("POST", "flush", {"timeout": 1}))["waiting"]
            states = await self.states()
            if tell is not None:
                tell(waiting, states)
            if states is not None:
                still = sum(n for state, n in states.items() if state not in {"done", "dead"})
                if not waiting and not still:
                    return
            now = (waiting, states and states.get("done"))
            if now != before:
                before, since = now, time.monotonic()
            if time.monotonic() - since > patience:
                tails = "\n".join(bridge.process.tail() for bridge in self.bridges)
                raise NotSettled(f"{waiting} webhooks and {states} do not move:\n{tails}")
            await asyncio.sleep(0.2)


def limit_files(pid: int, size: int | None) -> None:
    """No file of that process may grow beyond the size: its writes fail as on a full disk."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    soft = hard if size is None else size
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
