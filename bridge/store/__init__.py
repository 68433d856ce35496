"""The durable inbox: one interface, and behind it a SQLite file or a PostgreSQL database."""

from bridge.store.inbox import (
    CLAIM_LEASE,
    Arrival,
    Claimed,
    Counts,
    Cursor,
    EventRow,
    Inbox,
    InFlight,
    Intent,
    Lease,
    Moment,
    Move,
    Placing,
    Progress,
    Queue,
    Report,
    Settlement,
    State,
)
from bridge.store.opening import open_store
from bridge.store.sqlite import SqliteInbox

__all__ = [
    "CLAIM_LEASE",
    "Arrival",
    "Claimed",
    "Counts",
    "Cursor",
    "EventRow",
    "InFlight",
    "Inbox",
    "Intent",
    "Lease",
    "Moment",
    "Move",
    "Placing",
    "Progress",
    "Queue",
    "Report",
    "Settlement",
    "SqliteInbox",
    "State",
    "open_store",
]
