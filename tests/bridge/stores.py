"""One test on both stores."""

from __future__ import annotations

from pathlib import Path

from bridge.clock import system_clock
from bridge.store import Inbox, SqliteInbox
from tests.bridge.manual_clock import ManualClock
from tests.bridge.postgres import Database, open_shuffled


class Store:
    """One of the stores, and its clock."""

    def __init__(self, path: Path, database: Database | None, *, runs: bool = False) -> None:
        """``runs``: the store goes by the time of day, and not by ``clock``."""
        self.path, self.database, self._runs = path, database, runs
        obeys = database is not None and not runs
        self.clock = ManualClock(database.set_clock if obeys else None)

    @property
    def kind(self) -> str:
        return "sqlite" if self.database is None else "postgres"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}" if self.database is None else self.database.url

    async def open(self, *, serving: bool = True) -> Inbox:
        if self.database is not None:
            return await open_shuffled(self.database.url, serving=serving)
        clock = system_clock if self._runs else self.clock
        return await SqliteInbox.open(self.path, serving=serving, clock=clock)
