"""The serving process is killed while webhooks come in."""

import asyncio
import hashlib
import hmac
import json
import time

import aiohttp
import pytest

pytestmark = pytest.mark.slow


def signed(event_id: str, lane: int) -> tuple[bytes, dict[str, str]]:
    found = {"id": f"cus_{lane}", "object": "customer", "name": "Acme", "metadata": {}}
    event = {
        "id": event_id,
        "type": "customer.updated",
        "created": int(time.time()),
        "livemode": False,
        "api_version": "2026-10-28.endive",
        "data": {"object": found},
    }
    body = json.dumps(event).encode()
    stamp = int(time.time())
    mac = hmac.new(b"whsec_hunter3", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {"Stripe-Signature": f"t={stamp},v1={mac}"}


async def test_each_event_acknowledged_before_a_kill_9_is_applied(serve_process, org):
    org.outcomes = lambda event: {"id": event["Stripe_Event_Id__c"], "outcome": "applied"}
    acknowledged: set[str] = set()

    async def deliver(session, url, prefix, worker):
        n = 0
        while True:
            n += 1
            event_id = f"evt_{prefix}_{worker}_{n}"
            body, headers = signed(event_id, worker)
            async with session.post(
                f"{url}/stripe/webhook", data=body, headers=headers
            ) as response:
                if response.status == 200:
                    acknowledged.add(event_id)

    for round_ in range(2):
        process, ready = await serve_process()
        async with aiohttp.ClientSession() as session:
            workers = [
                asyncio.create_task(deliver(session, ready["url"], round_, n)) for n in range(8)
            ]
            before = len(acknowledged)
            await org.until(lambda n=before: len(acknowledged) >= n + 150)
            process.kill()
            await asyncio.gather(*workers, return_exceptions=True)
        await process.communicate()

    await serve_process()
    await org.until(
        lambda: acknowledged <= {event["Stripe_Event_Id__c"] for event in org.published}, 20
    )
