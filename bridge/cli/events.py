"""``stripe-sf events``: what is in the inbox, and what to do with dead letters."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bridge.cli import show
from bridge.cli.store import with_store
from bridge.store import EventRow, Moment, State


@click.group()
def events() -> None:
    """Look into the inbox; retry or discard dead letters."""


@events.command("list")
@click.option(
    "--state", type=click.Choice([state.value for state in State]), help="Only this state."
)
@click.option("--lane", help="Only this lane: a Stripe customer.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(env_file: Path, state: str | None, lane: str | None, limit: int, json_: bool) -> None:
    """The newest events first."""
    rows = with_store(
        env_file,
        lambda inbox: inbox.list_events(
            state=State(state) if state else None, lane=lane, limit=limit
        ),
    )
    if json_:
        show.as_json([_fields(row) for row in rows])
        return
    show.as_table(
        ("event", "type", "lane", "state", "outcome", "attempts", "admitted", "reason"),
        [
            (
                row.event_id,
                row.type,
                row.lane,
                row.state,
                row.outcome,
                row.attempts,
                show.moment(row.admitted_at),
                row.reason,
            )
            for row in rows
        ],
    )


@events.command("show")
@click.argument("event_id")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def show_(env_file: Path, event_id: str, json_: bool) -> None:
    """One event and its timeline."""
    found = with_store(env_file, lambda inbox: inbox.get_event(event_id))
    if found is None:
        raise click.ClickException(f"no event {event_id} in the inbox")
    row, moments = found
    if json_:
        show.as_json({**_fields(row), "timeline": [_moment(moment) for moment in moments]})
        return
    show.as_table(("field", "value"), list(_fields(row).items()))
    show.as_table(
        ("at", "what", "detail"),
        [(show.moment(moment.at), moment.what, moment.detail) for moment in moments],
        title="Timeline",
    )


@events.command()
@click.argument("event_ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every dead letter.")
@click.pass_obj
def retry(env_file: Path, event_ids: tuple[str, ...], every: bool) -> None:
    """Put dead letters back into their lanes."""
    if bool(event_ids) == every:
        raise click.UsageError("name the events, or give --all")
    n = with_store(env_file, lambda inbox: inbox.retry(None if every else event_ids))
    _tell(n, len(event_ids), "put back")


@events.command()
@click.argument("event_ids", nargs=-1, required=True)
@click.pass_obj
def discard(env_file: Path, event_ids: tuple[str, ...]) -> None:
    """Declare dead letters done without applying them."""
    n = with_store(env_file, lambda inbox: inbox.discard(event_ids))
    _tell(n, len(event_ids), "discarded")


def _tell(n: int, asked: int, done: str) -> None:
    click.echo(f"{n} {done}")
    if n < asked:
        raise click.ClickException(f"{asked - n} of the events named are no dead letters")


def _fields(row: EventRow) -> dict[str, Any]:
    fields = asdict(row)
    for name in ("created", "admitted_at", "due_at", "sent_at", "finished_at"):
        fields[name] = show.moment(fields[name])
    return fields


def _moment(moment: Moment) -> dict[str, Any]:
    return {**asdict(moment), "at": show.moment(moment.at)}
