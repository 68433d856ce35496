"""How commands print: tables for people, JSON for programs."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from bridge.clock import utc


def as_json(value: object) -> None:
    """Prints one JSON document."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def as_table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Prints a table."""
    table = Table(*columns, title=title or None, title_justify="left")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    Console().print(table)


def moment(seconds: float | None) -> str | None:
    """A moment as ISO 8601 in UTC, to the second."""
    return None if seconds is None else utc(seconds).isoformat(timespec="seconds")


def ago(seconds: float) -> str:
    """A length of time for people."""
    return str(dt.timedelta(seconds=round(seconds)))


def plain(values: Mapping[Any, Any]) -> dict[str, Any]:
    """A mapping with its keys as text."""
    return {str(key): value for key, value in values.items()}
