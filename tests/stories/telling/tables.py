"""Tables of what is expected against what is found, in the words that people see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.stories.telling.book import Table
from tests.stories.telling.records import Column, Record
from tests.stories.telling.words import decimal

Names = Callable[[str], str]
"""What the record of an id is called."""

_NUMBERS = {"currency", "double", "int", "percent"}


def shown(value: Any, column: Column, names: Names) -> str:
    """A value as a story writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column.type in _NUMBERS:
        number = Decimal(value)
        return f"{number:,.2f}" if column.type == "currency" else f"{number.normalize():,f}"
    if column.type == "reference":
        return names(str(value))
    if column.type == "datetime":
        return str(value)[:16].replace("T", " ")
    return str(value)


def fits(expected: str, value: Any, column: Column, names: Names) -> bool:
    """Whether a cell says a value. ``…words…`` is found anywhere; an empty amount is 0."""
    found = shown(value, column, names)
    if expected.startswith("…") and expected.endswith("…") and len(expected) > 2:
        return expected[1:-1].lower() in found.lower()
    if column.type in _NUMBERS:
        try:
            return decimal(expected or "0") == Decimal(value or 0)
        except InvalidOperation:
            return False
    return expected == found


def one(table: Table, record: Record, columns: Sequence[Column], names: Names) -> str | None:
    """A table of labels and values against a record; the difference, or None."""
    wrong = [
        f"{label}: expected {expected!r}, found {shown(record.get(column.name), column, names)!r}"
        for (label, expected), column in zip(table, columns, strict=True)
        if not fits(expected, record.get(column.name), column, names)
    ]
    return "\n".join(wrong) or None


def many(
    table: Table, records: Sequence[Record], columns: Sequence[Column], names: Names
) -> str | None:
    """A table with a heading against records in any order; both tables, or None."""
    left = list(records)
    missing = []
    for row in table[1:]:
        match = next((each for each in left if _row_fits(row, each, columns, names)), None)
        if match is None:
            missing.append(row)
        else:
            left.remove(match)
    if not missing and not left:
        return None
    found = [[shown(each.get(c.name), c, names) for c in columns] for each in records]
    return f"expected:\n{_laid_out(table)}\nfound:\n{_laid_out([table[0], *found])}"


def _row_fits(row: Sequence[str], record: Record, columns: Sequence[Column], names: Names) -> bool:
    return all(
        fits(cell, record.get(column.name), column, names)
        for cell, column in zip(row, columns, strict=True)
    )


def _laid_out(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  | " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
