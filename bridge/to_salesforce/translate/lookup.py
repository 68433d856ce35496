"""Asking for facts while translating, so that what is needed and what is used cannot differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from bridge.stripe_api.facts import Fact, Facts, Need

T = TypeVar("T")
U = TypeVar("U")


class Missing(LookupError):
    """Facts that must be read before the translation can go on."""

    def __init__(self, needs: frozenset[Need]) -> None:
        super().__init__(", ".join(sorted(f"{need.kind} {need.id}" for need in needs)))
        self.needs = needs


class Lookup:
    """The facts at hand; asking for one that is not raises :class:`Missing`."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def one(self, need: Need) -> Fact:
        """The answer to one need."""
        return self.all((need,))[0]

    def all(self, needs: Iterable[Need]) -> list[Fact]:
        """The answers to several needs; those that are missing are named together."""
        wanted = list(needs)
        found = [(need, self._facts.get(need)) for need in wanted]
        missing = frozenset(need for need, fact in found if fact is None)
        if missing:
            raise Missing(missing)
        return [fact for _, fact in found if fact is not None]


def gather_two(one: Callable[[], T], other: Callable[[], U]) -> tuple[T, U]:
    """Both results; what both miss is named together, so that it is read at once."""
    try:
        first = one()
    except Missing as gap:
        try:
            other()
        except Missing as second:
            raise Missing(gap.needs | second.needs) from None
        raise
    return first, other()


def gather(asked: Iterable[Callable[[], T]]) -> list[T]:
    """All results; what any of them misses is named together."""
    found: list[T] = []
    missing: frozenset[Need] = frozenset()
    for ask in asked:
        try:
            found.append(ask())
        except Missing as gap:
            missing |= gap.needs
    if missing:
        raise Missing(missing)
    return found
