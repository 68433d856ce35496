"""Stripe's form encoding: ``items[0][price]=…``, ``expand[]=…``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

from .errors import StripeError

Form: TypeAlias = "str | dict[str, Form]"

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_PART = re.compile(r"\[([^\[\]]*)\]")


def parse(pairs: Iterable[tuple[str, str]]) -> dict[str, Form]:
    """Nested values from encoded pairs; ``[]`` numbers its values in their order."""
    root: dict[str, Form] = {}
    for key, value in pairs:
        match = _KEY.match(key)
        if match is None:
            raise StripeError(f"Invalid parameter name: {key}", param=key)
        path = [match[1], *_PART.findall(match[2])]
        _put(root, path, value)
    return root


def _put(node: dict[str, Form], path: list[str], value: str) -> None:
    for name in path[:-1]:
        name = str(len(node)) if name == "" else name
        child = node.setdefault(name, {})
        if not isinstance(child, dict):
            raise StripeError(f"Invalid nesting of parameter: {name}", param=name)
        node = child
    last = path[-1]
    node[str(len(node)) if last == "" else last] = value
