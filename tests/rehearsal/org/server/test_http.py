from __future__ import annotations

import datetime as dt
import ssl
from typing import Any

import aiohttp
import pytest

from rehearsal.org.bus import EARLIEST
from tests.rehearsal.org.server.conftest import Served

TOPIC = "/event/Order__e"


async def publish(served: Served, **fields: Any) -> tuple[int, Any]:
    token = await served.integration_token()
    return await served.rest("POST", "sobjects/Order__e/", token=token, json=fields)


def kept(served: Served) -> list[str]:
    return [event.values["Number__c"] for event in served.org.bus.after(TOPIC, EARLIEST)]


async def test_https_is_trusted_by_the_orgs_own_ca(served: Served) -> None:
    trust = ssl.create_default_context(cafile=served.address.ca_file)
    for host in ("127.0.0.1", "localhost"):
        url = served.address.https_url.replace("127.0.0.1", host) + "/services/data"
        async with served.http.get(url, ssl=trust) as response:
            versions = await response.json()
    assert {"label": "Spring '26", "url": "/services/data/v66.0", "version": "66.0"} in versions
    assert versions[-1]["label"] == "Winter '27"
    assert versions[-2]["label"] == "Summer '26"


async def test_a_published_event_looks_like_an_error(served: Served) -> None:
    status, body = await publish(served, Number__c="1", Amount__c=12.5)
    assert status == 201
    (event,) = served.org.bus.after(TOPIC, EARLIEST)
    assert body["success"] is True
    assert body["id"].startswith("e01")
    assert body["errors"] == [
        {"statusCode": "OPERATION_ENQUEUED", "message": event.uuid, "fields": []}
    ]
    assert str(event.values["Amount__c"]) == "12.50"
    assert event.created_by == served.org.integration_user.id


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "REQUIRED_FIELD_MISSING"),
        ({"Number__c": "x" * 21}, "STRING_TOO_LONG"),
        ({"Number__c": "1", "Nope__c": 1}, "INVALID_FIELD"),
        ({"Number__c": "1", "Amount__c": "many"}, "JSON_PARSER_ERROR"),
        ({"Number__c": "1", "At__c": "2026-10-01"}, "JSON_PARSER_ERROR"),
        ({"Number__c": "1", "Paid__c": "yes"}, "JSON_PARSER_ERROR"),
        ({"Number__c": "1", "Amount__c": 1e17}, "NUMBER_OUTSIDE_VALID_RANGE"),
    ],
)
async def test_a_wrong_event_is_refused(served: Served, fields: Any, code: str) -> None:
    status, body = await publish(served, **fields)
    assert (status, body[0]["errorCode"]) == (400, code)
    assert kept(served) == []


async def test_a_collection_publishes_up_to_200_events_in_order(served: Served) -> None:
    token = await served.integration_token()
    records = [
        {"attributes": {"type": "Order__e"}, "Number__c": str(index)} for index in range(201)
    ]
    status, body = await served.rest(
        "POST", "composite/sobjects", token=token, json={"records": records}
    )
    assert (status, body[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")
    records[1]["Number__c"] = "x" * 21
    status, body = await served.rest(
        "POST", "composite/sobjects", token=token, json={"records": records[:200]}
    )
    assert status == 200
    assert [result["success"] for result in body] == [True, False] + [True] * 198
    assert body[1]["errors"][0]["statusCode"] == "STRING_TOO_LONG"
    assert body[0]["errors"][0]["statusCode"] == "OPERATION_ENQUEUED"
    assert kept(served) == [str(index) for index in range(200) if index != 1]


async def test_events_are_published_by_composite_subrequests(served: Served) -> None:
    token = await served.integration_token()
    requests = [
        {
            "method": "POST",
            "url": "/services/data/v66.0/sobjects/Order__e",
            "referenceId": f"r{index}",
            "body": {"Number__c": str(index)},
        }
        for index in range(25)
    ]
    status, body = await served.rest(
        "POST", "composite", token=token, json={"compositeRequest": requests}
    )
    assert status == 200
    assert {one["httpStatusCode"] for one in body["compositeResponse"]} == {201}
    assert kept(served) == [str(index) for index in range(25)]


async def test_an_event_is_no_record(served: Served) -> None:
    status, _ = await served.rest("GET", "sobjects/Order__e/e01000000000001AAA")
    assert status == 405


async def test_what_the_user_may_not_see_is_not_found(served: Served) -> None:
    token = await served.integration_token()
    assert (await served.rest("GET", "sobjects/Secret__e/describe", token=token))[0] == 404
    assert (await served.rest("GET", "sobjects/Secret__e/describe"))[0] == 200


@pytest.mark.parametrize("path", ["nothing", "sobjects/No__e", "sobjects/A/b/c/d", "jobs/ingest"])
async def test_everything_unknown_is_not_found(served: Served, path: str) -> None:
    assert await served.rest("GET", path) == (
        404,
        [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}],
    )


async def test_a_wrong_method_is_not_allowed(served: Served) -> None:
    status, body = await served.rest("PUT", "limits")
    assert (status, body[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")
    assert body[0]["message"].endswith("Allowed are GET")


@pytest.mark.parametrize("version", ["v30.0", "v99.0", "v66.5", "vx"])
async def test_other_api_versions_are_not_found(served: Served, version: str) -> None:
    url = f"{served.address.http_url}/services/data/{version}/limits"
    headers = {"Authorization": f"Bearer {served.address.access_token}"}
    async with served.http.get(url, headers=headers) as response:
        assert response.status == 404


async def test_limits_tell_what_is_left(served: Served) -> None:
    await publish(served, Number__c="1")
    status, body = await served.rest("GET", "limits")
    assert status == 200
    assert body["HourlyPublishedPlatformEvents"] == {"Max": 250_000, "Remaining": 249_999}
    assert body["DailyDeliveredPlatformEvents"] == {"Max": 25_000, "Remaining": 25_000}
    assert body["DailyApiRequests"]["Remaining"] == 100_000 - 2


async def test_limits_need_view_setup(served: Served) -> None:
    token = await served.integration_token()
    assert (await served.rest("GET", "limits", token=token))[0] == 403


async def test_the_daily_requests_run_out(served: Served) -> None:
    await served.control("allocations", {"daily_requests": 1})
    headers = {"Authorization": f"Bearer {served.address.access_token}"}
    url = f"{served.address.http_url}/services/data/v66.0/"
    async with served.http.get(url, headers=headers) as response:
        assert response.headers["Sforce-Limit-Info"] == "api-usage=1/1"
    status, body = await served.rest("GET", "")
    assert (status, body[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    await served.control("clock", {"advance_seconds": 86_400})
    assert (await served.rest("GET", ""))[0] == 200


async def test_maintenance_is_a_page_in_html(served: Served) -> None:
    await served.control("faults", {"kind": "maintenance", "count": 1})
    async with served.http.get(f"{served.address.http_url}/services/data") as response:
        assert response.status == 503
        assert response.content_type == "text/html"
    assert (await served.rest("GET", ""))[0] == 200


async def test_faults_of_single_requests(served: Served) -> None:
    await served.control("faults", {"kind": "session_expired", "count": 1})
    assert (await served.rest("GET", ""))[1][0]["errorCode"] == "INVALID_SESSION_ID"
    await served.control("faults", {"kind": "request_limit", "count": 1})
    assert (await served.rest("GET", ""))[1][0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    await served.control("faults", {"kind": "publish_unavailable", "count": 1})
    status, body = await publish(served, Number__c="1")
    assert (status, body[0]["errorCode"]) == (400, "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE")
    assert (await publish(served, Number__c="2"))[0] == 201


@pytest.mark.parametrize(("kind", "published"), [("drop", []), ("drop_reply", ["1"])])
async def test_a_dropped_connection_may_have_done_its_work(
    served: Served, kind: str, published: list[str]
) -> None:
    token = await served.integration_token()
    await served.control("faults", {"kind": kind, "count": 1})
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await served.rest("POST", "sobjects/Order__e", token=token, json={"Number__c": "1"})
    assert kept(served) == published


async def test_a_slow_org_is_slow(served: Served) -> None:
    await served.control("faults", {"kind": "slow", "count": 1, "delay": 0.2})
    before = dt.datetime.now(dt.UTC)
    assert (await served.rest("GET", ""))[0] == 200
    assert dt.datetime.now(dt.UTC) - before >= dt.timedelta(seconds=0.2)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "nonsense"},
        {"kind": "slow", "more": 1},
        {"kind": "lose_events"},
        {"kind": "lose_events", "topic": "/event/No__e", "count": 1},
        {"kind": "maintenance", "until": "2026-10-01T00:00:00"},
    ],
)
async def test_a_wrong_fault_is_refused(served: Served, fault: dict[str, Any]) -> None:
    url = f"{served.address.http_url}/localorg/faults"
    async with served.http.post(url, json=fault) as response:
        assert response.status == 400
    async with served.http.get(url) as response:
        assert await response.json() == []


async def test_faults_are_cleared(served: Served) -> None:
    await served.control("faults", {"kind": "maintenance"})
    await served.control("faults", {"kind": "lose_events", "topic": TOPIC, "count": 5})
    async with served.http.delete(f"{served.address.http_url}/localorg/faults") as response:
        assert response.status == 204
    assert (await publish(served, Number__c="1"))[0] == 201
    assert kept(served) == ["1"]


async def test_a_fault_of_the_org_itself_has_an_error_id_and_is_logged(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    status, body = await served.rest("GET", "query?q=SELECT+Id+FROM+Order__e")
    assert (status, body[0]["errorCode"]) == (500, "UNKNOWN_EXCEPTION")
    error_id = body[0]["message"].rpartition(" ")[2]
    assert f"ErrorId {error_id}: GET query" in caplog.text
    assert "NotImplementedError" in caplog.text
