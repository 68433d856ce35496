"""The stories as they are written: one scenario a file, in folders by subject."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gherkin.parser import Parser

FOLDER = Path(__file__).parents[1]

Table = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One step: its keyword and words, and the table below it."""

    keyword: str
    text: str
    table: Table
    number: int

    def __str__(self) -> str:
        return f"{self.keyword}{self.text}"


@dataclass(frozen=True, slots=True)
class Tale:
    """One scenario. ``name`` is its file's path without the ending: ``renewals/monthly``."""

    name: str
    title: str
    lines: tuple[Line, ...]


class Misprint(Exception):
    """A story that is not one feature with one scenario."""


@cache
def tales() -> tuple[Tale, ...]:
    """Every story, by path. Raises Misprint."""
    return tuple(read(path) for path in sorted(FOLDER.rglob("*.feature")))


def read(path: Path) -> Tale:
    """The story of a file. Raises Misprint, or Gherkin's own error with line and column."""
    document: dict[str, Any] = Parser().parse(path.read_text())  # type: ignore[assignment]
    children = (document.get("feature") or {}).get("children", [])
    if len(children) != 1 or "scenario" not in children[0]:
        raise Misprint(f"{path}: a story is one feature with one scenario")
    scenario = children[0]["scenario"]
    if scenario["examples"]:
        raise Misprint(f"{path}: a story has no examples")
    return Tale(
        path.relative_to(FOLDER).with_suffix("").as_posix(),
        scenario["name"],
        tuple(map(_line, scenario["steps"])),
    )


def _line(step: dict[str, Any]) -> Line:
    rows = step.get("dataTable", {}).get("rows", [])
    table = tuple(tuple(cell["value"] for cell in row["cells"]) for row in rows)
    return Line(step["keyword"], step["text"], table, step["location"]["line"])
