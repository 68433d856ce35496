"""Values as the org holds them.

A number, currency or percent is a ``Decimal``; a date is a ``date``; a datetime is aware, in UTC,
whole seconds; an id is its 18-character form; null is ``None``; an empty text is null.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

Value = str | bool | int | Decimal | dt.date | dt.datetime | dt.time | None
Row = dict[str, Any]
"""Field values by canonical API name; a parent row may stand under its relationship name."""

_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def id18(identifier: str) -> str:
    """The 18-character form of a 15- or 18-character id.

    The three last characters encode which of the first fifteen are upper case, so that ids
    differ even where case is lost (Salesforce Help, "15-character and 18-character IDs").
    Raises ValueError for anything else.
    """
    if len(identifier) not in (15, 18) or not identifier.isascii() or not identifier.isalnum():
        raise ValueError(f"invalid id: {identifier}")
    head = identifier[:15]
    tail = ""
    for start in (0, 5, 10):
        bits = sum(1 << i for i, char in enumerate(head[start : start + 5]) if char.isupper())
        tail += _SUFFIX[bits]
    if len(identifier) == 18 and identifier[15:].upper() != tail:
        raise ValueError(f"invalid id: {identifier}")
    return head + tail
