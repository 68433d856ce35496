"""What each API version changed, undone: an older shape is the newer one taken back a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ... import versions
from ...jsontypes import Body
from ...world import World
from ..newest import Renderable
from . import basil, clover, dahlia

Downgrade: TypeAlias = Callable[[World, Renderable, Body], None]

NEWEST_FIRST: tuple[tuple[str, Downgrade], ...] = (
    (versions.DAHLIA, dahlia.undo),
    (versions.CLOVER, clover.undo),
    (versions.BASIL, basil.undo),
)
"""Endive only added statuses and types, which the stand-in makes none of."""
