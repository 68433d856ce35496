"""Text functions. A blank text is an empty text; most of them give a blank for one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from html import escape

from rehearsal.org.errors import Unsupported
from rehearsal.org.formula.ast import Call, Literal
from rehearsal.org.formula.errors import EvaluationError
from rehearsal.org.formula.functions.dates import datetime_text
from rehearsal.org.formula.functions.logic import is_number
from rehearsal.org.formula.kinds import TEXTUAL, Kind
from rehearsal.org.formula.runtime import (
    Accepts,
    Context,
    Function,
    Thunk,
    accepts,
    eager,
    number,
    plain,
    text,
    whole,
    wrong_type,
)
from rehearsal.org.values import Value, id18

_TEXT: Accepts = TEXTUAL
_NUMBER: Accepts = frozenset({Kind.NUMBER})
_FROM_VALUE: Accepts = frozenset(
    {Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.PICKLIST},
)


def number_text(value: Decimal) -> str:
    """A number as TEXT() writes it: no exponent, no trailing zeros."""
    if value == 0:
        return "0"
    return f"{plain(value.normalize()):f}"


def _text(_: Context, arguments: Sequence[Value]) -> Value:
    (value,) = arguments
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, Decimal)):
        return number_text(number(value))
    return datetime_text(value)


def _value(_: Context, arguments: Sequence[Value]) -> Value:
    if arguments[0] is None:
        return None
    given = text(arguments[0])
    if not is_number(given):
        raise EvaluationError("Invalid number in VALUE() function")
    return Decimal(given)


def _left(_: Context, arguments: Sequence[Value]) -> Value:
    if arguments[1] is None:
        return None
    return text(arguments[0])[: max(whole(number(arguments[1])), 0)]


def _right(_: Context, arguments: Sequence[Value]) -> Value:
    if arguments[1] is None:
        return None
    count, given = max(whole(number(arguments[1])), 0), text(arguments[0])
    return given[max(len(given) - count, 0) :] if count else None


def _mid(_: Context, arguments: Sequence[Value]) -> Value:
    if arguments[1] is None or arguments[2] is None:
        return None
    start = max(whole(number(arguments[1])), 1) - 1
    return text(arguments[0])[start : start + max(whole(number(arguments[2])), 0)]


def _find(_: Context, arguments: Sequence[Value]) -> Value:
    search, given = text(arguments[0]), text(arguments[1])
    if not search or not given:
        return Decimal(0)
    start = whole(number(arguments[2] or 0)) if len(arguments) == 3 else 1
    return Decimal(given.find(search, max(start - 1, 0)) + 1)


def _contains(_: Context, arguments: Sequence[Value]) -> Value:
    given, search = text(arguments[0]), text(arguments[1])
    return (search in given) if given or not search else None


def _begins(_: Context, arguments: Sequence[Value]) -> Value:
    given, search = text(arguments[0]), text(arguments[1])
    return given.startswith(search) if given or not search else None


def _substitute(_: Context, arguments: Sequence[Value]) -> Value:
    given, old, new = (text(argument) for argument in arguments)
    return given.replace(old, new) if old else given


def _trim(_: Context, arguments: Sequence[Value]) -> Value:
    return text(arguments[0]).strip()


def _pad(arguments: Sequence[Value], *, left: bool) -> Value:
    given = text(arguments[0])
    if arguments[1] is None or not given:
        return None
    count = max(whole(number(arguments[1])), 0)
    padding = text(arguments[2]) if len(arguments) == 3 else " "
    missing = count - len(given)
    if missing <= 0:
        return given[:count]
    filler = (padding * missing)[:missing]
    return filler + given if left else given + filler


def _build_regex(call: Call, arguments: Sequence[Thunk]) -> Thunk:
    given, pattern = arguments
    written = call.arguments[1]
    if isinstance(written, Literal) and isinstance(written.value, str):
        _refuse_java_only(written.value)

    def run(context: Context) -> Value:
        try:
            found = re.compile(text(pattern(context)), re.ASCII)
        except re.error:
            raise EvaluationError("Invalid regular expression in REGEX() function") from None
        return found.fullmatch(text(given(context))) is not None

    return run


def _refuse_java_only(pattern: str) -> None:
    """Salesforce's patterns are Java's; those that Python reads otherwise or not are refused."""
    try:
        if "[[" in pattern or "&&" in pattern:
            raise re.error("a set of sets")
        re.compile(pattern, re.ASCII)
    except re.error as error:
        raise Unsupported(f"regular expression {pattern!r} in REGEX() ({error})") from error


def _infer_regex(call: Call, kinds: Sequence[Kind]) -> Kind:
    for index, kind in enumerate(kinds):
        if not accepts(kind, _TEXT):
            raise wrong_type(call, Kind.TEXT, kind, index)
    return Kind.BOOLEAN


def _case_safe_id(_: Context, arguments: Sequence[Value]) -> Value:
    given = text(arguments[0])
    try:
        return id18(given) if given else None
    except ValueError:
        return given


def _hyperlink(_: Context, arguments: Sequence[Value]) -> Value:
    url, label = text(arguments[0]), text(arguments[1])
    target = text(arguments[2]) if len(arguments) == 3 else "_blank"
    return f'<a href="{escape(url)}" target="{escape(target)}">{escape(label)}</a>'


FUNCTIONS = (
    eager("TEXT", [_FROM_VALUE], Kind.TEXT, _text),
    eager("VALUE", [_TEXT], Kind.NUMBER, _value),
    eager("LEN", [_TEXT], Kind.NUMBER, lambda _, a: Decimal(len(text(a[0])))),
    eager("LEFT", [_TEXT, _NUMBER], Kind.TEXT, _left),
    eager("RIGHT", [_TEXT, _NUMBER], Kind.TEXT, _right),
    eager("MID", [_TEXT, _NUMBER, _NUMBER], Kind.TEXT, _mid),
    eager("FIND", [_TEXT, _TEXT, _NUMBER], Kind.NUMBER, _find, optional=1),
    eager("CONTAINS", [_TEXT, _TEXT], Kind.BOOLEAN, _contains),
    eager("BEGINS", [_TEXT, _TEXT], Kind.BOOLEAN, _begins),
    eager("SUBSTITUTE", [_TEXT, _TEXT, _TEXT], Kind.TEXT, _substitute),
    eager("TRIM", [_TEXT], Kind.TEXT, _trim),
    eager("UPPER", [_TEXT], Kind.TEXT, lambda _, a: text(a[0]).upper()),
    eager("LOWER", [_TEXT], Kind.TEXT, lambda _, a: text(a[0]).lower()),
    eager("LPAD", [_TEXT, _NUMBER, _TEXT], Kind.TEXT, lambda _, a: _pad(a, left=True), optional=1),
    eager("RPAD", [_TEXT, _NUMBER, _TEXT], Kind.TEXT, lambda _, a: _pad(a, left=False), optional=1),
    eager("BR", [], Kind.TEXT, lambda _, a: "<br>"),
    eager("HYPERLINK", [_TEXT, _TEXT, _TEXT], Kind.TEXT, _hyperlink, optional=1),
    eager("CASESAFEID", [_TEXT], Kind.TEXT, _case_safe_id),
    Function("REGEX", 2, 2, _infer_regex, _build_regex),
)
