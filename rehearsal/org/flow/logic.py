"""Filter logic: `and`, `or`, or an expression over numbered conditions, `1 AND (2 OR 3)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rehearsal.org.errors import MetadataError, Where

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Both:
    terms: tuple[Logic, ...]


@dataclass(frozen=True, slots=True)
class Either:
    terms: tuple[Logic, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    term: Logic


Logic = int | Both | Either | Negated
"""A number is the index of a condition, from 0."""

_TOKEN = re.compile(r"\s*(\d+|\(|\)|and\b|or\b|not\b)", re.IGNORECASE)


def parse_logic(text: str, count: int, where: Where) -> Logic:
    """The logic over `count` conditions, each of which a custom expression must name.

    Raises MetadataError.
    """
    if text.lower() in ("and", "or"):
        terms = tuple(range(count))
        return Both(terms) if text.lower() == "and" else Either(terms)
    parser = _Parser(_tokens(text, where), count, where)
    found = parser.whole()
    if parser.named != set(range(count)):
        raise MetadataError(f"filter logic '{text}' does not use every condition", where)
    return found


def decide(logic: Logic, predicates: Sequence[Callable[[S], bool]]) -> Callable[[S], bool]:
    """The logic as one predicate."""
    match logic:
        case int():
            return predicates[logic]
        case Both(terms):
            parts = [decide(term, predicates) for term in terms]
            return lambda subject: all(part(subject) for part in parts)
        case Either(terms):
            parts = [decide(term, predicates) for term in terms]
            return lambda subject: any(part(subject) for part in parts)
        case Negated(term):
            inner = decide(term, predicates)
            return lambda subject: not inner(subject)


def _tokens(text: str, where: Where) -> list[str]:
    found, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise MetadataError(f"filter logic '{text}' is not valid", where)
        found.append(match.group(1).upper())
        position = match.end()
    return found


class _Parser:
    """AND and OR may not be mixed without parentheses, as Salesforce asks."""

    def __init__(self, tokens: list[str], count: int, where: Where) -> None:
        self._tokens, self._count, self._where = tokens, count, where
        self.named: set[int] = set()

    def whole(self) -> Logic:
        found = self._terms()
        if self._tokens:
            raise self._wrong()
        return found

    def _wrong(self) -> MetadataError:
        found = self._tokens[0] if self._tokens else "its end"
        return MetadataError(f"filter logic is not valid at {found}", self._where)

    def _terms(self) -> Logic:
        terms = [self._term()]
        if not self._tokens or self._tokens[0] == ")":
            return terms[0]
        operator = self._tokens[0]
        if operator not in ("AND", "OR"):
            raise self._wrong()
        while self._tokens and self._tokens[0] == operator:
            self._tokens.pop(0)
            terms.append(self._term())
        return Both(tuple(terms)) if operator == "AND" else Either(tuple(terms))

    def _term(self) -> Logic:
        if not self._tokens:
            raise self._wrong()
        if self._tokens[0] == "NOT":
            self._tokens.pop(0)
            return Negated(self._term())
        if self._tokens[0] == "(":
            self._tokens.pop(0)
            inner = self._terms()
            if not self._tokens or self._tokens.pop(0) != ")":
                raise self._wrong()
            return inner
        if not self._tokens[0].isdigit() or not 1 <= int(self._tokens[0]) <= self._count:
            raise self._wrong()
        number = int(self._tokens.pop(0)) - 1
        self.named.add(number)
        return number
