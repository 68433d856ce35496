"""Number functions. A blank argument gives a blank."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_UP, Decimal

from rehearsal.org.formula.errors import EvaluationError
from rehearsal.org.formula.kinds import Kind
from rehearsal.org.formula.runtime import (
    NUMBERS,
    Context,
    Function,
    eager,
    number,
    round_half_up,
    whole,
)
from rehearsal.org.values import Value

_NUMBER = frozenset({Kind.NUMBER})
_EXTERNAL_DIGITS = 33
"""CEILING and FLOOR first drop the digits beyond these, so that 3 × (1/3) is 1."""


def _of_numbers(
    name: str,
    count: int,
    apply: Callable[..., Decimal],
    *,
    variadic: bool = False,
) -> Function:
    def run(_: Context, arguments: Sequence[Value]) -> Value:
        if None in arguments:
            return None
        return apply(*(number(argument) for argument in arguments))

    return eager(name, [_NUMBER] * count, Kind.NUMBER, run, variadic=variadic)


def _to_whole(rounding: str) -> Callable[[Decimal], Decimal]:
    def apply(value: Decimal) -> Decimal:
        short = NUMBERS.copy()
        short.prec = _EXTERNAL_DIGITS
        return short.plus(value).to_integral_value(rounding=rounding)

    return apply


def _modulo(value: Decimal, divisor: Decimal) -> Decimal:
    if divisor == 0:
        raise EvaluationError("Division by zero")
    return NUMBERS.remainder(value, divisor)


def _square_root(value: Decimal) -> Decimal:
    if value < 0:
        raise EvaluationError("Out of range argument to SQRT() function")
    return NUMBERS.sqrt(value)


FUNCTIONS = (
    _of_numbers("ROUND", 2, lambda value, digits: round_half_up(value, whole(digits))),
    _of_numbers("CEILING", 1, _to_whole(ROUND_UP)),
    _of_numbers("FLOOR", 1, _to_whole(ROUND_DOWN)),
    _of_numbers("MCEILING", 1, _to_whole(ROUND_CEILING)),
    _of_numbers("MFLOOR", 1, _to_whole(ROUND_FLOOR)),
    _of_numbers("MAX", 1, lambda *values: max(values), variadic=True),
    _of_numbers("MIN", 1, lambda *values: min(values), variadic=True),
    _of_numbers("ABS", 1, abs),
    _of_numbers("MOD", 2, _modulo),
    _of_numbers("SQRT", 1, _square_root),
)
