"""OAuth 2.0 token endpoints (Help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration"
and "OAuth 2.0 Client Credentials Flow")."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from rehearsal.org.ports import User
from rehearsal.org.server.sessions import Sessions

AUDIENCES = frozenset({"https://login.salesforce.com", "https://test.salesforce.com"})
LONGEST_ASSERTION = 300
"""Seconds between now and the assertion's `exp`."""


@dataclass(frozen=True, slots=True)
class ClientApp:
    """The External Client App of this org: who may ask for tokens, and how it proves itself."""

    public_key: rsa.RSAPublicKey
    client_id: str = field(default_factory=lambda: f"3MVG9{secrets.token_urlsafe(60)}")
    client_secret: str = field(default_factory=lambda: secrets.token_hex(32).upper())


@dataclass(frozen=True, slots=True)
class OAuthReply:
    status: int
    body: dict[str, Any]


class _Refused(Exception):
    def __init__(self, error: str, description: str) -> None:
        self.reply = OAuthReply(400, {"error": error, "error_description": description})


class OAuth:
    """Gives out tokens. `users` are those that an admin pre-authorized for the app; the client
    credentials flow runs as `run_as`."""

    def __init__(
        self, org_id: str, app: ClientApp, sessions: Sessions, run_as: User, users: list[User]
    ) -> None:
        self._org_id, self._app, self._sessions, self._run_as = org_id, app, sessions, run_as
        self._users = {user.username.lower(): user for user in users}
        self.instance_urls: set[str] = set()
        """What the org has called itself; behind a proxy, the address that was asked."""

    def token(self, form: Mapping[str, str], authorization: str | None, own_url: str) -> OAuthReply:
        """One request to `/services/oauth2/token`. `own_url` is where it was asked."""
        try:
            match form.get("grant_type"):
                case "client_credentials":
                    self._check_client(form, authorization)
                    return self._granted(self._run_as, own_url, signed=True)
                case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                    user = self._asserted(form.get("assertion", ""), own_url)
                    return self._granted(user, own_url, signed=False)
                case None | "":
                    raise _Refused("invalid_request", "must supply grant_type")
                case _:
                    raise _Refused("unsupported_grant_type", "grant type not supported")
        except _Refused as refused:
            return refused.reply

    def introspect(self, form: Mapping[str, str], authorization: str | None) -> OAuthReply:
        """RFC 7662."""
        try:
            self._check_client(form, authorization)
        except _Refused as refused:
            return OAuthReply(401, refused.reply.body)
        user = self._sessions.user(form.get("token", ""))
        if user is None:
            return OAuthReply(200, {"active": False})
        return OAuthReply(
            200,
            {
                "active": True,
                "scope": "api",
                "client_id": self._app.client_id,
                "username": user.username,
                "sub": self.identity_path(user),
                "token_type": "access_token",
            },
        )

    def user_info(self, user: User, own_url: str) -> dict[str, Any]:
        """`/services/oauth2/userinfo`."""
        return {
            "sub": f"{own_url}{self.identity_path(user)}",
            "user_id": user.id,
            "organization_id": self._org_id,
            "preferred_username": user.username,
            "nickname": user.username.partition("@")[0],
            "name": user.name,
            "email": user.username,
            "email_verified": True,
            "zoneinfo": user.time_zone,
            "locale": user.locale,
            "language": user.language,
            "active": True,
            "user_type": "STANDARD",
            "urls": {"rest": f"{own_url}/services/data/v{{version}}/"},
        }

    def identity(self, user: User, own_url: str) -> dict[str, Any]:
        """The identity URL (Help, "Identity URLs")."""
        return {
            "id": f"{own_url}{self.identity_path(user)}",
            "asserted_user": True,
            "user_id": user.id,
            "organization_id": self._org_id,
            "username": user.username,
            "nick_name": user.username.partition("@")[0],
            "display_name": user.name,
            "email": user.username,
            "active": True,
            "user_type": "STANDARD",
            "language": user.language,
            "locale": user.locale,
            "urls": {"rest": f"{own_url}/services/data/v{{version}}/"},
        }

    def identity_path(self, user: User) -> str:
        return f"/id/{self._org_id}/{user.id}"

    def _check_client(self, form: Mapping[str, str], authorization: str | None) -> None:
        client_id, secret = _client(form, authorization)
        if client_id != self._app.client_id:
            raise _Refused("invalid_client_id", "client identifier invalid")
        if not hmac.compare_digest(secret.encode(), self._app.client_secret.encode()):
            raise _Refused("invalid_client", "invalid client credentials")

    def _asserted(self, assertion: str, own_url: str) -> User:
        try:
            claims = jwt.decode(
                assertion,
                self._app.public_key,
                algorithms=["RS256"],
                options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            raise _Refused("invalid_grant", "invalid assertion") from None
        if claims.get("iss") != self._app.client_id:
            raise _Refused("invalid_client_id", "client identifier invalid")
        if claims.get("aud") not in AUDIENCES | {own_url}:
            raise _Refused("invalid_grant", "audience is invalid")
        expires = claims.get("exp")
        now = time.time()
        if not isinstance(expires, int | float) or expires > now + LONGEST_ASSERTION:
            raise _Refused("invalid_grant", "invalid assertion")
        if expires <= now:
            raise _Refused("invalid_grant", "expired authorization code")
        user = self._users.get(str(claims.get("sub")).lower())
        if user is None:
            raise _Refused("invalid_grant", "user hasn't approved this consumer")
        return user

    def _granted(self, user: User, own_url: str, *, signed: bool) -> OAuthReply:
        self.instance_urls.add(own_url)
        identity = f"{own_url}{self.identity_path(user)}"
        body: dict[str, Any] = {
            "access_token": self._sessions.open(user),
            "scope": "api",
            "instance_url": own_url,
            "id": identity,
            "token_type": "Bearer",
        }
        if signed:
            issued = str(int(time.time() * 1000))
            secret = self._app.client_secret.encode()
            mac = hmac.new(secret, f"{identity}{issued}".encode(), hashlib.sha256)
            body["signature"] = base64.b64encode(mac.digest()).decode()
            body["issued_at"] = issued
        return OAuthReply(200, body)


def _client(form: Mapping[str, str], authorization: str | None) -> tuple[str, str]:
    """From the form, or from a Basic header."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise _Refused("invalid_client", "invalid client credentials") from None
        return client_id, secret
    return form.get("client_id", ""), form.get("client_secret", "")
