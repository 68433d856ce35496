"""`$Permission` in Flows: the running user's own custom permissions, by his permission sets.

Salesforce Help, "Custom Permissions"; "Flow Resource: Global Variables".
"""

from __future__ import annotations

import pytest

NOTE = """<recordCreates><name>Note</name><label>x</label>
<inputAssignments><field>Text__c</field><value><stringValue>ran</stringValue></value>
</inputAssignments><object>Note__c</object></recordCreates>"""
DECISION = """<decisions><name>May_Run</name><label>x</label>
<defaultConnectorLabel>No</defaultConnectorLabel>
<rules><name>Yes</name><conditionLogic>and</conditionLogic><conditions>
<leftValueReference>$Permission.Bypass</leftValueReference><operator>EqualTo</operator>
<rightValue><booleanValue>false</booleanValue></rightValue></conditions>
<connector><targetReference>Note</targetReference></connector><label>Yes</label></rules>
</decisions>"""
FORMULA = """<formulas><name>Runs</name><dataType>Boolean</dataType>
<expression>NOT({!$Permission.Bypass})</expression></formulas>"""


@pytest.fixture
def bypassed(world):
    """`Bypass`, and the permission set `Quiet` that grants it."""
    world.files.meta(
        "customPermissions/Bypass.customPermission-meta.xml",
        "CustomPermission",
        "<isLicensed>false</isLicensed><label>Bypass</label>",
    )
    world.files.permission_set(
        "Quiet", "<customPermissions><enabled>true</enabled><name>Bypass</name></customPermissions>"
    )
    return world


def triggered(world, how: str) -> None:
    match how:
        case "entry condition":
            formula = "<filterFormula>NOT({!$Permission.Bypass})</filterFormula>"
            world.triggered("Runs", NOTE, to="Note", criteria=formula)
        case "decision":
            world.triggered("Runs", f"{DECISION}\n\n{NOTE}", to="May_Run")
        case "formula":
            by_formula = DECISION.replace("$Permission.Bypass", "Runs").replace(
                "<booleanValue>false", "<booleanValue>true"
            )
            world.triggered("Run", f"{by_formula}\n\n{FORMULA}\n\n{NOTE}", to="May_Run")


@pytest.mark.parametrize("how", ["entry condition", "decision", "formula"])
def test_a_permission_of_the_user_keeps_the_flow_out(bypassed, how):
    triggered(bypassed, how)
    org = bypassed.org
    bypassed.add("Deal__c", Name="a")
    assert bypassed.column("SELECT Text__c FROM Note__c") == []

    held = bypassed.rows("SELECT Id FROM PermissionSetAssignment")
    bypassed.delete("PermissionSetAssignment", *(row["Id"] for row in held))
    bypassed.add("Deal__c", Name="b")
    assert bypassed.column("SELECT Text__c FROM Note__c") == ["ran"]
    org.run(lambda tx: tx.insert("Deal__c", [{"Name": "c"}]), user=org.automated_process)
    assert bypassed.column("SELECT Text__c FROM Note__c") == ["ran", "ran"]
