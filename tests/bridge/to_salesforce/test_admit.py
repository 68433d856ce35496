"""Who is let in, and what is answered to whom."""

import asyncio
import json
import sqlite3
import time
from contextlib import closing

import pytest

from bridge.store import SqliteInbox, State


@pytest.fixture
async def beside(service, configure):
    inbox = await SqliteInbox.open(configure().store.path, serving=False)
    yield inbox
    await inbox.close()


async def test_the_answer_comes_after_the_commit(client, beside, make_event):
    for n in range(20):
        assert await client.deliver(make_event(f"evt_{n}")) == 200
        assert await beside.get_event(f"evt_{n}") is not None


async def test_a_duplicate_is_answered_200(client, beside, make_event):
    assert await client.deliver(make_event("evt_1")) == 200
    assert await client.deliver(make_event("evt_1")) == 200
    assert len(await beside.list_events()) == 1


@pytest.mark.parametrize("secret", ["whsec_new", "whsec_old"])
async def test_each_secret_of_a_rotation_is_good(client, make_event, make_signature, secret):
    body = json.dumps(make_event()).encode()
    assert await client.deliver(body, make_signature(body, secret)) == 200


def header(make_signature, body, kind):
    good = make_signature(body)
    stamp, signature = good.split(",")
    return {
        "none": "",
        "other secret": make_signature(body, "whsec_other"),
        "other body": make_signature(body + b" "),
        "no timestamp": signature,
        "no signature": stamp,
        "not a number": f"t=now,{signature}",
        "an old scheme": good.replace("v1=", "v0="),
        "not ASCII": f"{stamp},v1=é",
        "nonsense": "nonsense",
        "too old": make_signature(body, at=time.time() - 400),
        "in the future": make_signature(body, at=time.time() + 400),
        "another timestamp": f"t=1,{signature}",
    }[kind]


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("none", "no_signature"),
        ("other secret", "wrong_signature"),
        ("other body", "wrong_signature"),
        ("no timestamp", "wrong_signature"),
        ("no signature", "wrong_signature"),
        ("not a number", "wrong_signature"),
        ("an old scheme", "wrong_signature"),
        ("not ASCII", "malformed_signature"),
        ("nonsense", "wrong_signature"),
        ("too old", "old_timestamp"),
        ("in the future", "future_timestamp"),
        ("another timestamp", "wrong_signature"),
    ],
)
async def test_a_bad_signature_is_refused_counted_and_not_stored(
    client, beside, make_event, make_signature, kind, cause
):
    body = json.dumps(make_event()).encode()
    assert await client.deliver(body, header(make_signature, body, kind)) == 400
    assert await beside.list_events() == []
    _, metrics = await client.get("/metrics")
    assert f'bridge_webhooks_refused_total{{cause="{cause}"}} 1.0' in metrics


@pytest.mark.parametrize("seconds", [-290, 290])
async def test_a_clock_a_little_off_is_good(client, make_event, make_signature, seconds):
    body = json.dumps(make_event()).encode()
    signature = make_signature(body, at=time.time() + seconds)
    assert await client.deliver(body, signature) == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b"{}",
        b'{"id": "evt_1"}',
        b'{"id": 7, "type": "x"}',
        b'{"id": "", "type": "x"}',
        b'{"id": "evt_1", "type": "x"',
        b'{"id": "evt_1", "type": "x"} more',
        b'{"id": "%s", "type": "x"}' % (b"e" * 256),
        b"[" * 100_000,
        b'{"id": "evt_1", "type": "x", "data": ' + b"[" * 100_000,
        b"\xff\xfe",
    ],
)
async def test_a_signed_body_that_is_no_event_is_refused(client, beside, make_signature, body):
    assert (
        await client.deliver(body, make_signature(body) if body[:1] != b"\xff" else "t=1,v1=a")
        == 400
    )
    assert await beside.list_events() == []


async def test_a_body_beyond_the_limit_is_refused(configure, serve, connect, make_event):
    async with serve(configure(http_changes={"body_limit": 2048})) as service:
        client = connect(service)
        large = make_event("evt_large", padding="x" * 3000)
        assert await client.deliver(large) == 413
        assert await client.deliver(make_event("evt_small")) == 200
        _, metrics = await client.get("/metrics")
        assert 'refused_total{cause="too_large"} 1.0' in metrics


@pytest.mark.parametrize("changes", [{"livemode": True}, {"account": "acct_other"}])
async def test_a_foreign_event_is_answered_200_and_never_applied(
    service, client, org, beside, make_event, changes
):
    await service.until_ready()
    assert await client.deliver(make_event("evt_1", **changes)) == 200
    row, _ = await beside.get_event("evt_1")
    assert (row.state, row.outcome) == (State.DONE, "foreign")
    with closing(sqlite3.connect(beside._path)) as connection:
        assert connection.execute("SELECT count(*) FROM payload").fetchone() == (0,)
    _, metrics = await client.get("/metrics")
    assert 'bridge_webhooks_total{result="foreign"} 1.0' in metrics


async def test_an_event_of_the_own_account_is_no_foreigner(service, client, beside, make_event):
    await service.until_ready()
    assert await client.deliver(make_event("evt_1", account="acct_1")) == 200
    row, _ = await beside.get_event("evt_1")
    assert row.outcome != "foreign"


async def test_an_account_that_cannot_be_judged_yet_is_asked_to_come_again(
    configure, serve, connect, stripe, make_event
):
    stripe.status = 500
    async with serve(configure()) as service:
        client = connect(service)
        assert await client.deliver(make_event("evt_1", account="acct_1")) == 503
        assert await client.deliver(make_event("evt_2")) == 200


async def test_events_are_admitted_while_both_ends_are_down(
    configure, serve, connect, org, stripe, applied, make_event
):
    stripe.status = 500
    await org.go_down()
    async with serve(configure()) as service:
        client = connect(service)
        assert await client.deliver(make_event("evt_1")) == 200
        status, said = await client.get("/readyz")
        assert status == 503
        assert not json.loads(said)["parts"]["salesforce receipts"]["ok"]
        stripe.status = 200
        await org.come_back()
        await org.until(lambda: len(org.published) == 1)


async def test_any_other_thin_event_is_kept_and_not_applied(client, beside, make_signature):
    body = json.dumps(
        {
            "id": "evt_thin",
            "object": "v2.core.event",
            "type": "v2.core.account.updated",
            "created": "2026-11-02T12:00:00.000Z",
            "livemode": False,
        }
    ).encode()
    assert await client.deliver(body, make_signature(body)) == 200
    row, _ = await beside.get_event("evt_thin")
    assert (row.state, row.outcome, row.reason) == (State.DONE, "ignored", "a thin event")


async def test_an_object_in_an_unknown_shape_is_kept(client, beside, make_event):
    odd = make_event("evt_1", {"id": ["?"], "customer": 7}, "odd.thing", created={"at": 1})
    assert await client.deliver(odd) == 200
    assert await beside.get_event("evt_1") is not None


async def test_a_locked_store_is_503_and_then_200(service, client, beside, make_event):
    with closing(sqlite3.connect(beside._path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await client.deliver(make_event("evt_1")) == 503
        status, said = await client.get("/readyz")
        assert (status, json.loads(said)["parts"]["store"]["ok"]) == (503, False)
        other.execute("ROLLBACK")
    assert await client.deliver(make_event("evt_1")) == 200


async def test_a_stopping_bridge_asks_stripe_to_come_again(service, client, make_event):
    service._admission.stopping = True
    assert await client.deliver(make_event("evt_1")) == 503


async def test_refusals_are_counted_in_the_store(service, client, beside, make_event):
    await client.deliver(make_event(), signature="t=1,v1=no")
    await client.deliver(make_event(), signature="t=1,v1=no")
    await service._housekeeping.tell_refused()
    assert (await beside.counts()).refused == {"wrong_signature": 2}


async def test_many_at_once_are_each_stored(client, beside, make_event, make_customer):
    n = 200
    answers = await asyncio.gather(
        *(client.deliver(make_event(f"evt_{i}", make_customer(f"cus_{i}"))) for i in range(n))
    )
    assert answers == [200] * n
    assert len(await beside.list_events(limit=1000)) == n
