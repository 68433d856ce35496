"""`Integer`, `Long`, `Decimal`, `Boolean` and `Math` (Apex Reference Guide)."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.arithmetic import EXACT
from rehearsal.org.apex.classes import EnumValue
from rehearsal.org.apex.conversion import wrap32, wrap64
from rehearsal.org.apex.registry import native
from rehearsal.org.apex.text import to_text

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution

_MODES = {
    "CEILING": decimal.ROUND_CEILING,
    "DOWN": decimal.ROUND_DOWN,
    "FLOOR": decimal.ROUND_FLOOR,
    "HALF_DOWN": decimal.ROUND_HALF_DOWN,
    "HALF_EVEN": decimal.ROUND_HALF_EVEN,
    "HALF_UP": decimal.ROUND_HALF_UP,
    "UP": decimal.ROUND_UP,
}


def scaled(run: Execution, value: Decimal, scale: int, mode: str) -> Decimal:
    """`value` with that many decimal places. Raises MathException where UNNECESSARY must round."""
    target = Decimal(1).scaleb(-scale)
    if mode == "UNNECESSARY":
        exact = value.quantize(target, decimal.ROUND_DOWN, EXACT)
        if exact != value:
            raise run.error("MathException", "Rounding necessary")
        return exact
    return value.quantize(target, _MODES[mode], EXACT)


# --- Integer and Long ------------------------------------------------------------------


def _integer_text(run: Execution, text: str, kind: str) -> int:
    stripped = text.strip()
    digits = stripped[1:] if stripped[:1] in ("-", "+") else stripped
    if not digits.isdigit() or not digits.isascii():
        raise run.error("TypeException", f"Invalid {kind}: {text}")
    number = int(stripped)
    limit = 1 << (31 if kind == "integer" else 63)
    if not -limit <= number < limit:
        raise run.error("TypeException", f"Invalid {kind}: {text}")
    return number


@native("static Integer.valueOf(String): Integer")
def integer_of_text(run: Execution, text: str) -> int:
    return _integer_text(run, text, "integer")


@native("static Integer.valueOf(Object): Integer")
def integer_of(run: Execution, value: Any) -> int:
    if isinstance(value, str):
        return _integer_text(run, value, "integer")
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return wrap32(int(value))
    raise run.error("TypeException", f"Invalid integer: {to_text(run, value)}")


@native("static Long.valueOf(String): Long")
def long_of_text(run: Execution, text: str) -> int:
    return _integer_text(run, text, "long")


@native("Long.intValue(): Integer")
def long_int_value(run: Execution, this: int) -> int:
    return wrap32(this)


@native("static Boolean.valueOf(Object): Boolean")
def boolean_of(run: Execution, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.lower() == "true"
    raise run.error("TypeException", f"Invalid boolean: {to_text(run, value)}")


# --- Decimal ---------------------------------------------------------------------------


@native("static Decimal.valueOf(String): Decimal")
def decimal_of_text(run: Execution, text: str) -> Decimal:
    stripped = text.strip()
    body = stripped.lstrip("+-").replace(".", "", 1).lower().replace("e", "", 1)
    if not body.replace("-", "", 1).replace("+", "", 1).isdigit():
        raise run.error("TypeException", f"Invalid decimal: {text}")
    return Decimal(stripped)


@native("static Decimal.valueOf(Long): Decimal")
def decimal_of_long(run: Execution, number: int) -> Decimal:
    return Decimal(number)


@native("Decimal.setScale(Integer): Decimal", "Decimal.setScale(Integer, RoundingMode): Decimal")
def set_scale(run: Execution, this: Decimal, scale: int, mode: EnumValue | None = None) -> Decimal:
    return scaled(run, this, scale, mode.name if mode else "HALF_EVEN")


@native("Decimal.scale(): Integer")
def scale(run: Execution, this: Decimal) -> int:
    return -int(this.as_tuple().exponent)


@native("Decimal.precision(): Integer")
def precision(run: Execution, this: Decimal) -> int:
    return len(this.as_tuple().digits)


@native("Decimal.round(): Long", "Decimal.round(RoundingMode): Long")
def round_(run: Execution, this: Decimal, mode: EnumValue | None = None) -> int:
    return wrap64(int(scaled(run, this, 0, mode.name if mode else "HALF_EVEN")))


@native(
    "Decimal.divide(Decimal, Integer): Decimal",
    "Decimal.divide(Decimal, Integer, RoundingMode): Decimal",
)
def divide(
    run: Execution, this: Decimal, divisor: Decimal, places: int, mode: EnumValue | None = None
) -> Decimal:
    if divisor == 0:
        raise run.error("MathException", "Divide by 0")
    return scaled(run, EXACT.divide(this, divisor), places, mode.name if mode else "HALF_EVEN")


@native("Decimal.abs(): Decimal")
def absolute(run: Execution, this: Decimal) -> Decimal:
    return this.copy_abs()


@native("Decimal.pow(Integer): Decimal")
def power(run: Execution, this: Decimal, exponent: int) -> Decimal:
    if exponent < 0:
        raise run.error("MathException", "Exponent must not be negative")
    return EXACT.power(this, exponent)


@native("Decimal.intValue(): Integer")
def int_value(run: Execution, this: Decimal) -> int:
    return wrap32(int(this))


@native("Decimal.longValue(): Long")
def long_value(run: Execution, this: Decimal) -> int:
    return wrap64(int(this))


@native("Decimal.stripTrailingZeros(): Decimal")
def strip_trailing_zeros(run: Execution, this: Decimal) -> Decimal:
    return this.normalize(EXACT)


@native("Decimal.toPlainString(): String")
def to_plain_string(run: Execution, this: Decimal) -> str:
    return format(this, "f")


# --- Math ------------------------------------------------------------------------------


@native("static Math.abs(Integer): Integer", "static Math.abs(Long): Long")
def math_abs(run: Execution, value: int) -> int:
    return abs(value)


@native("static Math.abs(Decimal): Decimal")
def math_abs_decimal(run: Execution, value: Decimal) -> Decimal:
    return value.copy_abs()


@native(
    "static Math.max(Integer, Integer): Integer",
    "static Math.max(Long, Long): Long",
    "static Math.max(Decimal, Decimal): Decimal",
)
def math_max(run: Execution, a: Any, b: Any) -> Any:
    return max(a, b)


@native(
    "static Math.min(Integer, Integer): Integer",
    "static Math.min(Long, Long): Long",
    "static Math.min(Decimal, Decimal): Decimal",
)
def math_min(run: Execution, a: Any, b: Any) -> Any:
    return min(a, b)


@native("static Math.mod(Integer, Integer): Integer", "static Math.mod(Long, Long): Long")
def math_mod(run: Execution, a: int, b: int) -> int:
    if b == 0:
        raise run.error("MathException", "Divide by 0")
    remainder = abs(a) % abs(b)
    return remainder if a >= 0 else -remainder


@native("static Math.ceil(Decimal): Decimal")
def math_ceil(run: Execution, value: Decimal) -> Decimal:
    return scaled(run, value, 0, "CEILING")


@native("static Math.floor(Decimal): Decimal")
def math_floor(run: Execution, value: Decimal) -> Decimal:
    return scaled(run, value, 0, "FLOOR")


@native("static Math.round(Decimal): Integer")
def math_round(run: Execution, value: Decimal) -> int:
    return wrap32(int(scaled(run, value, 0, "HALF_EVEN")))


@native("static Math.roundToLong(Decimal): Long")
def math_round_to_long(run: Execution, value: Decimal) -> int:
    return wrap64(int(scaled(run, value, 0, "HALF_EVEN")))


@native("static Math.signum(Decimal): Decimal")
def math_signum(run: Execution, value: Decimal) -> Decimal:
    return Decimal((value > 0) - (value < 0))
