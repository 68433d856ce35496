"""The table of resources, and how a call finds its own."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.org.errors import LimitExceeded, QueryError, Unsupported
from rehearsal.org.server.faults import Faults
from rehearsal.org.server.ports import ServedOrg
from rehearsal.org.server.rest import (
    collections,
    composite,
    describe,
    limits,
    query,
    sobjects,
    tooling,
)
from rehearsal.org.server.rest.call import Call, Reply
from rehearsal.org.server.rest.context import Context
from rehearsal.org.server.rest.errors import ApiError, error_body, not_found

Handler = Callable[..., Reply]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Route:
    pattern: re.Pattern[str]
    handlers: dict[str, Handler]


def _route(template: str, **handlers: Handler) -> _Route:
    """`{name}` is one segment of the path; the arguments of the handler have the same names."""
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
    return _Route(re.compile(pattern), handlers)


_ROUTES = (
    _route("", GET=describe.resources),
    _route("limits", GET=limits.limits),
    _route("limits/recordCount", GET=limits.record_count),
    _route("sobjects", GET=describe.all_objects),
    _route("sobjects/{name}/describe", GET=describe.one_object),
    _route("sobjects/{name}", GET=describe.basic, POST=sobjects.create),
    _route(
        "sobjects/{name}/{record_id}",
        GET=sobjects.read,
        PATCH=sobjects.update,
        DELETE=sobjects.delete,
    ),
    _route(
        "sobjects/{name}/{key}/{value}",
        GET=sobjects.read_by_key,
        PATCH=sobjects.upsert,
        DELETE=sobjects.delete_by_key,
    ),
    _route("query", GET=query.query),
    _route("query/{locator}", GET=query.more),
    _route("queryAll", GET=query.query_all),
    _route("queryAll/{locator}", GET=query.more),
    _route("tooling/query", GET=tooling.query),
    _route("tooling/query/{locator}", GET=query.more),
    _route("composite", GET=describe.composite_resources, POST=composite.composite),
    _route("composite/batch", POST=composite.batch),
    _route(
        "composite/sobjects",
        POST=collections.create,
        PATCH=collections.update,
        DELETE=collections.delete,
    ),
    _route("composite/sobjects/{name}", GET=collections.read, POST=collections.read_by_body),
    _route("composite/sobjects/{name}/{key}", PATCH=collections.upsert),
)


class RestApi:
    """The REST API of one org. One call at a time, as the org is serialised."""

    def __init__(self, org: ServedOrg, faults: Faults) -> None:
        self.context = Context(org, faults, self.handle)

    def handle(self, call: Call) -> Reply:
        """Answers; every refusal becomes a reply with Salesforce's error body."""
        try:
            for route in _ROUTES:
                match = route.pattern.fullmatch(call.path)
                if match:
                    return self._answer(route, call, match.groupdict())
            raise not_found()
        except ApiError as error:
            return Reply(error.status, error.body)
        except QueryError as error:
            return Reply(400, [error_body(error.error_code, error.message)])
        except LimitExceeded as error:
            return Reply(400, [error_body("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", str(error))])
        except Unsupported as error:
            return Reply(501, [error_body("LOCALORG_UNSUPPORTED", str(error))])
        except Exception:
            error_id = secrets.randbelow(10**9)
            _log.exception("ErrorId %d: %s %s", error_id, call.method, call.path)
            message = (
                "An unexpected error occurred. Please include this ErrorId if you contact "
                f"support: {error_id}"
            )
            return Reply(500, [error_body("UNKNOWN_EXCEPTION", message)])

    def _answer(self, route: _Route, call: Call, arguments: dict[str, str]) -> Reply:
        handler = route.handlers.get("GET" if call.method == "HEAD" else call.method)
        if handler is None:
            allowed = ",".join(sorted(route.handlers))
            raise ApiError(
                405,
                "METHOD_NOT_ALLOWED",
                f"HTTP Method '{call.method}' not allowed. Allowed are {allowed}",
            )
        return handler(self.context, call, **arguments)
