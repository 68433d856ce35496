"""Each of them as a server process on a database of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from benchmarks import instant_stripe
from benchmarks.bridge import Clouds
from benchmarks.others import install
from benchmarks.server import SECRET
from rehearsal.demo.processes import Process, free_port

_HERE = Path(__file__).parent
WORKERS, THREADS = 3, 8
"""Of gunicorn; a thread each connection to PostgreSQL, which takes a hundred in all."""


@contextlib.asynccontextmanager
async def dj_stripe(between: Clouds, database: str, *, queued: bool) -> AsyncIterator[str]:
    """dj-stripe behind gunicorn; its webhook's address. `queued`: the event is stored and
    acknowledged, and an application's task queue would process it later. Raises NotHere."""
    python = await install.dj_stripe()
    port = free_port()
    env = {
        **_env(between, database),
        "BENCH_QUEUED": "1" if queued else "",
        "PYTHONPATH": str(_HERE),
        "DJANGO_SETTINGS_MODULE": "dj_site.settings",
    }
    child = await asyncio.create_subprocess_exec(
        *(str(python), "-m", "dj_site.prepare"),
        env={**os.environ, **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, why = await child.communicate()
    if child.returncode:
        raise install.NotHere(f"its tables cannot be made: {why.decode().splitlines()[-1]}")
    uuid = said.decode().split()[-1]
    command = [str(python), "-m", "gunicorn", "dj_site.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--workers", str(WORKERS), "--threads", str(THREADS)]
    command += ["--keep-alive", "60", "--log-level", "error"]
    process = Process("dj-stripe", command, between.home / f"dj-stripe-{port}.log", env)
    async with _running(process, port):
        yield f"http://127.0.0.1:{port}/stripe/webhook/{uuid}/"


@contextlib.asynccontextmanager
async def sync_engine(between: Clouds, database: str) -> AsyncIterator[str]:
    """stripe-sync-engine in a Node server; its webhook's address. Raises NotHere."""
    modules = await install.sync_engine()
    await _role(database)
    port = free_port()
    env = {**_env(between, database), "BENCH_MODULES": str(modules), "BENCH_PORT": str(port)}
    command = [shutil.which("node") or "node", str(_HERE / "sync_engine.mjs")]
    process = Process("sync-engine", command, between.home / f"sync-engine-{port}.log", env)
    async with _running(process, port):
        yield f"http://127.0.0.1:{port}/webhook"


async def _role(database: str) -> None:
    """Its migrations name the role that PostgreSQL is usually installed with."""
    import asyncpg

    connection = await asyncpg.connect(database)
    try:
        if not await connection.fetch("SELECT 1 FROM pg_roles WHERE rolname = 'postgres'"):
            await connection.execute("CREATE ROLE postgres SUPERUSER")
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def _running(process: Process, port: int) -> AsyncIterator[None]:
    await process.start()
    try:
        for _ in range(300):
            if process.ended:
                break
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                yield
                return
        raise install.NotHere(f"it does not start: {process.tail(3)}")
    finally:
        await process.kill()


def _env(between: Clouds, database: str) -> dict[str, str]:
    return {
        "BENCH_DATABASE": database,
        "BENCH_SECRET": SECRET,
        "BENCH_STRIPE": between.stripe["url"],
        "BENCH_STRIPE_KEY": instant_stripe.KEY,
    }
