"""``stripe-sf status``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bridge import reporting
from bridge.cli import show
from bridge.cli.store import with_store
from bridge.clock import system_clock
from bridge.health import NOT_TRIED, Part
from bridge.store import Counts, Inbox, Report, State


@click.command()
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(env_file: Path, json_: bool) -> None:
    """How the inbox and the bridge stand."""
    counts, told = with_store(env_file, _look)
    bridges = reporting.latest(told)
    age = _age(counts)
    if json_:
        show.as_json(
            {
                "states": show.plain(counts.states),
                "waiting": counts.waiting,
                "dead": counts.states[State.DEAD],
                "oldest_waiting_seconds": age,
                "refused": show.plain(counts.refused),
                "bridges": bridges,
            }
        )
        return
    show.as_table(("state", "events"), list(counts.states.items()), title="Inbox")
    if age is not None:
        click.echo(f"the oldest event that waits came {show.ago(age)} ago")
    if counts.refused:
        show.as_table(("cause", "requests"), list(counts.refused.items()), title="Refused")
    if not bridges:
        click.echo("no bridge serves from this store")
    for bridge in bridges:
        _tell(bridge)
    if len(bridges) > 1 and bridges[0]["serving"]:
        _tell_readers(bridges)


async def _look(inbox: Inbox) -> tuple[Counts, list[Report]]:
    return await inbox.counts(), await inbox.told()


def _tell(bridge: dict[str, Any]) -> None:
    ago = show.ago(bridge["reported_seconds_ago"])
    heading = bridge["bridge"] if bridge["serving"] else f"{bridge['bridge']}, silent for {ago}"
    faults = [
        (part, found["fault"], found["since"], found["reason"])
        for part, found in bridge["parts"].items()
        if not found["ok"]
    ]
    if faults:
        show.as_table(("part", "fault", "since", "reason"), faults, title=heading)
    else:
        click.echo(f"{heading}: all parts work")
    if bridge["budget"].get("reserve_only"):
        click.echo("the hour's events are nearly used up: only urgent ones are published")


def _tell_readers(bridges: list[dict[str, Any]]) -> None:
    """Which of several bridges reads each topic: one at a time does."""
    for part in (Part.RECEIPTS, Part.REQUESTS):
        # The newest first: one that has just died may still say so.
        readers = [each["bridge"] for each in bridges if _reads(each, part)]
        click.echo(f"{part}: read by {readers[0] if readers else 'nobody until one takes over'}")


def _reads(bridge: dict[str, Any], part: str) -> bool:
    tried = bridge["parts"][part]["fault"] != NOT_TRIED
    return tried and part not in bridge.get("stands_by", ())


def _age(counts: Counts) -> float | None:
    if counts.oldest_waiting is None:
        return None
    return max(0.0, system_clock() - counts.oldest_waiting)
