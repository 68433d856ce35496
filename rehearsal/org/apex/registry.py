"""The table of library methods, each declared by its Apex signature.

``@native("String.left(Integer): String")`` registers an instance method called as
``function(run, this, length)``; ``static …`` one called as ``function(run, …)``; ``new T(…)`` a
constructor called as ``function(run, type, …)``. A parameter refuses null with a
NullPointerException unless its type ends in ``?``. Single capitals are type variables of the owner.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from rehearsal.org.apex.types import VOID, Kind, Type, parse_type

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Native:
    """One library method, constructor or (without parentheses) property."""

    owner: Type
    name: str
    params: tuple[Type, ...]
    nullable: tuple[bool, ...]
    result: Type
    call: Callable[..., Any]
    static: bool = False


@dataclass(slots=True)
class Registry:
    """Everything registered, keyed by lower-case owner and member."""

    methods: dict[tuple[str, str], list[Native]]
    statics: dict[tuple[str, str], list[Native]]
    constructors: dict[str, list[Native]]
    properties: dict[tuple[str, str], Native]
    static_properties: dict[tuple[str, str], Native]
    types: dict[str, str]
    """Canonical names by lower-case name."""
    bases: dict[str, str]


LIBRARY = Registry({}, {}, {}, {}, {}, {}, {})

_SIGNATURE = re.compile(
    r"^(?P<kind>static |new )?(?P<path>[$\w.]+(?:<[\w, ]+>)?(?:\.\w+)?)"
    r"(?:\((?P<params>.*)\))?(?:: (?P<result>.+))?$"
)


def native(*signatures: str) -> Callable[[Function], Function]:
    """Registers the function under each signature."""

    def register(function: Function) -> Function:
        for signature in signatures:
            _add(signature, function)
        return function

    return register


def _add(signature: str, function: Callable[..., Any]) -> None:
    match = _SIGNATURE.match(signature)
    if match is None:
        raise ValueError(f"bad signature: {signature}")
    kind, path = match["kind"], match["path"]
    if kind == "new ":
        owner_text, name = path, "new"
    else:
        owner_text, _, name = path.rpartition(".")
    owner = parse_type(owner_text)
    words = split_arguments(match["params"] or "")
    made = Native(
        owner,
        name,
        tuple(parse_type(word.rstrip("?")) for word in words),
        tuple(word.endswith("?") for word in words),
        parse_type(match["result"]) if match["result"] else VOID,
        function,
        kind == "static ",
    )
    for mentioned in (owner, made.result, *made.params):
        if mentioned.kind is Kind.NATIVE and not mentioned.name.startswith("$"):
            LIBRARY.types.setdefault(mentioned.name.lower(), mentioned.name)
    key = (owner.name.lower(), name.lower())
    if kind == "new ":
        LIBRARY.constructors.setdefault(owner.name.lower(), []).append(made)
    elif match["params"] is None:
        table = LIBRARY.static_properties if kind else LIBRARY.properties
        table[key] = made
    else:
        methods = LIBRARY.statics if kind else LIBRARY.methods
        methods.setdefault(key, []).append(made)


def split_arguments(params: str) -> list[str]:
    """Splits at the commas that are not inside angle brackets."""
    words, depth, start = [], 0, 0
    for index, char in enumerate(params):
        if char in "<>":
            depth += 1 if char == "<" else -1
        elif char == "," and depth == 0:
            words.append(params[start:index].strip())
            start = index + 1
    if params[start:].strip():
        words.append(params[start:].strip())
    return words


def derive(child: str, parent: str) -> None:
    """Lets library type `child` have the members of `parent`."""
    LIBRARY.types.setdefault(child.lower(), child)
    LIBRARY.types.setdefault(parent.lower(), parent)
    LIBRARY.bases[child.lower()] = parent.lower()
