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
    Progress,
    Settlement,
    State,
)
from bridge.store.sqlite import SqliteInbox, is_served

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
    "Progress",
    "Settlement",
    "SqliteInbox",
    "State",
    "is_served",
]
