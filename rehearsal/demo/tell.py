"""The story on a terminal."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from rehearsal.demo.org import Change, Snapshot
from rehearsal.demo.story import Told


def tell(console: Console, number: int, told: Told, seconds: float) -> None:
    """Prints one step: title, what Stripe sent, and each field before and after."""
    console.rule(f"[bold]{number}. {told.title}", align="left")
    console.print(f"   {told.why}")
    counted = Counter(event["type"] for event in told.stripe_events)
    sent = ", ".join(f"{kind}{f' ×{n}' if n > 1 else ''}" for kind, n in counted.items())
    console.print(f"   [dim]Stripe sent:[/dim] {sent or 'no new event'}", soft_wrap=True)
    if not told.changes:
        console.print("   [dim]Salesforce:[/dim] nothing changed")
    for change in told.changes:
        _change(console, change)
    console.print(f"   [dim]settled in {seconds:.1f} s[/dim]")
    console.print()


def _change(console: Console, change: Change) -> None:
    label = change.object.removeprefix("Bridge_").removesuffix("__c")
    console.print(f"   [cyan]{label}[/cyan] {change.name} [dim]{change.kind}[/dim]")
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_column(min_width=34, no_wrap=True)
    table.add_column(overflow="fold")
    for field, (before, after) in change.fields.items():
        if _is_plumbing(field):
            continue
        shown = f"[green]{_value(after)}[/green]"
        if change.kind == "updated":
            shown = f"[dim]{_value(before)}[/dim] → {shown}"
        table.add_row(f"      {field}", shown)
    console.print(table)


def _is_plumbing(field: str) -> bool:
    return field.startswith(("As_Of", "Stripe_Link", "Stripe_Account", "Invoice_P"))


def _value(value: Any) -> str:
    return "–" if value is None else str(value)


def summary(console: Console, records: Snapshot) -> None:
    """One line an object: how many records there are at the end."""
    counts = {name: len(rows) for name, rows in records.items() if rows}
    console.print("At the end: " + ", ".join(f"{n} {name}" for name, n in counts.items()))
