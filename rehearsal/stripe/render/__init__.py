"""Objects as JSON: rendered in the newest version, then taken back change by change."""

from __future__ import annotations

from ..jsontypes import Body
from ..versions import before
from ..world import World
from . import changes
from .newest import Renderable, newest

__all__ = ["Renderable", "render"]


def render(world: World, subject: Renderable, version: str) -> Body:
    """The object's JSON, with ids where Stripe expands only on request."""
    body = newest(world, subject)
    for since, downgrade in changes.NEWEST_FIRST:
        if not before(version, since):
            break
        downgrade(world, subject, body)
    return body
