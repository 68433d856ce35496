"""What each layer says, at which line, and where it keeps quiet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from rehearsal.org.check import LAYERS, Finding, NotRun, run
from rehearsal.org.check.layers import layer
from rehearsal.org.cli import main

LOOKUP = (
    "<referenceTo>Account</referenceTo><relationshipName>Boxes</relationshipName>"
    "<type>Lookup</type>"
)
TEXT = "<length>80</length><type>Text</type>"


def test_a_finding_reads_file_line_severity_message_check():
    found = Finding(Path("a/B.cls"), 3, "error", "there is no object X__c", "soql")
    assert str(found) == "a/B.cls:3: error: there is no object X__c (soql)"


def test_all_faults_of_a_project_are_found_in_one_run(project):
    project.object("Box__c", {"Size__c": "<type>Wide</type>", "Old__c": TEXT})
    project.xml(
        "tabs/Nobody__c.tab-meta.xml",
        "CustomTab",
        "<customObject>true</customObject>\n<motif>Custom1: Heart</motif>",
    )
    project.apex("Go", "public class Go {\n    Object o = [SELECT Nope__c FROM Box__c];\n}")
    assert {check for _, _, check in project.said()} >= {"metadata-value", "tab", "soql"}


def test_a_warning_does_not_fail_a_project(project):
    project.xml(
        "cachePartitions/p.cachePartition-meta.xml",
        "PlatformCachePartition",
        "<isDefaultPartition>true</isDefaultPartition><masterLabel>p</masterLabel>",
    )
    result = run(project.root, ("local-org",))
    assert [found.severity for found in result.findings] == ["warning"]
    assert result.passed


def test_what_could_not_run_is_named(project, monkeypatch):
    monkeypatch.setitem(LAYERS, "lame", lambda root: [NotRun("lame", "no legs")])
    result = run(project.root, ("lame",))
    assert result.not_run == [NotRun("lame", "no legs")]
    assert result.to_json()["not_run"] == [{"name": "lame", "reason": "no legs"}]


def test_two_layers_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two layers named metadata"):
        layer("metadata")(lambda root: [])


def test_the_same_fault_is_said_once(project):
    project.object("Box__c", {"Size__c": "<type>Wide</type>"})
    assert [check for _, _, check in project.said()] == ["metadata-value"]


# --- metadata ------------------------------------------------------------------------------


def test_a_repeat_that_is_not_contiguous_has_its_line(project):
    project.xml(
        "permissionsets/P.permissionset-meta.xml",
        "PermissionSet",
        "<userPermissions><enabled>true</enabled><name>A</name></userPermissions>\n"
        "<label>P</label>\n"
        "<userPermissions><enabled>true</enabled><name>B</name></userPermissions>",
    )
    assert project.said("metadata") == [("error", 4, "metadata-repeat")]


def test_what_v66_requires_is_a_warning_in_an_older_project(project):
    (project.root / "sfdx-project.json").write_text(
        '{"packageDirectories": [{"path": "app"}], "sourceApiVersion": "60.0"}'
    )
    project.xml("permissionsets/P.permissionset-meta.xml", "PermissionSet", "")
    assert project.said("metadata") == [("warning", 1, "metadata-required")]


def test_a_forceignored_file_is_not_read(project):
    project.file("tabs/Bad.tab-meta.xml", "<broken")
    (project.root / ".forceignore").write_text("**/Bad.tab-meta.xml\n")
    assert project.said("metadata") == []


# --- references ----------------------------------------------------------------------------


def test_another_packages_names_are_not_judged(project):
    project.xml(
        "permissionsets/P.permissionset-meta.xml",
        "PermissionSet",
        "<classAccesses><apexClass>ns__Thing</apexClass><enabled>true</enabled></classAccesses>"
        "<fieldPermissions><editable>false</editable><field>Account.ns__Rank__c</field>"
        "<readable>true</readable></fieldPermissions><label>P</label>"
        "<tabSettings><tab>ns__Box__c</tab><visibility>Visible</visibility></tabSettings>",
    )
    assert project.said("references") == []


def test_a_formula_may_span_objects_and_lines(project):
    project.object("Box__c", {"Size__c": TEXT})
    project.field(
        "Box__c",
        "Rule__c",
        '<formula>IF(Owner:User.IsActive, Size__c,\n"Nope__c" &amp; Sise__c)</formula>'
        "<type>Text</type>",
    )
    found = project.findings("references")
    assert [(f.line, f.message) for f in found] == [(4, "Box__c has no field Sise__c")]


def test_a_flow_knows_fields_of_variables_lookups_and_loops(project):
    project.object("Box__c", {"Size__c": TEXT})
    project.xml(
        "flows/F.flow-meta.xml",
        "Flow",
        "<assignments><name>A</name><label>A</label><locationX>1</locationX><locationY>1</locationY>"
        "<assignmentItems>\n<assignToReference>box.Sise__c</assignToReference>"
        "<operator>Assign</operator>\n<value><elementReference>Each.Owner.Nme</elementReference>"
        "</value></assignmentItems></assignments><label>F</label>"
        "<loops><name>Each</name><label>L</label><locationX>1</locationX><locationY>1</locationY>"
        "<collectionReference>boxes</collectionReference></loops>"
        "<processType>AutoLaunchedFlow</processType><status>Draft</status>"
        "<variables><name>box</name><dataType>SObject</dataType><objectType>Box__c</objectType>"
        "</variables><variables><name>boxes</name><dataType>SObject</dataType>"
        "<isCollection>true</isCollection><objectType>Box__c</objectType></variables>",
    )
    assert project.said("references") == [("error", 3, "flow-field"), ("error", 4, "flow-field")]


def test_an_object_reached_by_an_owner_has_only_the_fields_of_a_name(project):
    project.object("Box__c")
    project.apex(
        "Go", "public class Go {\n Object o = [SELECT Owner.Name, Owner.Nme FROM Box__c];\n}"
    )
    assert project.said("apex") == [("error", 2, "soql")]


# --- Apex ----------------------------------------------------------------------------------


def test_an_alias_and_a_subquery_are_understood(project):
    project.object(
        "Box__c",
        {"Of__c": LOOKUP},
    )
    project.apex(
        "Go",
        "public class Go {\n"
        "    Object o = [SELECT a.Name, (SELECT Id, Of__r.Name FROM Boxes__r) FROM Account a];\n"
        "    Object p = [SELECT COUNT(Id) n, Name FROM Account GROUP BY Name ORDER BY COUNT(Id)];\n"
        "    Object q = [SELECT Id FROM Account WHERE Id IN (SELECT Of__c FROM Box__c)];\n"
        "    Object r = [SELECT Id, (SELECT Id FROM Bags__r) FROM Account];\n}",
    )
    assert project.said("apex") == [("error", 5, "soql")]


def test_private_members_are_seen_by_their_file_and_by_tests_when_marked(project):
    project.apex(
        "Safe",
        "public class Safe {\n    private Integer gold;\n    @TestVisible private Integer seen;\n"
        "    class Inner { Integer look(Safe s) { return s.gold; } }\n}",
    )
    project.apex("Thief", "public class Thief { Integer a(Safe s) {\n return s.gold; } }")
    project.apex("SafeTest", "@IsTest class SafeTest { Integer a(Safe s) {\n return s.seen; } }")
    assert [(f.path.name, f.line, f.check) for f in project.findings("apex")] == [
        ("Thief.cls", 2, "private-access")
    ]


def test_a_variable_of_two_types_in_one_method_is_not_judged(project):
    project.apex(
        "Go",
        "public class Go { void go() {\n for (Account x : new List<Account>()) { x.Name = 'a'; }\n"
        " for (Contact x : new List<Contact>()) { x.LastName = 'a'; } } }",
    )
    assert project.said("apex") == []


def test_a_standard_picklists_value_is_a_warning_since_an_org_may_have_more(project):
    project.apex("Go", "public class Go {\n Object o = new Opportunity(StageName = 'Nope');\n}")
    assert project.said("apex") == [("warning", 2, "picklist-value")]


def test_a_type_that_only_the_local_org_lacks_is_a_warning(project):
    project.apex("Go", "public class Go {\n Asset a;\n Messaging.InboundEmail e;\n}")
    assert {severity for severity, _, _ in project.said("local-org")} == {"warning"}


def test_a_member_that_apex_itself_lacks_is_an_error(project):
    project.apex("Go", "public class Go { void go() {\n 'a'.leftmost(1);\n } }")
    assert project.said("local-org") == [("error", 2, "load")]


def test_each_method_gives_its_first_fault(project):
    project.apex(
        "Go",
        "public class Go {\n void a() { nobody(); }\n void b() { Integer i = 'x'; }\n"
        " void c() { Integer i = 1; }\n}",
    )
    assert [line for _, line, _ in project.said("local-org")] == [2, 3]


# --- the command ---------------------------------------------------------------------------


def test_the_command_prints_json_and_fails_on_an_error(project):
    project.object("Box__c", {"Size__c": "<type>Wide</type>"})
    where = ["--project", str(project.root)]
    done = CliRunner().invoke(main, ["check", *where, "--only", "metadata", "--json"])
    assert done.exit_code == 1
    body = json.loads(done.stdout)
    assert body["passed"] is False
    assert body["findings"] == [
        {
            "path": "app/main/default/objects/Box__c/fields/Size__c.field-meta.xml",
            "line": 3,
            "severity": "error",
            "message": "type: 'Wide' is not one of the values of FieldType",
            "check": "metadata-value",
        }
    ]


def test_the_command_names_what_could_not_run(project, monkeypatch):
    monkeypatch.setitem(LAYERS, "apex", lambda root: [NotRun("apex", "no legs")])
    done = CliRunner().invoke(main, ["check", "--project", str(project.root), "--only", "apex"])
    assert (done.exit_code, done.stdout) == (0, "not run: apex: no legs\nNo faults.\n")


def test_a_broken_project_file_is_one_finding(project):
    (project.root / "sfdx-project.json").write_text("{")
    assert [(f.path.name, f.check) for f in project.findings()] == [
        ("sfdx-project.json", "project")
    ]


def test_each_element_of_a_flow_gives_its_fault(project):
    variable = "<variables><name>{}</name><dataType>Number</dataType><scale>0</scale></variables>"
    assignment = (
        "<assignments><name>{0}</name><label>A</label><locationX>1</locationX>"
        "<locationY>1</locationY><assignmentItems><assignToReference>count</assignToReference>"
        "<operator>Assign</operator><value>\n<stringValue>{0}</stringValue></value>"
        "</assignmentItems></assignments>"
    )
    project.xml(
        "flows/F.flow-meta.xml",
        "Flow",
        f"<apiVersion>66.0</apiVersion>{assignment.format('One')}{assignment.format('Two')}"
        "<label>F</label><processType>AutoLaunchedFlow</processType>"
        "<start><locationX>1</locationX><locationY>1</locationY></start>"
        f"<status>Draft</status>{variable.format('count')}",
    )
    found = [line for severity, line, _ in project.said("local-org") if severity == "error"]
    assert len(found) == 2
