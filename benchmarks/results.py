"""What was measured, kept as JSON; the page and its plots are made from it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.claim import Claim
from benchmarks.machine import machine
from benchmarks.part import Found
from benchmarks.plots import plots

PAGE, DATA, IMAGES = "performance.md", "performance.json", "images"
_BEGIN, _END = "<!-- measured: `make bench` writes this -->", "<!-- /measured -->"


@dataclass(slots=True)
class Results:
    """Parts of one machine, by name."""

    machine: dict[str, str] = field(default_factory=machine)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def load(cls, docs: Path | None) -> Results:
        """Those that are in the docs, for a run of some parts to replace its own."""
        results = cls()
        if docs is not None and (docs / DATA).exists():
            results.parts = json.loads((docs / DATA).read_text())["parts"]
        return results

    def take(self, name: str, found: Found) -> None:
        """A part was measured."""
        self.parts[name] = {
            "date": self.machine["date"],
            "claims": [claim.as_json() for claim in found.claims],
            "bars": {name: round(value, 3) for name, value in found.bars.items()},
            "lines": {
                name: [(round(x, 2), round(y, 2)) for x, y in points]
                for name, points in found.lines.items()
            },
        }

    def save(self, docs: Path) -> None:
        """Writes the JSON, the plots, and the page's table."""
        lines = [f"{json.dumps(name)}: {json.dumps(part)}" for name, part in self.parts.items()]
        head = f'{{"machine": {json.dumps(self.machine)},\n"parts": {{\n'
        (docs / DATA).write_text(head + ",\n".join(lines) + "\n}}\n")
        (docs / IMAGES).mkdir(exist_ok=True)
        for name, svg in plots(self.parts).items():
            (docs / IMAGES / name).write_text(svg)
        page = (docs / PAGE).read_text()
        before, _, rest = page.partition(_BEGIN)
        _, _, after = rest.partition(_END)
        (docs / PAGE).write_text(f"{before}{_BEGIN}\n\n{self._table()}\n{_END}{after}")

    def _table(self) -> str:
        lines = ["| | |", "|---|---|"]
        lines += [f"| {name} | {words} |" for name, words in self.machine.items()]
        lines += ["", "| claim | value | bar | |", "|---|---:|---|---|"]
        for part in self.parts.values():
            for each in part["claims"]:
                claim = Claim.of_json(each)
                verdict = claim.verdict or claim.note
                lines.append(
                    f"| {claim.name} | {claim.value_in_words} | {claim.bar_in_words} | {verdict} |"
                )
        return "\n".join(lines) + "\n"
