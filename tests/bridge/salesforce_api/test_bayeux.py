"""What a streaming server may say, and what it means; the local org says the rest."""

import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web

from bridge.contract import REQUEST_TOPIC
from bridge.errors import (
    AllocationSpent,
    AuthFailed,
    LimitExceeded,
    OrgUnavailable,
    PackageMissing,
    PermissionDenied,
    ReplayRefused,
    RequestRefused,
)
from bridge.salesforce_api import CometD, Delivery, Session
from bridge.salesforce_api.bayeux import BayeuxSession, SessionLost, fault_of_answer
from bridge.salesforce_api.cometd import cometd_stream

HANDSHAKE = {"reconnect": "handshake", "interval": 0}
NONE = {"reconnect": "none", "interval": 0}


def denied(reason: str) -> dict[str, Any]:
    return {"error": "403::Handshake denied", "ext": {"sfdc": {"failureReason": reason}}}


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"error": "401::Authentication invalid", "advice": NONE}, AuthFailed),
        (denied("401::Authentication invalid"), AuthFailed),
        (denied("401::Request requires authentication"), AuthFailed),
        ({"error": "403::Unknown client", "advice": HANDSHAKE}, SessionLost),
        ({"error": "402::Unknown client"}, SessionLost),
        ({"error": "403::Client has not completed handshake"}, SessionLost),
        ({"error": "400::Client x has established a session, but no cookie"}, OrgUnavailable),
        ({"error": "408::Something new", "advice": HANDSHAKE}, SessionLost),
        ({"error": "400::The replayId {82} you provided was invalid.  Please"}, ReplayRefused),
        ({"error": "403::Organization total events daily limit exceeded"}, AllocationSpent),
        (denied("403::Organization concurrent user limit exceeded"), LimitExceeded),
        ({"error": "400::The channel you requested to subscribe to does not"}, PackageMissing),
        ({"error": "403::Restricted channel"}, PermissionDenied),
        (denied("403::To protect all customers from excessive use and Denial"), OrgUnavailable),
        (denied("400::Unsupported API version. Only API versions '70.0'"), RequestRefused),
        (
            {"error": "401::Authentication invalid"}
            | {"ext": {"sfdc": {"failureReason": "503::Server is too busy.  Please"}}},
            OrgUnavailable,
        ),
        ({}, OrgUnavailable),
    ],
)
def test_each_refusal_is_a_fault_by_what_must_be_done(answer, fault):
    found = fault_of_answer({"channel": "/meta/connect", "successful": False, **answer}, "/event/X")
    assert type(found) is fault
    assert str(found).startswith("/event/X: /meta/connect: ")


Reply = Callable[[dict[str, Any]], Any]


class Server:
    """Answers each message as it is told; asked is what it was sent."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Any]] = {}
        self.asked: list[dict[str, Any]] = []

    def says(self, what: str, *replies: Any) -> None:
        """A reply is what is added to a good answer, messages before it, or a whole response."""
        self.replies[f"/meta/{what}"] = list(replies)

    async def answer(self, request: web.Request) -> web.Response:
        (message,) = await request.json()
        self.asked.append(message)
        waiting = self.replies.get(message["channel"], [])
        reply = waiting.pop(0) if waiting else {}
        if isinstance(reply, web.Response):
            return reply
        before, reply = reply if isinstance(reply, tuple) else ([], reply)
        good = {"channel": message["channel"], "id": message["id"], "successful": True}
        good |= {"clientId": "c", "ext": {"replay": True}}
        return web.json_response([*before, {**good, **reply}])


def event(replay: Any, **payload: Any) -> dict[str, Any]:
    data = {"payload": payload, "event": {"replayId": replay, "EventUuid": f"uuid-{replay}"}}
    return {"channel": REQUEST_TOPIC, "data": data}


class Tokens:
    """Always the same session, and how often it was refused."""

    def __init__(self, url: str) -> None:
        self.given = Session("token", url, "00D", "005")
        self.refusals = 0

    async def session(self) -> Session:
        return self.given

    def refused(self, _: Session) -> None:
        self.refusals += 1


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_post("/cometd/66.0", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.tokens = Tokens(f"http://127.0.0.1:{runner.addresses[0][1]}")
    yield server
    await runner.cleanup()


async def deliveries(server: Server, count: int, replay: bytes | None = None) -> list[Delivery]:
    """The first ones with events."""
    source = CometD(server.tokens, ssl.create_default_context(), quiet=60.0)
    stream = cometd_stream(source, REQUEST_TOPIC, replay, 5.0)
    found: list[Delivery] = []
    try:
        async for delivery in stream:
            found += [delivery] if delivery is not None and delivery.events else []
            if len(found) == count:
                break
    finally:
        await stream.aclose()
    return found


async def test_it_asks_for_what_is_behind_the_position_and_says_goodbye(server):
    server.says("connect", {}, ([event(7)], {}))
    (delivery,) = await deliveries(server, 1, b"6")
    assert delivery.replay_id == b"7"
    assert [message["channel"].rpartition("/")[2] for message in server.asked] == [
        "handshake",
        "subscribe",
        "connect",
        "connect",
        "disconnect",
    ]
    assert server.asked[1]["ext"] == {"replay": {REQUEST_TOPIC: 6}}
    assert {message.get("clientId") for message in server.asked[1:]} == {"c"}
    assert len({message["id"] for message in server.asked}) == 5


@pytest.mark.parametrize("replay", [None, b"", b"\0\0\0\0\0\0\x03\xfc\0\0", b"-1"])
async def test_a_position_of_another_kind_means_everything_that_is_kept(server, replay):
    server.says("connect", ([event(7)], {}))
    await deliveries(server, 1, replay)
    assert server.asked[1]["ext"] == {"replay": {REQUEST_TOPIC: -2}}


async def test_events_are_heard_in_whatever_answer_they_come(server):
    server.says("subscribe", ([event(1)], {}))
    server.says("connect", ([event(2)], {}), ([event(3), event(4)], {}))
    first, second = await deliveries(server, 2)
    assert [each.replay_id for each in first.events] == [b"1", b"2"]
    assert [each.replay_id for each in second.events] == [b"3", b"4"]


async def test_an_event_that_cannot_be_read_is_passed_over(server):
    broken = event(8)
    broken["data"]["payload"] = None
    server.says("connect", ([event(7, A__c="a"), broken], {}))
    (delivery,) = await deliveries(server, 1)
    assert [(each.fields, each.id) for each in delivery.events] == [({"A__c": "a"}, "uuid-7")]
    assert delivery.replay_id == b"8"


@pytest.mark.parametrize("advice", [HANDSHAKE, NONE])
async def test_a_good_answer_may_ask_for_another_session(server, advice):
    server.says("connect", {}, ([event(7)], {"advice": advice}))
    with pytest.raises(SessionLost):
        await deliveries(server, 2)
    assert server.tokens.refusals == 0


async def test_a_goodbye_ends_the_session_after_the_events_before_it(server):
    goodbye = {"channel": "/meta/disconnect", "clientId": "c", "successful": True}
    server.says("connect", {}, ([event(7), goodbye], {}))
    (delivery,) = await deliveries(server, 1)
    assert delivery.replay_id == b"7"
    server.says("connect", {}, ([event(7), goodbye], {}))
    with pytest.raises(SessionLost):
        await deliveries(server, 2)


@pytest.mark.parametrize(
    ("where", "reply", "fault", "refusals"),
    [
        ("handshake", {"status": 503, "text": "<html>maintenance</html>"}, OrgUnavailable, 1),
        ("handshake", {"status": 302}, OrgUnavailable, 1),
        ("handshake", {"status": 401}, AuthFailed, 1),
        ("subscribe", {"status": 500}, OrgUnavailable, 1),
        ("connect", {"text": "{}"}, OrgUnavailable, 1),
        ("connect", {"text": "[]"}, OrgUnavailable, 1),
        ("connect", {"text": "[1]"}, OrgUnavailable, 1),
    ],
)
async def test_what_is_no_answer_of_bayeux(server, where, reply, fault, refusals):
    server.says(where, web.Response(**reply))
    with pytest.raises(fault):
        await deliveries(server, 1)
    assert server.tokens.refusals == refusals


async def test_without_the_replay_extension_nothing_is_begun(server):
    server.says("handshake", {"ext": {}})
    with pytest.raises(RequestRefused, match="replays no events"):
        await deliveries(server, 1)


async def test_a_fault_in_the_middle_keeps_the_token_unless_it_is_the_token(server):
    server.says("connect", {}, web.Response(status=502))
    with pytest.raises(OrgUnavailable):
        await deliveries(server, 1)
    assert server.tokens.refusals == 0
    server.says(
        "connect", {}, {"successful": False, "error": "401::Authentication invalid", "advice": NONE}
    )
    with pytest.raises(AuthFailed):
        await deliveries(server, 1)
    assert server.tokens.refusals == 1
    assert "/meta/disconnect" not in {message["channel"] for message in server.asked}


async def test_cookies_go_back_as_they_came():
    sent = []

    async def answer(request: web.Request) -> web.Response:
        sent.append(request.headers.get("Cookie", ""))
        message = (await request.json())[0]
        body = {"channel": message["channel"], "id": message["id"], "successful": True}
        response = web.json_response([{**body, "clientId": "c", "ext": {"replay": True}}])
        response.headers["Set-Cookie"] = "sfdc-stream=!ab/c+d,e==; Path=/"
        return response

    app = web.Application()
    app.router.add_post("/cometd/66.0", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    session = Session("token", f"http://127.0.0.1:{runner.addresses[0][1]}", "00D", "005")
    async with BayeuxSession(session, ssl.create_default_context(), REQUEST_TOPIC, 5.0) as bayeux:
        await bayeux.open(-2)
    await runner.cleanup()
    assert sent[1:] == ["sfdc-stream=!ab/c+d,e=="] * (len(sent) - 1)
