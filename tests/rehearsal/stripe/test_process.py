"""The stand-in as a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import sys

from stripe import AIOHTTPClient, StripeClient


async def test_it_says_where_it_listens_and_stops_when_told():
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "rehearsal.stripe",
        "--livemode",
        "--now",
        "2026-02-01T00:00:00",
        "--api-version",
        "2025-02-24.acacia",
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
    http = AIOHTTPClient(timeout=10)
    try:
        api = StripeClient(ready["api_key"], base_addresses={"api": ready["url"]}, http_client=http)
        account = await api.v1.accounts.retrieve_current_async()
        customer = await api.v1.customers.create_async({})
        event = (await api.v1.events.list_async()).data[0]
    finally:
        await http.close_async()
        process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(process.wait(), 10)
    assert code == 0
    assert (ready["account"], ready["api_key"][:8]) == (account.id, "sk_live_")
    assert customer.livemode is True
    assert 0 <= customer.created - 1769904000 < 60
    assert event.api_version == "2025-02-24.acacia"
