"""HTTP around the Metadata API."""

from __future__ import annotations

from typing import Any

from aiohttp import BodyPartReader, web

from rehearsal.org.ports import User
from rehearsal.org.server.http import SLASHES, HttpApi, bearer, own_url
from rehearsal.org.server.metadata import rest, soap
from rehearsal.org.server.metadata.api import MetadataApi
from rehearsal.org.server.rest import Reply
from rehearsal.org.server.rest.call import NEWEST, OLDEST
from rehearsal.org.server.rest.errors import ApiError, malformed, not_found
from rehearsal.org.server.rest.jsontext import loads

_SESSION = (
    "Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing "
    "session key"
)


class MetadataHttp:
    """The routes of the Metadata API; who calls is `http`'s to say."""

    def __init__(self, api: MetadataApi, http: HttpApi) -> None:
        self._api, self._http = api, http

    def routes(self) -> list[web.AbstractRouteDef]:
        root = f"{SLASHES}services/data/v{{version}}/{rest.ROOT}"
        return [
            web.post(f"{SLASHES}services/Soap/m/{{version}}", self._soap),
            web.post(root, self._deploy),
            web.get(f"{root}/{{id}}", self._status),
            web.patch(f"{root}/{{id}}", self._change),
        ]

    async def _soap(self, request: web.Request) -> web.Response:
        reply = self._called(await request.read())
        return web.Response(status=reply.status, text=reply.text, content_type="text/xml")

    def _called(self, content: bytes) -> soap.SoapReply:
        try:
            call = soap.read_request(content)
            user = self._http.admit(call.session_id)
        except soap.Fault as fault:
            return soap.fault_reply(fault)
        except ApiError as refused:
            code = refused.body[0]["errorCode"]
            message = _SESSION if code == "INVALID_SESSION_ID" else refused.body[0]["message"]
            return soap.fault_reply(soap.Fault(code, message))
        return soap.answer(self._api, call, user)

    async def _deploy(self, request: web.Request) -> web.Response:
        try:
            user = self._admit(request)
            body, content = await _parts(request)
            return self._http.answer(rest.deploy(self._api, body, content, user, _url(request)))
        except ApiError as refused:
            return self._refused(refused)

    async def _status(self, request: web.Request) -> web.Response:
        details = request.query.get("includeDetails", "").lower() == "true"
        id_ = request.match_info["id"]
        try:
            user = self._admit(request)
            found = rest.status(self._api, id_, user, _url(request), details=details)
            return self._http.answer(found)
        except ApiError as refused:
            return self._refused(refused)

    async def _change(self, request: web.Request) -> web.Response:
        id_ = request.match_info["id"]
        try:
            user = self._admit(request)
            body = _json(await request.read())
            return self._http.answer(rest.change(self._api, id_, body, user, _url(request)))
        except ApiError as refused:
            return self._refused(refused)

    def _admit(self, request: web.Request) -> User:
        """Raises ApiError."""
        user = self._http.admit(bearer(request))
        version = request.match_info["version"].removesuffix(".0")
        if not version.isdigit() or not OLDEST <= int(version) <= NEWEST:
            raise not_found()
        return user

    def _refused(self, refused: ApiError) -> web.Response:
        return self._http.answer(Reply(refused.status, refused.body))


def _url(request: web.Request) -> str:
    return f"{own_url(request)}/services/data/v{request.match_info['version']}"


async def _parts(request: web.Request) -> tuple[dict[str, Any], bytes | None]:
    """The JSON part and the zip of a multipart request; a request that is JSON has no zip. Raises
    ApiError."""
    if not request.content_type.startswith("multipart/"):
        return _json(await request.read()), None
    body: dict[str, Any] = {}
    content: bytes | None = None
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise malformed("A multipart body within a multipart body")
        held = bytes(await part.read(decode=True))
        if part.headers.get("Content-Type", "").startswith("application/json"):
            body = _json(held)
        elif part.name == "file":
            content = held
    return body, content


def _json(content: bytes) -> dict[str, Any]:
    try:
        body = loads(content)
    except ValueError as error:
        raise malformed(str(error)) from None
    if not isinstance(body, dict):
        raise malformed("The body must be a JSON object")
    return body
