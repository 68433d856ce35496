"""The SQL of reads that are asked for: one that waits serves all who ask for the same."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from bridge.store.admission import admit
from bridge.store.inbox import LONGEST_WAIT, Arrival, Progress, State
from bridge.store.queries import advance, known

# The range lies in the index of the ids, whatever else the inbox holds.
_WAITING = """
SELECT event_id FROM inbox
WHERE event_id >= ? AND event_id < ? AND state IN ('new', 'queued', 'due') LIMIT 1
"""

_PUT_OFF = """
UPDATE inbox SET due_at = min(:now + asked.wait, admitted_at + :longest * asked.wait)
FROM (SELECT value ->> 0 AS event_id, value ->> 1 AS wait FROM json_each(:asked)) AS asked
WHERE inbox.event_id = asked.event_id AND inbox.state IN ('new', 'queued', 'due')
    AND inbox.due_at < min(:now + asked.wait, admitted_at + :longest * asked.wait)
RETURNING lane
"""

_PROGRESS = """
SELECT member.state, coalesce(member.outcome, ''), count(*)
FROM json_each(:lanes) AS asked CROSS JOIN inbox AS member INDEXED BY inbox_lane
WHERE member.lane = asked.value AND member.type >= :type AND member.type < :beyond
    AND (member.finished_at IS NULL OR member.finished_at >= :since)
GROUP BY member.state, member.outcome
"""


def ask(connection: sqlite3.Connection, arrivals: Sequence[Arrival], now: float) -> list[str]:
    """Stores each arrival unless one for the same subject waits; the ids that serve them.

    An arrival that is known has been read already: it serves nobody who asked later.
    """
    subjects = [arrival.event_id.rpartition(":")[0] for arrival in arrivals]
    serving = {
        subject: found for subject in set(subjects) if (found := _waiting(connection, subject))
    }
    answered = known(connection, [arrival.event_id for arrival in arrivals])
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
    admit(connection, fresh, now)
    _put_off(
        connection,
        [
            (serves, arrival.wait)
            for serves, arrival in zip(ids, arrivals, strict=True)
            if arrival.wait and serves != arrival.event_id
        ],
        now,
    )
    return ids


def _waiting(connection: sqlite3.Connection, subject: str) -> str | None:
    # The sign after the colon: the range holds this subject's ids and no others.
    found = connection.execute(_WAITING, (f"{subject}:", f"{subject};")).fetchone()
    return None if found is None else str(found[0])


def _put_off(
    connection: sqlite3.Connection, asked: Sequence[tuple[str, float]], now: float
) -> None:
    """Rows that wait for more of their kind wait anew."""
    if asked:
        found = connection.execute(
            _PUT_OFF, {"asked": json.dumps(asked), "now": now, "longest": LONGEST_WAIT}
        )
        advance(connection, json.dumps([lane for (lane,) in found.fetchall()]))


def progress(
    connection: sqlite3.Connection, lanes: Sequence[str], prefix: str, since: float
) -> Progress:
    """How the rows of some lanes stand whose type begins so, if open or finished since then."""
    rows = connection.execute(
        _PROGRESS,
        {
            "lanes": json.dumps(sorted(set(lanes))),
            "type": prefix,
            "beyond": prefix[:-1] + chr(ord(prefix[-1]) + 1),
            "since": since,
        },
    )
    waiting, dead = 0, 0
    outcomes: dict[str, int] = {}
    for state, outcome, count in rows:
        if state == State.DEAD.value:
            dead += count
        elif state == State.DONE.value:
            outcomes[outcome] = outcomes.get(outcome, 0) + count
        else:
            waiting += count
    return Progress(waiting, dead, outcomes)
