"""The layers of `localorg check`, by name.

A layer is a function of the project's root that yields what it finds. One that lacks a tool on
this machine yields a NotRun and no findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from rehearsal.org.check.finding import Finding, NotRun

Layer = Callable[[Path], Iterable[Finding | NotRun]]

LAYERS: dict[str, Layer] = {}
"""In the order of registration."""


def layer(name: str) -> Callable[[Layer], Layer]:
    """Registers a function as the layer of that name."""

    def register(function: Layer) -> Layer:
        if name in LAYERS:
            raise ValueError(f"there are two layers named {name}")
        LAYERS[name] = function
        return function

    return register
