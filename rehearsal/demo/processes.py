"""Starting, killing and stopping the processes of a rehearsal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

START_TIMEOUT = 60.0
STOP_TIMEOUT = 15.0


class DidNotStart(Exception):
    """A process ended, or said nothing, before it was ready."""


class Process:
    """One child process, its log file, and what it said when it was ready."""

    def __init__(self, name: str, command: list[str], log: Path, env: Mapping[str, str]) -> None:
        self.name, self.log = name, log
        self._command, self._env = command, env
        self._child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Starts it; its standard error goes to the log."""
        with self.log.open("ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                *self._command,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env={**os.environ, **self._env},
                start_new_session=True,
            )

    async def ready(self) -> dict[str, Any]:
        """The JSON line that it prints when it is ready. Raises DidNotStart."""
        child = self._running()
        assert child.stdout is not None
        try:
            line = await asyncio.wait_for(child.stdout.readline(), START_TIMEOUT)
        except TimeoutError:
            line = b""
        if not line:
            raise DidNotStart(f"{self.name} did not start; its log is {self.log}:\n{self.tail()}")
        said: dict[str, Any] = json.loads(line)
        return said

    def tail(self, lines: int = 20) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    @property
    def ended(self) -> bool:
        return self._child is None or self._child.returncode is not None

    async def kill(self) -> None:
        """`kill -9`, as the machine's end would."""
        child = self._running()
        if child.returncode is None:
            os.killpg(child.pid, signal.SIGKILL)
        await self._wait()

    async def stop(self) -> None:
        """Asks it to end, then makes it end."""
        if self._child is None:
            return
        if self._child.returncode is None:
            self._child.terminate()
            try:
                await asyncio.wait_for(self._wait(), STOP_TIMEOUT)
            except TimeoutError:
                await self.kill()
        else:
            await self._wait()

    async def _wait(self) -> None:
        child = self._running()
        if child.stdout is not None:
            await child.stdout.read()
        await child.wait()

    def _running(self) -> asyncio.subprocess.Process:
        if self._child is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._child


def beside_python(command: str) -> str:
    """A command installed in the same environment as this interpreter."""
    return str(Path(sys.executable).parent / command)


def free_port() -> int:
    """A loopback port that nobody listens on just now.

    It lies below the range from which the system takes the ports of outgoing connections, so that
    nobody takes it while its owner is killed and started again.
    """
    for port in random.sample(range(15_000, 32_000), 1_000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free between 15000 and 32000")
