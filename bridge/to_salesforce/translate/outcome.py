"""What a translation comes to."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.contract import LedgerRow
from bridge.errors import BridgeError


class Untranslatable(BridgeError):
    """An object that cannot be written as ledger rows; the message says which part of it."""


@dataclass(frozen=True, slots=True)
class Translation:
    """The rows that an event amounts to, parents before children."""

    lane: str
    """Order is kept within a lane: the Stripe customer."""
    rows: tuple[LedgerRow, ...]


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that writes nothing, and why."""

    reason: str
