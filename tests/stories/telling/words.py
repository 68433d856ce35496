"""Words that stand for numbers, money and spans, in sentences and in the cells of tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

MINOR = {"JPY": 0, "KWD": 3}
"""Decimals of a currency's minor unit, where they are not 2."""


@dataclass(frozen=True, slots=True)
class Money:
    """``amount`` in major units of the currency."""

    amount: Decimal
    currency: str

    @property
    def minor(self) -> int:
        """What Stripe's API takes."""
        return int(self.amount.scaleb(MINOR.get(self.currency, 2)))


@dataclass(frozen=True, slots=True)
class Interval:
    """How often a plan bills, as Stripe names it."""

    unit: str
    count: int = 1


def decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def _money(text: str) -> Money:
    amount, currency = text.split()
    return Money(decimal(amount), currency)


def _interval(text: str) -> Interval:
    words = text.split()
    return Interval(words[1]) if words[0] == "a" else Interval(words[2][:-1], int(words[1]))


_ITEM = r'\d+ x "[^"]+"'


def _items(text: str) -> list[tuple[int, str]]:
    return [(int(count), plan) for count, plan in re.findall(r'(\d+) x "([^"]+)"', text)]


_NUMBER = r"[\d,]+(?:\.\d+)?"

READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "name": (r'"[^"]+"', lambda text: text[1:-1]),
    "int": (r"\d+", int),
    "percent": (rf"{_NUMBER} %", lambda text: decimal(text[:-2])),
    "money": (rf"{_NUMBER} [A-Z]{{3}}", _money),
    "interval": (r"a (?:week|month|year)|every \d+ (?:week|month|year)s", _interval),
    "items": (rf"{_ITEM}(?: and {_ITEM})*", _items),
    "word": (r"[\w-]+", str),
    "words": (r"[\w -]+?", str),
    "date": (r"\d{4}-\d\d-\d\d", str),
    "tail": (r"(?:, (?:[^,]|,(?! ))+)*", lambda text: text.split(", ")[1:]),
}
"""Each kind of hole in a sentence: what fits it, and how it is read."""
