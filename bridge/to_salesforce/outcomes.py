"""What a claimed row may turn out to be, instead of a message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from bridge.store import Arrival, Claimed


@dataclass(frozen=True, slots=True)
class Nothing:
    """The row has nothing for the ledger."""

    reason: str


@dataclass(frozen=True, slots=True)
class Expanded:
    """A row that is done once these rows are in the inbox."""

    arrivals: tuple[Arrival, ...]
    reason: str


Errand: TypeAlias = Callable[[Claimed], Awaitable[Expanded | Nothing]]
"""What becomes of a row that is no Stripe event with an object in it."""
