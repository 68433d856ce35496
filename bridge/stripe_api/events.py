"""A Stripe event as the bridge reads it: numbers exact, the object as Stripe wrote it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from bridge.errors import BridgeError

_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class MalformedEvent(BridgeError):
    """A body that is no Stripe event with an object in it."""


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """What Stripe said of one object, and when."""

    id: str
    type: str
    created: dt.datetime
    """Aware, UTC: the moment whose state the object is."""
    api_version: str | None
    livemode: bool
    account: str | None
    """The account that the event is of. Stripe names it to Connect endpoints alone; whoever knows
    the account of its own key fills it in with ``dataclasses.replace``."""
    object: dict[str, Any]
    """Stripe's JSON: whole numbers are ``int``, all others ``Decimal``."""
    previous: dict[str, Any] | None = None
    """What Stripe says of the values before, where it does. No value of the ledger is ever taken
    from it."""


def parse_json(raw: bytes | str) -> Any:
    """JSON with exact numbers: ``int`` and ``Decimal``, never ``float``."""
    return _decode(raw)


def instant(seconds: int) -> dt.datetime:
    """Stripe's Unix seconds as an aware moment in UTC."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def parse_event(raw: bytes) -> StripeEvent:
    """The event in a webhook's body, or in one element of the Events API's list.

    Raises :class:`MalformedEvent`, also for a thin (v2) event, which holds no object.
    """
    try:
        body = parse_json(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedEvent(f"not JSON: {error}") from error
    if not isinstance(body, dict):
        raise MalformedEvent("not a JSON object")
    data = body.get("data")
    found = data.get("object") if isinstance(data, dict) else None
    if not isinstance(found, dict):
        raise MalformedEvent("no data.object: a thin event, or no event at all")
    return StripeEvent(
        id=_text(body, "id"),
        type=_text(body, "type"),
        created=_created(body),
        api_version=_optional(body, "api_version"),
        livemode=body.get("livemode") is True,
        account=_optional(body, "account"),
        object=found,
        previous=_previous(data),
    )


def read_event(
    key: str,
    object: dict[str, Any],  # noqa: A002 - Stripe's own word for it
    as_of: dt.datetime,
    account: str | None,
    livemode: bool,
) -> StripeEvent:
    """What a read of a ledger key answered, in the form of an event.

    ``as_of`` is the moment that Stripe answered. The id is a function of the key and the moment, so
    the same read twice is the same event.
    """
    kind = object.get("object")
    return StripeEvent(
        id=f"read:{key}:{int(as_of.timestamp())}",
        type=f"read.{kind if isinstance(kind, str) else 'unknown'}",
        created=as_of,
        api_version=None,
        livemode=livemode,
        account=account,
        object=object,
    )


def _previous(data: Any) -> dict[str, Any] | None:
    found = data.get("previous_attributes") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else None


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedEvent(f"{name} is no text")
    return value


def _optional(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) and value else None


def _created(body: dict[str, Any]) -> dt.datetime:
    value = body.get("created")
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedEvent("created is no Unix time")
    try:
        return instant(value)
    except (ValueError, OverflowError, OSError) as error:
        raise MalformedEvent(f"created is no Unix time: {value}") from error
