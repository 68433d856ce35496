"""The durable inbox: one interface, and the SQLite file behind it."""

from bridge.store.inbox import (
    CLAIM_LEASE,
    Arrival,
    Claimed,
    Counts,
    Cursor,
    EventRow,
    Inbox,
    InFlight,
    Lease,
    Moment,
    Move,
    Progress,
    Report,
    Settlement,
    State,
)
from bridge.store.sqlite import SqliteInbox, is_served

__all__ = [
    "CLAIM_LEASE",
    "Arrival",
    "Claimed",
    "Counts",
    "Cursor",
    "EventRow",
    "InFlight",
    "Inbox",
    "Lease",
    "Moment",
    "Move",
    "Progress",
    "Report",
    "Settlement",
    "SqliteInbox",
    "State",
    "is_served",
]
