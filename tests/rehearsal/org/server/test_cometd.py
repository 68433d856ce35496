from __future__ import annotations

import asyncio
import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from rehearsal.org.bus import EARLIEST
from rehearsal.org.clock import Clock
from tests.rehearsal.org.server.bayeux_client import CHANNEL, CUT, Bayeux, numbers
from tests.rehearsal.org.server.conftest import SECRET_EVENT, EventOrg, Served

HELD = 0.05
"""Seconds until a connect is surely held."""


@pytest.fixture
def org() -> EventOrg:
    """Its clock stands, so that only a test moves it."""
    return EventOrg(Clock(dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC)))


@pytest.fixture
async def client(served: Served) -> Bayeux:
    return Bayeux(served, await served.integration_token())


def emit(served: Served, *texts: str) -> None:
    for text in texts:
        served.org.bus.append("Order__e", {"Number__c": text}, served.org.admin.id)


def last(served: Served) -> int:
    return served.org.bus.after(CHANNEL, EARLIEST)[-1].replay


async def held(client: Bayeux) -> asyncio.Task[Any]:
    task = client.waiting()
    await asyncio.sleep(HELD)
    assert not task.done()
    return task


async def test_a_handshake_gives_an_id_and_cookies(client: Bayeux) -> None:
    answer = await client.handshake()
    assert len(answer.pop("clientId")) == 28
    assert answer == {
        "channel": "/meta/handshake",
        "id": "1",
        "successful": True,
        "ext": {"replay": True, "payload.format": True},
        "version": "1.0",
        "minimumVersion": "1.0",
        "supportedConnectionTypes": ["long-polling"],
    }
    assert set(client.cookies) == {"BAYEUX_BROWSER", "sfdc-stream"}


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (None, "401::Request requires authentication"),
        ("00D!nonsense", "401::Authentication invalid"),
    ],
)
async def test_without_a_good_token_the_handshake_is_denied(
    client: Bayeux, token: str | None, reason: str
) -> None:
    client.token = token
    answer = await client.handshake()
    assert (answer["successful"], answer["error"]) == (False, "403::Handshake denied")
    assert answer["ext"]["sfdc"]["failureReason"] == reason
    assert answer["advice"] == {"reconnect": "none"}
    assert not client.cookies


async def test_the_uri_names_a_version(served: Served, client: Bayeux) -> None:
    base = served.address.http_url
    hello = {"channel": "/meta/handshake", "supportedConnectionTypes": ["long-polling"]}
    status, text = await client.post(hello, f"{base}/cometd")
    assert (status, text) == (
        400,
        "API version in the URI is mandatory. URI format: '/cometd/66.0'",
    )
    for path, good in (("36.0", False), ("37.0", True), ("66.0/handshake", True), ("99.0", False)):
        _, text = await client.post(hello, f"{base}/cometd/{path}")
        (answer,) = json.loads(text)
        assert answer["successful"] is good
        if not good:
            reason = answer["ext"]["sfdc"]["failureReason"]
            assert reason.startswith("400::Unsupported API version. Only API versions '37.0'")


async def test_only_long_polling(client: Bayeux) -> None:
    denied = await client.handshake(supportedConnectionTypes=["websocket"])
    assert "Invalid connection type" in denied["ext"]["sfdc"]["failureReason"]
    await client.handshake()
    answer, _ = await client.connect(connectionType="websocket")
    assert answer["error"] == "400::Invalid connection type websocket"


@pytest.mark.parametrize(
    ("channel", "replay", "error"),
    [
        ("", None, "400::Channel name not specified"),
        ("event/Order__e", -1, "400::Channel subscriptions must start with a leading '/'"),
        (
            "/event/Nope__e",
            -1,
            "400::The channel you requested to subscribe to does not exist {/event/Nope__e}",
        ),
        (
            "/event/order__e",
            -1,
            "400::The channel you requested to subscribe to does not exist {/event/order__e}",
        ),
        (f"/event/{SECRET_EVENT}", -1, "403::Restricted channel"),
        (
            CHANNEL,
            82,
            "400::The replayId {82} you provided was invalid.  Please provide a valid ID, "
            "-2 to replay all events, or -1 to replay only new events.",
        ),
        (CHANNEL, "82", "400::The replayId {82} you provided was invalid.  Please provide"),
    ],
)
async def test_a_subscription_is_refused_in_salesforces_words(
    client: Bayeux, channel: str, replay: Any, error: str
) -> None:
    await client.handshake()
    answer = await client.subscribe(replay, channel)
    assert answer["successful"] is False
    assert answer["error"].startswith(error)


async def test_an_event_looks_as_in_the_guide(served: Served, client: Bayeux) -> None:
    await client.open()
    at = dt.datetime(2025, 10, 1, 12, 0, 0, 517_000, tzinfo=dt.UTC)
    row: dict[str, Any] = {"Number__c": "A-1", "Amount__c": Decimal("1234.56"), "Paid__c": True}
    row |= {"At__c": at, "Day__c": at.date()}
    stored = served.org.bus.append("Order__e", row, served.org.admin.id)
    answer, (event,) = await client.connect()
    assert answer == {"channel": "/meta/connect", "clientId": client.id, "successful": True}
    assert event["channel"] == CHANNEL
    assert event["data"]["payload"] == {
        "CreatedDate": "2026-10-01T12:00:00.000Z",
        "CreatedById": served.org.admin.id,
        "Number__c": "A-1",
        "Amount__c": 1234.56,
        "Paid__c": True,
        "At__c": "2025-10-01T12:00:00.517Z",
        "Day__c": "2025-10-01",
        "Rows__c": None,
    }
    assert event["data"]["event"] == {
        "EventUuid": stored.uuid,
        "replayId": stored.replay,
        "EventApiName": "Order__e",
    }


async def test_where_a_subscription_begins(served: Served, client: Bayeux) -> None:
    emit(served, "1", "2")
    middle = last(served)
    emit(served, "3")
    await client.open(-1)
    emit(served, "4")
    assert await numbers(client, 1) == ["4"]
    await client.subscribe(-2)
    assert await numbers(client, 4) == ["1", "2", "3", "4"]
    await client.subscribe(middle)
    assert await numbers(client, 2) == ["3", "4"]
    await client.subscribe(None)
    emit(served, "5")
    assert await numbers(client, 1) == ["5"]


async def test_an_id_that_is_no_longer_kept_is_refused(served: Served, client: Bayeux) -> None:
    emit(served, "1")
    old = last(served)
    served.org.clock.advance(dt.timedelta(hours=73))
    client.token = await served.integration_token()
    await client.handshake()
    assert f"The replayId {{{old}}}" in (await client.subscribe(old))["error"]


async def test_the_first_connect_is_answered_at_once_with_advice(client: Bayeux) -> None:
    await client.handshake()
    answer, _ = await client.connect()
    assert answer["advice"] == {"interval": 0, "timeout": 300, "reconnect": "retry"}
    task = await held(client)
    answer, events = await task
    assert (answer["successful"], events, "advice" in answer) == (True, [], False)


async def test_a_held_connect_brings_an_event_as_it_comes(served: Served, client: Bayeux) -> None:
    await client.open()
    task = await held(client)
    emit(served, "1")
    _, events = await asyncio.wait_for(task, 0.2)
    assert len(events) == 1


async def test_channels_come_together_in_the_order_of_their_events(served: Served) -> None:
    client = Bayeux(served, served.address.access_token)
    await client.open()
    await client.subscribe(-1, f"/event/{SECRET_EVENT}")
    for name in ("Order__e", SECRET_EVENT, "Order__e"):
        served.org.bus.append(name, {}, served.org.admin.id)
    _, events = await client.connect()
    assert [event["channel"].rpartition("/")[2] for event in events] == [
        "Order__e",
        SECRET_EVENT,
        "Order__e",
    ]


async def test_a_batch_of_messages_is_answered_one_by_one(client: Bayeux) -> None:
    await client.handshake()
    await client.connect()
    subscribe = {"channel": "/meta/subscribe", "subscription": CHANNEL, "id": "a"}
    connect = {"channel": "/meta/connect", "connectionType": "long-polling", "id": "b"}
    answers = await asyncio.wait_for(client.send(subscribe, connect), 0.2)  # not held
    assert [(each["id"], each["successful"]) for each in answers] == [("a", True), ("b", True)]


async def test_what_is_unsubscribed_does_not_come(served: Served, client: Bayeux) -> None:
    await client.open()
    (answer,) = await client.send({"channel": "/meta/unsubscribe", "subscription": CHANNEL})
    assert answer["successful"]
    emit(served, "1")
    assert (await client.connect())[1] == []


async def test_who_disconnects_is_unknown(client: Bayeux) -> None:
    await client.open()
    (answer,) = await client.send({"channel": "/meta/disconnect"})
    assert answer["successful"]
    answer, _ = await client.connect()
    assert answer["error"] == "403::Unknown client"


async def test_who_is_not_back_within_40_seconds_is_unknown(served: Served, client: Bayeux) -> None:
    await client.open()
    await served.control("clock", {"advance_seconds": 40})
    assert (await client.connect())[0]["successful"]
    await served.control("clock", {"advance_seconds": 41})
    answer, _ = await client.connect()
    assert (answer["error"], answer["advice"]) == (
        "403::Unknown client",
        {"reconnect": "handshake", "interval": 0},
    )


async def test_who_waits_is_not_forgotten_and_his_session_lives(
    served: Served, client: Bayeux
) -> None:
    await client.open()
    task = await held(client)
    await served.control("clock", {"advance_seconds": 3 * 3600})
    emit(served, "1")
    answer, events = await task
    assert (answer["successful"], len(events)) == (True, 1)
    assert (await client.connect())[0]["successful"]


@pytest.mark.parametrize("action", ["forget", "goodbye"])
async def test_a_server_that_forgets_its_clients(
    served: Served, client: Bayeux, action: str
) -> None:
    await client.open()
    task = await held(client)
    assert await served.control(f"cometd/{action}", {}) == {"clients": 1}
    answer, said = await task
    assert answer["error"] == "403::Unknown client"
    assert [each["channel"] for each in said] == ["/meta/disconnect"] * (action == "goodbye")
    assert (await client.subscribe())["error"] == "403::Unknown client"


async def test_an_ended_session_ends_a_held_connect(served: Served, client: Bayeux) -> None:
    await client.open()
    task = await held(client)
    await served.control("sessions/expire", {})
    answer, _ = await task
    assert answer["error"] == "401::Authentication invalid"
    assert answer["advice"] == {"reconnect": "none", "interval": 0}
    client.token = await served.integration_token()
    assert (await client.connect())[0]["successful"]


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("BAYEUX_BROWSER", None, "400::Client {} has established a session, but no BAYEUX_BROWSER"),
        ("BAYEUX_BROWSER", "other", "403::Unknown client"),
        ("sfdc-stream", None, "403::Unknown client"),
    ],
)
async def test_cookies_must_come_back(
    client: Bayeux, name: str, value: str | None, error: str
) -> None:
    await client.handshake()
    del client.cookies[name]
    if value:
        client.cookies[name] = value
    assert (await client.subscribe())["error"].startswith(error.format(client.id))


async def test_a_session_is_of_one_user(served: Served, client: Bayeux) -> None:
    await client.handshake()
    client.token = served.address.access_token
    assert "does not match the session's user id" in (await client.subscribe())["error"]


async def test_a_message_without_a_handshake_is_refused(client: Bayeux) -> None:
    assert (await client.subscribe())["error"] == "403::Client has not completed handshake"


async def test_so_many_clients_and_no_more(served: Served, client: Bayeux) -> None:
    await served.control("cometd/limit", {"clients": 1})
    await client.open()
    other = Bayeux(served, client.token)
    denied = await other.handshake()
    assert denied["ext"]["sfdc"]["failureReason"] == (
        "403::Organization concurrent user limit exceeded"
    )
    await client.send({"channel": "/meta/disconnect"})
    assert (await other.handshake())["successful"]


async def test_the_days_deliveries_end_the_subscription(served: Served, client: Bayeux) -> None:
    await served.control("allocations", {"daily_delivered": 1})
    await client.open()
    emit(served, "1", "2")
    answer, events = await client.connect()
    spent = "403::Organization total events daily limit exceeded"
    assert (answer["error"], events) == (spent, [])
    assert (await client.connect())[1] == []  # it is subscribed no more
    await served.control("allocations", {"daily_delivered": 0})
    assert (await client.subscribe())["error"] == spent


async def test_the_later_of_two_connects_counts(served: Served, client: Bayeux) -> None:
    await client.open()
    earlier = asyncio.create_task(
        client.post(
            [{"channel": "/meta/connect", "connectionType": "long-polling", "clientId": client.id}]
        )
    )
    await asyncio.sleep(HELD)
    later = await held(client)
    emit(served, "1")
    assert (await earlier)[0] == 500
    assert len((await later)[1]) == 1


async def test_a_request_is_not_too_large(client: Bayeux) -> None:
    await client.handshake()
    status, text = await client.post([{"channel": "/meta/subscribe", "x": "x" * 32_768}])
    assert (status, text) == (413, "Maximum Request Size Exceeded")
    assert (await client.post("nonsense"))[0] == 400


async def test_events_of_a_lost_answer_come_only_to_a_new_subscription(
    served: Served, client: Bayeux
) -> None:
    emit(served, "0")
    start = last(served)
    await client.open()
    emit(served, "1")
    await served.control("faults", {"kind": "drop_reply", "count": 1})
    with pytest.raises(CUT):
        await client.connect()
    emit(served, "2")
    assert await numbers(client, 1) == ["2"]
    await client.subscribe(start)
    assert await numbers(client, 2) == ["1", "2"]


async def test_maintenance_ends_what_is_held(served: Served, client: Bayeux) -> None:
    await client.open()
    task = await held(client)
    await served.control("faults", {"kind": "maintenance"})
    with pytest.raises(CUT):
        await task
    assert (await client.post([]))[0] == 503


async def test_a_half_open_connection_never_speaks_again(served: Served, client: Bayeux) -> None:
    await client.open()
    task = await held(client)
    await served.control("faults", {"kind": "silent"})
    emit(served, "1")
    silent = await held(client)
    async with served.http.delete(f"{served.address.http_url}/localorg/faults"):
        pass
    await asyncio.sleep(0.35)  # longer than a connect is held
    assert not task.done()
    assert not silent.done()
    assert await numbers(client, 1) == ["1"]
    for each in (task, silent):
        each.cancel()
    await asyncio.gather(task, silent, return_exceptions=True)


async def test_a_deaf_client_is_answered_and_hears_nothing(served: Served, client: Bayeux) -> None:
    emit(served, "0")
    start = last(served)
    await client.open()
    await served.control("cometd/deafen", {})
    emit(served, "1")
    answer, events = await client.connect()
    assert (answer["successful"], events) == (True, [])
    await client.handshake()
    await client.subscribe(start)
    assert await numbers(client, 1) == ["1"]
