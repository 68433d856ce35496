"""The story on a terminal."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rehearsal.demo.org import Change, Snapshot, name_of
from rehearsal.demo.telling import Told

_PLUMBING = ("As_Of", "Stripe_Link", "Stripe_Account", "Invoice_P")


class Teller:
    """Prints the steps as a person reads them: names for ids, money with its cents."""

    def __init__(self, console: Console, types: dict[str, dict[str, str]]) -> None:
        self._console, self._types = console, types
        self._names: dict[str, str] = {}

    def step(self, number: int, told: Told, records: Snapshot, seconds: float) -> None:
        """One step: title, what Stripe sent, and each field before and after."""
        self._names = {
            record_id: name_of(record)
            for rows in records.values()
            for record_id, record in rows.items()
        }
        say = self._console.print
        self._console.rule(f"[bold]{number}. {told.title}", align="left")
        say(f"   {told.why}", highlight=False)
        counted = Counter(event["type"] for event in told.stripe_events)
        sent = ", ".join(f"{kind}{f' ×{n}' if n > 1 else ''}" for kind, n in counted.items())
        say(f"   [dim]Stripe sent:[/dim] {sent or 'no new event'}", highlight=False)
        if not told.changes:
            say("   [dim]Salesforce:[/dim] nothing changed", highlight=False)
        for change in told.changes:
            self._change(change)
        if told.note:
            say(f"   {told.note}", highlight=False)
        say(f"   [dim]settled in {seconds:.1f} s[/dim]\n", highlight=False)

    def _change(self, change: Change) -> None:
        label = change.object.removeprefix("Bridge_").removesuffix("__c")
        heading = f"   [cyan]{label}[/cyan] {change.name} [dim]{change.kind}[/dim]"
        self._console.print(heading, highlight=False)
        table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
        table.add_column(min_width=38, no_wrap=True)
        table.add_column(overflow="fold")
        types = self._types[change.object]
        for field, (before, after) in change.fields.items():
            if field.startswith(_PLUMBING):
                continue
            shown = Text(self._value(types[field], after), style="green")
            if change.kind == "updated":
                old = Text(self._value(types[field], before), style="dim")
                shown = Text.assemble(old, " → ", shown)
            table.add_row(f"      {field}", shown)
        self._console.print(table)

    def _value(self, kind: str, value: Any) -> str:
        if value is None:
            return "–"
        if kind == "reference":
            return self._names.get(value, str(value))
        if kind == "currency":
            return f"{Decimal(value):,.2f}"
        if kind == "double":
            return f"{Decimal(value).normalize():,f}"
        return str(value)

    def end(self, records: Snapshot) -> None:
        """How many records of each object there are."""
        counts = {name: len(rows) for name, rows in records.items() if rows}
        said = ", ".join(f"{n} {name}" for name, n in counts.items())
        self._console.print(f"At the end: {said}", highlight=False)
