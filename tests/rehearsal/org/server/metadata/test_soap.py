"""Envelopes, faults, and what the org says of itself."""

from __future__ import annotations

import asyncio

import pytest

from tests.rehearsal.org.server.metadata.conftest import Target
from tests.rehearsal.org.server.metadata.soap_client import Soap, SoapFault
from tests.rehearsal.org.server.metadata.zips import apex, package_xml, zip_of

pytestmark = pytest.mark.slow


async def test_a_wrong_session_is_a_fault(target: Target) -> None:
    stranger = Soap(target.http, target.address.http_url, "00DLc!wrong")
    with pytest.raises(SoapFault, match="Invalid Session ID found in SessionHeader") as fault:
        await stranger.call("describeMetadata")
    assert fault.value.code == "sf:INVALID_SESSION_ID"


async def test_the_integration_user_may_not_deploy(target: Target) -> None:
    token = await target.integration_token()
    with pytest.raises(SoapFault, match="ModifyAllData or ModifyMetadata") as fault:
        await Soap(target.http, target.address.http_url, token).call("describeMetadata")
    assert fault.value.code == "sf:INSUFFICIENT_ACCESS"


async def test_an_operation_that_is_not_there_is_refused_by_name(target: Target) -> None:
    with pytest.raises(SoapFault, match="not supported by the local org: retrieve"):
        await target.soap.call("retrieve")


async def test_an_unknown_deployment_is_a_fault(target: Target) -> None:
    with pytest.raises(SoapFault) as fault:
        await target.soap.status("0Af000000000001AAA")
    assert fault.value.code == "sf:INVALID_CROSS_REFERENCE_KEY"


async def test_what_is_no_xml_is_a_fault(target: Target) -> None:
    url = f"{target.address.http_url}/services/Soap/m/66.0"
    async with target.http.post(url, data="not xml") as response:
        assert response.status == 500
        assert "sf:UNKNOWN_EXCEPTION" in await response.text()


async def test_each_call_counts_as_an_api_request(target: Target) -> None:
    async def used() -> int:
        url = f"{target.address.http_url}/services/data/v66.0/limits"
        headers = {"Authorization": f"Bearer {target.address.access_token}"}
        async with target.http.get(url, headers=headers) as response:
            usage = response.headers["Sforce-Limit-Info"]
            return int(usage.removeprefix("api-usage=").partition("/")[0])

    before = await used()
    await target.soap.call("describeMetadata")
    assert await used() == before + 2


async def test_an_expired_session_is_a_fault(target: Target) -> None:
    await target.control("faults", {"kind": "session_expired", "count": 1})
    with pytest.raises(SoapFault) as fault:
        await target.soap.call("describeMetadata")
    assert fault.value.code == "sf:INVALID_SESSION_ID"


async def test_describe_names_types_with_their_folders(target: Target) -> None:
    (found,) = await target.soap.call("describeMetadata", "<asOfVersion>66.0</asOfVersion>")
    folders = {one["xmlName"]: one["directoryName"] for one in found.all("metadataObjects")}
    assert folders["ApexClass"] == "classes"
    assert folders["CustomObject"] == "objects"


async def test_list_names_what_is_there_and_what_was_deployed(target: Target) -> None:
    async def classes(kind: str) -> list[str]:
        found = await target.soap.call(
            "listMetadata", f"<queries><type>{kind}</type></queries><asOfVersion>66</asOfVersion>"
        )
        return [one["fullName"] for one in found]

    assert "Widget__c.Amount__c" in await classes("CustomField")
    assert await classes("ApexClass") == []
    files = apex("Fine", "public class Fine {}")
    await target.soap.deploy(zip_of({"package.xml": package_xml(ApexClass="Fine"), **files}))
    assert await classes("ApexClass") == ["Fine"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"runTests": "A"}, "testLevel of RunSpecifiedTests"),
        ({"testLevel": "RunSpecifiedTests"}, "requires runTests"),
        ({"testLevel": "RunRelevantTests"}, "not supported by the local org: test level"),
    ],
)
async def test_options_that_do_not_fit_are_refused(
    target: Target, options: dict[str, str], message: str
) -> None:
    with pytest.raises(SoapFault, match=message) as fault:
        await target.soap.start(zip_of({}), **options)
    assert fault.value.code == "sf:INVALID_OPERATION"


async def test_a_deployment_that_waits_can_be_canceled(target: Target) -> None:
    files = {"package.xml": package_xml(ApexClass="Fine"), **apex("Fine", "public class Fine {}")}
    first = await target.soap.start(zip_of(files), checkOnly="true")
    second = await target.soap.start(zip_of(files), checkOnly="true")
    (canceled,) = await target.soap.call("cancelDeploy", f"<String>{second}</String>")
    assert (canceled["id"], canceled["done"]) == (second, "false")
    ended = await asyncio.gather(target.soap.finished(first), target.soap.finished(second))
    assert [one["status"] for one in ended] == ["Succeeded", "Canceled"]
    assert ended[1]["canceledByName"] == "Alex Admin"
    with pytest.raises(SoapFault, match="already been completed"):
        await target.soap.call("cancelDeploy", f"<String>{first}</String>")
