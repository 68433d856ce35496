"""What it was measured on."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.faults.postgres import programs

_LIBRARIES = ("aiohttp", "grpcio", "stripe")


def machine() -> dict[str, str]:
    """In words, by what it is about."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{_memory():.0f} GB",
        "disk": f"{_disk()}; a write of 4 KB is safe after {_sync():.2f} ms (median)",
        "system": f"{platform.system()} {platform.release()}",
        "Python": sys.version.split()[0],
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": _postgres(),
        "libraries": ", ".join(
            f"{name} {version(name)}" for name in ("aiohttp", "grpcio", "stripe")
        ),
    }


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    return found[1] if found else platform.processor() or platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _disk() -> str:
    """The file system of the folder for temporary files, where the stores are."""
    at = Path(tempfile.gettempdir()).resolve()
    best = ("", "unknown")
    for line in _read("/proc/mounts").splitlines():
        _, place, kind = line.split()[:3]
        if at.is_relative_to(place) and len(place) > len(best[0]):
            best = (place, kind)
    return best[1]


def _sync() -> float:
    """Milliseconds of an fsync."""
    took = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[100]


def _postgres() -> str:
    found = programs()
    if found is None:
        return "none"
    said = subprocess.run(  # noqa: S603
        [found / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    return said.stdout.split()[2]


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
