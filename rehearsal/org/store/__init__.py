"""The records: tables with indexes, an undo log, ids and a recycle bin."""

from rehearsal.org.store.ids import IdMaker
from rehearsal.org.store.store import Store
from rehearsal.org.store.table import Table

__all__ = ["IdMaker", "Store", "Table"]
