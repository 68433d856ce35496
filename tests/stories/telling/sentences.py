"""Which function a sentence means.

A pattern is the sentence itself; ``{name}`` stands for words in quotation marks, ``{count:int}``
and ``{price:money}`` for what they say, and ``(…)?`` for words that may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.stories.telling.words import READERS

Act = Callable[..., Awaitable[None]]


class NotUnderstood(Exception):
    """A sentence that no step means, or that several do."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """``settled``: it waits until all that was done so far is in Salesforce."""

    words: str
    pattern: re.Pattern[str]
    kinds: dict[str, str]
    act: Act
    settled: bool

    def read(self, text: str) -> dict[str, Any] | None:
        """The arguments that a sentence names; None if it is another one."""
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        return {
            name: READERS[self.kinds[name]][1](said)
            for name, said in match.groupdict().items()
            if said is not None
        }


ALL: list[Sentence] = []

_HOLE = re.compile(r"\{(\w+)(?::(\w+))?\}")


def sentence(words: str, *, settled: bool = False) -> Callable[[Act], Act]:
    """The decorated function is what the words mean; it takes the story and what they name."""
    kinds = {name: kind or "name" for name, kind in _HOLE.findall(words)}
    pattern = _HOLE.sub(lambda hole: f"(?P<{hole[1]}>{READERS[hole[2] or 'name'][0]})", words)

    def register(act: Act) -> Act:
        ALL.append(Sentence(words, re.compile(pattern), kinds, act, settled))
        return act

    return register


def find(text: str) -> tuple[Sentence, dict[str, Any]]:
    """What a sentence means. Raises NotUnderstood."""
    found = [(each, args) for each in ALL if (args := each.read(text)) is not None]
    if len(found) != 1:
        meant = " or ".join(each.words for each, _ in found) or "nothing"
        raise NotUnderstood(f"{text!r} means {meant}")
    return found[0]
