"""What a formula is evaluated against, and the shape of its parts once compiled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Context as DecimalContext
from decimal import Decimal, localcontext
from zoneinfo import ZoneInfo

from rehearsal.org.formula.ast import Call, Node, Path
from rehearsal.org.formula.errors import EvaluationError, FormulaError
from rehearsal.org.formula.kinds import Kind, KindOf
from rehearsal.org.values import Value

Resolve = Callable[[Path], Value]
"""The value of a merge field."""

NUMBERS = DecimalContext(prec=39, rounding="ROUND_HALF_UP")
"""Salesforce calculates with 39 digits and rounds half up."""


@dataclass(frozen=True, slots=True)
class Context:
    """One evaluation. `prior` reads the values before the save; None where there are none."""

    resolve: Resolve
    now: dt.datetime
    zone: ZoneInfo
    static: Callable[[Node], Kind]
    """The kind of a part as known before it runs; tells a blank text from a null."""
    kind_of: KindOf | None = None
    blanks_as_zero: bool = False
    prior: Resolve | None = None
    is_new: bool = False
    flow: bool = False

    def today(self) -> dt.date:
        return self.now.astimezone(self.zone).date()


Thunk = Callable[[Context], Value]
"""A compiled part of a formula."""

Accepts = frozenset[Kind]
Infer = Callable[[Call, Sequence[Kind]], Kind]
"""The kind of a call's result from its arguments' kinds; raises FormulaError."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the formula language. `most` is None where arguments may be added freely."""

    name: str
    least: int
    most: int | None
    infer: Infer
    build: Callable[[Call, Sequence[Thunk]], Thunk]


def wrong_type(call: Call, expected: str, received: Kind, index: int = 0) -> FormulaError:
    """Salesforce's words for an argument of the wrong type."""
    at = call.arguments[index].position if index < len(call.arguments) else call.position
    return FormulaError(
        f"Incorrect parameter type for function '{call.function}()'. "
        f"Expected {expected}, received {received}",
        at,
    )


def wrong_count(call: Call, expected: int) -> FormulaError:
    """Salesforce's words for a wrong number of arguments."""
    return FormulaError(
        f"Incorrect number of parameters for function '{call.function}()'. "
        f"Expected {expected}, received {len(call.arguments)}",
        call.position,
    )


def accepts(kind: Kind, wanted: Accepts) -> bool:
    """Whether an argument of that kind may stand where `wanted` is asked for."""
    return kind in wanted or kind in (Kind.NULL, Kind.ANY)


def common_kind(left: Kind, right: Kind) -> Kind | None:
    """The kind that both sides have in common, None when there is none."""
    if left is Kind.NULL:
        return right
    if right is Kind.NULL or left is right:
        return left
    if Kind.ANY in (left, right):
        return Kind.ANY
    textual = {Kind.TEXT, Kind.ID}
    return Kind.TEXT if left in textual and right in textual else None


def eager(
    name: str,
    parameters: Sequence[Accepts],
    result: Kind,
    apply: Callable[[Context, Sequence[Value]], Value],
    *,
    optional: int = 0,
    variadic: bool = False,
) -> Function:
    """A function that evaluates all its arguments first. The last `optional` ones may be left out;
    with `variadic` the last one may be repeated."""

    def infer(call: Call, kinds: Sequence[Kind]) -> Kind:
        for index, kind in enumerate(kinds):
            wanted = parameters[min(index, len(parameters) - 1)]
            if not accepts(kind, wanted):
                raise wrong_type(call, ", ".join(sorted(wanted)), kind, index)
        return result

    def build(call: Call, arguments: Sequence[Thunk]) -> Thunk:
        return lambda context: apply(context, [argument(context) for argument in arguments])

    least = len(parameters) - optional
    return Function(name, least, None if variadic else len(parameters), infer, build)


def text(value: Value) -> str:
    """A text argument; a blank is an empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise EvaluationError(f"Expected Text, received {type_name(value)}")


def number(value: Value) -> Decimal:
    """A number argument that is known not to be blank."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise EvaluationError(f"Expected Number, received {type_name(value)}")
    return Decimal(value)


def truth(value: Value) -> bool:
    """A condition; a blank is false."""
    if value is None:
        return False
    if isinstance(value, bool):
        return value
    raise EvaluationError(f"Expected Boolean, received {type_name(value)}")


def whole(value: Decimal) -> int:
    """Digits, positions and months count in whole numbers; the rest is cut off."""
    return int(value)


def round_half_up(value: Decimal, digits: int) -> Decimal:
    """Rounds to `digits` places, negative ones left of the point."""
    if digits >= -_exponent(value):
        return value
    with localcontext(NUMBERS):
        return plain(value.quantize(Decimal((0, (1,), -digits))))


def plain(value: Decimal) -> Decimal:
    """The same number without an exponent above zero: 1200, not 1.2E+3."""
    return value.quantize(Decimal(1)) if _exponent(value) > 0 else value


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def blank(value: Value) -> bool:
    return value is None or value == ""


def type_name(value: Value) -> Kind:
    """The kind of a value."""
    match value:
        case None:
            return Kind.NULL
        case bool():
            return Kind.BOOLEAN
        case str():
            return Kind.TEXT
        case dt.datetime():
            return Kind.DATETIME
        case dt.date():
            return Kind.DATE
        case int() | Decimal():
            return Kind.NUMBER
    return Kind.ANY
