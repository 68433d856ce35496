"""Webhooks: signed, retried until acknowledged, and disordered on demand."""

from __future__ import annotations

import asyncio
import time

import pytest
import stripe

from rehearsal.stripe import signing


@pytest.fixture
async def hook(api, endpoint):
    return await api.v1.webhook_endpoints.create_async(
        {"url": endpoint.url, "enabled_events": ["customer.created"]}
    )


async def make(api, count: int) -> list[str]:
    return [(await api.v1.customers.create_async({"name": str(n)})).id for n in range(count)]


def names(endpoint) -> list[str]:
    return [event["data"]["object"]["name"] for event in endpoint.events]


async def flushed(rig) -> None:
    assert (await rig.control("POST", "/flush"))["delivered"]


async def test_the_official_sdk_accepts_the_signature(rig, api, hook, endpoint):
    await make(api, 1)
    await flushed(rig)
    event = rig.client().construct_event(endpoint.bodies[0], endpoint.signatures[0], hook.secret)
    assert event.type == "customer.created"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(
            endpoint.bodies[0] + b" ", endpoint.signatures[0], hook.secret, 300
        )


def test_the_timestamp_is_signed():
    header = signing.header(b"{}", ["whsec_a"], int(time.time()) - 301)
    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        stripe.WebhookSignature.verify_header(b"{}", header, "whsec_a", 300)


async def test_during_a_rotation_both_secrets_sign(rig, api, hook, endpoint):
    new = await rig.control("POST", f"/webhook_endpoints/{hook.id}/rotate")
    await make(api, 1)
    await flushed(rig)
    for secret in (hook.secret, new["secret"]):
        stripe.WebhookSignature.verify_header(
            endpoint.bodies[0], endpoint.signatures[0], secret, 300
        )
    await rig.control("POST", f"/webhook_endpoints/{hook.id}/rotate", {"expire": True})
    await make(api, 1)
    await flushed(rig)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(
            endpoint.bodies[1], endpoint.signatures[1], hook.secret, 300
        )


async def test_an_event_is_sent_until_it_is_acknowledged(rig, api, hook, endpoint):
    await rig.control("POST", "/delivery", {"retry_base": 0.01})
    endpoint.answers = [500, 404, 302]
    await make(api, 2)
    await flushed(rig)
    assert names(endpoint) == ["0", "0", "0", "0", "1"]
    seen = await rig.control("GET", "/deliveries")
    assert [(a["status"], a["acknowledged"]) for a in seen["attempts"]] == [
        (500, False),
        (404, False),
        (302, False),
        (200, True),
        (200, True),
    ]
    assert len(seen["acknowledged"]) == 2
    assert seen["waiting"] == 0


async def test_an_endpoint_that_is_down_is_tried_again(rig, api):
    await rig.control("POST", "/delivery", {"retry_base": 0.01})
    await api.v1.webhook_endpoints.create_async(
        {"url": "http://127.0.0.1:9/nobody", "enabled_events": ["*"]}
    )
    await make(api, 1)
    assert not (await rig.control("POST", "/flush", {"timeout": 0.1}))["delivered"]
    attempts = (await rig.control("GET", "/deliveries"))["attempts"]
    assert len(attempts) > 1
    assert "ClientConnector" in attempts[0]["error"]


async def test_duplicates(rig, api, hook, endpoint):
    await rig.control("POST", "/delivery", {"duplicate": 2})
    await make(api, 2)
    await flushed(rig)
    assert names(endpoint) == ["0", "0", "0", "1", "1", "1"]
    assert len({event["id"] for event in endpoint.events}) == 2


async def test_held_back_then_released_shuffled(rig, api, hook, endpoint):
    await rig.control("POST", "/delivery", {"hold": True})
    await make(api, 20)
    await flushed(rig)
    assert endpoint.bodies == []
    await rig.control("POST", "/delivery", {"shuffle": 20, "seed": 7})
    await flushed(rig)
    order = [str(n) for n in range(20)]
    assert names(endpoint) != order
    assert sorted(names(endpoint), key=int) == order


async def test_delayed(rig, api, hook, endpoint):
    await rig.control("POST", "/delivery", {"delay": 0.2})
    started = time.monotonic()
    await make(api, 1)
    await asyncio.sleep(0.05)
    assert endpoint.bodies == []
    await flushed(rig)
    assert time.monotonic() - started >= 0.2


async def test_never_sent_but_listed(rig, api, hook, endpoint):
    await rig.control("POST", "/delivery", {"drop_next": 1})
    await make(api, 2)
    await flushed(rig)
    assert names(endpoint) == ["1"]
    dropped = (await rig.control("GET", "/deliveries"))["dropped"]
    listed = await api.v1.events.list_async({"delivery_success": False})
    assert [event.id for event in listed.data] == dropped
    await rig.control("POST", "/resend", {"event": dropped[0]})
    await flushed(rig)
    assert names(endpoint) == ["1", "0"]


async def test_only_what_the_endpoint_enabled_and_nothing_after_its_deletion(
    rig, api, hook, endpoint
):
    await api.v1.products.create_async({"name": "Pro"})
    await make(api, 1)
    await flushed(rig)
    await api.v1.webhook_endpoints.delete_async(hook.id)
    await make(api, 1)
    await flushed(rig)
    assert endpoint.types == ["customer.created"]


async def test_the_secret_is_told_once(api, hook):
    assert hook.secret.startswith("whsec_")
    assert "secret" not in await api.v1.webhook_endpoints.retrieve_async(hook.id)


async def test_many_senders_deliver_everything_once(rig, api, hook, endpoint):
    await rig.control("POST", "/delivery", {"concurrency": 8})
    await make(api, 50)
    await flushed(rig)
    assert sorted(names(endpoint), key=int) == [str(n) for n in range(50)]


async def test_no_more_sendings_a_second_than_it_is_told(rig, api, hook, endpoint):
    await rig.control("POST", "/delivery", {"hold": True})
    await make(api, 21)
    started = time.monotonic()
    await rig.control("POST", "/delivery", {"rate": 50, "concurrency": 4})
    await flushed(rig)
    assert len(names(endpoint)) == 21
    # The tenth of a second before may be made good: some six leave at once.
    assert time.monotonic() - started > (21 - 7) / 50
    assert (await rig.control("GET", "/events")) == {"count": 21, "lost": []}


async def test_never_generated_is_neither_sent_nor_listed(rig, api, hook, endpoint):
    await rig.control("POST", "/settings", {"lose_next": 1})
    made = await make(api, 2)
    await flushed(rig)
    assert names(endpoint) == ["1"]
    assert len((await api.v1.events.list_async()).data) == 1
    assert len((await api.v1.customers.list_async()).data) == len(made)
