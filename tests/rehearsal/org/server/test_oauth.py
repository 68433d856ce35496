from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.rehearsal.org.server.conftest import Served

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


async def token(served: Served, **form: str) -> tuple[int, Any]:
    url = f"{served.address.http_url}/services/oauth2/token"
    async with served.http.post(url, data=form) as response:
        return response.status, await response.json()


def assertion(served: Served, key: str | None = None, **changed: Any) -> str:
    claims = {
        "iss": served.address.client_id,
        "sub": served.address.username,
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 180,
        **changed,
    }
    signing = key or Path(served.address.private_key_file).read_text()
    return jwt.encode(claims, signing, algorithm="RS256")


async def test_client_credentials_run_as_the_integration_user(served: Served) -> None:
    status, body = await token(
        served,
        grant_type="client_credentials",
        client_id=served.address.client_id,
        client_secret=served.address.client_secret,
    )
    assert status == 200
    assert body["instance_url"] == served.address.http_url
    assert body["access_token"].startswith(served.address.org_id[:15] + "!")
    url = f"{served.address.http_url}/services/oauth2/userinfo"
    headers = {"Authorization": f"Bearer {body['access_token']}"}
    async with served.http.get(url, headers=headers) as response:
        info = await response.json()
    assert info["preferred_username"] == served.address.username
    assert info["organization_id"] == served.address.org_id


async def test_the_client_may_name_itself_in_a_basic_header(served: Served) -> None:
    url = f"{served.address.http_url}/services/oauth2/token"
    named = aiohttp.encode_basic_auth(served.address.client_id, served.address.client_secret)
    form = {"grant_type": "client_credentials"}
    async with served.http.post(url, data=form, headers={"Authorization": named}) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({}, "invalid_request"),
        ({"grant_type": "client_credentials", "client_id": "no"}, "invalid_client_id"),
        ({"grant_type": JWT_BEARER, "assertion": "no"}, "invalid_grant"),
    ],
)
async def test_a_wrong_request_has_salesforces_error(
    served: Served, form: dict[str, str], error: str
) -> None:
    status, body = await token(served, **form)
    assert (status, body["error"]) == (400, error)
    assert body["error_description"]


async def test_a_wrong_secret_is_an_invalid_client(served: Served) -> None:
    status, body = await token(
        served,
        grant_type="client_credentials",
        client_id=served.address.client_id,
        client_secret="guess",
    )
    assert (status, body["error"]) == (400, "invalid_client")


async def test_a_jwt_signed_with_the_apps_key_opens_a_session(served: Served) -> None:
    for audience in ("https://login.salesforce.com", served.address.http_url):
        status, body = await token(
            served, grant_type=JWT_BEARER, assertion=assertion(served, aud=audience)
        )
        assert status == 200
        assert set(body) == {"access_token", "scope", "instance_url", "id", "token_type"}


@pytest.mark.parametrize(
    ("changed", "error", "description"),
    [
        ({"aud": "https://example.com"}, "invalid_grant", "audience is invalid"),
        ({"sub": "nobody@example.com"}, "invalid_grant", "user hasn't approved this consumer"),
        ({"iss": "other"}, "invalid_client_id", "client identifier invalid"),
        ({"exp": 1}, "invalid_grant", "expired authorization code"),
        ({"exp": 9_999_999_999}, "invalid_grant", "invalid assertion"),
    ],
)
async def test_a_wrong_claim_is_refused(
    served: Served, changed: dict[str, Any], error: str, description: str
) -> None:
    status, body = await token(
        served, grant_type=JWT_BEARER, assertion=assertion(served, **changed)
    )
    assert status == 400
    assert body == {"error": error, "error_description": description}


async def test_a_jwt_signed_with_another_key_is_refused(served: Served) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    status, body = await token(
        served, grant_type=JWT_BEARER, assertion=assertion(served, other.decode())
    )
    assert (status, body["error"]) == (400, "invalid_grant")


async def test_a_session_ends_two_hours_after_its_last_use(served: Served) -> None:
    session = await served.integration_token()
    for _ in range(3):
        await served.control("clock", {"advance_seconds": 7_000})
        assert (await served.rest("GET", "", token=session))[0] == 200
    await served.control("clock", {"advance_seconds": 7_200})
    status, body = await served.rest("GET", "", token=session)
    assert status == 401
    assert body == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


async def test_the_administrators_session_lasts(served: Served) -> None:
    await served.control("clock", {"advance_seconds": 400 * 86_400})
    assert (await served.rest("GET", ""))[0] == 200


async def test_a_revoked_token_is_dead(served: Served) -> None:
    session = await served.integration_token()
    url = f"{served.address.http_url}/services/oauth2/revoke"
    async with served.http.post(url, data={"token": session}) as response:
        assert response.status == 200
    assert (await served.rest("GET", "", token=session))[0] == 401
    async with served.http.post(url, data={"token": session}) as response:
        assert response.status == 400


async def test_introspection_tells_whose_token_it_is(served: Served) -> None:
    form = {
        "token": await served.integration_token(),
        "client_id": served.address.client_id,
        "client_secret": served.address.client_secret,
    }
    url = f"{served.address.http_url}/services/oauth2/introspect"
    async with served.http.post(url, data=form) as response:
        assert (await response.json())["username"] == served.address.username
    async with served.http.post(url, data={**form, "token": "no"}) as response:
        assert await response.json() == {"active": False}


async def test_the_identity_url_tells_who_the_user_is(served: Served) -> None:
    session = await served.integration_token()
    _, resources = await served.rest("GET", "", token=session)
    url = resources["identity"]
    assert url.startswith(served.address.http_url)
    async with served.http.get(url, params={"oauth_token": session}) as response:
        assert (await response.json())["username"] == served.address.username
    async with served.http.get(url) as response:
        assert response.status == 403
