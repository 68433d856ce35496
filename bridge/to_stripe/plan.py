"""One Stripe object: what it is to show, what it says, and what to write to it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from bridge.contract.manifest import owner_of
from bridge.store import Intent
from bridge.stripe_api import StripeNotFound, StripeReader
from bridge.to_stripe.compare import difference
from bridge.to_stripe.opportunities import Shown
from bridge.to_stripe.text import MOST_KEYS, BadText, parse

_PATHS = {"cus_": "/v1/customers", "sub_": "/v1/subscriptions"}


class Standing(Enum):
    """How an object stands to what it is to show."""

    RIGHT = auto()
    DIFFERENT = auto()
    GONE = auto()
    """Stripe does not know it, or it was deleted."""
    REFUSED = auto()
    """The text cannot be written."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done about one object."""

    target: str
    shown: Shown | None
    """None: nothing of ours is to be there."""
    standing: Standing
    intent: Intent | None = None
    trouble: str = ""
    """What an admin must see to."""


async def plan(target: str, shown: Shown | None, reader: StripeReader, reserved: str) -> Plan:
    """Reads an object and compares. Raises a ``StripeApiError`` but StripeNotFound."""
    path = path_of(target)
    if path is None:
        said = f"{target} is the id of no Stripe customer or subscription"
        return Plan(target, shown, Standing.GONE, trouble=said)
    try:
        wanted = parse(shown.text if shown else "", reserved)
    except BadText as error:
        return Plan(target, shown, Standing.REFUSED, trouble=str(error))
    try:
        found = (await reader.get(path)).object
    except StripeNotFound:
        return Plan(target, shown, Standing.GONE, trouble=f"Stripe knows no {target} in this mode")
    if found.get("deleted"):
        return Plan(target, shown, Standing.GONE)  # on purpose, and the ledger knows of it
    return _compared(target, path, shown, wanted, found.get("metadata") or {})


def path_of(target: str) -> str | None:
    """Where an object is, by what its id begins with."""
    if not target.replace("_", "").isalnum() or not target.isascii():
        return None
    return next(
        (f"{path}/{target}" for begin, path in _PATHS.items() if target.startswith(begin)), None
    )


def intent(target: str, path: str, params: Mapping[str, Any]) -> Intent:
    """A write under a key of its own: one key for each intent, never for what it says, since Stripe
    gives a key its first answer for a day, and a text may go from A to B and to A again."""
    return Intent(target, path, json.dumps(params), f"stripe-sf-{uuid.uuid4()}")


def _compared(
    target: str,
    path: str,
    shown: Shown | None,
    wanted: Mapping[str, str],
    found: Mapping[str, str],
) -> Plan:
    owner = shown.opportunity if shown else owner_of(found) or ""
    todo = difference(owner, wanted, found)
    trouble = ""
    if todo.too_many:
        trouble = (
            f"{target} would have {todo.too_many} metadata keys, and Stripe takes {MOST_KEYS}: "
            "nothing was written"
        )
    elif todo.foreign:
        trouble = (
            f"{target} has {', '.join(todo.foreign)} with another value, which the bridge did not "
            "write and leaves alone: delete it in Stripe, or name the line otherwise"
        )
    if not todo.changes:
        standing = Standing.REFUSED if todo.too_many else Standing.RIGHT
        return Plan(target, shown, standing, trouble=trouble)
    write = intent(target, path, {"metadata": dict(todo.changes)})
    return Plan(target, shown, Standing.DIFFERENT, write, trouble)
