"""Conditions and blanks: IF, CASE, AND, OR, ISBLANK, ISNULL, BLANKVALUE, NULLVALUE, ISNUMBER.

NOT is an operator. A blank condition counts as false.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rehearsal.org.formula.ast import Call, Literal
from rehearsal.org.formula.kinds import TEXTUAL, Kind
from rehearsal.org.formula.runtime import (
    Context,
    Function,
    Thunk,
    accepts,
    blank,
    common_kind,
    eager,
    text,
    truth,
    wrong_count,
    wrong_type,
)
from rehearsal.org.values import Value

_BOOLEAN = frozenset({Kind.BOOLEAN})
_NUMBER_TEXT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def is_number(value: str) -> bool:
    """Whether VALUE() can read the text: digits, a point, an exponent; no spaces or separators."""
    return _NUMBER_TEXT.fullmatch(value) is not None


def _infer_if(call: Call, kinds: Sequence[Kind]) -> Kind:
    condition, then, otherwise = kinds
    if condition is Kind.NULL or not accepts(condition, _BOOLEAN):
        raise wrong_type(call, Kind.BOOLEAN, condition)
    found = common_kind(then, otherwise)
    if found is None:
        raise wrong_type(call, then, otherwise, 2)
    return found


def _build_if(call: Call, arguments: Sequence[Thunk]) -> Thunk:
    condition, then, otherwise = arguments
    return lambda context: then(context) if truth(condition(context)) else otherwise(context)


def _infer_condition(call: Call, kinds: Sequence[Kind]) -> Kind:
    for index, kind in enumerate(kinds):
        if not accepts(kind, _BOOLEAN):
            raise wrong_type(call, Kind.BOOLEAN, kind, index)
    return Kind.BOOLEAN


def _build_and(call: Call, arguments: Sequence[Thunk]) -> Thunk:
    return lambda context: all(truth(argument(context)) for argument in arguments)


def _build_or(call: Call, arguments: Sequence[Thunk]) -> Thunk:
    return lambda context: any(truth(argument(context)) for argument in arguments)


def _infer_case(call: Call, kinds: Sequence[Kind]) -> Kind:
    if len(kinds) % 2:
        raise wrong_count(call, len(kinds) - 1)
    subject = kinds[0]
    if subject in (Kind.BOOLEAN, Kind.MULTIPICKLIST):
        raise wrong_type(call, "Number, Text, Date, DateTime, Picklist", subject)
    result: Kind = Kind.NULL
    for index in range(1, len(kinds)):
        kind = kinds[index]
        if kind is Kind.BOOLEAN:
            raise wrong_type(call, "Number, Text, Date, DateTime", kind, index)
        is_case = index % 2 == 1 and index < len(kinds) - 1
        if is_case and subject is Kind.PICKLIST:
            argument = call.arguments[index]
            if not (isinstance(argument, Literal) and isinstance(argument.value, str)):
                raise wrong_type(call, "a text literal", kind, index)
        elif is_case:
            if common_kind(kind, subject) is None:
                raise wrong_type(call, subject, kind, index)
        else:
            found = common_kind(result, kind)
            if found is None:
                raise wrong_type(call, result, kind, index)
            result = found
    return result


def _build_case(call: Call, arguments: Sequence[Thunk]) -> Thunk:
    subject, *pairs, otherwise = arguments
    cases = list(zip(pairs[::2], pairs[1::2], strict=True))

    def run(context: Context) -> Value:
        value = subject(context)
        for case, result in cases:
            candidate = case(context)
            if (value == candidate and value is not None) or (blank(value) and candidate == ""):
                return result(context)
        return otherwise(context)

    return run


def _infer_blank(call: Call, kinds: Sequence[Kind]) -> Kind:
    if kinds[0] is Kind.BOOLEAN and call.function == "ISNULL":
        raise wrong_type(call, "Number, Text, Date, DateTime", kinds[0])
    return Kind.BOOLEAN


def _infer_value(call: Call, kinds: Sequence[Kind]) -> Kind:
    first, second = kinds
    if first is Kind.BOOLEAN or first in (Kind.PICKLIST, Kind.MULTIPICKLIST):
        raise wrong_type(call, "Number, Text, Date, DateTime", first)
    found = common_kind(first, second)
    if found is None:
        raise wrong_type(call, first, second, 1)
    return found


def _build_blank_value(call: Call, arguments: Sequence[Thunk]) -> Thunk:
    value_of, otherwise = arguments

    def run(context: Context) -> Value:
        value = value_of(context)
        return otherwise(context) if blank(value) else value

    return run


def _textual(call: Call, context: Context) -> bool:
    return context.static(call.arguments[0]) in TEXTUAL


def _build_is_null(call: Call, arguments: Sequence[Thunk]) -> Thunk:
    """ISNULL of a text is never true: an empty text is not null."""
    (argument,) = arguments
    return lambda context: argument(context) is None and not _textual(call, context)


def _build_null_value(call: Call, arguments: Sequence[Thunk]) -> Thunk:
    value_of, otherwise = arguments

    def run(context: Context) -> Value:
        value = value_of(context)
        return otherwise(context) if value is None and not _textual(call, context) else value

    return run


FUNCTIONS = (
    Function("IF", 3, 3, _infer_if, _build_if),
    Function("AND", 1, None, _infer_condition, _build_and),
    Function("OR", 1, None, _infer_condition, _build_or),
    Function("CASE", 4, None, _infer_case, _build_case),
    Function("ISBLANK", 1, 1, _infer_blank, lambda _, a: lambda context: blank(a[0](context))),
    Function("BLANKVALUE", 2, 2, _infer_value, _build_blank_value),
    Function("ISNULL", 1, 1, _infer_blank, _build_is_null),
    Function("NULLVALUE", 2, 2, _infer_value, _build_null_value),
    eager(
        "ISNUMBER",
        [TEXTUAL],
        Kind.BOOLEAN,
        lambda _, a: is_number(text(a[0])),
    ),
)
