"""Installs them once, into a folder that git ignores."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".bench"

DJ_STRIPE = ("dj-stripe==2.11.0", "psycopg[binary]==3.3.9", "gunicorn==27.0.1", "setuptools")
SYNC_ENGINE = ("@supabase/stripe-sync-engine@0.48.5", "stripe@23.1.0")


class NotHere(Exception):
    """It cannot be installed or run on this machine; says why."""


async def dj_stripe() -> Path:
    """The Python that has dj-stripe. Raises NotHere."""
    home = CACHE / "dj-stripe"
    python = home / "bin" / "python"
    await _once(
        home,
        "\n".join(DJ_STRIPE),
        [sys.executable, "-m", "venv", str(home)],
        [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *DJ_STRIPE],
    )
    return python


async def sync_engine() -> Path:
    """The folder with its modules. Raises NotHere."""
    home = CACHE / "sync-engine"
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NotHere("Node.js 20 or later was not found")
    options = ["--prefix", str(home), "--no-audit", "--no-fund", "--silent"]
    await _once(home, "\n".join(SYNC_ENGINE), [npm, "install", *options, *SYNC_ENGINE])
    return home / "node_modules"


async def _once(home: Path, what: str, *commands: list[str]) -> None:
    done = home / ".installed"
    if done.exists() and done.read_text() == what:
        return
    await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
    for command in commands:
        child = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=home
        )
        said = (await child.communicate())[0].decode(errors="replace")
        if child.returncode:
            last = said.strip().splitlines()[-1:] or ["no reason given"]
            raise NotHere(f"{Path(command[0]).name} could not install it: {last[0]}")
    done.write_text(what)
