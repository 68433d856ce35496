"""The SQL of reads that are asked for: one that waits serves all who ask for the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.store.inbox import LONGEST_WAIT, Arrival, Progress, State
from bridge.store.pg import lanes
from bridge.store.pg.pool import Connection
from bridge.store.pg.queries import admit, known

# In a statement of its own, as in lanes.py: two that ask at once are served by one row.
_LOCK = """
SELECT pg_advisory_xact_lock(1599164162, hash) FROM (
    SELECT DISTINCT hashtext(asked) AS hash FROM unnest($1::text[]) AS asked
    ORDER BY hash) AS ordered
"""

# The sign after the colon: the range holds this subject's ids and no others.
_WAITING = """
SELECT asked, found.event_id, found.lane FROM unnest($1::text[]) AS asked CROSS JOIN LATERAL (
    SELECT event_id, lane FROM stripe_sf.inbox
    WHERE event_id COLLATE "C" >= asked || ':' AND event_id COLLATE "C" < asked || ';'
        AND state IN ('new', 'queued', 'due')
    ORDER BY event_id COLLATE "C" LIMIT 1) AS found
"""

_PUT_OFF = """
WITH now AS MATERIALIZED (SELECT stripe_sf.bridge_now() AS at)
UPDATE stripe_sf.inbox SET due_at = least(now.at + wait, admitted_at + $3 * wait)
FROM now, unnest($1::text[], $2::float8[]) AS asked (event_id, wait)
WHERE inbox.event_id = asked.event_id AND inbox.state IN ('new', 'queued', 'due')
    AND inbox.due_at < least(now.at + wait, admitted_at + $3 * wait)
RETURNING lane
"""

_PROGRESS = """
SELECT state, coalesce(outcome, '') AS outcome, count(*) AS n FROM stripe_sf.inbox
WHERE lane = ANY($1::text[]) AND starts_with(type, $2)
    AND (finished_at IS NULL OR finished_at >= $3)
GROUP BY 1, 2
"""


async def ask(connection: Connection, arrivals: Sequence[Arrival]) -> list[str]:
    """Stores each arrival unless one for the same subject waits; the ids that serve them.

    An arrival that is known has been read already: it serves nobody who asked later.
    """
    subjects = [arrival.event_id.rpartition(":")[0] for arrival in arrivals]
    if not subjects:
        return []
    await connection.fetch(_LOCK, subjects)
    waiting = await connection.fetch(_WAITING, sorted(set(subjects)))
    serving: dict[str, str] = {row["asked"]: row["event_id"] for row in waiting}
    answered = await known(connection, [arrival.event_id for arrival in arrivals])
    fresh: list[Arrival] = []
    ids: list[str] = []
    for subject, arrival in zip(subjects, arrivals, strict=True):
        if subject not in serving and arrival.event_id in answered:
            ids.append(arrival.event_id)
            continue
        if subject not in serving:
            serving[subject] = arrival.event_id
            fresh.append(arrival)
        ids.append(serving[subject])
    await admit(connection, fresh)
    waits = {
        serves: arrival.wait
        for serves, arrival in zip(ids, arrivals, strict=True)
        if arrival.wait and serves != arrival.event_id
    }
    await _put_off(connection, {row["event_id"]: row["lane"] for row in waiting}, waits)
    return ids


async def _put_off(
    connection: Connection, there: Mapping[str, str], waits: Mapping[str, float]
) -> None:
    """Rows that wait for more of their kind wait anew."""
    asked = {event_id: lane for event_id, lane in there.items() if event_id in waits}
    if not asked:
        return
    await lanes.lock(connection, set(asked.values()))
    found = await connection.fetch(
        _PUT_OFF, list(asked), [float(waits[each]) for each in asked], float(LONGEST_WAIT)
    )
    await lanes.advance(connection, {row["lane"] for row in found})


async def progress(
    connection: Connection, lanes: Sequence[str], prefix: str, since: float
) -> Progress:
    """How the rows of some lanes stand whose type begins so, if open or finished since then."""
    waiting, dead = 0, 0
    outcomes: dict[str, int] = {}
    for row in await connection.fetch(_PROGRESS, sorted(set(lanes)), prefix, float(since)):
        if row["state"] == State.DEAD:
            dead += row["n"]
        elif row["state"] == State.DONE:
            outcomes[row["outcome"]] = outcomes.get(row["outcome"], 0) + row["n"]
        else:
            waiting += row["n"]
    return Progress(waiting, dead, outcomes)
