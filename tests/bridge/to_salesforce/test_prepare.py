"""Events are prepared side by side, and whatever else the loop has to do is not kept waiting."""

import asyncio
import itertools
import json
from types import SimpleNamespace

from bridge.store import Claimed
from bridge.to_salesforce import prepare
from bridge.to_salesforce.outcomes import Nothing
from bridge.to_salesforce.prepare import Preparer
from bridge.to_salesforce.translate import Ignored


def claimed(n):
    event = {
        "id": f"evt_{n}",
        "type": "customer.updated",
        "created": 1_800_000_000,
        "livemode": False,
        "data": {"object": {"id": "cus_1", "object": "customer"}},
    }
    body = json.dumps(event).encode()
    return Claimed(n, "token", event["id"], event["type"], "cus_1", False, None, body, 1, (), None)


async def test_between_two_turns_of_the_loop_one_event_is_worked_out(monkeypatch):
    worked_out = 0

    def translate(*_):
        nonlocal worked_out
        worked_out += 1
        return Ignored("nothing to say")

    monkeypatch.setattr(prepare, "translate", translate)
    # Nothing is missing, so nobody is asked.
    preparer = Preparer(SimpleNamespace(now=lambda: 0.0), None, "acct_1")
    turns = []

    async def watch():
        while True:
            turns.append(worked_out)
            await asyncio.sleep(0)

    watcher = asyncio.create_task(watch())
    results = await asyncio.gather(*(preparer.prepare(claimed(n)) for n in range(20)))
    watcher.cancel()
    assert results == [Nothing("nothing to say")] * 20
    assert max(after - before for before, after in itertools.pairwise(turns)) == 1
