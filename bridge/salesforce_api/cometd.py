"""CometD, the Streaming API: the other way to hear platform events.

For networks in which long gRPC streams do not live. Events come as JSON by HTTP long polling. The
client is our own: of those that there are for Python one cannot be told to open a new session for
each fault, which is what keeps it from going deaf.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from bridge.contract import TIME_FIELDS
from bridge.errors import AuthFailed, OrgUnavailable
from bridge.salesforce_api.auth import Authenticator, Session
from bridge.salesforce_api.bayeux import BayeuxSession, Message, SessionLost
from bridge.salesforce_api.codec import from_json
from bridge.salesforce_api.delivery import Delivery, Received

_EARLIEST = -2
_LATEST = -1
_CHECK = 30.0
_TIMES = TIME_FIELDS | {"CreatedDate"}
_QUIET = 900.0
_log = logging.getLogger(__name__)


class CometD:
    """A client of one org's streaming server."""

    def __init__(
        self, authenticator: Authenticator, ca: ssl.SSLContext, *, quiet: float = _QUIET
    ) -> None:
        """``quiet`` is how many seconds a session that brings no event is believed. Salesforce
        knows of clients whose connects were answered for hours, and that were given no events."""
        self._authenticator = authenticator
        self._ca = ca
        self.quiet = quiet

    async def session(self) -> Session:
        """Raises AuthFailed, WrongOrg, OrgUnavailable."""
        return await self._authenticator.session()

    def refused(self, session: Session) -> None:
        """The org refused this session's token, or is not where it said."""
        self._authenticator.refused(session)

    def connect(self, session: Session, topic: str, silence: float) -> BayeuxSession:
        """A new connection, with cookies of its own."""
        return BayeuxSession(session, self._ca, topic, silence)

    async def check(self, topic: str) -> None:
        """Subscribes, and leaves before any event is delivered. Raises the bridge's errors."""
        async with self.connect(await self.session(), topic, _CHECK) as bayeux:
            await bayeux.open(_LATEST)


async def cometd_stream(
    source: CometD, topic: str, replay: bytes | None, silence: float
) -> AsyncGenerator[Delivery | None]:
    """One stream: None once it stands, then deliveries. Raises the bridge's errors.

    A session that brought nothing for a while is replaced by another, with no fault told.
    """
    while True:
        session = await source.session()
        bayeux = source.connect(session, topic, silence)
        async with bayeux:
            try:
                events = await bayeux.open(_position(replay))
            except (AuthFailed, OrgUnavailable) as error:
                if not isinstance(error, SessionLost):
                    source.refused(session)  # a new token also tells the org's address
                raise
            yield None
            believed = time.monotonic() + source.quiet
            while True:
                if events:
                    delivery = _delivery(topic, events)
                    yield delivery
                    replay = delivery.replay_id or replay
                    believed = time.monotonic() + source.quiet
                elif time.monotonic() >= believed:
                    break
                try:
                    events = await bayeux.listen()
                except AuthFailed:
                    source.refused(session)
                    raise
                if not events:
                    yield Delivery((), b"")


def _position(replay: bytes | None) -> int:
    """Our own bytes; what is not ours is not understood, so everything kept is asked for."""
    return int(replay) if replay is not None and replay.isdigit() else _EARLIEST


def _delivery(topic: str, messages: Sequence[Message]) -> Delivery:
    received = [_received(topic, message) for message in messages]
    last = next((_replay_id(message) for message in reversed(messages) if _replay_id(message)), b"")
    return Delivery(tuple(each for each in received if each is not None), last)


def _received(topic: str, message: Message) -> Received | None:
    try:
        data = message["data"]
        fields = from_json(data["payload"], _TIMES)
        return Received(_replay_id(message), fields, str(data["event"].get("EventUuid", "")))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        _log.error("an event of %s is passed over: %s", topic, type(error).__name__)
        return None


def _replay_id(message: Message) -> bytes:
    data: Any = message.get("data")
    event = data.get("event") if isinstance(data, dict) else None
    replay = event.get("replayId") if isinstance(event, dict) else None
    return str(replay).encode() if isinstance(replay, int) else b""
