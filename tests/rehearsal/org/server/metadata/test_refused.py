"""What is wrong with a package, named with component, file, line and column."""

from __future__ import annotations

import pytest

from tests.rehearsal.org.server.metadata.conftest import Target
from tests.rehearsal.org.server.metadata.zips import (
    apex,
    component,
    field,
    package_xml,
    zip_of,
)

pytestmark = pytest.mark.slow


async def test_a_faulty_field_is_named_with_its_line_in_the_objects_file(target: Target) -> None:
    files = {
        "package.xml": package_xml(CustomField=["Widget__c.Fine__c", "Widget__c.Wrong__c"]),
        "objects/Widget__c.object": component(
            "CustomObject",
            field("Fine__c", "Date") + field("Wrong__c", "Text", "<length>999</length>"),
        ),
    }
    result = await target.soap.deploy(zip_of(files))
    assert (result["status"], result["success"]) == ("Failed", "false")
    assert (result["numberComponentErrors"], result["numberComponentsTotal"]) == ("1", "2")
    ((kind, name, file, at, problem),) = result.failures
    assert (kind, name, file) == ("CustomField", "Widget__c.Wrong__c", "objects/Widget__c.object")
    assert "999" in problem
    lines = files["objects/Widget__c.object"].split("\n")
    line, _, column = at.partition(":")
    assert "<length>999" in lines[int(line) - 1]
    assert int(column) > 1
    assert ("CustomField", "Widget__c.Fine__c") in result.states
    described = await target.rest("GET", "sobjects/Widget__c/describe")
    assert "Fine__c" not in {one["name"] for one in described[1]["fields"]}


async def test_apex_that_does_not_compile_is_named_with_its_line(target: Target) -> None:
    text = "public class Broken {\n    void run() {\n        Integer n = nowhere;\n    }\n}\n"
    files = {"package.xml": package_xml(ApexClass="Broken"), **apex("Broken", text)}
    result = await target.soap.deploy(zip_of(files))
    ((kind, name, file, at, problem),) = result.failures
    assert (kind, name, file) == ("ApexClass", "Broken", "classes/Broken.cls")
    assert at.startswith("3:")
    assert "nowhere" in problem
    assert result.all("details/componentFailures")[0]["problemType"] == "Error"


async def test_faults_of_all_kinds_are_told_in_one_answer(target: Target) -> None:
    files = {
        "package.xml": package_xml(ApexClass="Broken", CustomField="Widget__c.Wrong__c"),
        "objects/Widget__c.object": component(
            "CustomObject", field("Wrong__c", "Text", "<length>999</length>")
        ),
        **apex("Broken", "public class Broken { Integer n = nowhere; }"),
    }
    result = await target.soap.deploy(zip_of(files))
    assert {failure[1] for failure in result.failures} == {"Broken", "Widget__c.Wrong__c"}


async def test_a_class_of_the_org_that_breaks_is_named_as_dependent(target: Target) -> None:
    good = apex("Base", "public class Base { public static Integer n() { return 1; } }")
    user = apex("Caller", "public class Caller { Integer n = Base.n(); }")
    both = {"package.xml": package_xml(ApexClass=["Base", "Caller"]), **good, **user}
    assert (await target.soap.deploy(zip_of(both)))["status"] == "Succeeded"
    changed = apex("Base", "public class Base { }")
    result = await target.soap.deploy(
        zip_of({"package.xml": package_xml(ApexClass="Base"), **changed})
    )
    ((kind, name, _, _, problem),) = result.failures
    assert (kind, name) == ("ApexClass", "Caller")
    assert problem.startswith("Dependent class is invalid and needs recompilation:\n Class Caller")


async def test_the_manifest_and_the_files_must_agree(target: Target) -> None:
    files = {
        "package.xml": package_xml(ApexClass=["Named"], CustomField=["Widget__c.Other__c"]),
        "objects/Widget__c.object": component("CustomObject", field("Extra__c", "Date")),
        **apex("Unnamed", "public class Unnamed {}"),
    }
    result = await target.soap.deploy(zip_of(files))
    told = {name: (file, problem) for _, name, file, _, problem in result.failures}
    assert told["Unnamed"] == ("classes/Unnamed.cls", "Not in package.xml")
    assert told["Widget__c.Extra__c"] == ("objects/Widget__c.object", "Not in package.xml")
    assert told["Named"][0] == "package.xml"
    assert "was not found in zipped directory" in told["Named"][1]
    assert "was not found in zipped directory" in told["Widget__c.Other__c"][1]


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"classes/A.cls": ""}, "No package.xml found"),
        (
            {"one/package.xml": package_xml(), "two/package.xml": package_xml()},
            "not supported by the local org: several packages in one zip",
        ),
        ({"package.xml": "<Package"}, "Couldn't find end of Start Tag Package"),
        (
            {"package.xml": package_xml(Workflow="Account")},
            "not supported by the local org: components of type Workflow",
        ),
        (
            {"package.xml": package_xml(), "workflows/A.workflow": "<x/>"},
            "not supported by the local org: a component in workflows/A.workflow",
        ),
        (
            {
                "package.xml": package_xml(),
                "destructiveChanges.xml": package_xml(CustomField="Widget__c.Amount__c"),
            },
            "not supported by the local org: deleting a component",
        ),
    ],
)
async def test_what_the_org_cannot_deploy_is_refused_by_name(
    target: Target, files: dict[str, str], problem: str
) -> None:
    result = await target.soap.deploy(zip_of(files))
    assert result["status"] == "Failed"
    assert any(one[4].startswith(problem) for one in result.failures), result.failures


@pytest.mark.parametrize("content", [b"no zip", zip_of({"package.xml": "", "../x.cls": ""})])
async def test_a_zip_that_cannot_be_read_fails_as_a_whole(target: Target, content: bytes) -> None:
    result = await target.soap.deploy(content)
    assert result["status"] == "Failed"
    assert result["errorStatusCode"] == "INVALID_FILE"
    assert result.failures == []


async def test_without_rollback_the_rest_is_deployed(target: Target) -> None:
    files = {
        "package.xml": package_xml(ApexClass=["Broken", "User1", "Fine"]),
        **apex("Broken", "public class Broken { Integer n = nowhere; }"),
        **apex("User1", "public class User1 { Broken b; }"),
        **apex("Fine", "public class Fine {}"),
    }
    result = await target.soap.deploy(zip_of(files), rollbackOnError="false")
    assert (result["status"], result["success"]) == ("SucceededPartial", "true")
    assert {failure[1] for failure in result.failures} == {"Broken", "User1"}
    assert result.states == {("ApexClass", "Fine"): "Created"}
    again = await target.soap.deploy(zip_of(files), rollbackOnError="false")
    assert again.states == {("ApexClass", "Fine"): "Unchanged"}


class TestRecordsThatAreThere:
    """Changes that the records of a running org cannot follow."""

    @staticmethod
    def changed(name: str, kind: str, more: str) -> bytes:
        return zip_of(
            {
                "package.xml": package_xml(CustomField=f"Part__c.{name}"),
                "objects/Part__c.object": component("CustomObject", field(name, kind, more)),
            }
        )

    TEXT = "<externalId>true</externalId><unique>true</unique><caseSensitive>true</caseSensitive>"

    @pytest.mark.parametrize(
        ("kind", "more", "problem"),
        [
            (
                "Email",
                "",
                "not supported by the local org: changing Part__c.Number__c, of which there are "
                "records, from string to email",
            ),
            (
                "Text",
                f"<length>10</length>{TEXT}",
                "not supported by the local org: making Part__c.Number__c, of which there are "
                "records, shorter",
            ),
        ],
    )
    async def test_a_field_that_would_change_its_records_is_refused(
        self, target: Target, kind: str, more: str, problem: str
    ) -> None:
        package = self.changed("Number__c", kind, more)
        assert (await target.soap.deploy(package, checkOnly="true"))["status"] == "Succeeded"
        widget = await target.insert("Widget__c", Name="w")
        await self.part(target, widget)
        result = await target.soap.deploy(package)
        assert [failure[4] for failure in result.failures] == [problem]

    async def test_records_refuse_a_master(self, target: Target) -> None:
        def thing(kind: str, sharing: str, *, more: str = "") -> bytes:
            body = (
                "<deploymentStatus>Deployed</deploymentStatus>"
                + field("Widget__c", kind, f"<referenceTo>Widget__c</referenceTo>{more}")
                + "<label>Thing</label><nameField><label>Name</label><type>Text</type>"
                "</nameField><pluralLabel>Things</pluralLabel>"
                f"<sharingModel>{sharing}</sharingModel>"
            )
            rights = "".join(
                "<objectPermissions><allowCreate>true</allowCreate>"
                "<allowDelete>false</allowDelete><allowEdit>false</allowEdit>"
                "<allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords>"
                f"<object>{name}</object><viewAllRecords>false</viewAllRecords>"
                "</objectPermissions>"
                for name in ("Thing__c", "Widget__c")
            )
            access = component("PermissionSet", f"<label>Thing</label>{rights}")
            return zip_of(
                {
                    "package.xml": package_xml(CustomObject="Thing__c", PermissionSet="Thing"),
                    "objects/Thing__c.object": component("CustomObject", body),
                    "permissionsets/Thing.permissionset": access,
                }
            )

        names = "<relationshipName>Things</relationshipName>"
        result = await target.soap.deploy(thing("Lookup", "ReadWrite", more=names))
        assert result.failures == []
        await target.grant("Thing")
        await target.insert("Thing__c", Name="t")
        detail = f"{names}<relationshipOrder>0</relationshipOrder>"
        refused = await target.soap.deploy(thing("MasterDetail", "ControlledByParent", more=detail))
        assert refused.failures[0][4] == (
            "not supported by the local org: changing Thing__c.Widget__c, of which there are "
            "records, from lookup to Widget__c to master-detail to Widget__c"
        )

    async def test_records_with_duplicates_refuse_a_unique_field(self, target: Target) -> None:
        for _ in range(2):
            await target.insert("Widget__c", Name="w", Group__c="same")
        package = zip_of(
            {
                "package.xml": package_xml(CustomField="Widget__c.Group__c"),
                "objects/Widget__c.object": component(
                    "CustomObject",
                    field(
                        "Group__c",
                        "Text",
                        "<length>20</length><externalId>true</externalId><unique>true</unique>"
                        "<caseSensitive>false</caseSensitive>",
                    ),
                ),
            }
        )
        result = await target.soap.deploy(package)
        assert (
            result.failures[0][4] == "Widget__c.Group__c: there are records with duplicate values"
        )

    @staticmethod
    async def part(target: Target, widget: str) -> None:
        await target.insert("Part__c", Name="p", Number__c="1", Widget__c=widget)
