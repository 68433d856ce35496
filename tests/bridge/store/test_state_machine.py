"""Whatever happens in whatever order: nothing is lost, and a lane has one batch in flight."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bridge.store import Arrival, Move, Queue, Settlement, State
from tests.bridge.postgres import Database
from tests.bridge.stores import Store

IN_FLIGHT = {State.CLAIMED, State.SENT}
FINAL = {State.DONE, State.DEAD}
LANES = {
    "cus_1": Queue.SALESFORCE,
    "cus_2": Queue.SALESFORCE,
    "opportunity:1": Queue.STRIPE,
    "opportunity:2": Queue.STRIPE,
}


class InboxMachine(RuleBasedStateMachine):
    """The inbox against a model that is a dictionary."""

    ids = Bundle("ids")

    def __init__(self, database: Database | None = None) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        if database is not None:
            database.empty()
        self.store = Store(Path(self.folder.name) / "bridge.db", database)
        self.lanes: dict[str, str] = {}
        self.finished: dict[str, State] = {}
        self.held: list = []
        self.batch_of: dict[str, str] = {}
        self.inbox = self.run(self.store.open())

    @property
    def now(self) -> float:
        return self.store.clock.now

    @now.setter
    def now(self, at: float) -> None:
        self.store.clock.now = at

    def run(self, awaitable):
        async def wrapped():
            return await awaitable

        return self.runner.run(wrapped())

    @rule(
        target=ids,
        n=st.integers(0, 30),
        lane=st.sampled_from(list(LANES)),
        wait=st.sampled_from([0, 0, 5]),
    )
    def admit(self, n, lane, wait):
        event_id = f"evt_{n}"
        arrival = Arrival(event_id, "t", 1.0, None, False, None, lane, b"{}")
        arrival = arrival._replace(queue=LANES[lane], wait=float(wait))
        assert self.run(self.inbox.admit(arrival)) == (event_id not in self.lanes)
        self.lanes.setdefault(event_id, lane)
        return event_id

    @rule(limit=st.integers(1, 12), queue=st.sampled_from(list(Queue)))
    def claim(self, limit, queue):
        before = self.rows()
        expired = {row.event_id for row in before if self.is_expired(row)}
        self.held = [each for each in self.held if each.event_id not in expired]
        flying = {
            row.lane for row in before if row.state in IN_FLIGHT and row.event_id not in expired
        }
        ready: dict[str, list[str]] = {}
        for row in before:
            waits = row.state not in IN_FLIGHT | FINAL or row.event_id in expired
            waits = waits and row.due_at <= self.now
            if waits and row.lane not in flying and LANES[row.lane] is queue:
                ready.setdefault(row.lane, []).append(row.event_id)
        claimed = self.run(self.inbox.claim(limit, queue=queue))
        taken: dict[str, list[str]] = {}
        for each in claimed:
            taken.setdefault(each.lane, []).append(each.event_id)
            self.batch_of[each.event_id] = each.claim
        # Oldest first, none left out before a younger one, and as many as there is room for.
        for lane, events in taken.items():
            assert events == ready[lane][: len(events)]
        assert len(claimed) == min(limit, sum(map(len, ready.values())))
        self.held += claimed

    @rule(
        to=st.sampled_from([State.SENT, State.DUE, State.DONE, State.DEAD]),
        wait=st.integers(0, 20),
    )
    def record(self, to, wait):
        if self.held:
            claimed = self.held.pop(0)
            self.run(self.inbox.record([Move(claimed, to, wait=float(wait))]))
            if to in (State.DONE, State.DEAD):
                self.finished.setdefault(claimed.event_id, to)

    @rule(event_id=ids, to=st.sampled_from([State.DUE, State.DONE, State.DEAD]))
    def receipt(self, event_id, to):
        before = self.state(event_id)
        moved = self.run(self.inbox.complete([Settlement(event_id, to, "x")]))
        if to is State.DONE:
            assert moved == ({event_id} if before is not State.DONE else frozenset())
        if moved:
            self.held = [each for each in self.held if each.event_id != event_id]
            if to is State.DUE:
                self.finished.pop(event_id, None)
            else:
                self.finished[event_id] = to

    @rule()
    def overdue(self):
        late = self.run(self.inbox.overdue(10))
        self.run(self.inbox.record([Move(each, State.DUE) for each in late]))

    @rule()
    def retry(self):
        dead = {event for event, state in self.finished.items() if state is State.DEAD}
        assert self.run(self.inbox.retry(None)) == len(dead)
        for event in dead:
            del self.finished[event]

    @rule(seconds=st.integers(1, 30))
    def pass_time(self, seconds):
        self.now += seconds

    @rule()
    def crash(self):
        # What was claimed by the process that ended is its successor's to claim.
        self.run(self.inbox.close())
        self.inbox = self.run(self.store.open())
        self.held = []

    @precondition(lambda self: self.store.database is not None)
    @rule()
    def die(self):
        # Of several bridges none knows that it died: its claims are anybody's when they end.
        self.run(self.inbox._pool.close())
        self.inbox = self.run(self.store.open())
        self.held = []

    @invariant()
    def nothing_is_lost(self):
        rows = {row.event_id: row for row in self.rows()}
        assert rows.keys() == self.lanes.keys()
        for event_id, row in rows.items():
            assert row.lane == self.lanes[event_id]
            expected = self.finished.get(event_id)
            assert row.state is expected if expected else row.state not in FINAL

    @invariant()
    def a_lane_has_one_batch_in_flight_or_one_event_that_is_due(self):
        rows = self.rows()
        for lane in {row.lane for row in rows}:
            of_lane = [row for row in rows if row.lane == lane]
            batches = {self.batch_of[row.event_id] for row in of_lane if row.state in IN_FLIGHT}
            due = [row for row in of_lane if row.state is State.DUE]
            queued = [row for row in of_lane if row.state is State.QUEUED]
            assert len(batches) <= 1
            assert len(due) == bool((due or queued) and not batches)
            assert all(row.due_at >= due[0].due_at for row in queued) if due else True

    def is_expired(self, row) -> bool:
        return row.state is State.CLAIMED and row.due_at <= self.now

    @rule()
    def renew(self):
        """Claims that have ended are renewed like all others while nobody has taken them."""
        self.run(self.inbox.renew({each.claim for each in self.held}))

    def rows(self):
        return self.run(self.inbox.list_events(limit=100))[::-1]

    def state(self, event_id):
        row, _ = self.run(self.inbox.get_event(event_id))
        return row.state

    def teardown(self):
        # Nothing is stuck: with time, every event can be brought to its end.
        for _ in range(len(self.lanes) + 1):
            self.now += 100
            late = self.run(self.inbox.overdue(100))
            self.run(self.inbox.record([Move(each, State.DONE) for each in late]))
            for queue in Queue:
                self.held += self.run(self.inbox.claim(100, queue=queue))
            self.run(self.inbox.record([Move(each, State.DONE) for each in self.held]))
            self.held = []
        counts = self.run(self.inbox.counts())
        self.run(self.inbox.close())
        self.runner.close()
        self.folder.cleanup()
        assert counts.waiting == 0


def test_sqlite():
    run_state_machine_as_test(
        InboxMachine, settings=settings(max_examples=25, stateful_step_count=30, deadline=None)
    )


def test_postgres(postgres):
    run_state_machine_as_test(
        lambda: InboxMachine(postgres),
        settings=settings(max_examples=15, stateful_step_count=30, deadline=None),
    )
