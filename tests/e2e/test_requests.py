"""Stripe never generated an event; a Flow asks the bridge to look, and the bridge is killed."""

from __future__ import annotations

import asyncio
import random
import shutil
from pathlib import Path

import pytest

from rehearsal.demo.clouds import Clouds
from rehearsal.demo.story import SEED, Story
from tests.e2e.end_state import NOW

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("requests")]

ASKING_FLOW = """<?xml version="1.0" encoding="UTF-8"?>
<Flow xmlns="http://soap.sforce.com/2006/04/metadata">
    <apiVersion>66.0</apiVersion>
    <environments>Default</environments>
    <interviewLabel>Ask {!$Flow.CurrentDateTime}</interviewLabel>
    <label>Ask</label>
    <processType>AutoLaunchedFlow</processType>
    <recordCreates>
        <name>Ask_Bridge</name>
        <label>Ask Bridge</label>
        <locationX>176</locationX>
        <locationY>335</locationY>
        <inputAssignments>
            <field>Kind__c</field>
            <value>
                <stringValue>Resync</stringValue>
            </value>
        </inputAssignments>
        <inputAssignments>
            <field>Record_Id__c</field>
            <value>
                <elementReference>$Record.Id</elementReference>
            </value>
        </inputAssignments>
        <object>Bridge_Request__e</object>
    </recordCreates>
    <start>
        <locationX>50</locationX>
        <locationY>0</locationY>
        <connector>
            <targetReference>Ask_Bridge</targetReference>
        </connector>
        <filterLogic>and</filterLogic>
        <filters>
            <field>NumberOfEmployees</field>
            <operator>IsChanged</operator>
            <value>
                <booleanValue>true</booleanValue>
            </value>
        </filters>
        <object>Account</object>
        <recordTriggerType>Update</recordTriggerType>
        <triggerType>RecordAfterSave</triggerType>
    </start>
    <status>Active</status>
</Flow>
"""


@pytest.fixture
def asking(project: Path, tmp_path: Path) -> Path:
    """The project with a Flow that asks for an Account to be read again."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(project / "sfdx-project.json", folder)
    shutil.copytree(project / "salesforce", folder / "salesforce")
    flow = folder / "salesforce/flows/main/default/flows/Ask.flow-meta.xml"
    flow.write_text(ASKING_FLOW)
    return folder


async def seats(clouds: Clouds) -> int:
    (row,) = await clouds.org.query("SELECT Quantity__c FROM Bridge_Subscription__c")
    return int(row["Quantity__c"])


async def test_what_a_flow_asks_for_is_in_the_ledger_whenever_the_bridge_dies(
    asking: Path,
) -> None:
    async with Clouds(asking, SEED, now=NOW) as clouds:
        async for _ in Story(clouds).play():
            break
        (subscription,) = (await clouds.stripe.v1.subscriptions.list_async()).data
        (account,) = await clouds.org.query(
            "SELECT Id FROM Account WHERE Name = 'Northwind Traders'"
        )
        for round_, n in enumerate((31, 32, 33, 34)):
            await clouds.advance(advance=60)
            await clouds.standin("POST", "settings", {"lose_next": 50})
            await clouds.stripe.v1.subscriptions.update_async(
                subscription.id,
                {"items": [{"id": subscription["items"].data[0].id, "quantity": n}]},
            )
            await clouds.standin("POST", "settings", {"lose_next": 0})
            await clouds.settle()
            assert await seats(clouds) != n, "the event was to be lost"
            if round_ % 2 == 0:
                await clouds.kill_bridge()
            await clouds.org.update("Account", account["Id"], NumberOfEmployees=n)
            for _ in range(3):
                if round_ % 2:
                    await asyncio.sleep(random.uniform(0, 0.6))
                    await clouds.kill_bridge()
                await clouds.start_bridge()
                if round_ % 2 == 0:
                    break
            async with asyncio.timeout(60):
                while await seats(clouds) != n:
                    await asyncio.sleep(0.2)
            await clouds.settle()
