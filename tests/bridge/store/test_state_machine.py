"""Whatever happens in whatever order: nothing is lost, and a lane has one event in flight."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from bridge.store import Arrival, Move, Settlement, SqliteInbox, State

IN_FLIGHT = {State.DUE, State.CLAIMED, State.SENT}


class InboxMachine(RuleBasedStateMachine):
    """The inbox against a model that is a dictionary."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "bridge.db"
        self.now = 1_000_000.0
        self.lanes: dict[str, str] = {}
        self.finished: dict[str, State] = {}
        self.held: list = []
        self.inbox = self.run(SqliteInbox.open(self.path, serving=True, clock=self.clock))

    def clock(self) -> float:
        return self.now

    def run(self, awaitable):
        async def wrapped():
            return await awaitable

        return self.runner.run(wrapped())

    @rule(target=ids, n=st.integers(0, 30), lane=st.sampled_from(["cus_1", "cus_2", "cus_3"]))
    def admit(self, n, lane):
        event_id = f"evt_{n}"
        arrival = Arrival(event_id, "t", 1.0, None, False, None, lane, b"{}")
        assert self.run(self.inbox.admit(arrival)) == (event_id not in self.lanes)
        self.lanes.setdefault(event_id, lane)
        return event_id

    @rule(limit=st.integers(1, 5))
    def claim(self, limit):
        claimed = self.run(self.inbox.claim(limit))
        held = {each.event_id for each in self.held}
        assert not held & {each.event_id for each in claimed}
        assert len({each.lane for each in claimed}) == len(claimed)
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
        self.inbox = self.run(SqliteInbox.open(self.path, serving=True, clock=self.clock))
        self.held = []

    @invariant()
    def nothing_is_lost(self):
        rows = {row.event_id: row for row in self.run(self.inbox.list_events(limit=100))}
        assert rows.keys() == self.lanes.keys()
        for event_id, row in rows.items():
            assert row.lane == self.lanes[event_id]
            expected = self.finished.get(event_id)
            assert row.state is expected if expected else row.state not in ("done", "dead")
        in_flight = [row.lane for row in rows.values() if row.state in IN_FLIGHT]
        assert len(set(in_flight)) == len(in_flight)

    def state(self, event_id):
        row, _ = self.run(self.inbox.get_event(event_id))
        return row.state

    def teardown(self):
        # Nothing is stuck: with time, every event can be brought to its end.
        for _ in range(len(self.lanes) + 1):
            self.now += 100
            late = self.run(self.inbox.overdue(100))
            self.run(self.inbox.record([Move(each, State.DONE) for each in late]))
            self.held += self.run(self.inbox.claim(100))
            self.run(self.inbox.record([Move(each, State.DONE) for each in self.held]))
            self.held = []
        counts = self.run(self.inbox.counts())
        self.run(self.inbox.close())
        self.runner.close()
        self.folder.cleanup()
        assert counts.waiting == 0


TestInbox = InboxMachine.TestCase
TestInbox.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
