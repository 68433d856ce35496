"""One claim and its bar."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Claim:
    """A measured value; `bar` is the least it may be, or the most where `at_most` says so."""

    name: str
    value: float | None
    """None where it was not measured; `note` says why."""
    unit: str
    bar: float | None = None
    at_most: bool = False
    note: str = ""

    @property
    def ok(self) -> bool | None:
        """None where there is no bar, or no value."""
        if self.bar is None or self.value is None:
            return None
        return self.value <= self.bar if self.at_most else self.value >= self.bar

    @property
    def bar_in_words(self) -> str:
        return "" if self.bar is None else f"{'≤' if self.at_most else '≥'} {self.bar:g}"

    @property
    def verdict(self) -> str:
        return {None: "", True: "ok", False: "SHORT"}[self.ok]

    @property
    def value_in_words(self) -> str:
        return "not measured" if self.value is None else f"{self.value:,.2f} {self.unit}"

    def __str__(self) -> str:
        words = f"{self.name:<66} {self.value_in_words:>18} {self.bar_in_words:<7} {self.verdict}"
        return words.rstrip() if self.value is not None else f"{words.rstrip()} ({self.note})"

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {**asdict(self), "ok": self.ok}

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> Claim:
        """What :meth:`as_json` gave."""
        return cls(**{name: found[name] for name in cls.__dataclass_fields__})
