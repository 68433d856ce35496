"""One CometD session: handshake, subscribe, connect, over HTTP long polling.

Streaming API Developer Guide, "How the Client Connects"; the protocol is Bayeux 1.0. A session is
used until its first fault and never after it: without acknowledgements what was in a lost answer
does not come again in the same session, only in a new one that asks for what is behind the last
event that arrived.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, Self

import aiohttp

from bridge.errors import (
    AllocationSpent,
    AuthFailed,
    BridgeError,
    LimitExceeded,
    OrgUnavailable,
    PackageMissing,
    PermissionDenied,
    ReplayRefused,
    RequestRefused,
)
from bridge.salesforce_api.auth import Session
from bridge.salesforce_api.rest import API_VERSION

Message = dict[str, Any]

_TIMEOUT = 30.0
_LATE = 30.0
"""Seconds that an answer may come after the time that the server named."""
_HELD = 110.0
"""Seconds for which Salesforce holds a connect that finds nothing ("Clients and Timeouts")."""
_GOODBYE = 2.0
_LONGEST_INTERVAL = 30.0
"""Seconds between two connects, whatever the server advises: after 40 it forgets its client."""


class SessionLost(OrgUnavailable):
    """The server no longer knows this session. Nothing is lost by opening another at once."""


class BayeuxSession:
    """A connection of its own, with its own cookies. Every method raises the bridge's errors."""

    def __init__(self, session: Session, ca: ssl.SSLContext, topic: str, silence: float) -> None:
        """``silence`` is how many seconds an answer to a connect is waited for, at most."""
        self._url = f"{session.instance_url}/cometd/{API_VERSION}"
        self._topic = topic
        self._silence = silence
        self._timeout = min(_TIMEOUT, silence)
        self._ids = itertools.count(1)
        self._client_id = ""
        self._advice: Message = {}
        self._stands = False
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=ca),
            # The host may be an address; and Salesforce's cookies hold signs that must come back
            # as they are, or another server is asked, which does not know the client.
            cookie_jar=aiohttp.CookieJar(unsafe=True, quote_cookie=False),
            headers={"Authorization": f"Bearer {session.access_token}"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leaves, so that the server need not count this client for another minute."""
        try:
            if self._stands:
                async with asyncio.timeout(_GOODBYE):
                    await self._call({"channel": "/meta/disconnect"}, _GOODBYE)
        except (BridgeError, TimeoutError):
            pass
        finally:
            await self._http.close()

    async def open(self, replay: int) -> list[Message]:
        """Shakes hands and subscribes. Gives events that came with the answers."""
        (answer, _) = await self._call(
            {
                "channel": "/meta/handshake",
                "version": "1.0",
                "minimumVersion": "1.0",
                "supportedConnectionTypes": ["long-polling"],
                "ext": {"replay": True},
            },
            self._timeout,
        )
        self._client_id = str(answer.get("clientId", ""))
        self._stands = True
        if not (answer.get("ext") or {}).get("replay"):
            raise RequestRefused(f"{self._topic}: this org replays no events")
        (_, events) = await self._call(
            {
                "channel": "/meta/subscribe",
                "subscription": self._topic,
                "ext": {"replay": {self._topic: replay}},
            },
            self._timeout,
        )
        (_, more) = await self._connect(self._timeout, {"timeout": 0})
        return events + more

    async def listen(self) -> list[Message]:
        """Waits for events as long as the server holds a connect; an empty list says that none
        came. Raises SessionLost when another session is needed for the next ones."""
        if self._advice.get("reconnect", "retry") != "retry":
            raise SessionLost(f"{self._topic}: Salesforce asks for a new session")
        await asyncio.sleep(min(_number(self._advice, "interval") / 1000, _LONGEST_INTERVAL))
        held = _number(self._advice, "timeout") / 1000 or _HELD
        (_, events) = await self._connect(min(self._silence, held + _LATE), None)
        return events

    async def _connect(
        self, timeout: float, advice: Message | None
    ) -> tuple[Message, list[Message]]:
        request: Message = {"channel": "/meta/connect", "connectionType": "long-polling"}
        if advice is not None:
            request["advice"] = advice
        return await self._call(request, timeout)

    async def _call(self, request: Message, timeout: float) -> tuple[Message, list[Message]]:
        """The answer to a message, and the events that came with it."""
        try:
            return await self._answered(request, timeout)
        except (OrgUnavailable, AuthFailed):
            self._stands = False
            raise

    async def _answered(self, request: Message, timeout: float) -> tuple[Message, list[Message]]:
        request = {**request, "id": str(next(self._ids))}
        if self._client_id:
            request["clientId"] = self._client_id
        answer: Message | None = None
        events: list[Message] = []
        for message in await self._post([request], timeout):
            channel = message.get("channel")
            if channel == self._topic and "data" in message:
                events.append(message)
            elif channel == request["channel"] and message.get("id") in {None, request["id"]}:
                answer = message
            elif channel == "/meta/disconnect":
                self._advice = {"reconnect": "handshake"}
        if answer is None:
            raise OrgUnavailable(f"{self._topic}: no answer to {request['channel']}")
        if answer.get("successful") is not True:
            raise fault_of_answer(answer, self._topic)
        advice = answer.get("advice")
        if isinstance(advice, dict):
            self._advice = {**self._advice, **advice}
        return answer, events

    async def _post(self, messages: list[Message], timeout: float) -> list[Message]:
        said = f"{self._topic}: {messages[0]['channel']}"
        try:
            async with self._http.post(
                self._url,
                json=messages,
                timeout=aiohttp.ClientTimeout(total=timeout),
                allow_redirects=False,
            ) as response:
                status, body = response.status, await response.read()
        except TimeoutError:
            raise OrgUnavailable(f"{said}: nothing came for {timeout:.0f} seconds") from None
        except (aiohttp.ClientError, OSError) as error:
            raise OrgUnavailable(f"{said}: {type(error).__name__}: {error}") from error
        if status == 401:
            raise AuthFailed(f"{said}: HTTP 401")
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise OrgUnavailable(f"{said}: HTTP {status}")
        return found


def fault_of_answer(answer: Mapping[str, Any], topic: str) -> BridgeError:
    """The error for an unsuccessful answer ("Streaming API Error Codes").

    The cause of a denied handshake is nested, and so is a server that is too busy, whatever error
    stands beside it ("Handling Streaming API Errors").
    """
    error = str(answer.get("error", ""))
    reason = str(((answer.get("ext") or {}).get("sfdc") or {}).get("failureReason", "")) or error
    said = f"{topic}: {answer.get('channel')}: {reason or 'refused without a reason'}"
    code, _, words = reason.partition("::")
    if code == "503":
        return OrgUnavailable(said)
    if code == "401":
        return AuthFailed(said)
    for beginning, fault, advice in _FAULTS:
        if words.startswith(beginning):
            return fault(said + advice)
    if (answer.get("advice") or {}).get("reconnect") == "handshake":
        return SessionLost(said)
    return OrgUnavailable(said)


_PERMISSION = ". Assign the permission set Bridge_Integration"
_FAULTS: Sequence[tuple[str, type[BridgeError], str]] = (
    ("Unknown client", SessionLost, ""),
    ("Client has not completed handshake", SessionLost, ""),
    ("The replayId", ReplayRefused, ""),
    (
        "Organization total events daily limit exceeded",
        AllocationSpent,
        ". It waits until Salesforce counts anew",
    ),
    ("Organization concurrent user limit exceeded", LimitExceeded, ""),
    (
        "The channel you requested to subscribe to",
        PackageMissing,
        ". Deploy the package to the org",
    ),
    ("Restricted channel", PermissionDenied, _PERMISSION),
    ("Cannot create channel", PermissionDenied, _PERMISSION),
    ("Unsupported API version", RequestRefused, ""),
)


def _number(advice: Mapping[str, Any], name: str) -> float:
    value = advice.get(name)
    return float(value) if isinstance(value, int | float) and value > 0 else 0.0
