"""The SQL for operators: looking in, dead letters, and forgetting what is long done."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from bridge.store.inbox import Counts, EventRow, Moment, State
from bridge.store.queries import note

_EVENT_COLUMNS = (
    "event_id, type, created, api_version, livemode, account, lane, state, admitted_at, due_at, "
    "attempts, sent_at, finished_at, outcome, reason, read_keys"
)


def counts(connection: sqlite3.Connection) -> Counts:
    """Events by state and refusals by cause."""
    states: dict[State, int] = {}
    oldest: list[float] = []
    for state in State:
        states[state], first = connection.execute(
            f"SELECT count(*), min(seq) FROM inbox INDEXED BY inbox_{state.value} "  # noqa: S608
            f"WHERE {_is(state)}"
        ).fetchone()
        if first is not None and state not in (State.DONE, State.DEAD):
            oldest += connection.execute(
                "SELECT admitted_at FROM inbox WHERE seq = ?", (first,)
            ).fetchone()
    refused = dict(connection.execute("SELECT cause, count FROM refused ORDER BY cause"))
    return Counts(states, min(oldest, default=None), refused)


def _is(state: State) -> str:
    """A condition that a partial index can serve: with a parameter it could not."""
    return f"state = '{state.value}'"


def list_events(
    connection: sqlite3.Connection, state: State | None, lane: str | None, limit: int
) -> list[EventRow]:
    """The newest events first."""
    wanted = "TRUE" if state is None else _is(state)
    if lane is not None:
        wanted += " AND lane = :lane"
    rows = connection.execute(
        f"SELECT {_EVENT_COLUMNS} FROM inbox WHERE {wanted} "  # noqa: S608
        "ORDER BY seq DESC LIMIT :limit",
        {"lane": lane, "limit": limit},
    )
    return [_event_row(row) for row in rows]


def get_event(
    connection: sqlite3.Connection, event_id: str
) -> tuple[EventRow, list[Moment]] | None:
    """An event and its timeline."""
    row = connection.execute(
        f"SELECT {_EVENT_COLUMNS} FROM inbox WHERE event_id = ?",  # noqa: S608
        (event_id,),
    ).fetchone()
    if row is None:
        return None
    event = _event_row(row)
    moments = connection.execute(
        "SELECT at, what, detail FROM timeline "
        "WHERE seq = (SELECT seq FROM inbox WHERE event_id = ?) ORDER BY timeline.rowid",
        (event_id,),
    )
    return event, [Moment(event.admitted_at, "admitted", ""), *(Moment(*m) for m in moments)]


def _event_row(row: tuple[object, ...]) -> EventRow:
    fields = dict(zip(_EVENT_COLUMNS.split(", "), row, strict=True))
    fields["state"] = State(str(fields["state"]))
    fields["livemode"] = bool(fields["livemode"])
    fields["read_keys"] = tuple(json.loads(str(fields["read_keys"])))
    return EventRow(**fields)  # type: ignore[arg-type]


def retry(connection: sqlite3.Connection, event_ids: Sequence[str] | None, now: float) -> int:
    """Puts dead events back; their attempts start again."""
    moved = connection.execute(
        "UPDATE inbox SET state = 'new', due_at = :now, attempts = 0, silences = 0, "
        "finished_at = NULL, outcome = NULL, reason = '' "
        "WHERE state = 'dead' AND seq IN (SELECT seq FROM payload) "
        "AND (:ids IS NULL OR event_id IN (SELECT value FROM json_each(:ids))) RETURNING seq",
        {"now": now, "ids": None if event_ids is None else json.dumps(list(event_ids))},
    ).fetchall()
    note(connection, now, [(seq, "retried", "by an operator") for (seq,) in moved])
    return len(moved)


def discard(connection: sqlite3.Connection, event_ids: Sequence[str], now: float) -> int:
    """Dead events, done by decree."""
    moved = connection.execute(
        "UPDATE inbox SET state = 'done', outcome = 'discarded', finished_at = ? "
        "WHERE state = 'dead' AND event_id IN (SELECT value FROM json_each(?)) RETURNING seq",
        (now, json.dumps(list(event_ids))),
    ).fetchall()
    note(connection, now, [(seq, "discarded", "by an operator") for (seq,) in moved])
    return len(moved)


def prune(connection: sqlite3.Connection, finished_before: float, limit: int) -> int:
    """Leaves of some finished events only that they were there."""
    seqs = connection.execute(
        "SELECT seq FROM inbox WHERE state = 'done' AND NOT pruned AND finished_at < ? LIMIT ?",
        (finished_before, limit),
    ).fetchall()
    for table in ("timeline", "payload"):
        connection.executemany(f"DELETE FROM {table} WHERE seq = ?", seqs)  # noqa: S608
    connection.executemany("UPDATE inbox SET pruned = 1 WHERE seq = ?", seqs)
    return len(seqs)


def forget(connection: sqlite3.Connection, finished_before: float, limit: int) -> int:
    """Deletes some events that were pruned."""
    seqs = connection.execute(
        "SELECT seq FROM inbox WHERE state = 'done' AND pruned AND finished_at < ? LIMIT ?",
        (finished_before, limit),
    ).fetchall()
    connection.executemany("DELETE FROM inbox WHERE seq = ?", seqs)
    return len(seqs)
