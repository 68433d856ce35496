"""A whole org: metadata, Apex and Flows together."""

from __future__ import annotations

import pytest

from rehearsal.org.errors import MetadataError
from rehearsal.org.org import Org
from rehearsal.org.soql import parse

from ..conftest import ProjectFiles, add_ledger


def code(files: ProjectFiles, name: str, text: str) -> None:
    files.write(name, text)
    kind = "ApexClass" if name.endswith(".cls") else "ApexTrigger"
    files.meta(f"{name}-meta.xml", kind, "<apiVersion>66.0</apiVersion><status>Active</status>")


TRIGGER = """trigger Entries on Entry__c (before insert) {
    for (Entry__c entry : Trigger.new) {
        entry.Note__c = 'from Apex';
        if (entry.Amount__c == 13) {
            entry.addError('unlucky');
        }
    }
}
"""


def test_apex_triggers_take_part(files):
    add_ledger(files)
    code(files, "triggers/Entries.trigger", TRIGGER)
    org = Org.load(files.root)
    org.seed({"Ledger__c": [{"Key__c": "k", "$ref": "k"}]})
    rows = [{"Ledger__r": {"Key__c": "k"}, "Amount__c": amount} for amount in (1, 13)]
    good, bad = org.run(lambda tx: tx.insert("Entry__c", rows, all_or_none=False), user=org.admin)
    assert good.success
    assert bad.errors[0].message == "unlucky"
    (entry,) = org.run(lambda tx: tx.query(parse("SELECT Note__c FROM Entry__c")), user=org.admin)
    assert entry["Note__c"] == "from Apex"


def test_faults_of_every_kind_are_told_together(files):
    add_ledger(files)
    code(files, "classes/Broken.cls", "public class Broken { Nope x; }")
    files.rule("Ledger__c", "R", "Nope__c", "no")
    with pytest.raises(ExceptionGroup) as raised:
        Org.load(files.root)
    faults = sorted(str(fault) for fault in raised.value.exceptions)
    assert len(faults) == 2
    assert "Broken.cls:1" in faults[0]
    assert "R.validationRule-meta.xml:3" in faults[1]
    assert all(isinstance(fault, MetadataError) for fault in raised.value.exceptions)


def test_every_org_has_its_people_and_its_id(files):
    org = Org.load(files.root)
    assert len(org.org_id) == 18
    assert org.org_id.startswith("00D")
    assert org.admin.profile == "System Administrator"
    assert org.integration_user.profile == "Minimum Access - API Only Integrations"
    assert org.automated_process.name == "Automated Process"
    assert org.user(org.admin.id) == org.admin
