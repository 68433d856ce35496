"""What each Bayeux message does.

Streaming API Developer Guide, "How the Client Connects", "Clients and Timeouts", "Handling
Streaming API Errors", "Message Durability"; the protocol is Bayeux 1.0 (CometD Reference, "The
Bayeux Protocol"). Events are delivered in the answer to a connect, those of all the client's
channels in the order of their replay ids. There is no acknowledgement: what was in an answer that
never arrived is gone for this session, and comes again only to who subscribes anew behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rehearsal.org.bus import EARLIEST, LATEST, AllocationExceeded, InvalidReplayId, StoredEvent
from rehearsal.org.ports import User
from rehearsal.org.security import may
from rehearsal.org.server.cometd import messages as said
from rehearsal.org.server.cometd.clients import Client, Clients
from rehearsal.org.server.cometd.messages import Message
from rehearsal.org.server.faults import FaultKind, Faults
from rehearsal.org.server.ports import ServedOrg
from rehearsal.org.server.pubsub.avro import EventSchema
from rehearsal.org.server.sessions import Sessions

HOLD = 110.0
"""Seconds that a connect waits for an event."""
MOST_EVENTS = 200
"""In one answer; "the number of event messages in a batch can vary"."""


class ConnectionLost(Exception):
    """The connection ends without an answer."""


class DuplicateConnect(Exception):
    """A later connect of the same client has taken over (CometD answers 500)."""


@dataclass(slots=True)
class Caller:
    """Who sent a request, as its headers say."""

    token: str
    cookies: Mapping[str, str]
    supported: bool
    """Whether the URI names a version that there is."""
    set_cookies: dict[str, str] = field(default_factory=dict)


class CometD:
    """The streaming server of one org. Lives on the event loop; the bus is thread-safe."""

    def __init__(
        self, org: ServedOrg, sessions: Sessions, faults: Faults, *, hold: float = HOLD
    ) -> None:
        """`hold` is in seconds."""
        self._org, self._sessions, self._faults, self._hold = org, sessions, faults, hold
        self._schemas: dict[str, EventSchema] = {}
        self._end = asyncio.Event()
        self.clients = Clients(org.clock)

    def start(self) -> Callable[[], None]:
        """Hears what is published and which faults come. Returns what ends it."""
        loop = asyncio.get_running_loop()

        def wake(_event: str = "") -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._wake)

        ends = [self._org.bus.listen(wake), self._faults.listen(wake)]

        def stop() -> None:
            for end in ends:
                end()

        return stop

    def close(self) -> None:
        """Ends every connect that is held, without an answer."""
        self._end.set()
        self._wake()

    async def answer(self, requests: Sequence[Message], caller: Caller) -> list[Message]:
        """Raises ConnectionLost, DuplicateConnect."""
        await self._silent()
        answers: list[Message] = []
        for request in requests:
            answers += await self._one(request, caller, alone=len(requests) == 1)
        return answers

    def _wake(self) -> None:
        for client in self.clients:
            client.signal.set()

    async def _one(self, request: Message, caller: Caller, *, alone: bool) -> list[Message]:
        channel = request.get("channel")
        if channel == said.HANDSHAKE:
            return [self._handshake(request, caller)]
        client = self._client(request, caller)
        if not isinstance(client, Client):
            return [client]
        self.clients.touch(client)
        if channel == said.CONNECT:
            return await self._connect(request, caller, client, alone=alone)
        if channel == said.SUBSCRIBE:
            return [self._subscribe(request, caller, client)]
        if channel == said.UNSUBSCRIBE:
            client.positions.pop(str(request.get("subscription")), None)
            return [said.accepted(request, subscription=request.get("subscription"))]
        if channel == said.DISCONNECT:
            self.clients.forget(client)
            return [said.accepted(request, clientId=client.id)]
        return [said.refused(request, said.RESTRICTED, None)]

    def _handshake(self, request: Message, caller: Caller) -> Message:
        if not caller.token:
            return said.handshake_denied(request, said.NO_AUTHENTICATION)
        user = self._user(caller)
        if user is None:
            return said.handshake_denied(request, said.AUTHENTICATION_INVALID)
        if not caller.supported:
            return said.handshake_denied(request, said.OLD_VERSION)
        kinds = request.get("supportedConnectionTypes")
        if not isinstance(kinds, list) or "long-polling" not in kinds:
            return said.handshake_denied(request, said.wrong_connection(kinds))
        client = self.clients.open(user.id)
        if client is None:
            return said.handshake_denied(request, said.TOO_MANY_CLIENTS)
        caller.set_cookies |= client.cookies
        return said.handshake_accepted(request, client.id)

    def _client(self, request: Message, caller: Caller) -> Client | Message:
        """Whose message it is, or why it is refused."""
        client_id = request.get("clientId")
        if not client_id:
            return said.refused(request, said.NO_HANDSHAKE, "handshake")
        client = self.clients.find(client_id)
        if client is None:
            return said.refused(request, said.UNKNOWN_CLIENT, "handshake")
        if "BAYEUX_BROWSER" not in caller.cookies:
            return said.refused(request, said.no_cookie(client.id, "BAYEUX_BROWSER"), None)
        if any(caller.cookies.get(name) != value for name, value in client.cookies.items()):
            # Another server is asked, or another browser asks: neither knows this client.
            return said.refused(request, said.UNKNOWN_CLIENT, "handshake")
        user = self._user(caller)
        if user is None:
            return self._unauthenticated(request, client)
        if user.id != client.user_id:
            return said.refused(request, said.OTHER_USER, "none")
        return client

    async def _connect(
        self, request: Message, caller: Caller, client: Client, *, alone: bool
    ) -> list[Message]:
        if request.get("connectionType") != "long-polling":
            error = said.wrong_connection(request.get("connectionType"))
            return [said.refused(request, error, "none")]
        client.turn += 1
        turn, first = client.turn, not client.connected
        client.connected = True
        client.signal.set()
        advised = (request.get("advice") or {}).get("timeout")
        hold = self._hold if alone and not first and advised != 0 else 0.0
        client.holding = True
        try:
            with self._sessions.connected(caller.token):
                return await self._held(request, caller, client, turn, hold, first=first)
        finally:
            client.holding = client.turn != turn and client.holding
            self.clients.touch(client)

    async def _held(
        self,
        request: Message,
        caller: Caller,
        client: Client,
        turn: int,
        hold: float,
        *,
        first: bool,
    ) -> list[Message]:
        loop = asyncio.get_running_loop()
        until = loop.time() + hold
        while True:
            client.signal.clear()
            await self._silent()
            if self._end.is_set() or self._faults.peek(FaultKind.MAINTENANCE):
                raise ConnectionLost
            if client.turn != turn:
                client.signal.set()
                raise DuplicateConnect
            if client.forgotten:
                return [*_goodbye(client), _unknown(request)]
            if self._sessions.user(caller.token) is None:
                return [self._unauthenticated(request, client)]
            try:
                events = self._take(client)
            except AllocationExceeded:
                client.positions.clear()
                error = said.refused(request, said.TOO_MANY_EVENTS, "none", clientId=client.id)
                return [error]
            left = until - loop.time()
            if events or left <= 0:
                answer = said.accepted(request, clientId=client.id)
                if first:
                    answer["advice"] = {
                        "interval": 0,
                        "timeout": int(self._hold * 1000),
                        "reconnect": "retry",
                    }
                return [*events, answer]
            try:
                async with asyncio.timeout(left):
                    await client.signal.wait()
            except TimeoutError:
                pass

    def _subscribe(self, request: Message, caller: Caller, client: Client) -> Message:
        channel = request.get("subscription")
        if isinstance(channel, list):
            channel = channel[0] if len(channel) == 1 else None
        if not isinstance(channel, str) or not channel:
            return said.refused(request, said.NO_CHANNEL, None)
        more = {"subscription": channel, "clientId": client.id}
        if not channel.startswith("/"):
            return said.refused(request, said.NO_SLASH, None, **more)
        event = self._org.bus.event_type(channel) if channel.startswith("/event/") else None
        if event is None or channel != f"/event/{event.name}":
            return said.refused(request, said.no_such_channel(channel), None, **more)
        user = self._user(caller)
        if user is None or not may(user, event, "read"):
            return said.refused(request, said.RESTRICTED, None, **more)
        if not self._org.bus.allocations.delivered.remaining(self._org.clock.now()):
            return said.refused(request, said.TOO_MANY_EVENTS, None, **more)
        replay = ((request.get("ext") or {}).get("replay") or {}).get(channel, LATEST)
        try:
            client.positions[channel] = self._start(channel, replay)
        except InvalidReplayId:
            return said.refused(request, said.wrong_replay(replay), None, **more)
        client.signal.set()
        return said.accepted(request, **more)

    def _start(self, channel: str, replay: object) -> int:
        """Raises InvalidReplayId."""
        if isinstance(replay, bool) or not isinstance(replay, int):
            raise InvalidReplayId(str(replay))
        if replay == LATEST:
            return self._org.bus.tip(channel)
        if replay != EARLIEST:
            self._org.bus.after(channel, replay, limit=0)
        return replay

    def _take(self, client: Client) -> list[Message]:
        """The next events of the client's channels. Raises AllocationExceeded."""
        if client.deaf:
            return []
        found = [
            (channel, event)
            for channel, position in client.positions.items()
            for event in self._org.bus.following(channel, position, MOST_EVENTS)
        ]
        found = sorted(found, key=lambda each: each[1].replay)[:MOST_EVENTS]
        if found:
            self._org.bus.deliver(len(found))
        for channel, event in found:
            client.positions[channel] = event.replay
        return [self._message(channel, event) for channel, event in found]

    def _message(self, channel: str, event: StoredEvent) -> Message:
        declared = self._org.bus.event_type(event.name)
        assert declared is not None
        schema = self._schemas.get(event.name)
        if schema is None or schema.event is not declared:
            schema = self._schemas[event.name] = EventSchema(declared)
        return said.event_message(channel, event, declared, schema.id)

    def _user(self, caller: Caller) -> User | None:
        if self._faults.take(FaultKind.SESSION_EXPIRED):
            return None
        return self._sessions.user(caller.token)

    def _unauthenticated(self, request: Message, client: Client) -> Message:
        return said.refused(request, said.AUTHENTICATION_INVALID, "none", clientId=client.id)

    async def _silent(self) -> None:
        """A connection that is open and dead: it never speaks again, whatever comes later."""
        if self._faults.peek(FaultKind.SILENT):
            await self._end.wait()
            raise ConnectionLost


def _goodbye(client: Client) -> list[Message]:
    if not client.goodbye:
        return []
    return [{"channel": said.DISCONNECT, "clientId": client.id, "successful": True}]


def _unknown(request: Message) -> Message:
    return said.refused(request, said.UNKNOWN_CLIENT, "handshake")
