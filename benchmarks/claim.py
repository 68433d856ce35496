"""One claim and its bar."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """A measured value; `bar` is the least it may be, or the most where `at_most` says so."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    at_most: bool = False

    @property
    def ok(self) -> bool | None:
        """None where there is no bar."""
        if self.bar is None:
            return None
        return self.value <= self.bar if self.at_most else self.value >= self.bar

    def __str__(self) -> str:
        verdict = {None: "", True: "ok", False: "SHORT"}[self.ok]
        bar = "" if self.bar is None else f"{'≤' if self.at_most else '≥'} {self.bar:g}"
        return f"{self.name:<58} {self.value:>10,.2f} {self.unit:<6} {bar:<8} {verdict}"
