"""What the binary operators do, by the types of their operands."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.conversion import wrap32, wrap64
from rehearsal.org.apex.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    ID,
    INTEGER,
    LONG,
    STRING,
    Type,
)

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution

Operate = Callable[["Execution", Any, Any], Any]

EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN, Emax=10_000, Emin=-10_000)
"""Sums and products keep all digits."""
QUOTIENT = Context(prec=34, rounding=ROUND_HALF_EVEN, Emax=10_000, Emin=-10_000)
"""A quotient keeps 34 significant digits (IEEE decimal128)."""


def divide_int(run: Execution, a: int, b: int) -> int:
    if b == 0:
        raise run.error("MathException", "Divide by 0")
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def divide_decimal(run: Execution, a: Decimal, b: Decimal) -> Decimal:
    if b == 0:
        raise run.error("MathException", "Divide by 0")
    return QUOTIENT.divide(a, b)


_INTEGER: dict[str, Operate] = {
    "+": lambda run, a, b: wrap32(a + b),
    "-": lambda run, a, b: wrap32(a - b),
    "*": lambda run, a, b: wrap32(a * b),
    "/": lambda run, a, b: wrap32(divide_int(run, a, b)),
    "&": lambda run, a, b: a & b,
    "|": lambda run, a, b: a | b,
    "^": lambda run, a, b: a ^ b,
    "<<": lambda run, a, b: wrap32(a << (b & 31)),
    ">>": lambda run, a, b: a >> (b & 31),
    ">>>": lambda run, a, b: wrap32((a & 0xFFFF_FFFF) >> (b & 31)),
}
_LONG: dict[str, Operate] = {
    "+": lambda run, a, b: wrap64(a + b),
    "-": lambda run, a, b: wrap64(a - b),
    "*": lambda run, a, b: wrap64(a * b),
    "/": lambda run, a, b: wrap64(divide_int(run, a, b)),
    "&": lambda run, a, b: a & b,
    "|": lambda run, a, b: a | b,
    "^": lambda run, a, b: a ^ b,
    "<<": lambda run, a, b: wrap64(a << (b & 63)),
    ">>": lambda run, a, b: a >> (b & 63),
    ">>>": lambda run, a, b: wrap64((a & 0xFFFF_FFFF_FFFF_FFFF) >> (b & 63)),
}
_DECIMAL: dict[str, Operate] = {
    "+": lambda run, a, b: EXACT.add(a, b),
    "-": lambda run, a, b: EXACT.subtract(a, b),
    "*": lambda run, a, b: EXACT.multiply(a, b),
    "/": divide_decimal,
}
_BOOLEAN: dict[str, Operate] = {
    "&": lambda run, a, b: a and b,
    "|": lambda run, a, b: a or b,
    "^": lambda run, a, b: a is not b,
}
_DAYS: dict[str, Operate] = {
    "+": lambda run, a, b: a + dt.timedelta(days=b),
    "-": lambda run, a, b: a - dt.timedelta(days=b),
}
_BY_TYPE = {INTEGER: _INTEGER, LONG: _LONG, DECIMAL: _DECIMAL}


def arithmetic(operator: str, left: Type, right: Type) -> tuple[Type, Type, Operate] | None:
    """The type both sides are taken as, the result's type and the operation; None if there is none.

    Dates plus whole days keep their own left type: the pair's first part is then the left one."""
    if left in _BY_TYPE and right in _BY_TYPE:
        if operator in ("<<", ">>", ">>>"):
            kind = left
        else:
            kind = max(left, right, key=lambda t: (INTEGER, LONG, DECIMAL).index(t))
        operate = _BY_TYPE[kind].get(operator)
        return None if operate is None else (kind, kind, operate)
    if left == BOOLEAN and right == BOOLEAN and operator in _BOOLEAN:
        return BOOLEAN, BOOLEAN, _BOOLEAN[operator]
    if left in (DATE, DATETIME) and right in (INTEGER, LONG) and operator in _DAYS:
        return left, left, _DAYS[operator]
    return None


def equal_text(a: str | None, b: str | None) -> bool:
    """String `==`: ignores case."""
    return a == b or (a is not None and b is not None and a.lower() == b.lower())


def collated(text: str) -> list[tuple[int, str]]:
    """What `<` compares: without regard to case or accents; signs come before digits, and digits
    before letters (Apex Developer Guide, "Expression Operators": by the locale of the context
    user, here English)."""
    plain = unicodedata.normalize("NFD", text.lower())
    return [
        (2 if char.isalpha() else 1 if char.isdigit() else 0, char)
        for char in plain
        if not unicodedata.combining(char)
    ]


def equal_ids(a: str | None, b: str | None) -> bool:
    """Id `==`: 15 and 18 characters name the same record."""
    return a == b or (
        a is not None
        and b is not None
        and min(len(a), len(b)) >= 15
        and len(a) != len(b)
        and a[:15] == b[:15]
    )


def equality(left: Type, right: Type) -> Callable[[Any, Any], bool]:
    """How `==` compares the two types."""
    if ID in (left, right):
        return equal_ids
    if left == STRING and right == STRING:
        return equal_text
    return same


def same(a: Any, b: Any) -> bool:
    """Value equality; a Boolean is never a number."""
    if isinstance(a, bool) is not isinstance(b, bool):
        return False
    return bool(a == b)
