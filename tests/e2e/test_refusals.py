"""An org that says no: the ledger stays right, what was refused waits in plain sight."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rehearsal.demo.clouds import Clouds
from rehearsal.demo.org import Record
from rehearsal.demo.story import SEED, Story
from tests.e2e.end_state import NOW

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("refusals")]

RULE = """<?xml version="1.0" encoding="UTF-8"?>
<ValidationRule xmlns="http://soap.sforce.com/2006/04/metadata">
    <fullName>{name}</fullName>
    <active>true</active>
    <errorConditionFormula>{condition}</errorConditionFormula>
    <errorMessage>{message}</errorMessage>
</ValidationRule>
"""

BROKEN_FLOW = """<?xml version="1.0" encoding="UTF-8"?>
<Flow xmlns="http://soap.sforce.com/2006/04/metadata">
    <apiVersion>66.0</apiVersion>
    <environments>Default</environments>
    <interviewLabel>Broken {!$Flow.CurrentDateTime}</interviewLabel>
    <label>Broken</label>
    <processType>AutoLaunchedFlow</processType>
    <recordCreates>
        <name>Create_Account_Without_Name</name>
        <label>Create Account Without Name</label>
        <locationX>176</locationX>
        <locationY>335</locationY>
        <inputAssignments>
            <field>Description</field>
            <value>
                <stringValue>no name</stringValue>
            </value>
        </inputAssignments>
        <object>Account</object>
    </recordCreates>
    <start>
        <locationX>50</locationX>
        <locationY>0</locationY>
        <connector>
            <targetReference>Create_Account_Without_Name</targetReference>
        </connector>
        <filterLogic>and</filterLogic>
        <filters>
            <field>Automation_Hold__c</field>
            <operator>EqualTo</operator>
            <value>
                <booleanValue>false</booleanValue>
            </value>
        </filters>
        <object>Bridge_Entry__c</object>
        <recordTriggerType>CreateAndUpdate</recordTriggerType>
        <triggerType>RecordAfterSave</triggerType>
    </start>
    <status>Active</status>
</Flow>
"""


@pytest.fixture
def copy(project: Path, tmp_path: Path) -> Path:
    """A copy of the project that a test may make hostile."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(project / "sfdx-project.json", folder)
    shutil.copytree(project / "salesforce", folder / "salesforce")
    return folder


def forbid(project: Path, sobject: str, name: str, condition: str, message: str) -> None:
    folder = project / "salesforce/core/main/default/objects" / sobject / "validationRules"
    folder.mkdir(parents=True, exist_ok=True)
    rule = RULE.format(name=name, condition=condition, message=message)
    (folder / f"{name}.validationRule-meta.xml").write_text(rule)


async def first_sale(clouds: Clouds) -> Story:
    story = Story(clouds)
    async for _ in story.play():
        return story
    raise AssertionError("the story has no steps")


async def read(clouds: Clouds, sobject: str) -> list[Record]:
    return list((await clouds.org.snapshot())[sobject].values())


async def test_a_rule_that_refuses_the_win_loses_nothing_and_runs_again(copy: Path) -> None:
    condition = 'AND(ISPICKVAL(StageName, "Closed Won"), ISBLANK(NextStep))'
    forbid(copy, "Opportunity", "Next_Step", condition, "Fill in the next step first.")
    async with Clouds(copy, SEED, now=NOW) as clouds:
        await first_sale(clouds)
        (subscription,) = await read(clouds, "Bridge_Subscription__c")
        (exception,) = await read(clouds, "Bridge_Exception__c")
        (entry,) = await read(clouds, "Bridge_Entry__c")
        (account,) = [a for a in await read(clouds, "Account") if a["Name"].startswith("North")]
        (deal,) = [o for o in await read(clouds, "Opportunity") if o["Name"].startswith("North")]
        assert deal["StageName"] == "Negotiation/Review"
        assert subscription["Automation_Hold__c"] is True
        assert "Fill in the next step first." in exception["Reason__c"]
        assert exception["Status__c"] == "Open"
        assert entry["Amount__c"] == account["Bridge_Lifetime_Value__c"] > 0

        await clouds.org.update("Opportunity", deal["Id"], NextStep="Kick-off")
        await clouds.org.update(
            "Bridge_Subscription__c", subscription["Id"], Automation_Hold__c=False
        )
        (deal,) = [o for o in await read(clouds, "Opportunity") if o["Name"].startswith("North")]
        assert deal["StageName"] == "Closed Won"
        assert len(await read(clouds, "Contract")) == 1


async def test_a_rule_that_refuses_the_totals_leaves_the_ledger_right(copy: Path) -> None:
    forbid(copy, "Account", "No_Totals", "Bridge_Lifetime_Value__c > 0", "Hands off.")
    async with Clouds(copy, SEED, now=NOW) as clouds:
        await first_sale(clouds)
        (customer,) = await read(clouds, "Bridge_Customer__c")
        assert customer["Lifetime_Value__c"] > 0
        codes = [row["Code__c"] for row in await read(clouds, "Bridge_Exception__c")]
        assert codes == ["ACCOUNT_TOTALS_REFUSED"]
        (account,) = [a for a in await read(clouds, "Account") if a["Name"].startswith("North")]
        assert not account["Bridge_Lifetime_Value__c"]


async def test_a_broken_flow_holds_the_row_and_keeps_the_money(copy: Path) -> None:
    flow = copy / "salesforce/flows/main/default/flows/Broken.flow-meta.xml"
    flow.write_text(BROKEN_FLOW)
    async with Clouds(copy, SEED, now=NOW) as clouds:
        await first_sale(clouds)
        (entry,) = await read(clouds, "Bridge_Entry__c")
        assert entry["Automation_Hold__c"] is True
        (customer,) = await read(clouds, "Bridge_Customer__c")
        assert customer["Lifetime_Value__c"] == entry["Amount__c"] > 0
        reasons = [row["Reason__c"] for row in await read(clouds, "Bridge_Exception__c")]
        assert any("REQUIRED_FIELD_MISSING" in reason for reason in reasons)
