"""The Apex tests of a deployment."""

from __future__ import annotations

import pytest

from tests.rehearsal.org.server.metadata.conftest import Target
from tests.rehearsal.org.server.metadata.soap_client import SoapFault
from tests.rehearsal.org.server.metadata.zips import apex, package_xml, zip_of

pytestmark = pytest.mark.slow

CODE = """public class Sums {
    public static Integer add(Integer a, Integer b) {
        return a + b;
    }
    public static Integer rest(Integer a, Integer b) {
        Integer c = a;
        c = c - b;
        c = c + 0;
        return c;
    }
}
"""


def test_class(name: str, body: str) -> dict[str, str]:
    return apex(
        name, f"@IsTest private class {name} {{\n@IsTest static void it() {{\n{body}\n}}\n}}"
    )


test_class.__test__ = False  # type: ignore[attr-defined]


def package(*tests: dict[str, str]) -> bytes:
    files = {**apex("Sums", CODE)}
    for test in tests:
        files |= test
    names = sorted({name.split("/")[1].partition(".")[0] for name in files})
    return zip_of({"package.xml": package_xml(ApexClass=names), **files})


ADD = test_class("AddTest", "System.assertEquals(3, Sums.add(1, 2));")
BOTH = test_class("BothTest", "System.assertEquals(3, Sums.add(1, Sums.rest(3, 1)));")
BAD = test_class("BadTest", "System.assertEquals(4, Sums.add(1, 2), 'wrong sum');")


async def test_no_tests_run_unless_asked_for(target: Target) -> None:
    result = await target.soap.deploy(package(BAD))
    assert (result["status"], result["runTestsEnabled"]) == ("Succeeded", "false")
    assert result["numberTestsTotal"] == "0"


async def test_a_failing_test_fails_the_deployment(target: Target) -> None:
    result = await target.soap.deploy(package(BOTH, BAD), testLevel="RunLocalTests")
    assert (result["status"], result["numberComponentErrors"]) == ("Failed", "0")
    assert (result["numberTestsTotal"], result["numberTestErrors"]) == ("2", "1")
    assert result["numberTestsCompleted"] == "1"
    (run,) = result.all("details/runTestResult")
    (failure,) = run.all("failures")
    assert (failure["name"], failure["methodName"]) == ("BadTest", "it")
    assert "wrong sum" in failure["message"]
    assert failure["stackTrace"].startswith("Class.BadTest.it: line 3, column 1")
    assert [one["name"] for one in run.all("successes")] == ["BothTest"]
    again = await target.soap.deploy(package(BOTH), checkOnly="true")
    assert again.states["ApexClass", "Sums"] == "Created"


async def test_coverage_is_told_by_class_and_line(target: Target) -> None:
    result = await target.soap.deploy(
        package(ADD), testLevel="RunSpecifiedTests", runTests="AddTest"
    )
    (run,) = result.all("details/runTestResult")
    (unit,) = [one for one in run.all("codeCoverage") if one["name"] == "Sums"]
    assert (unit["type"], unit["numLocationsNotCovered"]) == ("Class", "4")
    assert [one["line"] for one in unit.all("locationsNotCovered")] == ["6", "7", "8", "9"]


async def test_specified_tests_must_cover_each_deployed_class(target: Target) -> None:
    async def status(content: bytes, test: str) -> tuple[str, list[str]]:
        result = await target.soap.deploy(content, testLevel="RunSpecifiedTests", runTests=test)
        warnings = result.all("details/runTestResult/codeCoverageWarnings")
        return result["status"], [one["message"] for one in warnings]

    outcome, (warning,) = await status(package(ADD), "AddTest")
    assert outcome == "Failed"
    assert warning.startswith("Test coverage of selected Apex Class is 20%, at least 75%")
    assert await status(package(BOTH), "BothTest") == ("Succeeded", [])


async def test_local_tests_must_cover_all_code_together(target: Target) -> None:
    result = await target.soap.deploy(package(ADD), testLevel="RunLocalTests")
    assert result["status"] == "Failed"
    messages = [one["message"] for one in result.all("details/runTestResult/codeCoverageWarnings")]
    assert messages[-1].startswith("Average test coverage across all Apex Classes and Triggers is")


async def test_a_specified_test_that_is_not_there_fails(target: Target) -> None:
    result = await target.soap.deploy(
        package(BOTH), testLevel="RunSpecifiedTests", runTests=["BothTest", "Nowhere"]
    )
    assert result["status"] == "Failed"
    (failure,) = result.all("details/runTestResult/failures")
    assert failure["name"] == "Nowhere"


async def test_tests_see_none_of_the_orgs_records(target: Target) -> None:
    await target.insert("Widget__c", Name="real")
    counts = test_class("CountTest", "System.assertEquals(0, [SELECT COUNT() FROM Widget__c]);")
    result = await target.soap.deploy(
        zip_of({"package.xml": package_xml(ApexClass="CountTest"), **counts}),
        testLevel="RunSpecifiedTests",
        runTests="CountTest",
    )
    assert result["status"] == "Succeeded"


async def test_a_validation_with_tests_can_be_deployed_quickly(target: Target) -> None:
    validated = await target.soap.deploy(
        package(BOTH), checkOnly="true", testLevel="RunSpecifiedTests", runTests="BothTest"
    )
    argument = f"<validationId>{validated['id']}</validationId>"
    url = f"{target.address.http_url}/services/data/v66.0/metadata/deployRequest"
    headers = {"Authorization": f"Bearer {target.address.access_token}"}
    body = {"validatedDeployRequestId": validated["id"]}
    async with target.http.post(url, headers=headers, json=body) as response:
        assert response.status == 201
        id_ = (await response.json())["id"]
    result = await target.soap.finished(id_)
    assert (result["status"], result["numberTestsTotal"]) == ("Succeeded", "0")
    assert result.states["ApexClass", "Sums"] == "Created"
    unvalidated = await target.soap.deploy(package(BOTH), checkOnly="true")
    argument = f"<validationId>{unvalidated['id']}</validationId>"
    with pytest.raises(SoapFault, match="no validation that can be deployed"):
        await target.soap.call("deployRecentValidation", argument)
