"""The Metadata API over REST: `metadata/deployRequest` (Metadata API Developer Guide, "Deploying
and Retrieving Metadata with REST")."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from rehearsal.org.ports import User
from rehearsal.org.server.metadata.api import MetadataApi, may_deploy
from rehearsal.org.server.metadata.jobs import Deployment, Options, OptionsRefused
from rehearsal.org.server.metadata.soap import instant
from rehearsal.org.server.rest.call import Reply
from rehearsal.org.server.rest.errors import ApiError, not_found

ROOT = "metadata/deployRequest"


def deploy(
    api: MetadataApi, body: Mapping[str, Any], content: bytes | None, user: User, url: str
) -> Reply:
    """POST: the deployment of a zip, or of what a validation has validated. Raises ApiError."""
    _check_user(user)
    try:
        validated = body.get("validatedDeployRequestId")
        if validated is not None:
            job = api.deployments.quick(str(validated), user)
        elif content is None:
            raise _refused("The file part is missing")
        else:
            job = api.deployments.start(content, _options(body.get("deployOptions")), user)
    except OptionsRefused as refused:
        raise _refused(str(refused)) from None
    return Reply(201, _body(job, url, details=False))


def status(api: MetadataApi, id_: str, user: User, url: str, *, details: bool) -> Reply:
    """GET. Raises ApiError."""
    _check_user(user)
    return Reply(200, _body(_job(api, id_), url, details=details))


def change(api: MetadataApi, id_: str, body: Any, user: User, url: str) -> Reply:
    """PATCH: the only change is to cancel. Raises ApiError."""
    _check_user(user)
    job = _job(api, id_)
    if body != {"deployResult": {"status": "Canceling"}}:
        raise _refused("The status of a deployment can only be set to Canceling")
    try:
        api.deployments.cancel(job, user)
    except OptionsRefused as refused:
        raise _refused(str(refused)) from None
    return Reply(202, _body(job, url, details=False))


def _job(api: MetadataApi, id_: str) -> Deployment:
    job = api.deployments.find(id_)
    if job is None:
        raise not_found()
    return job


def _check_user(user: User) -> None:
    if not may_deploy(user):
        raise ApiError(
            403,
            "INSUFFICIENT_ACCESS",
            "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata "
            "permissions",
        )


def _options(given: Any) -> Options:
    if not isinstance(given, dict):
        raise _refused("deployOptions are missing")
    tests = given.get("runTests")
    return Options(
        check_only=bool(given.get("checkOnly", False)),
        rollback_on_error=bool(given.get("rollbackOnError", False)),
        ignore_warnings=bool(given.get("ignoreWarnings", False)),
        single_package=bool(given.get("singlePackage", False)),
        test_level=str(given.get("testLevel") or "NoTestRun"),
        run_tests=tuple(map(str, tests)) if isinstance(tests, list) else (),
    )


def _body(job: Deployment, url: str, *, details: bool) -> dict[str, Any]:
    options = job.options
    return {
        "id": job.id,
        "url": f"{url}/{ROOT}/{job.id}",
        "validatedDeployRequestId": None,
        "deployOptions": {
            "checkOnly": options.check_only,
            "ignoreWarnings": options.ignore_warnings,
            "rollbackOnError": options.rollback_on_error,
            "runTests": list(options.run_tests) or None,
            "singlePackage": options.single_package,
            "testLevel": options.test_level,
        },
        "deployResult": _json(job.tree(details)),
    }


def _json(value: Any) -> Any:
    match value:
        case dict():
            return {name: _json(item) for name, item in value.items()}
        case list():
            return [_json(item) for item in value]
        case dt.datetime():
            return instant(value)
        case _:
            return value


def _refused(message: str) -> ApiError:
    return ApiError(400, "INVALID_OPERATION", message)
