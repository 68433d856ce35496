"""Values as people read them, safe inside HTML."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_NO_DECIMALS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "HUF", "TWD"})
_THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
NOTHING = "–"


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def safe(value: object) -> Html:
    """A value as text inside HTML; markup stays as it is."""
    return value if isinstance(value, Html) else Html(html.escape(str(value)))


def tag(name: str, *inside: object, **attributes: object) -> Html:
    """One element. `class_` is the attribute class, underscores stand for hyphens."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{said}>{join(inside)}</{name}>")


def join(parts: Iterable[object]) -> Html:
    return Html("".join(safe(part) for part in parts if part is not None))


def money(amount: Any, currency: str) -> str:
    """An amount in major units with its currency's own number of decimals: `-$1,102.50`."""
    if amount is None:
        return NOTHING
    digits = 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2
    value = Decimal(str(amount))
    sign = "−" if round(value, digits) < 0 else ""
    text = f"{abs(value):,.{digits}f}"
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{text} {currency}"


def short_money(amount: Decimal, currency: str) -> str:
    """The same without decimals, for an axis: `$12k`."""
    value, unit = abs(amount), ""
    for size, letter in ((1_000_000, "m"), (1_000, "k")):
        if value >= size:
            value, unit = value / size, letter
            break
    text = f"{value.normalize():,f}{unit}"
    sign = "−" if amount < 0 else ""
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{text} {currency}"


def day(value: str | dt.date | None) -> str:
    """`2026-11-28` as `28 Nov 2026`."""
    if not value:
        return NOTHING
    date = value if isinstance(value, dt.date) else dt.date.fromisoformat(value[:10])
    return f"{date.day} {date:%b} {date.year}"


def count(value: Any) -> int:
    return int(value or 0)
