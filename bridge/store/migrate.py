"""Brings a SQLite store to the newest schema by its numbered files."""

from __future__ import annotations

import sqlite3
from importlib import resources

from bridge.errors import StoreUnavailable


def migrate(connection: sqlite3.Connection, upto: int | None = None) -> None:
    """Runs each migration that the store lacks, each in its own transaction.

    ``user_version`` holds the number of the newest one. Raises StoreUnavailable for a store that a
    newer bridge has made. ``upto`` stops at an older schema.
    """
    scripts = _scripts()
    newest = max(scripts)
    at = _version(connection)
    if at > newest:
        raise StoreUnavailable(
            f"the store has schema {at}, and this version knows only up to {newest}: "
            "use the version of the bridge that made it, or a newer one"
        )
    last = newest if upto is None else upto
    while at < last:
        # Another process may have been faster: the number is read again inside the transaction.
        connection.execute("BEGIN IMMEDIATE")
        try:
            at = _version(connection)
            if at < last:
                following = min(number for number in scripts if number > at)
                for statement in _statements(scripts[following]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {following}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        at = _version(connection)


def _scripts() -> dict[int, str]:
    folder = resources.files("bridge.store") / "migrations"
    return {
        int(file.name.split("_")[0]): file.read_text(encoding="utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    }


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> list[str]:
    """The statements of a script; ``executescript`` would commit the transaction around them."""
    statements, current = [], ""
    for line in script.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            statements.append(current)
            current = ""
    return statements
