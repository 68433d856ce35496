"""Room on Python's stack while the org runs, and only then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_DEPTH = 40_000
"""A closure for each node of Apex makes Python's own stack deeper than Apex's."""


@contextmanager
def deep_stack() -> Iterator[None]:
    """Lets Python recurse as deep as Apex may, and gives the limit back.

    Left raised, C code that relies on it (a JSON parser) would overrun the real stack.
    """
    held = sys.getrecursionlimit()
    if held >= _DEPTH:
        yield
        return
    sys.setrecursionlimit(_DEPTH)
    try:
        yield
    finally:
        sys.setrecursionlimit(held)
