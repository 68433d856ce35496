"""2026-03-25.dahlia: a refund names its customer."""

from __future__ import annotations

from ...jsontypes import Body
from ...objects.payments import Refund
from ...world import World
from ..newest import Renderable


def undo(world: World, subject: Renderable, body: Body) -> None:
    if isinstance(subject, Refund):
        del body["customer"], body["customer_account"]
