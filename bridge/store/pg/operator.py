"""The SQL for operators: looking in, dead letters, and forgetting what is long done."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.store.inbox import Counts, EventRow, Moment, State
from bridge.store.pg.pool import Connection

_EVENT_COLUMNS = (
    "event_id, type, created, api_version, livemode, account, lane, state, admitted_at, due_at, "
    "attempts, sent_at, finished_at, outcome, reason, read_keys"
)

_OPEN = [state for state in State if state not in (State.DONE, State.DEAD)]

# Each state by its own index: one look at all rows would be at all that are done, too.
_COUNT = " UNION ALL ".join(
    f"SELECT '{state.value}' AS state, count(*) AS n FROM stripe_sf.inbox "  # noqa: S608
    f"WHERE state = '{state.value}'"
    for state in State
)
_OLDEST = " UNION ALL ".join(
    f"(SELECT admitted_at FROM stripe_sf.inbox WHERE state = '{state.value}' "  # noqa: S608
    "ORDER BY seq LIMIT 1)"
    for state in _OPEN
)


async def counts(connection: Connection) -> Counts:
    """Events by state and refusals by cause."""
    states = {State(row["state"]): row["n"] for row in await connection.fetch(_COUNT)}
    oldest = await connection.fetchval(f"SELECT min(admitted_at) FROM ({_OLDEST}) AS first")  # noqa: S608
    refused = await connection.fetch("SELECT cause, count FROM stripe_sf.refused ORDER BY cause")
    return Counts(states, oldest, {row["cause"]: row["count"] for row in refused})


async def list_events(
    connection: Connection, state: State | None, lane: str | None, limit: int
) -> list[EventRow]:
    """The newest events first."""
    wanted = "TRUE" if state is None else f"state = '{state.value}'"
    wanted += "" if lane is None else " AND lane = $2"
    rows = await connection.fetch(
        f"SELECT {_EVENT_COLUMNS} FROM stripe_sf.inbox WHERE {wanted} "  # noqa: S608
        "ORDER BY seq DESC LIMIT $1",
        limit,
        *(() if lane is None else (lane,)),
    )
    return [_event_row(row) for row in rows]


async def get_event(connection: Connection, event_id: str) -> tuple[EventRow, list[Moment]] | None:
    """An event and its timeline."""
    row = await connection.fetchrow(
        f"SELECT {_EVENT_COLUMNS} FROM stripe_sf.inbox WHERE event_id = $1",  # noqa: S608
        event_id,
    )
    if row is None:
        return None
    event = _event_row(row)
    moments = await connection.fetch(
        "SELECT at, what, detail FROM stripe_sf.timeline "
        "WHERE seq = (SELECT seq FROM stripe_sf.inbox WHERE event_id = $1) ORDER BY id",
        event_id,
    )
    return event, [Moment(event.admitted_at, "admitted", ""), *(Moment(**m) for m in moments)]


def _event_row(row: object) -> EventRow:
    fields = dict(row)  # type: ignore[call-overload]
    fields |= {"state": State(fields["state"]), "read_keys": tuple(fields["read_keys"])}
    return EventRow(**fields)


_RETRY = """
WITH moved AS (
    UPDATE stripe_sf.inbox SET state = 'new', due_at = stripe_sf.bridge_now(), attempts = 0,
        silences = 0, finished_at = NULL, outcome = NULL, reason = ''
    WHERE state = 'dead' AND seq IN (
        SELECT inbox.seq FROM stripe_sf.inbox JOIN stripe_sf.payload USING (seq)
        WHERE state = 'dead' AND ($1::text[] IS NULL OR event_id = ANY($1::text[]))
        ORDER BY inbox.seq FOR UPDATE OF inbox)
    RETURNING seq),
noted AS (
    INSERT INTO stripe_sf.timeline (seq, at, what, detail)
    SELECT seq, stripe_sf.bridge_now(), 'retried', 'by an operator' FROM moved)
SELECT count(*) FROM moved
"""

_DISCARD = """
WITH moved AS (
    UPDATE stripe_sf.inbox
    SET state = 'done', outcome = 'discarded', finished_at = stripe_sf.bridge_now()
    WHERE state = 'dead' AND event_id = ANY($1::text[])
    RETURNING seq),
noted AS (
    INSERT INTO stripe_sf.timeline (seq, at, what, detail)
    SELECT seq, stripe_sf.bridge_now(), 'discarded', 'by an operator' FROM moved)
SELECT count(*) FROM moved
"""


async def retry(connection: Connection, event_ids: Sequence[str] | None) -> int:
    """Puts dead events back; their attempts start again."""
    ids = None if event_ids is None else list(event_ids)
    return int(await connection.fetchval(_RETRY, ids))


async def discard(connection: Connection, event_ids: Sequence[str]) -> int:
    """Dead events, done by decree."""
    return int(await connection.fetchval(_DISCARD, list(event_ids)))


# Rows that another bridge is at are left to it.
_PRUNE = """
WITH old AS MATERIALIZED (
    SELECT seq FROM stripe_sf.inbox WHERE state = 'done' AND NOT pruned AND finished_at < $1
    ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED),
bodies AS (DELETE FROM stripe_sf.payload USING old WHERE payload.seq = old.seq),
moments AS (DELETE FROM stripe_sf.timeline USING old WHERE timeline.seq = old.seq),
pruned AS (
    UPDATE stripe_sf.inbox SET pruned = true FROM old WHERE inbox.seq = old.seq
    RETURNING inbox.seq)
SELECT count(*) FROM pruned
"""

_FORGET = """
WITH forgotten AS (
    DELETE FROM stripe_sf.inbox WHERE seq IN (
        SELECT seq FROM stripe_sf.inbox WHERE state = 'done' AND pruned AND finished_at < $1
        ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING seq)
SELECT count(*) FROM forgotten
"""


async def prune(connection: Connection, finished_before: float, limit: int) -> int:
    """Leaves of some finished events only that they were there."""
    return int(await connection.fetchval(_PRUNE, float(finished_before), limit))


async def forget(connection: Connection, finished_before: float, limit: int) -> int:
    """Deletes some events that were pruned."""
    return int(await connection.fetchval(_FORGET, float(finished_before), limit))
