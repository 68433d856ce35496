"""A PostgreSQL server of our own for one run, on a loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from rehearsal.demo.processes import free_port

_USER = "nobody"
"""Who runs it when we are root: PostgreSQL refuses to be run by root."""


@contextlib.asynccontextmanager
async def server() -> AsyncIterator[str]:
    """The URL of an empty database. Raises FileNotFoundError where PostgreSQL is not installed."""
    programs = _programs()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="soak-postgres-") as folder:
        home = Path(folder)
        user = None
        if os.geteuid() == 0:
            user = _USER
            os.chown(home, pwd.getpwnam(_USER).pw_uid, -1)
        data = home / "data"

        async def call(program: str, *words: str) -> None:
            await asyncio.to_thread(
                subprocess.run,
                [str(programs / program), "-D", str(data), *words],
                check=True,
                user=user,
                cwd=home,
                stdout=subprocess.DEVNULL,
            )

        await call("initdb", "-U", "bridge", "-A", "trust", "-E", "UTF8", "--no-instructions")
        where = f"-c listen_addresses=127.0.0.1 -p {port} -k {home}"
        await call("pg_ctl", "start", "-w", "-l", str(home / "server.log"), "-o", where)
        try:
            yield f"postgresql://bridge@127.0.0.1:{port}/postgres"
        finally:
            await call("pg_ctl", "stop", "-m", "immediate")


def _programs() -> Path:
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    raise FileNotFoundError("PostgreSQL's initdb was not found: put it on the PATH")
