"""The log of each topic: what was published, in order, for 72 hours."""

from __future__ import annotations

import bisect
import datetime as dt
import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from rehearsal.org.bus.allocations import Allocations
from rehearsal.org.clock import Clock
from rehearsal.org.errors import OrgError, SaveError
from rehearsal.org.schema import ObjectKind, ObjectType, Schema
from rehearsal.org.values import Row

RETENTION = dt.timedelta(hours=72)
LATEST = -1
EARLIEST = -2
_SYSTEM_FIELDS = frozenset({"replayid", "eventuuid", "createddate", "createdbyid", "attributes"})
_POSITION_AGE = dt.timedelta(hours=1)


class InvalidReplayId(OrgError):
    """The bus never gave this replay id out, or its event is no longer kept."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One published event. `values` holds its custom fields by canonical name."""

    name: str
    replay: int
    uuid: str
    created: dt.datetime
    created_by: str
    values: Row

    def as_row(self) -> Row:
        """The sObject a trigger or a Flow receives; the ReplayId is text, as in Apex."""
        return {
            "attributes": {"type": self.name},
            **self.values,
            "ReplayId": str(self.replay),
            "EventUuid": self.uuid,
            "CreatedDate": self.created.replace(microsecond=0),
            "CreatedById": self.created_by,
        }


@dataclass(slots=True)
class _Topic:
    event: ObjectType
    events: list[StoredEvent] = field(default_factory=list)
    positions: list[tuple[int, dt.datetime]] = field(default_factory=list)
    """Every position given out and when: events and, between them, tips."""
    lose: int = 0


def topic_of(event_name: str) -> str:
    """The channel of a custom platform event."""
    return f"/event/{event_name}"


class EventBus:
    """Publishes and keeps platform events. Thread-safe.

    Replay ids rise and are not contiguous; a subscriber may only use one that it was given
    (Platform Events Developer Guide, "Event Message Durability").
    """

    def __init__(
        self, schema: Schema, clock: Clock, *, allocations: Allocations | None = None
    ) -> None:
        self._clock = clock
        self.allocations = allocations or Allocations()
        self.subscriber_rows: Callable[[], list[Row]] = list
        """The `EventBusSubscriber` records; set by the Apex subscribers when they start."""
        self._lock = threading.RLock()
        self._gaps = random.Random(0)  # noqa: S311 - gaps between replay ids, not a secret
        self._position = 1_000
        self._listeners: list[Callable[[str], None]] = []
        self._topics: dict[str, _Topic] = {}
        self.adopt(schema)

    def adopt(self, schema: Schema) -> None:
        """Goes on with another schema: new events get a topic, known ones keep theirs."""
        with self._lock:
            topics = dict(self._topics)
            for event in schema.objects.values():
                if event.kind is not ObjectKind.EVENT:
                    continue
                known = topics.get(event.name.lower())
                if known is not None:
                    known.event = event
                    continue
                topic = topics[event.name.lower()] = _Topic(event)
                topic.positions.append((self._advance(), self._clock.now()))
            self._topics = topics

    def event_type(self, name: str) -> ObjectType | None:
        """The event of that API name or `/event/` channel, in any case."""
        topic = self._topics.get(name.removeprefix("/event/").lower())
        return topic.event if topic else None

    def event_types(self) -> list[ObjectType]:
        return [topic.event for topic in self._topics.values()]

    def append(self, event_name: str, row: Row, user_id: str) -> StoredEvent:
        """Publishes one event, already validated. `row` may bring the EventUuid it was promised.

        Raises SaveError for an unknown event or field, or with LIMIT_EXCEEDED when the hourly
        publishing allocation is used up.
        """
        return self.append_all(event_name, [row], user_id)[0]

    def append_accepted(self, event_name: str, row: Row, user_id: str) -> StoredEvent:
        """Publishes an event whose publisher has been told that it was accepted.

        The allocation is checked when the event is queued, so a commit never finds the bus full
        (Platform Events Developer Guide, "Platform Event Allocations": publishing calls fail with
        LIMIT_EXCEEDED). Raises SaveError for an unknown event or field.
        """
        return self._append(event_name, [row], user_id, accepted=True)[0]

    def append_all(self, event_name: str, rows: list[Row], user_id: str) -> list[StoredEvent]:
        """Publishes events of one type, in their order and next to each other."""
        return self._append(event_name, rows, user_id, accepted=False)

    def _append(
        self, event_name: str, rows: list[Row], user_id: str, *, accepted: bool
    ) -> list[StoredEvent]:
        topic = self._topic(event_name)
        with self._lock:
            now = self._clock.now()
            if not accepted and len(rows) > self.allocations.published.remaining(now):
                raise SaveError(
                    "LIMIT_EXCEEDED", "You have exceeded the hourly event publishing limit."
                )
            events = [self._stored(topic.event, row, user_id, now) for row in rows]
            self.allocations.published.book(len(events), now)
            for event in events:
                if topic.lose > 0:
                    topic.lose -= 1
                    continue
                topic.events.append(event)
                topic.positions.append((event.replay, now))
            self._forget(topic, now)
            listeners = list(self._listeners)
        for listener in listeners:
            listener(topic.event.name)
        return events

    def after(
        self, topic: str, replay_id: int | str | bytes, limit: int | None = None
    ) -> list[StoredEvent]:
        """The kept events after a position; `EARLIEST` is all of them, `LATEST` none.

        Raises InvalidReplayId, and SaveError for an unknown topic.
        """
        replay = decode_replay(replay_id)
        found = self._topic(topic)
        with self._lock:
            self._forget(found, self._clock.now())
            if replay == LATEST:
                return []
            if replay == EARLIEST:
                return found.events[:limit]
            if not self._known(found, replay):
                raise InvalidReplayId(f"replay id {replay} of {topic_of(found.event.name)}")
        return self.following(topic, replay, limit)

    def following(self, topic: str, position: int, limit: int | None = None) -> list[StoredEvent]:
        """The kept events after a position, for a subscriber that has stayed connected: its
        position does not age. Raises SaveError for an unknown topic."""
        found = self._topic(topic)
        with self._lock:
            self._forget(found, self._clock.now())
            start = bisect.bisect_right(found.events, position, key=lambda event: event.replay)
            return found.events[start : None if limit is None else start + limit]

    def tip(self, topic: str) -> int:
        """A position behind the newest event of the topic, safe to come back with.

        On a quiet topic it moves on, so that a subscriber that stores it never falls out of
        the retention window.
        """
        found = self._topic(topic)
        with self._lock:
            now = self._clock.now()
            self._forget(found, now)
            if not found.positions or found.positions[-1][1] <= now - _POSITION_AGE:
                found.positions.append((self._advance(), now))
            return found.positions[-1][0]

    def deliver(self, count: int) -> None:
        """Counts events delivered to one API subscriber. Raises AllocationExceeded."""
        with self._lock:
            self.allocations.delivered.use(count, self._clock.now())

    def listen(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Calls `listener(event name)` after each publish, on the publisher's thread.

        Returns what ends it.
        """
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock:
                self._listeners.remove(listener)

        return stop

    def lose_next(self, topic: str, count: int) -> None:
        """The next `count` events of the topic are acknowledged and never stored.

        "In rare cases, the event message isn't persisted" (Platform Events Developer Guide).
        """
        with self._lock:
            self._topic(topic).lose = count

    def _topic(self, name: str) -> _Topic:
        topic = self._topics.get(name.removeprefix("/event/").lower())
        if topic is None:
            raise SaveError("NOT_FOUND", f"The requested resource does not exist: {name}")
        return topic

    def _advance(self) -> int:
        self._position += self._gaps.randint(1, 9)
        return self._position

    def _stored(self, event: ObjectType, row: Row, user_id: str, now: dt.datetime) -> StoredEvent:
        values: Row = {}
        for name, value in row.items():
            if name.lower() in _SYSTEM_FIELDS:
                continue
            declared = event.find(name)
            if declared is None:
                raise SaveError(
                    "INVALID_FIELD",
                    f"No such column '{name}' on sobject of type {event.name}",
                    (name,),
                )
            values[declared.name] = value
        return StoredEvent(
            name=event.name,
            replay=self._advance(),
            uuid=row.get("EventUuid") or str(uuid.uuid4()),
            created=now,
            created_by=user_id,
            values=values,
        )

    @staticmethod
    def _known(topic: _Topic, replay: int) -> bool:
        place = bisect.bisect_left(topic.positions, replay, key=lambda position: position[0])
        return place < len(topic.positions) and topic.positions[place][0] == replay

    @staticmethod
    def _forget(topic: _Topic, now: dt.datetime) -> None:
        oldest = now - RETENTION
        if topic.positions and topic.positions[0][1] <= oldest:
            keep = bisect.bisect_right(topic.positions, oldest, key=lambda position: position[1])
            del topic.positions[:keep]
        if topic.events and topic.events[0].created <= oldest:
            keep = bisect.bisect_right(topic.events, oldest, key=lambda event: event.created)
            del topic.events[:keep]


def encode_replay(replay: int) -> bytes:
    """The replay id on the wire of the Pub/Sub API: ten opaque bytes."""
    return replay.to_bytes(8, "big") + b"\0\0"


def decode_replay(replay: int | str | bytes) -> int:
    """Raises InvalidReplayId for anything this bus did not write."""
    if isinstance(replay, bytes):
        if len(replay) != 10 or not replay.endswith(b"\0\0"):
            raise InvalidReplayId(f"replay id {replay.hex()}")
        return int.from_bytes(replay[:8], "big")
    try:
        return int(replay)
    except ValueError:
        raise InvalidReplayId(f"replay id {replay}") from None
