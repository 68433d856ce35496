"""The REST API: queries, describes, and records in collections.

REST API Developer Guide. Each request counts against the org's daily API requests, so this is for
what an operator starts and for what Salesforce asks; events go by the Pub/Sub API.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp

from bridge.errors import (
    AuthFailed,
    BridgeError,
    LimitExceeded,
    OrgUnavailable,
    PackageMissing,
    PermissionDenied,
    RequestLimitExceeded,
    RequestRefused,
)
from bridge.salesforce_api.auth import Session

API_VERSION = "66.0"
MOST_RECORDS = 200
"""Records in one collection ("sObject Collections")."""

Record = dict[str, Any]

_LIMITS = frozenset({"STORAGE_LIMIT_EXCEEDED"})
_USAGE = re.compile(r"api-usage=(\d+)/(\d+)")
_LACKS = frozenset({"INVALID_FIELD", "INVALID_TYPE", "NOT_FOUND"})
_AWAY = frozenset({"SERVER_UNAVAILABLE", "SERVICE_UNAVAILABLE"})


class Sessions(Protocol):
    """Where a token comes from."""

    async def session(self) -> Session:
        """The current one. Raises an OrgFault."""

    def refused(self, session: Session) -> None:
        """Salesforce refused it."""


class Rest:
    """A client of one org."""

    def __init__(
        self, sessions: Sessions, http: aiohttp.ClientSession, *, timeout: float = 60.0
    ) -> None:
        """``timeout`` is for one request, in seconds."""
        self._sessions = sessions
        self._http = http
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self.on_usage: Callable[[int, int], None] | None = None
        """Told the day's API requests at each answer: used, and the most (`Sforce-Limit-Info`)."""

    async def query(
        self, soql: str, *, tooling: bool = False, deleted: bool = False
    ) -> list[Record]:
        """All records, batch after batch, without their ``attributes``.

        With ``deleted`` also those in the recycle bin ("QueryAll").
        Raises an OrgFault; RequestRefused with Salesforce's code for a query that it refuses.
        """
        path = "tooling/query" if tooling else "queryAll" if deleted else "query"
        page = await self.request("GET", path, params={"q": soql})
        records = [_bare(record) for record in page["records"]]
        while not page["done"]:
            page = await self.request("GET", page["nextRecordsUrl"])
            records += [_bare(record) for record in page["records"]]
        return records

    async def queries(
        self, soql: Mapping[str, str], *, deleted: Collection[str] = ()
    ) -> dict[str, list[Record]]:
        """The records of at most five queries, by the name of each, for one API request.

        Those named in ``deleted`` also give what is in the recycle bin.
        REST API Developer Guide, "Composite": one call, whatever it holds, and at most five of its
        parts may be queries. The names are letters, digits and underscores. Raises as
        :meth:`query`.
        """
        path = f"/services/data/v{API_VERSION}/query"
        parts = [
            {
                "method": "GET",
                "url": f"{path}{'All' if name in deleted else ''}?q={quote(text, safe='')}",
                "referenceId": name,
            }
            for name, text in soql.items()
        ]
        answer = await self.request("POST", "composite", body={"compositeRequest": parts})
        found: dict[str, list[Record]] = {}
        for part in answer["compositeResponse"]:
            name, page = str(part["referenceId"]), part["body"]
            if part["httpStatusCode"] >= 300:
                raise _fault(f"composite query {name}", part["httpStatusCode"], json.dumps(page))
            found[name] = [_bare(record) for record in page["records"]]
            while not page["done"]:
                page = await self.request("GET", page["nextRecordsUrl"])
                found[name] += [_bare(record) for record in page["records"]]
        return found

    async def describe(self, sobject: str) -> Record | None:
        """An object as this user sees it, or None where he sees none. Raises as :meth:`query`."""
        try:
            found = await self.request("GET", f"sobjects/{sobject}/describe")
        except RequestRefused as error:
            if error.code != "NOT_FOUND":
                raise
            return None
        return dict(found)

    async def update(self, records: Sequence[Mapping[str, Any]]) -> list[Record]:
        """Updates at most 200 records, each on its own; Salesforce's result for each, in order.

        A record carries ``attributes`` and ``Id``. Raises as :meth:`query`.
        """
        body = {"allOrNone": False, "records": list(records)}
        results = await self.request("PATCH", "composite/sobjects", body=body)
        return [dict(result) for result in results]

    async def upsert(
        self, sobject: str, key: str, records: Sequence[Mapping[str, Any]]
    ) -> list[Record]:
        """Updates or creates at most 200 records by an external id, each on its own; Salesforce's
        result for each, in order ("Upsert Multiple Records with Fewer Round-Trips").

        A record carries ``attributes`` and the external id. Raises as :meth:`query`.
        """
        body = {"allOrNone": False, "records": list(records)}
        results = await self.request("PATCH", f"composite/sobjects/{sobject}/{key}", body=body)
        return [dict(result) for result in results]

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Any:
        """One request, with a new token if the old one is refused; the parsed answer.

        ``path`` is below ``/services/data/v66.0/``, or begins with a slash. Raises as
        :meth:`query`.
        """
        for last in (False, True):
            session = await self._sessions.session()
            base = "" if path.startswith("/") else f"/services/data/v{API_VERSION}/"
            status, text = await self._send(
                method, f"{session.instance_url}{base}{path}", session, params, body
            )
            if status == 401:
                self._sessions.refused(session)
                if not last:
                    continue
            if status >= 500:
                self._sessions.refused(session)  # the org may have moved to another instance
            if status >= 300:
                raise _fault(path, status, text)
            return _parsed(path, status, text) if text else None
        raise AssertionError("unreachable")

    async def _send(
        self,
        method: str,
        url: str,
        session: Session,
        params: Mapping[str, str] | None,
        body: Any,
    ) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {session.access_token}"}
        try:
            async with self._http.request(
                method,
                url,
                params=params,
                json=body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                self._note_usage(response.headers.get("Sforce-Limit-Info", ""))
                return response.status, await response.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise OrgUnavailable(f"{url}: {type(error).__name__}: {error}") from error

    def _note_usage(self, said: str) -> None:
        found = _USAGE.search(said)
        if found is not None and self.on_usage is not None:
            self.on_usage(int(found[1]), int(found[2]))


def literal(value: str) -> str:
    """A text as SOQL writes it ("Quoted String Escape Sequences")."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def lacks(error: RequestRefused) -> PackageMissing | None:
    """The fault behind a refusal that says that an object or a field of ours is not there."""
    if error.code not in _LACKS:
        return None
    return PackageMissing(f"{error}. Deploy this version's package to the org")


def literals(values: Sequence[str]) -> str:
    """A list for ``IN``."""
    return f"({', '.join(literal(value) for value in values)})"


def _bare(record: Record) -> Record:
    """A record and its parents without what only says where they are."""
    return {
        name: _bare(value) if isinstance(value, dict) else value
        for name, value in record.items()
        if name != "attributes"
    }


def _parsed(path: str, status: int, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        # During maintenance an org answers in HTML.
        raise OrgUnavailable(f"{path} answered HTTP {status} and no JSON") from None


def _fault(path: str, status: int, text: str) -> BridgeError:
    """The error for an answer that is none (REST API Developer Guide, "Status Codes")."""
    if status >= 500:
        return OrgUnavailable(f"{path} answered HTTP {status}")
    answer = _parsed(path, status, text)
    first = answer[0] if isinstance(answer, list) and answer else answer
    first = first if isinstance(first, dict) else {}
    code = str(first.get("errorCode", f"HTTP {status}"))
    said = f"{path}: {code}: {first.get('message', 'no message')}"
    if status == 401:
        return AuthFailed(said)
    if code == "REQUEST_LIMIT_EXCEEDED":
        return RequestLimitExceeded(f"{said} It waits until the day's requests are counted anew")
    if code in _LIMITS:
        return LimitExceeded(said)
    if code in _AWAY:
        return OrgUnavailable(said)
    if status == 403:
        return PermissionDenied(said)
    return RequestRefused(said, code)
