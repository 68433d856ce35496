"""The SQL of an event's way: functions of a connection, inside the caller's transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence

from bridge.store.inbox import (
    Claimed,
    InFlight,
    Move,
    Queue,
    Settlement,
    State,
)


def known(connection: sqlite3.Connection, event_ids: Collection[str]) -> frozenset[str]:
    """Those that are there, pruned or not."""
    found = connection.execute(
        "SELECT event_id FROM inbox WHERE event_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(event_ids)),),
    )
    return frozenset(event_id for (event_id,) in found)


_LANE_ROWS = 50
"""Events of one lane in a batch, at most: one customer's storm leaves room for the others."""

_SORT_ROWS = 2_000
"""New events sorted at a time, so that a claim after a long pause holds up no admission."""

_NEW = """
SELECT json_group_array(DISTINCT lane), max(seq) FROM (
    SELECT lane, seq FROM inbox INDEXED BY inbox_new WHERE state = 'new' ORDER BY seq LIMIT ?)
"""

_SORT = "UPDATE inbox SET state = 'queued' WHERE state = 'new' AND seq <= ?"

_READY_LANES = """
SELECT json_group_array(lane) FROM (
    SELECT lane FROM inbox
    WHERE state = 'due' AND queue = ? AND due_at <= ? ORDER BY due_at, seq LIMIT ?)
"""

# Lane by lane, and SQLite walks an IN list upwards: sorting them all would cost what it saves.
_CLAIM = """
UPDATE inbox SET state = 'claimed', claim = :token, due_at = :until, attempts = attempts + 1
WHERE seq IN (
    SELECT member.seq FROM json_each(:lanes) AS ready CROSS JOIN inbox AS member
    WHERE member.seq IN (
        SELECT seq FROM inbox AS waiting INDEXED BY inbox_lane
        WHERE waiting.lane = ready.value AND waiting.state = 'queued' AND waiting.due_at <= :now
            AND waiting.urgent >= :urgent AND waiting.queue = :queue
        ORDER BY waiting.seq LIMIT :of_a_lane)
    LIMIT :limit)
"""

_CLAIMED = """
SELECT seq, claim, event_id, type, lane, livemode, account, body, attempts, read_keys, sent_as_of
FROM inbox JOIN payload USING (seq)
WHERE state = 'claimed' AND claim = ? ORDER BY seq
"""


# An urgent event does not wait until those before it are sorted.
_SORT_URGENT = """
UPDATE inbox SET state = 'queued' WHERE seq IN (
    SELECT seq FROM inbox INDEXED BY inbox_urgent
    WHERE urgent AND state IN ('new', 'queued', 'due') AND state = 'new' LIMIT ?)
RETURNING lane
"""

_READY_URGENT_LANES = """
SELECT json_group_array(DISTINCT lane) FROM (
    SELECT lane FROM inbox AS waiting INDEXED BY inbox_urgent
    WHERE urgent AND state IN ('new', 'queued', 'due') AND state <> 'new' AND queue = ?
        AND due_at <= ?
        AND NOT EXISTS (
            SELECT 1 FROM inbox AS flying
            WHERE flying.lane = waiting.lane AND flying.state IN ('claimed', 'sent'))
    ORDER BY seq LIMIT ?)
"""


def claim(
    connection: sqlite3.Connection,
    limit: int,
    token: str,
    now: float,
    lease: float,
    urgent_only: bool,
    queue: Queue,
) -> list[Claimed]:
    """Sorts what is new into its lanes, then takes a batch of each lane that is ready."""
    release_claims(connection, now, now)
    if urgent_only:
        fresh = [lane for (lane,) in connection.execute(_SORT_URGENT, (_SORT_ROWS,))]
        advance(connection, json.dumps(fresh))
        ready = connection.execute(_READY_URGENT_LANES, (queue.value, now, limit))
    else:
        lanes, last = connection.execute(_NEW, (_SORT_ROWS,)).fetchone()
        if last is not None:
            connection.execute(_SORT, (last,))
            advance(connection, lanes)
        ready = connection.execute(_READY_LANES, (queue.value, now, limit))
    (lanes,) = ready.fetchone()
    if lanes == "[]":
        return []
    connection.execute(_STEP_BACK, (lanes,))
    connection.execute(
        _CLAIM,
        {
            "token": token,
            "lanes": lanes,
            "now": now,
            "until": now + lease,
            "of_a_lane": _LANE_ROWS,
            "limit": limit,
            "urgent": urgent_only,
            "queue": queue.value,
        },
    )
    advance(connection, lanes)  # those for which there was no room
    return [
        Claimed(
            seq=row[0],
            claim=row[1],
            event_id=row[2],
            type=row[3],
            lane=row[4],
            livemode=bool(row[5]),
            account=row[6],
            payload=row[7],
            attempts=row[8],
            read_keys=tuple(json.loads(row[9])),
            sent_as_of=row[10],
        )
        for row in connection.execute(_CLAIMED, (token,))
    ]


def renew(
    connection: sqlite3.Connection, claims: Collection[str], now: float, lease: float
) -> frozenset[str]:
    """Puts off the end of claims."""
    held = connection.execute(
        "UPDATE inbox SET due_at = ? "
        "WHERE state = 'claimed' AND claim IN (SELECT value FROM json_each(?)) RETURNING claim",
        (now + lease, json.dumps(list(claims))),
    )
    return frozenset(claim for (claim,) in held)


# Each move finds its row by the claim, so a receipt that came first (it clears the claim) wins.
_RECORD = """
UPDATE inbox SET
    state = iif(move.state = 'due', 'queued', move.state),
    due_at = :now + move.wait,
    sent_at = iif(move.state = 'sent', :now, inbox.sent_at),
    sent_as_of = coalesce(move.as_of, inbox.sent_as_of),
    sent_rows = coalesce(move.sent_rows, inbox.sent_rows),
    finished_at = iif(move.state IN ('done', 'dead'), :now, NULL),
    claim = iif(move.state = 'sent', inbox.claim, NULL),
    attempts = inbox.attempts - (NOT move.counted),
    silences = inbox.silences + (inbox.state = 'sent'),
    outcome = move.outcome,
    reason = move.reason
FROM (
    SELECT value ->> 'seq' AS seq, value ->> 'claim' AS claim, value ->> 'state' AS state,
           value ->> 'wait' AS wait, value ->> 'outcome' AS outcome,
           value ->> 'reason' AS reason, value ->> 'counted' AS counted,
           value ->> 'as_of' AS as_of, value ->> 'sent_rows' AS sent_rows
    FROM json_each(:moves)) AS move
WHERE inbox.seq = move.seq AND inbox.claim = move.claim AND inbox.state IN ('claimed', 'sent')
RETURNING inbox.seq, inbox.lane, inbox.state, inbox.reason
"""


def record(connection: sqlite3.Connection, moves: Sequence[Move], now: float) -> None:
    """Applies moves, and lets lanes go on that have nothing in flight any more."""
    body = json.dumps(
        [
            {
                "seq": move.of.seq,
                "claim": move.of.claim,
                "state": move.to,
                "wait": move.wait,
                "outcome": move.outcome,
                "reason": move.reason[:255],
                "counted": move.counted,
                "as_of": move.as_of,
                "sent_rows": move.sent_rows,
            }
            for move in moves
        ]
    )
    moved = connection.execute(_RECORD, {"now": now, "moves": body}).fetchall()
    advance(connection, json.dumps([lane for _, lane, state, _ in moved if state != "sent"]))
    said = {"queued": "due"}
    note(
        connection, now, [(seq, said.get(state, state), reason) for seq, _, state, reason in moved]
    )


_SETTLE_FIND = """
SELECT seq, event_id, lane, state, attempts FROM inbox
WHERE event_id IN (SELECT value FROM json_each(?)) AND state <> 'done'
"""

_SETTLE = """
UPDATE inbox SET
    state = ?, due_at = ?, finished_at = ?, claim = NULL, outcome = ?, reason = ?, read_keys = ?,
    silences = 0, sent_rows = ''
WHERE seq = ?
"""


def complete(
    connection: sqlite3.Connection, settlements: Sequence[Settlement], now: float
) -> frozenset[str]:
    """Applies receipts; a later one of the same event wins."""
    by_id = {settlement.event_id: settlement for settlement in settlements}
    found = connection.execute(_SETTLE_FIND, (json.dumps(list(by_id)),)).fetchall()
    updates, lanes, notes, moved = [], [], [], []
    for seq, event_id, lane, state, attempts in found:
        settlement = by_id[event_id]
        if settlement.to is not State.DONE and state not in (State.CLAIMED, State.SENT):
            continue
        final = settlement.to in (State.DONE, State.DEAD)
        wait = settlement.backoff.wait(attempts) if settlement.backoff else 0.0
        reason = settlement.reason[:255]
        to = State.QUEUED if settlement.to is State.DUE else settlement.to
        updates.append(
            (
                to.value,
                now + wait,
                now if final else None,
                settlement.outcome,
                reason,
                json.dumps(settlement.read_keys),
                seq,
            )
        )
        lanes.append(lane)
        notes.append((seq, settlement.outcome, reason))
        moved.append(event_id)
    connection.executemany(_SETTLE, updates)
    advance(connection, json.dumps(lanes))
    note(connection, now, notes)
    return frozenset(moved)


_STEP_BACK = """
UPDATE inbox SET state = 'queued'
WHERE state = 'due' AND lane IN (SELECT value FROM json_each(?))
"""

_STEP_FORWARD = """
UPDATE inbox SET state = 'due'
WHERE seq IN (
    SELECT (
        SELECT seq FROM inbox AS waiting INDEXED BY inbox_queued
        WHERE waiting.lane = lane.value AND waiting.state = 'queued'
        ORDER BY waiting.due_at, waiting.seq LIMIT 1)
    FROM json_each(?) AS lane
    WHERE NOT EXISTS (
        SELECT 1 FROM inbox AS flying
        WHERE flying.lane = lane.value AND flying.state IN ('claimed', 'sent')))
"""


def advance(connection: sqlite3.Connection, lanes: str) -> None:
    """Makes the event of each lane due that may go first, unless a batch of it is in flight."""
    connection.execute(_STEP_BACK, (lanes,))
    connection.execute(_STEP_FORWARD, (lanes,))


_NOTE = """
INSERT INTO timeline (seq, at, what, detail)
SELECT value ->> 0, ?, value ->> 1, value ->> 2 FROM json_each(?)
"""


def note(connection: sqlite3.Connection, now: float, notes: Sequence[tuple[int, str, str]]) -> None:
    """Adds to the timelines: row, what, detail."""
    if notes:
        connection.execute(_NOTE, (now, json.dumps(notes)))


_EVER = 1e18


def release_claims(connection: sqlite3.Connection, now: float, until: float = _EVER) -> None:
    """Makes due again what is claimed no longer than until then.

    Published events keep their deadline.
    """
    lanes = connection.execute(
        "UPDATE inbox SET state = 'queued', claim = NULL, due_at = ?, attempts = attempts - 1 "
        "WHERE seq IN (SELECT seq FROM inbox INDEXED BY inbox_leased "
        "WHERE state = 'claimed' AND due_at <= ?) RETURNING lane",
        (now, until),
    ).fetchall()
    if lanes:
        advance(connection, json.dumps([lane for (lane,) in lanes]))


def overdue(connection: sqlite3.Connection, limit: int, now: float) -> list[InFlight]:
    """Published events past their deadline."""
    rows = connection.execute(
        "SELECT seq, claim, event_id, silences, sent_at, sent_rows FROM inbox "
        "WHERE state = 'sent' AND due_at <= ? ORDER BY due_at, seq LIMIT ?",
        (now, limit),
    )
    return [InFlight(*row) for row in rows]


def in_flight(connection: sqlite3.Connection) -> int:
    """How many are published and without a receipt."""
    (n,) = connection.execute(
        "SELECT count(*) FROM inbox INDEXED BY inbox_sent WHERE state = 'sent'"
    ).fetchone()
    return int(n)


def count_refused(connection: sqlite3.Connection, causes: Mapping[str, int]) -> None:
    """Adds to the counters."""
    connection.executemany(
        "INSERT INTO refused (cause, count) VALUES (?, ?) "
        "ON CONFLICT (cause) DO UPDATE SET count = count + excluded.count",
        list(causes.items()),
    )


def beat(connection: sqlite3.Connection, now: float) -> None:
    """The smallest write."""
    connection.execute(
        "INSERT INTO heartbeat (one, at) VALUES (1, ?) "
        "ON CONFLICT (one) DO UPDATE SET at = excluded.at",
        (now,),
    )
