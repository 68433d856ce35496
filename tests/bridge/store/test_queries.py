"""The queries that run all day are served by indexes, however many events are done."""

import re
import sqlite3
from contextlib import closing

import pytest

from bridge.store import Move, Queue, Settlement, State, admission, asks, operator, queries
from bridge.store.inbox import Arrival, Claimed
from bridge.store.migrate import migrate

ARRIVAL = Arrival("evt_1", "t", 1.0, None, False, None, "cus_1", b"{}")
CLAIMED = Claimed(1, "token", "evt_1", "t", "cus_1", False, None, b"", 1, (), None)


@pytest.fixture
def connection():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        admission.prepare(connection)
        admission.admit(connection, [ARRIVAL], 1.0)
        yield connection


@pytest.mark.parametrize(
    "query",
    [
        lambda c: queries.claim(c, 10, "token", 1.0, 60.0, False, Queue.SALESFORCE),
        lambda c: queries.claim(c, 10, "token", 1.0, 60.0, True, Queue.STRIPE),
        lambda c: queries.claim(c, 10, "token", 1.0, 60.0, False, Queue.STRIPE),
        lambda c: queries.renew(c, ["token"], 1.0, 60.0),
        lambda c: queries.known(c, ["evt_1"]),
        lambda c: queries.record(c, [Move(CLAIMED, State.DONE)], 1.0),
        lambda c: queries.complete(c, [Settlement("evt_1", State.DONE, "applied")], 1.0),
        lambda c: queries.release_claims(c, 1.0),
        lambda c: queries.overdue(c, 10, 1.0),
        lambda c: queries.in_flight(c),
        lambda c: asks.ask(c, [ARRIVAL], 1.0),
        lambda c: asks.ask(c, [ARRIVAL._replace(event_id="a:1", wait=1.0)] * 2, 1.0),
        lambda c: asks._put_off(c, [("evt_1", 1.0)], 9.0),
        lambda c: asks.progress(c, ["cus_1"], "bridge.", 0.0),
        lambda c: operator.counts(c),
        lambda c: operator.list_events(c, State.DEAD, None, 10),
        lambda c: operator.list_events(c, None, "cus_1", 10),
        lambda c: operator.get_event(c, "evt_1"),
        lambda c: operator.prune(c, 1.0, 10),
        lambda c: operator.forget(c, 1.0, 10),
    ],
)
def test_no_query_reads_the_whole_inbox(connection, query):
    statements = []
    connection.set_trace_callback(statements.append)
    query(connection)
    connection.set_trace_callback(None)
    plans = [
        row[3]
        for statement in statements
        if "inbox" in statement
        for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")
    ]
    assert plans
    whole = re.compile(r"SCAN \w+( USING .*(inbox_lane|autoindex).*)?")
    assert not [plan for plan in plans if whole.fullmatch(plan)]
