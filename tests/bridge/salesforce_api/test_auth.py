"""Tokens."""

import pytest
from aiohttp import web

from bridge.errors import AuthFailed, OrgUnavailable, WrongOrg
from bridge.salesforce_api import Authenticator


async def test_client_credentials_give_a_session_of_the_org(org, http):
    session = await Authenticator(org.settings(), http).session()
    assert (session.org_id, session.user_id) == ("00D000000000001AAA", "005000000000001AAA")
    assert session.access_token in org.tokens
    assert session.access_token not in repr(session)


async def test_jwt_bearer_signs_as_the_integration_user(org, http):
    settings = org.settings(
        client_secret=None,
        private_key_file=org.certificates.jwt_file,
        username="integration@example.com",
    )
    assert (await Authenticator(settings, http).session()).access_token in org.tokens


async def test_a_token_is_kept_until_it_is_refused(org, http):
    authenticator = Authenticator(org.settings(), http)
    first = await authenticator.session()
    assert await authenticator.session() is first
    authenticator.refused(first)
    second = await authenticator.session()
    assert second.access_token != first.access_token
    authenticator.refused(first)  # an old refusal is no reason to ask again
    assert await authenticator.session() is second


async def test_wrong_credentials_are_an_auth_fault_in_salesforces_words(org, http):
    with pytest.raises(AuthFailed, match="invalid_client: invalid client credentials") as caught:
        await Authenticator(org.settings(client_secret="wrong"), http).session()
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("wanted", ["00D000000000002", "00D000000000002AAA"])
async def test_another_org_is_refused(org, http, wanted):
    with pytest.raises(WrongOrg, match=wanted):
        await Authenticator(org.settings(org_id=wanted), http).session()


async def test_the_short_form_of_the_org_id_is_the_same_org(org, http):
    settings = org.settings(org_id="00D000000000001")
    assert (await Authenticator(settings, http).session()).org_id == "00D000000000001AAA"


async def test_an_org_that_changes_under_way_is_refused(org, http):
    authenticator = Authenticator(org.settings(), http)
    session = await authenticator.session()
    authenticator.insist("00D000000000001", "the store is bound to it")
    assert await authenticator.session() is session
    authenticator.refused(session)
    org.org_id = "00D000000000002AAA"
    with pytest.raises(WrongOrg, match="000002AAA, but the store is bound to it"):
        await authenticator.session()


async def test_html_in_maintenance_is_no_auth_fault(org, http):
    org.token_answer = web.Response(text="<html>", content_type="text/html")
    with pytest.raises(OrgUnavailable):
        await Authenticator(org.settings(), http).session()


async def test_nobody_listening_is_no_auth_fault(org, http):
    settings = org.settings(login_url="https://127.0.0.1:1")
    with pytest.raises(OrgUnavailable, match="ClientConnector"):
        await Authenticator(settings, http).session()


async def test_a_key_that_is_no_key_is_an_auth_fault_without_its_text(org, http, tmp_path):
    key = tmp_path / "key.pem"
    key.write_text("hunter2")
    settings = org.settings(client_secret=None, private_key_file=key, username="u")
    with pytest.raises(AuthFailed, match=r"key\.pem") as caught:
        await Authenticator(settings, http).session()
    assert "hunter2" not in str(caught.value)
