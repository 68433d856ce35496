"""Tokens: JWT bearer or client credentials, cached until Salesforce refuses them.

Salesforce Help, "OAuth 2.0 JWT Bearer Flow" and "OAuth 2.0 Client Credentials Flow". Neither
gives a refresh token: a new token is asked for when the old one is refused.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import jwt

from bridge.errors import AuthFailed, OrgUnavailable, WrongOrg
from bridge.settings import SalesforceSettings

_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_JWT_SECONDS = 180
_TIMEOUT = aiohttp.ClientTimeout(total=30)
_IDENTITY = re.compile(r"/id/(00D\w{12,15})/(005\w{12,15})$")


@dataclass(frozen=True, slots=True)
class Session:
    """A token and whose it is."""

    access_token: str = field(repr=False)
    instance_url: str
    org_id: str
    user_id: str


def same_org(one: str, other: str) -> bool:
    """Whether two ids, of 15 or 18 characters, are of the same org."""
    return one[:15] == other[:15]


class Authenticator:
    """Gives the current session, asking for a new token when there is none."""

    def __init__(self, settings: SalesforceSettings, http: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._http = http
        self._session: Session | None = None
        self._asking = asyncio.Lock()
        self._wanted = settings.org_id
        self._because = f"BRIDGE_SALESFORCE__ORG_ID is {settings.org_id}"

    def insist(self, org_id: str, because: str) -> None:
        """From now on a token of any other org is refused with WrongOrg, which says why."""
        self._wanted, self._because = org_id, because
        if self._session is not None and not same_org(self._session.org_id, org_id):
            self._session = None

    async def session(self) -> Session:
        """The session. Raises AuthFailed, WrongOrg, OrgUnavailable."""
        async with self._asking:
            if self._session is None:
                self._session = await self._ask()
            return self._session

    def refused(self, session: Session) -> None:
        """Salesforce refused this session's token: the next call asks for another."""
        if self._session is session:
            self._session = None

    async def _ask(self) -> Session:
        form = await self._form()
        url = f"{self._settings.login_url}/services/oauth2/token"
        status, answer = await self._call("POST", url, data=form)
        if status != 200:
            code = answer.get("error", f"HTTP {status}")
            raise AuthFailed(
                f"{self._settings.login_url} gives no token: {code}: "
                f"{answer.get('error_description', 'no description')}"
            )
        try:
            token, instance = str(answer["access_token"]), str(answer["instance_url"])
        except KeyError as error:
            raise OrgUnavailable(f"{url} answered without {error}") from None
        org_id, user_id = await self._whose(token, instance, str(answer.get("id", "")))
        if self._wanted is not None and not same_org(org_id, self._wanted):
            raise WrongOrg(f"the credentials lead to org {org_id}, but {self._because}")
        return Session(token, instance.rstrip("/"), org_id, user_id)

    async def _form(self) -> dict[str, str]:
        settings = self._settings
        if settings.client_secret is not None:
            return {
                "grant_type": "client_credentials",
                "client_id": settings.client_id,
                "client_secret": settings.client_secret.get_secret_value(),
            }
        assert settings.private_key_file is not None
        try:
            key = await asyncio.to_thread(Path.read_text, settings.private_key_file)
            claims = {
                "iss": settings.client_id,
                "sub": settings.username,
                "aud": settings.login_url,
                "exp": int(time.time()) + _JWT_SECONDS,
            }
            assertion = jwt.encode(claims, key, algorithm="RS256")
        except (OSError, ValueError, TypeError, jwt.PyJWTError) as error:
            raise AuthFailed(
                f"cannot sign with {settings.private_key_file}: {type(error).__name__}"
            ) from None
        return {"grant_type": _JWT_GRANT, "assertion": assertion}

    async def _whose(self, token: str, instance: str, identity: str) -> tuple[str, str]:
        if match := _IDENTITY.search(identity):
            return match[1], match[2]
        url = f"{instance}/services/oauth2/userinfo"
        status, answer = await self._call("GET", url, headers={"Authorization": f"Bearer {token}"})
        if status != 200 or "organization_id" not in answer or "user_id" not in answer:
            raise AuthFailed(f"{url} does not say which org the token is for (HTTP {status})")
        return str(answer["organization_id"]), str(answer["user_id"])

    async def _call(self, method: str, url: str, **arguments: Any) -> tuple[int, dict[str, Any]]:
        try:
            async with self._http.request(
                method, url, timeout=_TIMEOUT, allow_redirects=False, **arguments
            ) as response:
                status = response.status
                answer = await response.json(content_type=None) if status < 500 else None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise OrgUnavailable(f"{url}: {type(error).__name__}: {error}") from error
        # During maintenance an org answers in HTML, or with something that is no object.
        if not isinstance(answer, dict):
            raise OrgUnavailable(f"{url} answered HTTP {status}")
        return status, answer
