"""The inbox: what every store offers, whatever keeps it.

A row is one Stripe event, or a read of Stripe that somebody asked for. Its states::

    new ──▶ queued ◀──▶ due
              │ ▲        │
              │ └─again──┼──────┐
              ▼          ▼      │
              └───▶ claimed ──▶ sent ──▶ done
                         │      │
                         └──────┴──────▶ dead ──retry──▶ new

``new`` is admitted and not yet sorted into its lane; ``queued`` waits in it. A lane has one batch
in flight (``claimed`` or ``sent``) or, if any event of it waits, one that is ``due``: the one that
may be claimed first, on behalf of them all. A claim is a lease: whoever holds it renews it, and
when it ends the events are queued again, whatever became of the holder. What became of an event is
only taken from the claim that holds it.

Several bridges may share a store. What only one of them may do at a time (follow a topic, sweep) it
does under a :class:`Lease`, whose epoch is checked in the transaction that moves the cursor.

A finished event is pruned after a while: its body and its timeline go, since they are personal
data, and its id is remembered, so that Stripe's telling again is known for what it is.

A claim takes from a lane what may be claimed by then, in the order of admission. An event that was
sent back with a time of its own (a tie, a lock, Stripe's trouble) holds up nothing meanwhile; from
that time on it goes before all younger ones. One that was sent back at once (not sent, no receipt)
is overtaken by none.

Times are seconds since the epoch, UTC, by the store's own clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from bridge.clock import Backoff

LONGEST_WAIT = 10
"""How many times its wait a row may be put off by those who ask for it again."""

CLAIM_LEASE = 60.0
"""Seconds that a claim holds unless it is renewed."""


class Queue(StrEnum):
    """Whose work a row is. A worker claims from its own queue alone, and no lane is of two."""

    SALESFORCE = "salesforce"
    """What is published to Salesforce."""
    STRIPE = "stripe"
    """What is written to Stripe."""


class State(StrEnum):
    """Where an event is on its way."""

    NEW = "new"
    QUEUED = "queued"
    DUE = "due"
    CLAIMED = "claimed"
    SENT = "sent"
    DONE = "done"
    DEAD = "dead"


class Arrival(NamedTuple):
    """An event to admit; a tuple, since one is made for every request."""

    event_id: str
    type: str
    created: float
    api_version: str | None
    livemode: bool
    account: str | None
    lane: str
    payload: bytes | None
    """None for an event that is recorded and never applied."""
    outcome: str | None = None
    """When given, the event is done on arrival."""
    reason: str = ""
    urgent: bool = False
    """Whether it may use what is kept in reserve of the org's allocations."""
    queue: Queue = Queue.SALESFORCE
    wait: float = 0.0
    """Seconds until it may be claimed; anew whenever it is asked for again meanwhile, up to
    :data:`LONGEST_WAIT` times that in all."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An event that its holder, and nobody else, may work on."""

    seq: int
    claim: str
    event_id: str
    type: str
    lane: str
    livemode: bool
    account: str | None
    payload: bytes
    attempts: int
    """Claims so far, this one included."""
    read_keys: tuple[str, ...]
    """After a tie: the ledger keys whose objects are to be read and published instead."""
    sent_as_of: float | None
    """The version that was published last."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """A published event whose receipt did not come in time."""

    seq: int
    claim: str
    event_id: str
    silences: int
    """How often before, in a row, none came."""
    sent_at: float
    sent_rows: str = ""
    """What was published, in the publisher's own words; empty where it was not kept."""


@dataclass(frozen=True, slots=True)
class Move:
    """What became of an event that was claimed; ignored if the claim is no longer its own."""

    of: Claimed | InFlight
    to: State
    """SENT, DUE, DONE or DEAD."""
    wait: float = 0.0
    """SENT: until the receipt is overdue. DUE: until it may be claimed; below 0, before all that
    have been due for less. Seconds."""
    outcome: str | None = None
    reason: str = ""
    counted: bool = True
    """False takes the attempt back: the event had no part in what went wrong."""
    as_of: float | None = None
    sent_rows: str | None = None
    """SENT: what was published; kept until the event is settled."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a receipt says of an event; an event that is not known or already done is left alone.

    DONE holds from any state: a late receipt is a receipt. DUE and DEAD hold only for an event
    that is in flight.
    """

    event_id: str
    to: State
    outcome: str
    reason: str = ""
    backoff: Backoff | None = None
    """DUE: how long to wait, by the attempts so far."""
    read_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lease:
    """Something that this bridge may do and, while it may, no other."""

    name: str
    epoch: int
    """Grows whenever another bridge takes over."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a topic has been read."""

    topic: str
    replay_id: bytes
    lease: Lease | None = None
    """When given, the cursor moves only while the lease is this bridge's. Else LeaseLost is raised,
    and nothing of the same transaction happens."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A write to Stripe that is begun, and that may be repeated word by word."""

    target: str
    """What it writes to; there is one intent for each at a time."""
    path: str
    params: str
    """JSON."""
    key: str
    """The idempotency key."""
    at: float = 0.0
    """When it was stored."""


class Placing(NamedTuple):
    """An Opportunity's text, on a Stripe object."""

    opportunity: str
    """Its id, of 18 characters."""
    target: str
    """The object's id."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as an operator sees it."""

    event_id: str
    type: str
    created: float
    api_version: str | None
    livemode: bool
    account: str | None
    lane: str
    state: State
    admitted_at: float
    due_at: float
    attempts: int
    sent_at: float | None
    finished_at: float | None
    outcome: str | None
    reason: str
    read_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of an event's timeline."""

    at: float
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How the inbox stands."""

    states: Mapping[State, int]
    oldest_waiting: float | None
    """When the oldest event that is not done or dead was admitted."""
    refused: Mapping[str, int]
    """Requests that were refused and not stored, by cause."""

    @property
    def waiting(self) -> int:
        """Events that are neither done nor dead."""
        return sum(n for state, n in self.states.items() if state not in _FINAL)


_FINAL = frozenset({State.DONE, State.DEAD})


@dataclass(frozen=True, slots=True)
class Report:
    """What a serving bridge said of itself."""

    bridge: str
    at: float
    body: str
    """JSON."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far what was asked for has come."""

    waiting: int
    dead: int
    outcomes: Mapping[str, int]
    """Finished rows, by outcome."""

    @property
    def done(self) -> int:
        """Rows that are finished and not dead."""
        return sum(self.outcomes.values())


class Inbox(Protocol):
    """A durable queue of Stripe events. Every method may raise StoreUnavailable."""

    @property
    def where(self) -> str:
        """The store's place, in words that hold no secret."""

    async def admit(self, arrival: Arrival) -> bool:
        """Stores the event; returns after the commit. False if its id is already there."""

    async def ask(self, arrivals: Sequence[Arrival], cursor: Cursor | None = None) -> list[str]:
        """Stores rows that will read Stripe when they are claimed, and the cursor, as one.

        Their ids are ``<subject>:<mark>``. While one of a subject waits, another is not stored: the
        one that waits will read no earlier. Gives, for each arrival, the id of the row that serves
        it.
        """

    async def progress(self, lanes: Sequence[str], prefix: str, since: float) -> Progress:
        """How the rows of these lanes stand whose type begins so, if open or finished since."""

    async def known(self, event_ids: Collection[str]) -> frozenset[str]:
        """Those that are in the inbox or remembered."""

    async def claim(
        self,
        limit: int,
        *,
        lease: float = CLAIM_LEASE,
        urgent_only: bool = False,
        queue: Queue = Queue.SALESFORCE,
    ) -> list[Claimed]:
        """Takes a batch of each lane that is ready, a lane's events together and oldest first.

        They are the caller's for ``lease`` seconds. With ``urgent_only`` the others stay behind.
        """

    async def renew(self, claims: Collection[str], *, lease: float = CLAIM_LEASE) -> frozenset[str]:
        """Makes claims last so long from now; gives those that hold anything still."""

    async def record(self, moves: Sequence[Move]) -> None:
        """Records what became of claimed or overdue events, in one transaction."""

    async def complete(
        self, settlements: Sequence[Settlement], cursor: Cursor | None = None
    ) -> frozenset[str]:
        """Applies receipts and moves the cursor, in one transaction; gives the ids it moved."""

    async def overdue(self, limit: int) -> list[InFlight]:
        """Events whose receipt is late."""

    async def in_flight(self) -> int:
        """How many events are published and without a receipt."""

    async def wait(self, timeout: float, queue: Queue = Queue.SALESFORCE) -> bool:
        """Returns True when there may be something new to claim, False after ``timeout``."""

    async def intend(self, intents: Collection[Intent], placings: Collection[Placing]) -> None:
        """Stores what is about to be written to Stripe, and whose text where, before it is."""

    async def intents(self) -> list[Intent]:
        """What was begun and is not known to be done, the oldest first."""

    async def fulfil(self, keys: Collection[str], gone: Collection[Placing]) -> None:
        """Forgets intents that are done, and texts that are no longer there."""

    async def placed(self, opportunities: Collection[str]) -> frozenset[Placing]:
        """Where the texts of some Opportunities are, or may be."""

    async def get_cursor(self, topic: str) -> bytes | None:
        """The replay id that was stored last."""

    async def set_cursor(self, cursor: Cursor) -> None:
        """Stores a replay id."""

    async def acquire(self, name: str, seconds: float) -> Lease | None:
        """Takes a lease, or makes it longer, for so long from now; None while another has it."""

    async def release(self, lease: Lease) -> None:
        """Lets another have it."""

    async def is_held_elsewhere(self, name: str) -> bool:
        """Whether another bridge has this lease now."""

    async def is_served(self) -> bool:
        """Whether any bridge serves from the store."""

    async def bind(self, name: str, value: str) -> str:
        """What the store is bound to under this name; binds it to ``value`` if to nothing yet."""

    async def bound(self) -> dict[str, str]:
        """All that the store is bound to, by name."""

    async def rebind(self, name: str, value: str, forget: Sequence[str] = ()) -> None:
        """Binds the store to something else, on purpose; forgets the cursors of some topics."""

    async def count_refused(self, causes: Mapping[str, int]) -> None:
        """Adds to the counters of refused requests."""

    async def check(self) -> None:
        """Writes and commits something small."""

    async def counts(self) -> Counts:
        """How many events are in each state."""

    async def list_events(
        self, *, state: State | None = None, lane: str | None = None, limit: int = 100
    ) -> list[EventRow]:
        """The newest events first."""

    async def get_event(self, event_id: str) -> tuple[EventRow, list[Moment]] | None:
        """An event with its timeline."""

    async def retry(self, event_ids: Sequence[str] | None) -> int:
        """Puts dead events back into their lanes (all of them for None); gives how many."""

    async def discard(self, event_ids: Sequence[str]) -> int:
        """Declares dead events done with outcome ``discarded``; gives how many."""

    async def tell(self, bridge: str, body: str | None) -> None:
        """Stores what a bridge says of itself instead of what it said before; None for nothing."""

    async def told(self) -> list[Report]:
        """What bridges say of themselves, the newest first; of a day at most."""

    async def prune(self, finished_before: float) -> int:
        """Drops bodies and timelines of some events that were done before then.

        Gives of how many, 0 for none left; their ids are remembered.
        """

    async def forget(self, finished_before: float) -> int:
        """Forgets the ids of some pruned events that were done before then; gives how many."""

    async def close(self) -> None:
        """Commits what is queued and closes."""
