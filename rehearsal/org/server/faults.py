"""How the org misbehaves when it is told to."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from rehearsal.org.clock import Clock


class FaultKind(StrEnum):
    """What can be switched on."""

    MAINTENANCE = "maintenance"
    """503 with an HTML page; gRPC calls and streams end with UNAVAILABLE."""
    SESSION_EXPIRED = "session_expired"
    """401 INVALID_SESSION_ID for each request, whatever its token; UNAUTHENTICATED in gRPC."""
    REQUEST_LIMIT = "request_limit"
    """403 REQUEST_LIMIT_EXCEEDED for REST requests."""
    PUBLISH_UNAVAILABLE = "publish_unavailable"
    """Each published event is refused with PLATFORM_EVENT_PUBLISHING_UNAVAILABLE."""
    DROP = "drop"
    """The connection ends before the request is looked at."""
    DROP_REPLY = "drop_reply"
    """The work is done and committed, but the connection ends before the answer."""
    SLOW = "slow"
    """Each request waits `delay` seconds before its work."""
    SILENT = "silent"
    """Subscribers' connections, old and new, stand and say nothing, for ever: they are half open.
    Only those that are made after it is cleared are good."""
    LOSE_EVENTS = "lose_events"
    """The next `count` events of `topic` are acknowledged, and never stored or delivered."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. It ends after `count` uses or at `until` (the org's clock), else when cleared."""

    kind: FaultKind
    count: int | None = None
    until: dt.datetime | None = None
    topic: str | None = None
    delay: float = 0.0
    """Seconds, for `slow`."""


class Faults:
    """The faults that are on. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._active: dict[FaultKind, Fault] = {}
        self._listeners: list[Callable[[], None]] = []

    def add(self, fault: Fault) -> None:
        """Switches a fault on; one of the same kind is replaced."""
        self._active[fault.kind] = fault
        self.announce()

    def clear(self) -> None:
        self._active.clear()
        self.announce()

    def active(self) -> list[Fault]:
        return [fault for fault in map(self.peek, list(self._active)) if fault is not None]

    def peek(self, kind: FaultKind) -> Fault | None:
        """The fault if it is on; does not use it up."""
        with self._lock:
            fault = self._active.get(kind)
            if fault is None:
                return None
            if fault.count == 0 or (fault.until is not None and fault.until <= self._clock.now()):
                del self._active[kind]
                return None
            return fault

    def take(self, kind: FaultKind) -> Fault | None:
        """The fault if it is on, used once."""
        with self._lock:
            fault = self.peek(kind)
            if fault is not None and fault.count is not None:
                self._active[kind] = replace(fault, count=fault.count - 1)
            return fault

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls `listener()` when something changed. Returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def announce(self) -> None:
        """Tells the listeners to look again, also after sessions ended or the clock moved."""
        for listener in list(self._listeners):
            listener()
