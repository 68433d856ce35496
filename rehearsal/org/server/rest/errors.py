"""Error bodies of the REST API (REST API Developer Guide, "Status Codes and Error Responses")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rehearsal.org.errors import SaveError

_STATUS = {
    "ENTITY_IS_DELETED": 404,
    "NOT_FOUND": 404,
    "INSUFFICIENT_ACCESS": 403,
    "INSUFFICIENT_ACCESS_OR_READONLY": 403,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": 403,
    "REQUEST_LIMIT_EXCEEDED": 403,
}


class ApiError(Exception):
    """A call is refused: an HTTP status and one or more errors."""

    def __init__(
        self, status: int, code: str, message: str, fields: tuple[str, ...] | None = None
    ) -> None:
        self.status = status
        self.body: Any = [error_body(code, message, fields)]
        super().__init__(f"{code}: {message}")

    @classmethod
    def of(cls, errors: Iterable[SaveError]) -> ApiError:
        """The refusal of one record by the org."""
        found = list(errors)
        first = found[0]
        made = cls(_STATUS.get(first.status_code, 400), first.status_code, first.message)
        made.body = [error_body(e.status_code, e.message, e.fields) for e in found]
        return made


def error_body(code: str, message: str, fields: tuple[str, ...] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"message": message, "errorCode": code}
    if fields is not None:
        body["fields"] = list(fields)
    return body


def not_found() -> ApiError:
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist")


def malformed(message: str) -> ApiError:
    return ApiError(400, "JSON_PARSER_ERROR", message)
