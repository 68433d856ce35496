"""`/composite` and `/composite/batch` (REST API Developer Guide, "Composite")."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from rehearsal.org.server.rest.call import MISSING, Call, Reply
from rehearsal.org.server.rest.context import Context
from rehearsal.org.server.rest.errors import ApiError, error_body, malformed

MAX_SUBREQUESTS, MAX_HEAVY = 25, 5
_HEAVY = re.compile(r"(query|queryAll|composite/sobjects)(/|\?|$)")
_REFERENCE = re.compile(r"@\{([^}]+)\}")
_VERSIONED = re.compile(r"/services/data/v(\d+\.\d)/(.*)", re.DOTALL)
_UNVERSIONED = re.compile(r"v(\d+\.\d)/(.*)", re.DOTALL)
_HALTED = error_body(
    "PROCESSING_HALTED",
    "The transaction was rolled back since another operation in the same transaction failed.",
)


class _Undo(Exception):
    pass


def composite(context: Context, call: Call) -> Reply:
    """Up to 25 subrequests that may refer to earlier answers by `@{referenceId.field}`."""
    body = call.json()
    requests = body.get("compositeRequest")
    if not isinstance(requests, list) or not all(isinstance(one, dict) for one in requests):
        raise malformed("compositeRequest is required")
    _check(requests)
    answers: list[dict[str, Any]] = []

    def work() -> None:
        results: dict[str, Any] = {}
        for request in requests:
            answer = _subrequest(context, call, request, results)
            answers.append(answer)
            if answer["httpStatusCode"] < 400:
                results[answer["referenceId"]] = answer["body"]
            elif body.get("allOrNone"):
                raise _Undo

    if body.get("allOrNone"):
        try:
            context.as_one(call.user, work)
        except _Undo:
            answers = _halted(requests, answers)
    else:
        work()
    return Reply(body={"compositeResponse": answers})


def batch(context: Context, call: Call) -> Reply:
    """Up to 25 independent subrequests."""
    body = call.json()
    requests = body.get("batchRequests")
    if not isinstance(requests, list) or len(requests) > MAX_SUBREQUESTS:
        raise malformed(f"batchRequests: 1 to {MAX_SUBREQUESTS} subrequests")
    results: list[dict[str, Any]] = []
    failed = False
    for request in requests:
        if failed and body.get("haltOnError"):
            halted = [error_body("BATCH_PROCESSING_HALTED", "Batch processing halted")]
            results.append({"statusCode": 412, "result": halted})
            continue
        method = str(request.get("method", "GET"))
        content = request.get("richInput", MISSING)
        reply = context.dispatch(_call(call, method, str(request.get("url", "")), content))
        failed = failed or reply.status >= 400
        results.append({"statusCode": reply.status, "result": reply.body})
    return Reply(body={"hasErrors": failed, "results": results})


def _check(requests: list[dict[str, Any]]) -> None:
    if len(requests) > MAX_SUBREQUESTS:
        raise ApiError(
            400,
            "INVALID_INPUT",
            f"The limit of {MAX_SUBREQUESTS} subrequests in a composite request was exceeded",
        )
    references = [request.get("referenceId") for request in requests]
    if not all(isinstance(one, str) and re.fullmatch(r"[A-Za-z]\w*", one) for one in references):
        raise malformed("Provided referenceId is missing or not valid")
    if len(set(references)) != len(references):
        raise ApiError(400, "INVALID_INPUT", "Each referenceId must be unique in the request")
    heavy = sum(bool(_HEAVY.match(_path(str(r.get("url", "")))[1])) for r in requests)
    if heavy > MAX_HEAVY:
        raise ApiError(
            400,
            "INVALID_INPUT",
            f"A composite request can have at most {MAX_HEAVY} queries and collections",
        )


def _subrequest(
    context: Context, call: Call, request: dict[str, Any], results: dict[str, Any]
) -> dict[str, Any]:
    reference = request["referenceId"]
    try:
        url = _filled(str(request.get("url", "")), results)
        content = _filled(request["body"], results) if "body" in request else MISSING
        reply = context.dispatch(_call(call, str(request.get("method", "")), url, content))
    except ApiError as error:
        reply = Reply(error.status, error.body)
    return {
        "body": reply.body,
        "httpHeaders": dict(reply.headers),
        "httpStatusCode": reply.status,
        "referenceId": reference,
    }


def _call(call: Call, method: str, url: str, content: Any) -> Call:
    version, path = _path(url)
    parts = urlsplit(path)
    return Call(
        method=method.upper(),
        path=parts.path.strip("/"),
        user=call.user,
        version=version or call.version,
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        body=content,
        headers=call.headers,
        own_url=call.own_url,
    )


def _path(url: str) -> tuple[str | None, str]:
    match = _VERSIONED.match(url) or _UNVERSIONED.match(url)
    return (match[1], match[2]) if match else (None, unquote(url).lstrip("/"))


def _filled(value: Any, results: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, results) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, results) for item in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _look_up(whole[1], results)
    return _REFERENCE.sub(lambda match: str(_look_up(match[1], results)), value)


def _look_up(path: str, results: dict[str, Any]) -> Any:
    name, *steps = re.findall(r"[^.\[\]]+", path)
    try:
        found = results[name]
        for step in steps:
            found = found[int(step)] if isinstance(found, list) else found[step]
    except (KeyError, IndexError, TypeError, ValueError):
        raise ApiError(
            400, "PROCESSING_HALTED", f"Invalid reference specified. No value for {path} found"
        ) from None
    return found


def _halted(requests: list[dict[str, Any]], answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The refusal stands where it happened; every other subrequest was halted."""
    failed = len(answers) - 1
    return [
        answers[index]
        if index == failed
        else {
            "body": [_HALTED],
            "httpHeaders": {},
            "httpStatusCode": 400,
            "referenceId": request["referenceId"],
        }
        for index, request in enumerate(requests)
    ]
