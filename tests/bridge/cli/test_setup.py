"""`stripe-sf setup --preflight`, as the integration user and as an administrator."""

import json

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def as_admin(salesforce):
    return {
        "SF_ACCESS_TOKEN": salesforce.address.access_token,
        "SF_ORG_INSTANCE_URL": salesforce.address.https_url,
        "SF_CA_FILE": str(salesforce.address.ca_file),
    }


async def test_an_administrator_needs_no_settings_and_finds_all_well(run, as_admin):
    code, out, err = await run("setup", "--preflight", "--json", **as_admin)
    found = json.loads(out)
    assert (code, err) == (0, ""), out
    assert {finding["level"] for finding in found} == {"ok"}
    assert {"names", "flows", "rights", "storage"} <= {finding["check"] for finding in found}


async def test_findings_are_3_and_told_with_what_to_do(run, as_admin, salesforce):
    salesforce.org.set_flows_active("Bridge_Win_Opportunity", active=False)
    arguments = ("setup", "--preflight", "--currency", "usd", "--currency", "eur")
    try:
        code, out, _ = await run(*arguments, **as_admin)
    finally:
        salesforce.org.set_flows_active("Bridge_Win_Opportunity")  # orgs share their Flows
    text = " ".join(out.split())
    assert code == 3, out
    assert "Bridge_Win_Opportunity" in out
    assert "1 faults, 1 warnings" in text


async def test_the_integration_user_is_told_what_he_may_not_see(run, salesforce):
    code, out, _ = await run("setup", "--preflight", "--json", **salesforce.environment())
    found = json.loads(out)
    assert code == 3
    assert "fault" not in {finding["level"] for finding in found}, out
    assert any("SF_ACCESS_TOKEN" in finding["do"] for finding in found)
    assert {"rights": "ok"}.items() <= {f["check"]: f["level"] for f in found}.items()


async def test_an_org_that_does_not_answer_is_1(run, as_admin, salesforce):
    await salesforce.misbehave(kind="maintenance")
    code, _, err = await run("setup", "--preflight", **as_admin)
    assert (code, "503" in err) == (1, True)


async def test_a_token_that_has_ended_is_1_and_not_printed(run, as_admin):
    code, out, err = await run("setup", "--preflight", **{**as_admin, "SF_ACCESS_TOKEN": "hunter2"})
    assert (code, "INVALID_SESSION_ID" in err) == (1, True)
    assert "hunter2" not in out + err


@pytest.mark.parametrize("url", ["", "http://example.com", "acme.my.salesforce.com"])
async def test_a_token_goes_nowhere_unsafe(run, as_admin, url):
    changes = {**as_admin, "SF_ORG_INSTANCE_URL": url}
    code, _, err = await run("setup", "--preflight", **changes)
    assert (code, "SF_ORG_INSTANCE_URL" in err) == (2, True)


async def test_setup_alone_is_wrong_usage(run):
    assert (await run("setup"))[0] == 2
