"""CometD sessions: who is connected, and what each has subscribed to.

Streaming API Developer Guide, "Clients and Timeouts": a client that is not back within 40 seconds
of an answer is forgotten.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from rehearsal.org.clock import Clock

RECONNECT = dt.timedelta(seconds=40)
MOST_CLIENTS = 1_000
"""Of Enterprise Edition (Platform Events Developer Guide, "Common Platform Event Allocations")."""


@dataclass(slots=True)
class Client:
    """One CometD session."""

    id: str
    user_id: str
    cookies: dict[str, str]
    seen: dt.datetime
    positions: dict[str, int] = field(default_factory=dict)
    """Behind which event each subscription stands, by channel."""
    connected: bool = False
    """Whether a first connect has been answered."""
    turn: int = 0
    """Of the connect that counts: a later one ends an earlier one."""
    holding: bool = False
    forgotten: bool = False
    goodbye: bool = False
    deaf: bool = False
    signal: asyncio.Event = field(default_factory=asyncio.Event)


class Clients:
    """The sessions of one server. Lives on the event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._clients: dict[str, Client] = {}
        self.most = MOST_CLIENTS

    def __iter__(self) -> Iterator[Client]:
        self._sweep()
        return iter(list(self._clients.values()))

    def open(self, user_id: str) -> Client | None:
        """A new session with its cookies; None where there are too many."""
        self._sweep()
        if len(self._clients) >= self.most:
            return None
        cookies = {
            "BAYEUX_BROWSER": f"{secrets.token_hex(4)}-{secrets.token_urlsafe(12)}",
            # Of the load balancer; with signs that careless clients write in another way.
            "sfdc-stream": f"!{secrets.token_urlsafe(12)}/+x==",
        }
        client = Client(secrets.token_hex(14), user_id, cookies, self._clock.now())
        self._clients[client.id] = client
        return client

    def find(self, client_id: object) -> Client | None:
        self._sweep()
        return self._clients.get(client_id) if isinstance(client_id, str) else None

    def touch(self, client: Client) -> None:
        """It has been answered: its time runs anew."""
        client.seen = self._clock.now()

    def forget(self, client: Client) -> None:
        client.forgotten = True
        client.signal.set()
        self._clients.pop(client.id, None)

    def _sweep(self) -> None:
        oldest = self._clock.now() - RECONNECT
        for client in list(self._clients.values()):
            if not client.holding and client.seen < oldest:
                self.forget(client)
