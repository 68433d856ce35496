"""As much of a webhook body as admitting it needs; the rest is skipped unread."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import msgspec

_LONGEST = 255
"""The length of ``Stripe_Event_Id__c`` and ``Lane__c``."""


class NotAnEvent(Exception):
    """The body is not JSON, or has no id or type."""


class Envelope(NamedTuple):
    """Who the event is, and which lane it goes in; a tuple, since one is made for every request."""

    id: str
    type: str
    created: float
    api_version: str | None
    livemode: bool
    account: str | None
    lane: str
    thin: bool
    """A v2 event, which carries no object."""


class _Reference(msgspec.Struct):
    id: str | None = None


class _Object(msgspec.Struct):
    id: str | None = None
    object: str | None = None
    customer: str | _Reference | None = None
    charge: str | _Reference | None = None


class _Data(msgspec.Struct):
    object: _Object | None = None


class _Event(msgspec.Struct):
    id: str
    type: str
    object: str | None = None
    created: int | float | str | None = None
    api_version: str | None = None
    livemode: bool | None = None
    account: str | None = None
    context: str | None = None
    data: _Data | None = None


class _Bare(msgspec.Struct):
    id: str
    type: str
    livemode: bool | None = None
    account: str | None = None


_decode = msgspec.json.Decoder(_Event).decode
_decode_bare = msgspec.json.Decoder(_Bare).decode


def read_envelope(body: bytes) -> Envelope:
    """Raises NotAnEvent."""
    try:
        event = _decode(body)
    except msgspec.ValidationError:
        # An object in a shape that nobody knows yet is still an event to keep.
        event = _bare(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotAnEvent("not JSON") from None
    if not event.id or not event.type or len(event.id) > _LONGEST or len(event.type) > _LONGEST:
        raise NotAnEvent("no id or no type")
    thin = event.object == "v2.core.event"
    return Envelope(
        id=event.id,
        type=event.type,
        created=_seconds(event.created),
        api_version=event.api_version,
        livemode=bool(event.livemode),
        account=event.account or (_account(event.context) if thin else None),
        lane=_lane(event)[:_LONGEST],
        thin=thin,
    )


def _account(context: str | None) -> str | None:
    """The account of a thin event; those that it belongs to may stand before it."""
    return (context or "").rpartition("/")[2] or None


def _seconds(created: float | str | None) -> float:
    """Thin events are of a moment in ISO 8601, all others of Unix seconds."""
    if isinstance(created, str):
        try:
            return dt.datetime.fromisoformat(created).timestamp()
        except ValueError:
            return 0.0
    return float(created or 0.0)


def _bare(body: bytes) -> _Event:
    try:
        bare = _decode_bare(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotAnEvent("no id or no type") from None
    return _Event(bare.id, bare.type, livemode=bare.livemode, account=bare.account)


def _lane(event: _Event) -> str:
    """The customer where the object names one, else what it hangs on, else the object itself."""
    found = event.data.object if event.data is not None else None
    if found is None:
        return event.id
    if found.object == "customer" and found.id:
        return found.id
    return _id(found.customer) or _id(found.charge) or found.id or event.id


def _id(reference: str | _Reference | None) -> str | None:
    return reference.id if isinstance(reference, _Reference) else reference
