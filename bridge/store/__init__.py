"""The durable inbox: one interface, and the SQLite file behind it."""

from bridge.store.inbox import (
    Arrival,
    Claimed,
    Counts,
    Cursor,
    EventRow,
    Inbox,
    InFlight,
    Moment,
    Move,
    Settlement,
    State,
)
from bridge.store.sqlite import SqliteInbox

__all__ = [
    "Arrival",
    "Claimed",
    "Counts",
    "Cursor",
    "EventRow",
    "InFlight",
    "Inbox",
    "Moment",
    "Move",
    "Settlement",
    "SqliteInbox",
    "State",
]
