"""The commands that need both ends, and how errors leave the process."""

import asyncio
import json
import signal

import pytest
from aiohttp import ClientSession

pytestmark = pytest.mark.slow


async def test_help_and_version_are_done(run):
    assert (await run("--help"))[0] == 0
    assert (await run("--version"))[0] == 0


@pytest.mark.parametrize("arguments", [["nonsense"], ["events", "list", "--state", "lost"]])
async def test_wrong_usage_is_2(run, arguments):
    assert (await run(*arguments))[0] == 2


async def test_settings_that_cannot_be_used_are_2_and_named(run):
    code, _, err = await run("serve")
    assert code == 2
    assert "settings: BRIDGE_STRIPE__API_KEY is not set" in err


async def test_no_store_yet_is_a_failure(run):
    code, _, err = await run("status")
    assert (code, "has the bridge served yet?" in err) == (1, True)


async def test_demo_without_the_rehearsal_says_how_to_get_it(run, tmp_path):
    hide = tmp_path / "sitecustomize.py"
    hide.write_text("import sys; sys.modules['rehearsal'] = None")
    code, _, err = await run("demo", "--json", PYTHONPATH=str(tmp_path))
    assert (code, "pip install stripe-salesforce-rehearsal" in err) == (1, True)


async def test_doctor_finds_everything_in_place(run, both_ends):
    code, out, _ = await run("doctor", "--json", **both_ends)
    checks = {check["what"]: check for check in json.loads(out)}
    assert code == 0, out
    assert checks["Stripe"]["said"] == "account acct_1, test mode, dates in Europe/Berlin"
    assert checks["Salesforce"]["said"] == "org 00D000000000001AAA"
    assert checks["/event/Bridge_Request__e"]["ok"]


async def test_doctor_names_what_is_missing(run, both_ends, org):
    org.may_publish = False
    del org.fields["/event/Bridge_Receipt__e"]
    code, out, _ = await run("doctor", "--json", **both_ends)
    bad = {check["what"]: check["said"] for check in json.loads(out) if not check["ok"]}
    assert code == 1
    assert bad.keys() == {"/event/Bridge_Stripe_Event__e", "/event/Bridge_Receipt__e"}
    assert "may not publish" in bad["/event/Bridge_Stripe_Event__e"]


async def test_doctor_listens_by_cometd_where_that_is_chosen(run, both_ends, salesforce):
    told = {**both_ends, **salesforce.environment(), "BRIDGE_SALESFORCE__SUBSCRIBE_WITH": "cometd"}
    salesforce.publish("Bridge_Receipt__e", Results__c="[]")
    salesforce.undeploy("Bridge_Request__e")
    code, out, _ = await run("doctor", "--json", **told)
    checks = {check["what"]: check for check in json.loads(out)}
    assert code == 1
    assert checks["CometD /event/Bridge_Receipt__e"]["ok"], out
    assert "does not exist" in checks["CometD /event/Bridge_Request__e"]["said"]
    delivered = salesforce.org.bus.allocations.delivered
    assert delivered.remaining(salesforce.org.clock.now()) == delivered.maximum


async def test_doctor_prints_no_secret(run, both_ends):
    changes = {**both_ends, "BRIDGE_SALESFORCE__CLIENT_SECRET": "hunter4"}
    code, out, err = await run("doctor", **changes)
    assert code == 1
    assert "invalid_client" in out
    assert "hunter" not in out + err


async def test_serve_says_when_it_is_ready_and_stops_at_sigterm(serve_process):
    process, ready = await serve_process()
    assert (ready["org_id"], ready["account"]) == ("00D000000000001AAA", "acct_1")
    async with ClientSession() as session, session.get(ready["url"] + "/healthz") as response:
        assert response.status == 200
    process.send_signal(signal.SIGTERM)
    out, err = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, out) == (0, b"")
    for line in err.splitlines():
        assert json.loads(line)["level"] in {"info", "warning"}
    assert b"hunter" not in out + err


async def test_a_second_serve_on_one_store_fails(run, serve_process, both_ends):
    process, _ = await serve_process()
    code, _, err = await run("serve", **both_ends)
    assert (code, "another bridge serves" in err) == (1, True)
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0


async def test_serve_refuses_another_org(run, both_ends):
    changes = {**both_ends, "BRIDGE_SALESFORCE__ORG_ID": "00D000000000009AAA"}
    code, _, err = await run("serve", **changes)
    assert (code, "00D000000000009AAA" in err) == (1, True)


async def test_a_port_in_use_fails_with_its_number(run, both_ends, org):
    code, _, err = await run("serve", **{**both_ends, "BRIDGE_HTTP__PORT": str(org.port)})
    assert (code, f"cannot listen on 127.0.0.1:{org.port}" in err) == (1, True)
