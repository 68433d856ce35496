"""A tree to closures. Comparisons with a blank are neither true nor false; a blank condition counts
as false where it is used (three-valued logic, as Salesforce's engine follows its database)."""

from __future__ import annotations

import datetime as dt
import operator as op
from collections.abc import Callable
from decimal import Decimal, DecimalException, localcontext
from typing import Any

from rehearsal.org.errors import Unsupported
from rehearsal.org.formula.ast import Binary, Call, Literal, Node, Path, Reference, Unary
from rehearsal.org.formula.errors import EvaluationError, FormulaError
from rehearsal.org.formula.functions import FUNCTIONS, REFUSED
from rehearsal.org.formula.kinds import TEXTUAL, Kind
from rehearsal.org.formula.runtime import (
    NUMBERS,
    Context,
    Function,
    Thunk,
    number,
    plain,
    text,
    truth,
    type_name,
    whole,
    wrong_count,
)
from rehearsal.org.values import Value

_DAY = Decimal(86_400)
_HUNDRED = Decimal(100)
_LARGEST_POWER = 64
_SMALLEST_POWER = Decimal("1e-39")


def compile_node(node: Node) -> Thunk:
    """The closure that evaluates a part.

    Raises FormulaError for an unknown function or a wrong number of arguments, Unsupported for a
    function that Salesforce has and this org has not.
    """
    match node:
        case Literal(value):
            return lambda context: value
        case Reference(path):
            return _reference(path)
        case Unary(operator, operand):
            return _unary(operator, compile_node(operand))
        case Binary(operator, left, right):
            return _binary(node, operator, compile_node(left), compile_node(right))
        case Call(_, arguments):
            function = _function(node)
            return function.build(node, [compile_node(argument) for argument in arguments])


def _function(call: Call) -> Function:
    function = FUNCTIONS.get(call.function)
    if function is None:
        if call.function in REFUSED:
            raise Unsupported(f"formula function {call.function}")
        raise FormulaError(f"Unknown function {call.function}. Check spelling.", call.position)
    count = len(call.arguments)
    if count < function.least:
        raise wrong_count(call, function.least)
    if function.most is not None and count > function.most:
        raise wrong_count(call, function.most)
    return function


def _reference(path: Path) -> Thunk:
    def run(context: Context) -> Value:
        value = context.resolve(path)
        if isinstance(value, int) and not isinstance(value, bool):
            return Decimal(value)
        if context.kind_of is None:
            return value
        kind = context.kind_of(path)
        if value is None:
            zero = context.blanks_as_zero and kind in (Kind.NUMBER, Kind.PERCENT)
            return Decimal(0) if zero else None
        if kind is Kind.PERCENT:
            return NUMBERS.divide(number(value), _HUNDRED)
        if kind is Kind.ID and isinstance(value, str) and not context.flow:
            return value[:15]
        return value

    return run


def _unary(operator: str, operand: Thunk) -> Thunk:
    def negate(context: Context) -> Value:
        value = operand(context)
        return None if value is None else not truth(value)

    def minus(context: Context) -> Value:
        value = operand(context)
        return None if value is None else -number(value)

    return {"NOT": negate, "-": minus, "+": operand}[operator]


def _binary(node: Binary, operator: str, left: Thunk, right: Thunk) -> Thunk:
    match operator:
        case "&&":
            return lambda context: truth(left(context)) and truth(right(context))
        case "||":
            return lambda context: truth(left(context)) or truth(right(context))
        case "&":
            return lambda context: text(left(context)) + text(right(context))
        case "=":
            return _equality(node, left, right)
        case "<>":
            equal = _equality(node, left, right)
            return _unary("NOT", equal)
    if operator in _ORDER:
        compare = _ORDER[operator]
        return lambda context: _compare(compare, left(context), right(context))
    calculate = _ARITHMETIC[operator]
    return lambda context: calculate(left(context), right(context))


def _equality(node: Binary, left: Thunk, right: Thunk) -> Thunk:
    def run(context: Context) -> Value:
        a, b = left(context), right(context)
        if a is None and b is None:
            kinds = {context.static(node.left), context.static(node.right)}
            return True if kinds & TEXTUAL else None
        if isinstance(a, str) or isinstance(b, str):
            return text(a) == text(b)
        if a is None or b is None:
            return None
        if type_name(a) is not type_name(b):
            raise EvaluationError(f"Cannot compare {type_name(a)} with {type_name(b)}")
        return a == b

    return run


_ORDER: dict[str, Callable[[Any, Any], bool]] = {"<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge}


def _compare(compare: Callable[[Any, Any], bool], left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    if type_name(left) is not type_name(right):
        raise EvaluationError(f"Cannot compare {type_name(left)} with {type_name(right)}")
    return compare(left, right)


def _add(left: Value, right: Value) -> Value:
    if isinstance(left, str) or isinstance(right, str):
        return text(left) + text(right)
    if left is None or right is None:
        return None
    if isinstance(left, dt.date):
        return _shift(left, number(right))
    if isinstance(right, dt.date):
        return _shift(right, number(left))
    return _guarded(op.add, number(left), number(right))


def _subtract(left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    if isinstance(left, dt.datetime) and isinstance(right, dt.datetime):
        return _guarded(op.truediv, Decimal(int((left - right).total_seconds())), _DAY)
    if isinstance(left, dt.date) and type(left) is type(right):
        return Decimal((left - right).days)
    if isinstance(left, dt.date):
        return _shift(left, -number(right))
    return _guarded(op.sub, number(left), number(right))


def _shift(value: dt.date, days: Decimal) -> dt.date:
    """A date moves by whole days, a datetime to the nearest second."""
    try:
        if isinstance(value, dt.datetime):
            return value + dt.timedelta(
                seconds=int(NUMBERS.multiply(days, _DAY).to_integral_value())
            )
        return value + dt.timedelta(days=whole(days))
    except OverflowError:
        raise EvaluationError("Date out of range") from None


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if exponent != exponent.to_integral_value():
        raise EvaluationError("Out of range argument to POWER() function")
    if exponent == 0:
        return Decimal(1)
    if base and base.copy_abs().log10() * exponent > _LARGEST_POWER:
        raise EvaluationError("Out of range argument to POWER() function")
    found = base**exponent
    return Decimal(0) if abs(found) < _SMALLEST_POWER else found


def _of_numbers(apply: Callable[[Decimal, Decimal], Decimal]) -> Callable[[Value, Value], Value]:
    def run(left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        return _guarded(apply, number(left), number(right))

    return run


def _guarded(
    apply: Callable[[Decimal, Decimal], Decimal], left: Decimal, right: Decimal
) -> Decimal:
    try:
        with localcontext(NUMBERS):
            return plain(apply(left, right))
    except ZeroDivisionError:
        raise EvaluationError("Division by zero") from None
    except DecimalException:
        raise EvaluationError("Number out of range") from None


_ARITHMETIC: dict[str, Callable[[Value, Value], Value]] = {
    "+": _add,
    "-": _subtract,
    "*": _of_numbers(op.mul),
    "/": _of_numbers(op.truediv),
    "^": _of_numbers(_power),
}
