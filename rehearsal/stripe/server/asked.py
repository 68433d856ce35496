"""What a control was asked: a JSON object, read field by field."""

from __future__ import annotations

from typing import TypeAlias

from ..errors import StripeError
from ..jsontypes import Body
from ..render import Renderable, render
from ..versions import NEWEST
from .standin import StandIn

Asked: TypeAlias = dict[str, object]


def only(asked: Asked, *names: str) -> None:
    """Refuse what is not known."""
    unknown = asked.keys() - set(names)
    if unknown:
        raise StripeError(f"Unknown: {', '.join(sorted(unknown))}. Known: {', '.join(names)}")


def text(asked: Asked, name: str) -> str:
    """Text that must be there."""
    value = asked.get(name)
    if not isinstance(value, str):
        raise StripeError(f"{name} is required.", param=name)
    return value


def optional(asked: Asked, name: str) -> str | None:
    """Text that may be there."""
    return text(asked, name) if asked.get(name) is not None else None


def integer(asked: Asked, name: str) -> int:
    """A whole number that must be there."""
    value = asked.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise StripeError(f"{name} must be a whole number.", param=name)
    return value


def shown(standin: StandIn, subject: Renderable) -> Body:
    """An object in the newest shape."""
    return render(standin.world, subject, NEWEST)
