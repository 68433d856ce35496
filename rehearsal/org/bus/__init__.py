"""The event bus: platform events between their publish and their subscribers."""

from rehearsal.org.bus.allocations import AllocationExceeded, Allocations
from rehearsal.org.bus.log import (
    EARLIEST,
    LATEST,
    EventBus,
    InvalidReplayId,
    StoredEvent,
    topic_of,
)

__all__ = [
    "EARLIEST",
    "LATEST",
    "AllocationExceeded",
    "Allocations",
    "EventBus",
    "InvalidReplayId",
    "StoredEvent",
    "topic_of",
]
