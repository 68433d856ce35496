"""JSON as Salesforce writes it: numbers digit by digit, never through a float."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

_quote: Callable[[str], str] = json.encoder.encode_basestring


def loads(text: str | bytes) -> Any:
    """Numbers with a point or an exponent become Decimal. Raises ValueError."""
    return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)


def dumps(value: Any) -> str:
    """The text of dicts, lists, str, bool, None, int and Decimal."""
    return "".join(_parts(value))


def number(value: Decimal) -> str:
    """A double in Java's spelling (`4.0`, `12.5`, `1.2E7`) with every digit of the Decimal.

    Java Platform, `Double.toString`: plain from 10⁻³ up to below 10⁷, else scientific.
    """
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).lstrip("0")
    if not text:
        return "0.0"
    minus, magnitude = "-" if sign else "", len(text) - 1 + exponent
    text = text.rstrip("0")
    if not -3 <= magnitude < 7:
        return f"{minus}{text[0]}.{text[1:] or '0'}E{magnitude}"
    if magnitude < 0:
        return f"{minus}0.{'0' * (-magnitude - 1)}{text}"
    whole = text[: magnitude + 1].ljust(magnitude + 1, "0")
    return f"{minus}{whole}.{text[magnitude + 1 :] or '0'}"


def _no_constant(name: str) -> Any:
    raise ValueError(f"not JSON: {name}")


def _parts(value: Any) -> Iterator[str]:
    if value is None:
        yield "null"
    elif value is True:
        yield "true"
    elif value is False:
        yield "false"
    elif isinstance(value, str):
        yield _quote(value)
    elif isinstance(value, Decimal):
        yield number(value)
    elif isinstance(value, int):
        yield str(value)
    elif isinstance(value, dict):
        separator = "{"
        for key, item in value.items():
            yield f"{separator}{_quote(key)}:"
            yield from _parts(item)
            separator = ","
        yield "{}" if separator == "{" else "}"
    elif isinstance(value, list | tuple):
        separator = "["
        for item in value:
            yield separator
            yield from _parts(item)
            separator = ","
        yield "[]" if separator == "[" else "]"
    else:
        raise TypeError(f"no JSON for {type(value).__name__}")
