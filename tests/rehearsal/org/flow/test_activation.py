"""Flows that an org received inactive, and the admin who activates them.

Salesforce Help, "Deploy Processes and Flows as Active"; "Subflow Element".
"""

from __future__ import annotations

import pytest

from rehearsal.org.options import OrgOptions
from rehearsal.org.org import Org

NOTE = """<recordCreates><name>Note</name><label>x</label>
<inputAssignments><field>Text__c</field><value><stringValue>ran</stringValue></value>
</inputAssignments><object>Note__c</object></recordCreates>"""
CALL = "<subflows><name>Call</name><label>x</label><flowName>Called</flowName></subflows>"


@pytest.fixture
def asleep(world):
    """`Caller`, which calls `Called` for each new Deal; both are inactive."""
    start = "<connector><targetReference>Note</targetReference></connector>"
    world.flow("Called", NOTE, start=start)
    world.triggered("Caller", CALL, to="Call")
    world._org = Org.load(world.files.root, options=OrgOptions(inactive_flows=True))
    return world


def test_inactive_flows_do_not_run_until_they_are_activated(asleep):
    assert asleep.org.flows() == {"Called": False, "Caller": False}
    asleep.add("Deal__c", Name="a")
    assert asleep.rows("SELECT Id FROM Note__c") == []
    asleep.org.set_flows_active()
    asleep.add("Deal__c", Name="b")
    assert len(asleep.rows("SELECT Id FROM Note__c")) == 1
    asleep.org.set_flows_active("Caller", active=False)
    asleep.add("Deal__c", Name="c")
    assert len(asleep.rows("SELECT Id FROM Note__c")) == 1


def test_inactive_subflow_runs_for_flow_admins_alone(asleep):
    asleep.org.set_flows_active("Caller")
    asleep.add("Deal__c", Name="a")
    assert len(asleep.rows("SELECT Id FROM Note__c")) == 1
    (refused,) = asleep.org.run(
        lambda tx: tx.insert("Deal__c", [{"Name": "b"}], all_or_none=False),
        user=asleep.org.automated_process,
    )
    assert refused.errors[0].status_code == "CANNOT_EXECUTE_FLOW_TRIGGER"
    assert "no active version" in refused.errors[0].message


def test_unknown_flow_is_not_activated(asleep):
    with pytest.raises(KeyError):
        asleep.org.set_flows_active("Nothing")


def test_deployment_leaves_what_it_does_not_change_as_it_was(asleep):
    asleep.org.set_flows_active()
    asleep.triggered("Caller", CALL, to="Call", on="Create")
    wanted = Org.load(asleep.files.root, options=asleep.org.project.options)
    asleep.org.adopt(wanted)
    assert asleep.org.flows() == {"Called": True, "Caller": False}
