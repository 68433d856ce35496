from __future__ import annotations

from typing import Any

from tests.rehearsal.org.server.conftest import ServedRecords

ROOT = "/services/data/v66.0"


def post(reference: str, name: str, **body: Any) -> dict[str, Any]:
    url = f"{ROOT}/sobjects/{name}"
    return {"method": "POST", "url": url, "referenceId": reference, "body": body}


async def composite(
    records: ServedRecords, *requests: dict[str, Any], all_or_none: bool = False
) -> list[dict[str, Any]]:
    body = {"allOrNone": all_or_none, "compositeRequest": list(requests)}
    status, answer = await records.rest("POST", "composite", json=body)
    assert status == 200, answer
    found: list[dict[str, Any]] = answer["compositeResponse"]
    return found


async def total(records: ServedRecords, sobject: str) -> int:
    _, body = await records.rest("GET", "query", params={"q": f"SELECT COUNT() FROM {sobject}"})
    return int(body["totalSize"])


async def test_a_subrequest_refers_to_an_earlier_answer(records: ServedRecords) -> None:
    answers = await composite(
        records,
        post("acme", "Account", Name="Acme"),
        post("widget", "Widget__c", Name="w", Account__c="@{acme.id}"),
        {
            "method": "GET",
            "url": f"{ROOT}/query/?q=SELECT+Account__r.Name+FROM+Widget__c"
            "+WHERE+Id='@{widget.id}'",
            "referenceId": "found",
        },
        {
            "method": "GET",
            "url": f"{ROOT}/sobjects/Account/@{{acme.id}}?fields=Name",
            "referenceId": "read",
        },
    )
    assert [answer["httpStatusCode"] for answer in answers] == [201, 201, 200, 200]
    assert answers[2]["body"]["records"][0]["Account__r"]["Name"] == "Acme"
    assert answers[3]["body"]["Name"] == "Acme"
    assert answers[0]["httpHeaders"]["Location"].startswith(f"{ROOT}/sobjects/Account/001")


async def test_what_needed_a_failed_subrequest_fails_alone(records: ServedRecords) -> None:
    answers = await composite(
        records,
        post("bad", "Widget__c", Name="w", Amount__c=-1),
        post("child", "Part__c", Name="p", Widget__c="@{bad.id}"),
        post("good", "Account", Name="Acme"),
    )
    assert [answer["httpStatusCode"] for answer in answers] == [400, 400, 201]
    assert answers[1]["body"][0]["errorCode"] == "PROCESSING_HALTED"


async def test_all_or_none_undoes_every_subrequest(records: ServedRecords) -> None:
    answers = await composite(
        records,
        post("acme", "Account", Name="Acme"),
        post("bad", "Widget__c", Name="w", Amount__c=-1),
        post("later", "Account", Name="Later"),
        all_or_none=True,
    )
    assert [answer["httpStatusCode"] for answer in answers] == [400, 400, 400]
    codes = [answer["body"][0]["errorCode"] for answer in answers]
    assert codes == ["PROCESSING_HALTED", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "PROCESSING_HALTED"]
    assert await total(records, "Account") == 0


async def test_all_or_none_keeps_everything_when_all_is_well(records: ServedRecords) -> None:
    await composite(
        records,
        post("acme", "Account", Name="Acme"),
        post("other", "Account", Name="Other"),
        all_or_none=True,
    )
    assert await total(records, "Account") == 2


async def test_at_most_25_subrequests_and_5_heavy_ones(records: ServedRecords) -> None:
    many = [post(f"r{n}", "Account", Name="x") for n in range(26)]
    status, _ = await records.rest("POST", "composite", json={"compositeRequest": many})
    assert status == 400
    heavy = [
        {"method": "GET", "url": f"{ROOT}/query?q=SELECT+Id+FROM+Account", "referenceId": f"q{n}"}
        for n in range(6)
    ]
    status, _ = await records.rest("POST", "composite", json={"compositeRequest": heavy})
    assert status == 400
    assert len(await composite(records, *heavy[:5])) == 5


async def test_reference_ids_are_unique(records: ServedRecords) -> None:
    twice = [post("same", "Account", Name="x")] * 2
    status, _ = await records.rest("POST", "composite", json={"compositeRequest": twice})
    assert status == 400
    assert await total(records, "Account") == 0


async def test_a_batch_runs_independent_subrequests(records: ServedRecords) -> None:
    requests = [
        {"method": "POST", "url": "v66.0/sobjects/Account", "richInput": {"Name": "Acme"}},
        {"method": "GET", "url": "v66.0/sobjects/Nope"},
        {"method": "GET", "url": "v66.0/limits"},
    ]
    status, body = await records.rest("POST", "composite/batch", json={"batchRequests": requests})
    assert status == 200
    assert body["hasErrors"] is True
    assert [result["statusCode"] for result in body["results"]] == [201, 404, 200]
