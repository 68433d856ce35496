"""What the parts of one transaction share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from rehearsal.org.clock import Clock
from rehearsal.org.dml.formulas import Formulas, Moment
from rehearsal.org.dml.incoming import Incoming
from rehearsal.org.dml.records import Records
from rehearsal.org.dml.rollups import RollUps
from rehearsal.org.errors import LimitExceeded
from rehearsal.org.limits import Limits
from rehearsal.org.ports import FlowRunner, Job, Transaction, TriggerRunner, User
from rehearsal.org.schema import Schema
from rehearsal.org.store import Store
from rehearsal.org.values import Row

MAX_DEPTH = 16
"""How deep triggers may set off triggers (Apex Developer Guide, "Execution Governors")."""

UNITS_PER_MS = 50
RECORD_UNITS = 10

Publish = Callable[[str, Row, str], None]
"""Puts one event (name, row, user id) on the bus."""


@dataclass(slots=True)
class Engine:
    """The org's machinery, the same for every transaction."""

    schema: Schema
    store: Store
    formulas: Formulas
    roll_ups: RollUps
    incoming: Incoming
    triggers: TriggerRunner
    flows: FlowRunner
    clock: Clock
    publish: Publish
    room: Callable[[], int]
    """How many events may still be published this hour."""
    user_of: Callable[[str], User]
    virtual: Mapping[str, Callable[[], list[Row]]]
    locked: set[str]
    """Ids that somebody else is said to hold a lock on."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a transaction to go back to."""

    store: int
    outbox: int
    jobs: int
    notifications: int


@dataclass(slots=True)
class Session:
    """The state of one transaction."""

    engine: Engine
    tx: Transaction
    limits: Limits
    saving: set[str] = field(default_factory=set)
    """Records between their save and the end of their procedure: saving them again recurses."""
    in_before: set[str] = field(default_factory=set)
    """Records whose before triggers run; they cannot be updated or deleted there."""
    deleting: set[str] = field(default_factory=set)
    """Records that are on their way out; nobody recalculates their roll-ups any more."""
    outbox: list[tuple[str, Row]] = field(default_factory=list)
    """Events to publish after the commit."""
    jobs: list[Job] = field(default_factory=list)
    """Asynchronous Apex to run after the commit."""
    notifications: list[Row] = field(default_factory=list)
    """Custom notifications to send after the commit."""
    hold_events: bool = False
    """Whether events that publish at once wait in the outbox too, as in an Apex test."""
    depth: int = 0
    _units: int = 0

    def work(self, units: int) -> None:
        """Charges CPU time: a record that is saved is 10 units, a formula or a validation rule 1,
        and 50 units are a millisecond, so 10,000 plain records take two seconds.

        Salesforce counts declarative automation and the Apex of a save, not the database's own time
        (Apex Developer Guide, "Execution Governors and Limits"). Raises LimitExceeded.
        """
        spent, self._units = divmod(self._units + units, UNITS_PER_MS)
        if spent:
            self.limits.use("cpu_ms", spent)

    @property
    def moment(self) -> Moment:
        return Moment(self.tx.user, self.tx.now())

    @property
    def records(self) -> Records:
        engine = self.engine
        return Records(
            engine.schema, engine.store, engine.formulas, lambda: self.moment, engine.virtual
        )

    def mark(self) -> Mark:
        return Mark(
            self.engine.store.mark(), len(self.outbox), len(self.jobs), len(self.notifications)
        )

    def undo(self, mark: Mark) -> None:
        self.engine.store.undo(mark.store)
        del self.outbox[mark.outbox :]
        del self.jobs[mark.jobs :]
        del self.notifications[mark.notifications :]

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level of triggers more. Raises LimitExceeded beyond the 16th."""
        if self.depth == MAX_DEPTH:
            raise LimitExceeded("Maximum trigger depth exceeded")
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1

    @contextmanager
    def holding(self, held: set[str], ids: set[str]) -> Iterator[None]:
        """Adds ids to `saving` or `in_before` for a while."""
        added = ids - held
        held |= added
        try:
            yield
        finally:
            held -= added
