"""Bayeux messages in Salesforce's words.

The refusals are those of the Streaming API Developer Guide, "Streaming API Error Codes"; where they
stand in a message is said in "Handling Streaming API Errors".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from rehearsal.org.bus import StoredEvent
from rehearsal.org.schema import ObjectType
from rehearsal.org.values import Row

Message = dict[str, Any]

HANDSHAKE, CONNECT = "/meta/handshake", "/meta/connect"
SUBSCRIBE, UNSUBSCRIBE = "/meta/subscribe", "/meta/unsubscribe"
DISCONNECT = "/meta/disconnect"

AUTHENTICATION_INVALID = "401::Authentication invalid"
NO_AUTHENTICATION = "401::Request requires authentication"
UNKNOWN_CLIENT = "403::Unknown client"
NO_HANDSHAKE = "403::Client has not completed handshake"
DENIED = "403::Handshake denied"
TOO_MANY_CLIENTS = "403::Organization concurrent user limit exceeded"
TOO_MANY_EVENTS = "403::Organization total events daily limit exceeded"
RESTRICTED = "403::Restricted channel"
OTHER_USER = "400::Authenticated user id does not match the session's user id"
NO_CHANNEL = "400::Channel name not specified"
NO_SLASH = "400::Channel subscriptions must start with a leading '/'"
NO_VERSION = "API version in the URI is mandatory. URI format: '/cometd/66.0'"
OLD_VERSION = (
    "400::Unsupported API version. Only API versions '37.0' and later are supported. "
    "URI format: '/cometd/66.0'"
)
_EXTENSIONS = {"replay": True, "payload.format": True}


def no_cookie(client_id: str, cookie: str) -> str:
    return f"400::Client {client_id} has established a session, but no {cookie} cookie present"


def wrong_connection(kind: object) -> str:
    return f"400::Invalid connection type {kind}"


def no_such_channel(channel: str) -> str:
    return f"400::The channel you requested to subscribe to does not exist {{{channel}}}"


def wrong_replay(replay: object) -> str:
    """Two spaces, as Salesforce has them."""
    return (
        f"400::The replayId {{{replay}}} you provided was invalid.  Please provide a valid ID, "
        "-2 to replay all events, or -1 to replay only new events."
    )


def accepted(request: Mapping[str, Any], **more: Any) -> Message:
    """The good answer to a message of a meta channel."""
    answer: Message = {"channel": request.get("channel"), "successful": True, **more}
    if "id" in request:
        answer["id"] = request["id"]
    return answer


def refused(request: Mapping[str, Any], error: str, reconnect: str | None, **more: Any) -> Message:
    """`reconnect` is the advice: `handshake`, `none`, or no advice."""
    answer = accepted(request, **more)
    answer |= {"successful": False, "error": error}
    if reconnect is not None:
        answer["advice"] = {"reconnect": reconnect, "interval": 0}
    return answer


def handshake_accepted(request: Mapping[str, Any], client_id: str) -> Message:
    return accepted(
        request,
        ext=_EXTENSIONS,
        clientId=client_id,
        version="1.0",
        minimumVersion="1.0",
        supportedConnectionTypes=["long-polling"],
    )


def handshake_denied(request: Mapping[str, Any], reason: str) -> Message:
    """The reason is nested; the error says only that the handshake was denied."""
    answer = refused(request, DENIED, None, ext={"sfdc": {"failureReason": reason}, **_EXTENSIONS})
    return answer | {"advice": {"reconnect": "none"}}


def event_message(channel: str, event: StoredEvent, declared: ObjectType, schema: str) -> Message:
    """A delivered event (Platform Events Developer Guide, "Subscribe to Platform Event
    Notifications with CometD").

    The guide shows a DateTime with milliseconds and `Z`; a Date in its own ISO form is our reading.
    """
    payload: Row = {"CreatedDate": event.created, "CreatedById": event.created_by}
    for field in declared:
        if field.custom:
            payload[field.name] = event.values.get(field.name)
    return {
        "data": {
            "schema": schema,
            "payload": {name: _json(value) for name, value in payload.items()},
            "event": {
                "EventUuid": event.uuid,
                "replayId": event.replay,
                "EventApiName": event.name,
            },
        },
        "channel": channel,
    }


def _json(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        utc = value.astimezone(dt.UTC)
        return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"
    return value.isoformat() if isinstance(value, dt.date) else value
