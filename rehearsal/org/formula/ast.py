"""A formula as data."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

Path = tuple[str, ...]
"""A merge field by its parts: `('Account', 'Name')`, `('$Record', 'Amount__c')`."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; None for NULL. An empty text is kept apart from NULL, since its type is known."""

    value: str | Decimal | bool | None
    position: int


@dataclass(frozen=True, slots=True)
class Reference:
    """A merge field."""

    path: Path
    position: int

    def __str__(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Unary:
    """`operator` is one of - + NOT."""

    operator: str
    operand: Node
    position: int


@dataclass(frozen=True, slots=True)
class Binary:
    """`operator` is one of + - * / ^ & && || = <> < <= > >= (== and != are spelled = and <>)."""

    operator: str
    left: Node
    right: Node
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function; the name is in upper case."""

    function: str
    arguments: tuple[Node, ...]
    position: int


Node = Literal | Reference | Unary | Binary | Call
