"""What one part of the benchmark found."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.claim import Claim


@dataclass(frozen=True, slots=True)
class Found:
    """Claims, and the series of which the plots are made."""

    claims: list[Claim]
    bars: dict[str, float] = field(default_factory=dict)
    """One value each, by what it is of."""
    lines: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Points, by what they are of."""
