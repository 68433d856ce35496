"""The SQL of an event's way: functions of a connection, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bridge.store.inbox import Arrival, Claimed, Cursor, InFlight, Move, Queue, Settlement, State
from bridge.store.pg import lanes, shared
from bridge.store.pg.pool import Connection

# The order of admission is the order in which they came; they are inserted in that of their ids, so
# that two batches with the same events wait for each other in one direction only. As it is a
# transaction of its own, it says itself that the commit is to be on the disk.
_ADMIT = """
WITH now AS MATERIALIZED (
    SELECT stripe_sf.bridge_now() AS at, set_config('synchronous_commit', 'on', true)),
came AS MATERIALIZED (
    SELECT nextval('stripe_sf.inbox_seq') AS seq, each.* FROM (
        SELECT * FROM unnest($1::text[], $2::text[], $3::float8[], $4::text[], $5::boolean[],
            $6::text[], $7::text[], $8::bytea[], $9::text[], $10::text[], $11::boolean[],
            $12::text[], $13::float8[])
        WITH ORDINALITY AS arrival (event_id, type, created, api_version, livemode, account, lane,
            body, outcome, reason, urgent, queue, wait, place)
        ORDER BY place OFFSET 0) AS each),
stored AS (
    INSERT INTO stripe_sf.inbox (seq, event_id, type, created, api_version, livemode, account, lane,
        state, admitted_at, due_at, finished_at, outcome, reason, urgent, queue)
    SELECT seq, event_id, type, created, api_version, livemode, account, lane,
        CASE WHEN outcome IS NULL THEN 'new' ELSE 'done' END, now.at, now.at + wait,
        CASE WHEN outcome IS NULL THEN NULL ELSE now.at END, outcome, reason, urgent, queue
    FROM came, now ORDER BY event_id
    ON CONFLICT (event_id) DO NOTHING
    RETURNING seq, event_id),
kept AS (
    INSERT INTO stripe_sf.payload (seq, body)
    SELECT came.seq, came.body FROM came JOIN stored USING (seq) WHERE came.body IS NOT NULL)
SELECT event_id FROM stored
"""


async def admit(connection: Connection, arrivals: Sequence[Arrival]) -> list[bool]:
    """Stores the events that are not there yet; for each, whether it was stored."""
    first: dict[str, int] = {}
    for place, arrival in enumerate(arrivals):
        first.setdefault(arrival.event_id, place)
    if not first:
        return []
    columns = [list(column) for column in zip(*(arrivals[i] for i in first.values()), strict=True)]
    columns[9] = [text(reason) for reason in columns[9]]
    columns[11] = [queue.value for queue in columns[11]]
    columns[12] = [float(wait) for wait in columns[12]]
    stored = {row["event_id"] for row in await connection.fetch(_ADMIT, *columns)}
    return [
        arrival.event_id in stored and first[arrival.event_id] == place
        for place, arrival in enumerate(arrivals)
    ]


def text(value: str) -> str:
    """What somebody else said, without the one sign that PostgreSQL's text cannot hold."""
    return value.replace("\0", "�")


async def known(connection: Connection, event_ids: Collection[str]) -> frozenset[str]:
    """Those that are there, pruned or not."""
    found = await connection.fetch(
        "SELECT event_id FROM stripe_sf.inbox WHERE event_id = ANY($1::text[])", list(event_ids)
    )
    return frozenset(row["event_id"] for row in found)


_LANE_ROWS = 50
"""Events of one lane in a batch, at most: one customer's storm leaves room for the others."""

_SORT_ROWS = 500
"""New events looked at by one claim: each lane of them is locked until it commits."""

_CANDIDATES = """
WITH now AS MATERIALIZED (SELECT stripe_sf.bridge_now() AS at)
(SELECT lane, seq, state FROM stripe_sf.inbox
    WHERE state = 'claimed' AND due_at <= (SELECT at FROM now) ORDER BY due_at LIMIT $2)
UNION ALL
(SELECT lane, seq, state FROM stripe_sf.inbox WHERE state = 'new' ORDER BY seq LIMIT $2)
UNION ALL
(SELECT lane, seq, state FROM stripe_sf.inbox
    WHERE state = 'due' AND queue = $3 AND due_at <= (SELECT at FROM now)
    ORDER BY due_at, seq LIMIT $1)
"""

# An urgent event does not wait until those before it are sorted.
_URGENT_CANDIDATES = """
WITH now AS MATERIALIZED (SELECT stripe_sf.bridge_now() AS at)
(SELECT lane, seq, state FROM stripe_sf.inbox
    WHERE state = 'claimed' AND due_at <= (SELECT at FROM now) ORDER BY due_at LIMIT $2)
UNION ALL
(SELECT lane, seq, state FROM stripe_sf.inbox AS waiting
    WHERE urgent AND state IN ('new', 'queued', 'due') AND queue = $3
        AND due_at <= (SELECT at FROM now)
        AND NOT EXISTS (
            SELECT 1 FROM stripe_sf.inbox AS flying
            WHERE flying.lane = waiting.lane AND flying.state IN ('claimed', 'sent'))
    ORDER BY seq LIMIT $1)
"""

# Whoever renews the claim meanwhile wins: the row is looked at again once it is locked.
_RELEASE = """
UPDATE stripe_sf.inbox SET state = 'queued', claim = NULL, due_at = now.at, attempts = attempts - 1
FROM (SELECT stripe_sf.bridge_now() AS at) AS now
WHERE seq IN (
    SELECT seq FROM stripe_sf.inbox
    WHERE state = 'claimed' AND due_at <= stripe_sf.bridge_now() AND seq = ANY($1::bigint[])
        AND lane = ANY($2::text[])
    ORDER BY seq FOR UPDATE)
"""

_CLAIM = """
WITH now AS MATERIALIZED (SELECT stripe_sf.bridge_now() AS at),
ready AS (
    SELECT asked.lane, head.due_at, head.seq FROM unnest($1::text[]) AS asked (lane)
    CROSS JOIN LATERAL (
        SELECT due_at, seq FROM stripe_sf.inbox AS waiting
        WHERE waiting.lane = asked.lane AND waiting.state IN ('new', 'queued', 'due')
            AND waiting.due_at <= (SELECT at FROM now) AND (waiting.urgent OR NOT $4)
            AND waiting.queue = $7
        ORDER BY due_at, seq LIMIT 1) AS head
    WHERE NOT EXISTS (
        SELECT 1 FROM stripe_sf.inbox AS flying
        WHERE flying.lane = asked.lane AND flying.state IN ('claimed', 'sent'))
    ORDER BY head.due_at, head.seq LIMIT $2),
taken AS (
    SELECT member.seq FROM ready CROSS JOIN LATERAL (
        SELECT seq FROM stripe_sf.inbox AS waiting
        WHERE waiting.lane = ready.lane AND waiting.state IN ('new', 'queued', 'due')
            AND waiting.due_at <= (SELECT at FROM now) AND (waiting.urgent OR NOT $4)
            AND waiting.queue = $7
        ORDER BY waiting.seq LIMIT $6) AS member
    ORDER BY ready.due_at, ready.seq, member.seq LIMIT $2)
UPDATE stripe_sf.inbox SET state = 'claimed', claim = $3, due_at = (SELECT at FROM now) + $5,
    attempts = attempts + 1
FROM taken JOIN stripe_sf.payload USING (seq)
WHERE inbox.seq = taken.seq
RETURNING inbox.seq, claim, event_id, type, lane, livemode, account, body AS payload, attempts,
    read_keys, sent_as_of
"""

_SORT = """
UPDATE stripe_sf.inbox SET state = 'queued'
WHERE state = 'new' AND seq = ANY($1::bigint[]) AND lane = ANY($2::text[])
"""


async def claim(
    connection: Connection,
    limit: int,
    token: str,
    lease: float,
    urgent_only: bool,
    queue: Queue,
) -> list[Claimed]:
    """Takes a batch of each lane that is ready and that no other bridge is at.

    What is new in those lanes and was not taken is sorted into them.
    """
    candidates = await connection.fetch(
        _URGENT_CANDIDATES if urgent_only else _CANDIDATES, limit, _SORT_ROWS, queue.value
    )
    held = await lanes.try_lock(connection, {row["lane"] for row in candidates})
    if not held:
        return []
    seqs: dict[str, list[int]] = {}
    for row in candidates:
        seqs.setdefault(row["state"], []).append(row["seq"])
    if ended := seqs.get("claimed"):
        await connection.execute(_RELEASE, ended, held)
    claimed = await connection.fetch(
        _CLAIM, held, limit, token, urgent_only, float(lease), _LANE_ROWS, queue.value
    )
    if fresh := seqs.get("new"):
        await connection.execute(_SORT, fresh, held)
    await lanes.advance(connection, held)
    found = [Claimed(**{**row, "read_keys": tuple(row["read_keys"])}) for row in claimed]
    return sorted(found, key=lambda each: each.seq)


_RENEW = """
UPDATE stripe_sf.inbox SET due_at = stripe_sf.bridge_now() + $2
WHERE state = 'claimed' AND seq IN (
    SELECT seq FROM stripe_sf.inbox WHERE state = 'claimed' AND claim = ANY($1::text[])
    ORDER BY seq FOR UPDATE)
RETURNING claim
"""


async def renew(connection: Connection, claims: Collection[str], lease: float) -> frozenset[str]:
    """Puts off the end of claims."""
    held = await connection.fetch(_RENEW, list(claims), float(lease))
    return frozenset(row["claim"] for row in held)


_LANES_OF = """
SELECT DISTINCT lane FROM stripe_sf.inbox WHERE seq = ANY($1::bigint[])
"""

# Each move finds its row by the claim, so a receipt that came first (it clears the claim) wins.
_RECORD = """
WITH now AS MATERIALIZED (SELECT stripe_sf.bridge_now() AS at),
moved AS (
    UPDATE stripe_sf.inbox SET
        state = CASE move.state WHEN 'due' THEN 'queued' ELSE move.state END,
        due_at = now.at + move.wait,
        sent_at = CASE move.state WHEN 'sent' THEN now.at ELSE inbox.sent_at END,
        sent_as_of = coalesce(move.as_of, inbox.sent_as_of),
        sent_rows = coalesce(move.sent_rows, inbox.sent_rows),
        finished_at = CASE WHEN move.state IN ('done', 'dead') THEN now.at END,
        claim = CASE move.state WHEN 'sent' THEN inbox.claim END,
        attempts = inbox.attempts - (NOT move.counted)::integer,
        silences = inbox.silences + (inbox.state = 'sent')::integer,
        outcome = move.outcome,
        reason = move.reason
    FROM now, unnest($1::bigint[], $2::text[], $3::text[], $4::float8[], $5::text[], $6::text[],
        $7::boolean[], $8::float8[], $9::text[])
        AS move (seq, claim, state, wait, outcome, reason, counted, as_of, sent_rows)
    WHERE inbox.seq = move.seq AND inbox.claim = move.claim AND inbox.state IN ('claimed', 'sent')
    RETURNING inbox.seq, inbox.lane, inbox.state, inbox.reason),
noted AS (
    INSERT INTO stripe_sf.timeline (seq, at, what, detail)
    SELECT seq, now.at, CASE state WHEN 'queued' THEN 'due' ELSE state END, reason FROM moved, now)
SELECT DISTINCT lane FROM moved WHERE state <> 'sent'
"""


async def record(connection: Connection, moves: Sequence[Move]) -> None:
    """Applies moves, and lets lanes go on that have nothing in flight any more."""
    seqs = [move.of.seq for move in moves]
    found = await connection.fetch(_LANES_OF, seqs)
    await lanes.lock(connection, [row["lane"] for row in found])
    left = await connection.fetch(
        _RECORD,
        seqs,
        [move.of.claim for move in moves],
        [move.to.value for move in moves],
        [float(move.wait) for move in moves],
        [move.outcome for move in moves],
        [text(move.reason[:255]) for move in moves],
        [move.counted for move in moves],
        [move.as_of for move in moves],
        [None if move.sent_rows is None else text(move.sent_rows) for move in moves],
    )
    await lanes.advance(connection, [row["lane"] for row in left])


_LANES_OF_EVENTS = """
SELECT DISTINCT lane FROM stripe_sf.inbox WHERE event_id = ANY($1::text[]) AND state <> 'done'
"""

_SETTLE_FIND = """
SELECT seq, event_id, lane, state, attempts FROM stripe_sf.inbox
WHERE event_id = ANY($1::text[]) AND state <> 'done' ORDER BY seq FOR UPDATE
"""

_SETTLE = """
WITH now AS MATERIALIZED (SELECT stripe_sf.bridge_now() AS at),
word AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::float8[], $4::text[], $5::text[], $6::text[])
        AS word (seq, state, wait, outcome, reason, read_keys)),
moved AS (
    UPDATE stripe_sf.inbox SET
        state = word.state,
        due_at = now.at + word.wait,
        finished_at = CASE WHEN word.state IN ('done', 'dead') THEN now.at END,
        claim = NULL,
        outcome = word.outcome,
        reason = word.reason,
        read_keys = word.read_keys::text[],
        silences = 0,
        sent_rows = ''
    FROM now, word WHERE inbox.seq = word.seq)
INSERT INTO stripe_sf.timeline (seq, at, what, detail)
SELECT seq, now.at, outcome, reason FROM word, now
"""


async def complete(
    connection: Connection, settlements: Sequence[Settlement], cursor: Cursor | None
) -> frozenset[str]:
    """Applies receipts and moves the cursor; a later receipt of the same event wins."""
    by_id = {settlement.event_id: settlement for settlement in settlements}
    found = await connection.fetch(_LANES_OF_EVENTS, list(by_id))
    await lanes.lock(connection, [row["lane"] for row in found])
    if cursor is not None:
        await shared.set_cursor(connection, cursor)
    settled: list[tuple[object, ...]] = []
    moved: dict[str, str] = {}
    for row in await connection.fetch(_SETTLE_FIND, list(by_id)):
        settlement = by_id[row["event_id"]]
        if settlement.to is not State.DONE and row["state"] not in (State.CLAIMED, State.SENT):
            continue
        to = State.QUEUED if settlement.to is State.DUE else settlement.to
        wait = settlement.backoff.wait(row["attempts"]) if settlement.backoff else 0.0
        reason = text(settlement.reason[:255])
        keys = _array(settlement.read_keys)
        settled.append((row["seq"], to.value, wait, settlement.outcome, reason, keys))
        moved[row["event_id"]] = row["lane"]
    if settled:
        await connection.execute(_SETTLE, *(list(each) for each in zip(*settled, strict=True)))
        await lanes.advance(connection, set(moved.values()))
    return frozenset(moved)


def _array(values: Sequence[str]) -> str:
    """An array in PostgreSQL's own notation: unnest would take arrays of arrays apart."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{text(value)}"' for value in quoted) + "}"


async def overdue(connection: Connection, limit: int) -> list[InFlight]:
    """Published events past their deadline."""
    rows = await connection.fetch(
        "SELECT seq, claim, event_id, silences, sent_at, sent_rows FROM stripe_sf.inbox "
        "WHERE state = 'sent' AND due_at <= stripe_sf.bridge_now() ORDER BY due_at, seq LIMIT $1",
        limit,
    )
    return [InFlight(**row) for row in rows]


async def in_flight(connection: Connection) -> int:
    """How many are published and without a receipt."""
    return int(
        await connection.fetchval("SELECT count(*) FROM stripe_sf.inbox WHERE state = 'sent'")
    )


async def count_refused(connection: Connection, causes: Mapping[str, int]) -> None:
    """Adds to the counters."""
    await connection.execute(
        "INSERT INTO stripe_sf.refused AS told (cause, count) "
        "SELECT * FROM unnest($1::text[], $2::bigint[]) AS more (cause, count) ORDER BY cause "
        "ON CONFLICT (cause) DO UPDATE SET count = told.count + excluded.count",
        list(causes),
        list(causes.values()),
    )


async def release_claims(connection: Connection, holder: str) -> None:
    """Makes due again what a bridge that ends holds; published events keep their deadline."""
    mine = await connection.fetch(
        "SELECT seq, lane FROM stripe_sf.inbox WHERE state = 'claimed' AND starts_with(claim, $1)",
        holder,
    )
    of_lanes = {row["lane"] for row in mine}
    await lanes.lock(connection, of_lanes)
    await connection.execute(
        "UPDATE stripe_sf.inbox SET state = 'queued', claim = NULL, "
        "due_at = stripe_sf.bridge_now(), attempts = attempts - 1 "
        "WHERE state = 'claimed' AND starts_with(claim, $2) AND seq = ANY($1::bigint[])",
        [row["seq"] for row in mine],
        holder,
    )
    await lanes.advance(connection, of_lanes)
