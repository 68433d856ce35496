"""One statement admits a batch: each event once, with its own body, and says which were new."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.store import admission
from bridge.store.inbox import Arrival
from bridge.store.migrate import migrate

ARRIVALS = st.builds(
    lambda n, body: Arrival(
        f"evt_{n}", "t", 1.0, None, False, None, f"cus_{n % 3}", body, None if body else "foreign"
    ),
    st.integers(0, 12),
    st.one_of(st.none(), st.binary(min_size=1, max_size=9)),
)
BATCHES = st.lists(st.tuples(st.lists(ARRIVALS, max_size=9), st.booleans()), max_size=6)


@pytest.fixture
def connection():
    with closing(_open()) as connection:
        yield connection


def _open():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection)
    admission.prepare(connection)
    return connection


def _stored(connection):
    rows = connection.execute(
        "SELECT event_id, body FROM inbox LEFT JOIN payload USING (seq) ORDER BY seq"
    )
    return rows.fetchall()


@given(BATCHES)
def test_any_batches_store_each_event_once_in_the_order_of_arrival(batches):
    with closing(_open()) as connection:
        expected: dict[str, bytes | None] = {}
        for batch, undone in batches:
            if undone:
                connection.execute("BEGIN IMMEDIATE")
                admission.admit(connection, batch, 1.0)
                connection.execute("ROLLBACK")
                continue
            news = []
            for arrival in batch:
                news.append(arrival.event_id not in expected)
                expected.setdefault(arrival.event_id, arrival.payload)
            assert admission.admit(connection, batch, 1.0) == news
            assert not connection.in_transaction
        assert _stored(connection) == list(expected.items())


def test_more_than_one_statement_takes_are_stored_too(connection):
    batch = [
        Arrival(f"evt_{n}", "t", 1.0, None, False, None, "cus_1", str(n).encode())
        for n in range(2 * admission.AT_ONCE + 1)
    ]
    assert admission.admit(connection, batch, 1.0) == [True] * len(batch)
    assert admission.admit(connection, batch, 1.0) == [False] * len(batch)
    assert _stored(connection) == [(each.event_id, each.payload) for each in batch]


def test_what_cannot_be_stored_takes_its_whole_batch_back(connection):
    good = Arrival("evt_1", "t", 1.0, None, False, None, "cus_1", b"{}")
    with pytest.raises(sqlite3.IntegrityError):
        admission.admit(connection, [good, good._replace(event_id="evt_2", lane=None)], 1.0)
    assert _stored(connection) == []
    assert admission.admit(connection, [good], 1.0) == [True]
