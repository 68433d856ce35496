"""The same over REST: `metadata/deployRequest`."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from tests.rehearsal.org.server.metadata.conftest import Target
from tests.rehearsal.org.server.metadata.zips import apex, package_xml, zip_of

ROOT = "metadata/deployRequest"


def package(text: str = "public class Fine {}") -> bytes:
    return zip_of({"package.xml": package_xml(ApexClass="Fine"), **apex("Fine", text)})


async def post(target: Target, content: bytes, token: str | None = None) -> tuple[int, Any]:
    options = {"rollbackOnError": True, "singlePackage": True}
    form = aiohttp.FormData()
    form.add_field("json", json.dumps({"deployOptions": options}), content_type="application/json")
    form.add_field("file", content, filename="deploy.zip", content_type="application/zip")
    return await target.rest("POST", ROOT, data=form, token=token)


async def finished(target: Target, id_: str) -> Any:
    for _ in range(1000):
        status, body = await target.rest("GET", f"{ROOT}/{id_}?includeDetails=true")
        assert status == 200
        if body["deployResult"]["done"]:
            return body
        await asyncio.sleep(0.01)
    raise TimeoutError(id_)


async def test_a_zip_is_deployed(target: Target) -> None:
    status, started = await post(target, package())
    assert status == 201
    assert started["deployOptions"]["rollbackOnError"] is True
    assert started["url"].endswith(f"{ROOT}/{started['id']}")
    result = (await finished(target, started["id"]))["deployResult"]
    assert (result["status"], result["numberComponentsTotal"]) == ("Succeeded", 1)
    successes = {one["fullName"] for one in result["details"]["componentSuccesses"]}
    assert successes == {"package.xml", "Fine"}


async def test_a_failure_has_numbers_and_booleans_of_json(target: Target) -> None:
    _, started = await post(target, package("public class Fine {\n Integer n = nowhere;\n}"))
    result = (await finished(target, started["id"]))["deployResult"]
    assert (result["status"], result["success"]) == ("Failed", False)
    (failure,) = result["details"]["componentFailures"]
    assert (failure["fullName"], failure["lineNumber"]) == ("Fine", 2)


async def test_a_deployment_that_is_done_cannot_be_canceled(target: Target) -> None:
    _, started = await post(target, package())
    await finished(target, started["id"])
    body = {"deployResult": {"status": "Canceling"}}
    status, refused = await target.rest("PATCH", f"{ROOT}/{started['id']}", json=body)
    assert (status, refused[0]["errorCode"]) == (400, "INVALID_OPERATION")


async def test_others_may_not_and_unknown_ones_are_not_there(target: Target) -> None:
    token = await target.integration_token()
    status, refused = await post(target, package(), token)
    assert (status, refused[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS")
    status, _ = await target.rest("GET", f"{ROOT}/0Af000000000001AAA")
    assert status == 404
    status, refused = await target.rest("GET", f"{ROOT}/x", token="nobody")
    assert (status, refused[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


async def test_a_request_without_its_file_is_refused(target: Target) -> None:
    status, refused = await target.rest("POST", ROOT, json={"deployOptions": {}})
    assert (status, refused[0]["message"]) == (400, "The file part is missing")
