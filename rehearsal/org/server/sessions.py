"""Sessions: which access token is whose, and for how long."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rehearsal.org.clock import Clock
from rehearsal.org.ports import User

TIMEOUT = dt.timedelta(hours=2)
"""Help, "Modify Session Security Settings": two hours without a request."""


@dataclass(slots=True)
class _Session:
    user: User
    expires: dt.datetime | None
    connections: int = 0


class Sessions:
    """Tokens look like Salesforce's: the org's id, `!`, and a secret."""

    def __init__(
        self, clock: Clock, org_id: str, user_now: Callable[[str], User] | None = None
    ) -> None:
        """`user_now` gives a user of an id with his permissions as they are at that moment; without
        it a session's user keeps those that he had when it was opened."""
        self._clock, self._org_id, self._user_now = clock, org_id, user_now
        self._sessions: dict[str, _Session] = {}

    def open(self, user: User, *, lasting: bool = False) -> str:
        """A new access token. A `lasting` one does not time out by the org's clock."""
        token = f"{self._org_id[:15]}!AQ{secrets.token_urlsafe(60)}"
        self._sessions[token] = _Session(user, None if lasting else self._clock.now() + TIMEOUT)
        return token

    def user(self, token: str) -> User | None:
        """Whose session it is, kept alive by being used; None for an ended one."""
        session = self._sessions.get(token)
        if session is None:
            return None
        if session.expires is not None:
            now = self._clock.now()
            if session.expires <= now and not session.connections:
                del self._sessions[token]
                return None
            session.expires = now + TIMEOUT
        return session.user if self._user_now is None else self._user_now(session.user.id)

    @contextmanager
    def connected(self, token: str) -> Iterator[None]:
        """A session with a streaming client does not time out while that is connected (Streaming
        API Developer Guide, "Handling Streaming API Errors"); it can be ended."""
        session = self._sessions.get(token)
        if session is None:
            yield
            return
        session.connections += 1
        try:
            yield
        finally:
            session.connections -= 1
            if session.expires is not None:
                session.expires = self._clock.now() + TIMEOUT

    def close(self, token: str) -> bool:
        """Whether there was such a session."""
        return self._sessions.pop(token, None) is not None

    def expire_all(self) -> int:
        """Ends every session that can time out; says how many."""
        ended = [token for token, one in self._sessions.items() if one.expires is not None]
        for token in ended:
            del self._sessions[token]
        return len(ended)
