"""Flows in an org with several currencies."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rehearsal.org.errors import MetadataError
from rehearsal.org.org import Org
from rehearsal.org.soql import parse
from tests.rehearsal.org.conftest import ProjectFiles
from tests.rehearsal.org.currencies.conftest import MULTICURRENCY

FLOW = """<?xml version="1.0" encoding="UTF-8"?>
<Flow xmlns="http://soap.sforce.com/2006/04/metadata">
<apiVersion>66.0</apiVersion>
<label>Copy Revenue</label>
<processType>AutoLaunchedFlow</processType>
<recordCreates>
    <name>Create_Deal</name>
    <label>Create Deal</label>
    <inputAssignments><field>AccountId</field>
        <value><elementReference>$Record.Id</elementReference></value></inputAssignments>
    <inputAssignments><field>Amount</field>
        <value><elementReference>$Record.AnnualRevenue</elementReference></value></inputAssignments>
    <inputAssignments><field>CloseDate</field>
        <value><elementReference>$Flow.CurrentDate</elementReference></value></inputAssignments>
    <inputAssignments><field>CurrencyIsoCode</field>
        <value><stringValue>EUR</stringValue></value></inputAssignments>
    <inputAssignments><field>Name</field>
        <value><stringValue>Deal</stringValue></value></inputAssignments>
    <inputAssignments><field>StageName</field>
        <value><stringValue>Prospecting</stringValue></value></inputAssignments>
    <object>Opportunity</object>
</recordCreates>
<start>
    <connector><targetReference>Create_Deal</targetReference></connector>
    <filterLogic>and</filterLogic>
    <filters><field>CurrencyIsoCode</field><operator>EqualTo</operator>
        <value><stringValue>JPY</stringValue></value></filters>
    <object>Account</object>
    <recordTriggerType>Create</recordTriggerType>
    <triggerType>RecordAfterSave</triggerType>
</start>
<status>Active</status>
</Flow>
"""


def test_flow_reads_the_currency_and_copies_numbers_as_they_are(files: ProjectFiles) -> None:
    files.write("flows/Copy_Revenue.flow-meta.xml", FLOW)
    org = Org.load(files.root, options=MULTICURRENCY)
    org.seed(
        {
            "Account": [
                {"Name": "Yen", "AnnualRevenue": 500, "CurrencyIsoCode": "JPY"},
                {"Name": "Dollar", "AnnualRevenue": 500},
            ]
        }
    )
    query = parse("SELECT Amount, CurrencyIsoCode FROM Opportunity")
    (deal,) = org.run(lambda tx: tx.query(query), user=org.admin)
    assert (deal["Amount"], deal["CurrencyIsoCode"]) == (Decimal(500), "EUR")


def test_flow_that_names_the_currency_does_not_load_in_a_single_currency_org(
    files: ProjectFiles,
) -> None:
    files.write("flows/Copy_Revenue.flow-meta.xml", FLOW)
    with pytest.raises(MetadataError, match="CurrencyIsoCode"):
        Org.load(files.root)
