"""Looking into the inbox."""

import asyncio
import json
from pathlib import Path

import pytest

from bridge.health import Fault
from bridge.reporting import parts_as_json
from bridge.store import SqliteInbox

pytestmark = pytest.mark.usefixtures("store")


def test_list_filters_and_prints_json(look):
    code, out, _ = look("events", "list", "--state", "dead", "--json")
    (event,) = json.loads(out)
    assert code == 0
    assert (event["event_id"], event["reason"]) == ("evt_dead", "REQUIRED_FIELD_MISSING")
    assert event["created"] == "1970-01-01T00:00:01+00:00"


def test_list_prints_a_table_for_people(look):
    code, out, _ = look("events", "list")
    assert code == 0
    assert all(event in out for event in ("evt_dead", "evt_done", "evt_new"))


def test_show_tells_the_timeline(look):
    code, out, _ = look("events", "show", "evt_dead", "--json")
    assert code == 0
    assert [moment["what"] for moment in json.loads(out)["timeline"]] == ["admitted", "dead"]


def test_show_of_an_unknown_event_fails(look):
    code, _, err = look("events", "show", "evt_nobody")
    assert (code, "evt_nobody" in err) == (1, True)


def test_retry_puts_a_dead_letter_back(look):
    assert (look("events", "retry", "evt_dead"))[:2] == (0, "1 put back\n")
    _, out, _ = look("status", "--json")
    assert json.loads(out)["dead"] == 0


def test_retry_all_takes_every_dead_letter(look):
    assert (look("events", "retry", "--all"))[:2] == (0, "1 put back\n")


def test_retry_of_what_is_not_dead_fails(look):
    code, _, err = look("events", "retry", "evt_done", "evt_dead")
    assert (code, "1 of the events named" in err) == (1, True)


@pytest.mark.parametrize("arguments", [[], ["--all", "evt_dead"]])
def test_retry_wants_names_or_all(look, arguments):
    assert (look("events", "retry", *arguments))[0] == 2


def test_discard_finishes_a_dead_letter(look):
    assert (look("events", "discard", "evt_dead"))[:2] == (0, "1 discarded\n")
    _, out, _ = look("events", "show", "evt_dead", "--json")
    assert json.loads(out)["outcome"] == "discarded"


def test_status_counts_states_and_refusals(look):
    code, out, _ = look("status", "--json")
    status = json.loads(out)
    assert code == 0
    assert (status["waiting"], status["dead"]) == (1, 1)
    assert status["states"]["done"] == 1
    assert status["refused"] == {"wrong_signature": 3}
    assert status["oldest_waiting_seconds"] >= 0
    assert status["bridges"] == []


def test_status_tells_what_is_wrong_with_a_bridge_and_since_when(look, environment):
    fault = Fault("package", "no field Lane__c", 1_760_000_000.0)
    parts = parts_as_json({"store": None, "salesforce publishing": fault})
    report = {"ready": False, "parts": parts, "budget": {"reserve_only": True}}
    tell(environment, "host:1", json.dumps(report))
    code, out, _ = look("status")
    assert code == 0
    for words in ("host:1", "package", "no field Lane__c", "2025-10-09T08:53:20", "only urgent"):
        assert words in out
    (bridge,) = json.loads(look("status", "--json")[1])["bridges"]
    assert (bridge["serving"], bridge["parts"]["store"]["ok"]) == (True, True)


def tell(environment, bridge, body):
    async def write():
        path = Path(environment["BRIDGE_STORE__URL"].removeprefix("sqlite:///"))
        inbox = await SqliteInbox.open(path, serving=False)
        await inbox.tell(bridge, body)
        await inbox.close()

    asyncio.run(write())


def test_status_prints_a_table_for_people(look):
    code, out, _ = look("status")
    assert code == 0
    assert "wrong_signature" in out
