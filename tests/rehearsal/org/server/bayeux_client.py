"""A Bayeux client for tests, which sends what it is told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from tests.rehearsal.org.server.conftest import Client

CHANNEL = "/event/Order__e"
Message = dict[str, Any]


class Bayeux:
    """One client with its cookies."""

    def __init__(self, served: Client, token: str | None) -> None:
        self.url = f"{served.address.http_url}/cometd/66.0"
        self.token = token
        self.cookies: dict[str, str] = {}
        self.id = ""
        self.http = served.http

    async def post(self, body: Any, url: str = "") -> tuple[int, str]:
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        text = body if isinstance(body, str) else json.dumps(body)
        async with self.http.post(url or self.url, data=text, headers=headers) as answer:
            for line in answer.headers.getall("Set-Cookie", []):
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value
            return answer.status, await answer.text()

    async def send(self, *messages: Message) -> list[Message]:
        status, text = await self.post([{"clientId": self.id, **each} for each in messages])
        assert status == 200, text
        found: list[Message] = json.loads(text)
        return found

    async def handshake(self, **more: Any) -> Message:
        kinds = ["long-polling", "websocket"]
        hello = {"channel": "/meta/handshake", "version": "1.0", "id": "1"}
        (answer,) = await self.send({**hello, "supportedConnectionTypes": kinds, **more})
        self.id = answer.get("clientId", "")
        return answer

    async def subscribe(self, replay: Any = -1, channel: Any = CHANNEL) -> Message:
        ext = {} if replay is None else {"ext": {"replay": {str(channel): replay}}}
        (answer,) = await self.send({"channel": "/meta/subscribe", "subscription": channel, **ext})
        return answer

    async def connect(self, **more: Any) -> tuple[Message, list[Message]]:
        """The answer, which comes last, and the events before it."""
        message = {"channel": "/meta/connect", "connectionType": "long-polling", **more}
        *events, answer = await self.send(message)
        return answer, events

    async def open(self, replay: Any = -1) -> Bayeux:
        """Ready to hold a connect."""
        assert (await self.handshake())["successful"]
        assert (await self.subscribe(replay))["successful"]
        assert (await self.connect(advice={"timeout": 0}))[0]["successful"]
        return self

    def waiting(self) -> asyncio.Task[tuple[Message, list[Message]]]:
        return asyncio.create_task(self.connect())


async def numbers(client: Bayeux, count: int) -> list[str]:
    """Of that many events."""
    found: list[str] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            answer, events = await client.connect()
            assert answer["successful"], answer
            found += [event["data"]["payload"]["Number__c"] for event in events]
    return found


CUT = (aiohttp.ServerDisconnectedError, aiohttp.ClientConnectionError)
