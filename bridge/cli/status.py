"""``stripe-sf status``."""

from __future__ import annotations

from pathlib import Path

import click

from bridge.cli import show
from bridge.cli.store import with_store
from bridge.clock import system_clock
from bridge.store import Counts, State


@click.command()
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(env_file: Path, json_: bool) -> None:
    """How the inbox stands."""
    counts = with_store(env_file, lambda inbox: inbox.counts())
    age = _age(counts)
    if json_:
        show.as_json(
            {
                "states": show.plain(counts.states),
                "waiting": counts.waiting,
                "dead": counts.states[State.DEAD],
                "oldest_waiting_seconds": age,
                "refused": show.plain(counts.refused),
            }
        )
        return
    show.as_table(("state", "events"), list(counts.states.items()), title="Inbox")
    if age is not None:
        click.echo(f"the oldest event that waits came {show.ago(age)} ago")
    if counts.refused:
        show.as_table(("cause", "requests"), list(counts.refused.items()), title="Refused")


def _age(counts: Counts) -> float | None:
    if counts.oldest_waiting is None:
        return None
    return max(0.0, system_clock() - counts.oldest_waiting)
