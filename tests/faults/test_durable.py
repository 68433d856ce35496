"""The copies of what was synced: that they hold what must last, and lack what need not."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.durable import lose_power

ROOT = Path(__file__).parents[2]

WRITER = """
import os, sqlite3, sys
from pathlib import Path
from tests.faults.durable import install
store, folder, synchronous = sys.argv[1:]
install(Path(folder))
connection = sqlite3.connect(store, isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("PRAGMA synchronous = FULL")
connection.execute("CREATE TABLE event (id INTEGER)")
connection.execute(f"PRAGMA synchronous = {synchronous}")
for number in range(100):
    connection.execute("INSERT INTO event VALUES (?)", (number,))
os._exit(0)
"""


def written(folder: Path, synchronous: str) -> tuple[int, int]:
    """Rows that are in the files of a process that died, and rows that power's loss leaves."""
    store, kept = folder / "store.db", folder / "kept"
    kept.mkdir()
    subprocess.run(
        [sys.executable, "-c", WRITER, str(store), str(kept), synchronous], cwd=ROOT, check=True
    )
    copy = folder / "copy.db"
    for ending in ("", "-wal"):
        copy.with_name(copy.name + ending).write_bytes(
            store.with_name(store.name + ending).read_bytes()
        )
    lose_power(store, kept)
    return rows(copy), rows(store)


def rows(store: Path) -> int:
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return int(connection.execute("SELECT count(*) FROM event").fetchone()[0])


def test_what_was_committed_in_full_outlasts_the_loss_of_power(tmp_path: Path) -> None:
    assert written(tmp_path, "FULL") == (100, 100)


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_what_was_not_synced_is_lost(tmp_path: Path, synchronous: str) -> None:
    """Else the other tests could not fail."""
    assert written(tmp_path, synchronous) == (100, 0)
