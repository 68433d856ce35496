"""Ids as Stripe makes them: a prefix for the kind and a case-sensitive random tail."""

from __future__ import annotations

import random
import string

_ALPHABET = string.ascii_letters + string.digits


class Ids:
    """Makes ids; the same seed makes the same ids in the same order."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 (ids of a rehearsal, not secrets)

    def new(self, prefix: str, length: int = 24) -> str:
        tail = "".join(self._random.choices(_ALPHABET, k=length))
        return f"{prefix}_{tail}"
