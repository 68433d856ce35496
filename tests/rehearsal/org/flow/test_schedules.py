"""Schedule-triggered Flows (Help, "Schedule-Triggered Flow Considerations")."""

from __future__ import annotations

import pytest

from rehearsal.org.errors import MetadataError, Unsupported
from rehearsal.org.flow.scheduled import ScheduledRun

SCHEDULE = (
    "<schedule><frequency>Daily</frequency><startDate>2026-01-01</startDate>"
    "<startTime>04:00:00.000Z</startTime></schedule>"
)
MARK = """<recordUpdates><name>Mark</name><label>x</label>
<inputAssignments><field>Note__c</field><value><stringValue>marked</stringValue></value>
</inputAssignments><inputReference>$Record</inputReference></recordUpdates>"""
NOTE = """<recordCreates><name>Note</name><label>x</label>
<inputAssignments><field>Text__c</field><value><stringValue>night</stringValue></value>
</inputAssignments><object>Note__c</object></recordCreates>"""
WON = (
    "<filterLogic>and</filterLogic><filters><field>Stage__c</field><operator>EqualTo</operator>"
    "<value><stringValue>Won</stringValue></value></filters>"
)


def scheduled(world, name, body, *, to, criteria="", sobject="", schedule=SCHEDULE, **more):
    start = (
        f"<connector><targetReference>{to}</targetReference></connector>{criteria}"
        + (f"<object>{sobject}</object>" if sobject else "")
        + f"{schedule}<triggerType>Scheduled</triggerType>"
    )
    world.flow(name, body, start=start, **more)


def test_one_interview_for_each_record_that_meets_the_conditions(world):
    scheduled(world, "Nightly", MARK, to="Mark", criteria=WON, sobject="Deal__c")
    for name, stage in (("a", "Won"), ("b", "Open"), ("c", "Won")):
        world.add("Deal__c", Name=name, Stage__c=stage)
    assert world.org.schedules() == ["Nightly"]
    assert world.org.run_schedules() == [ScheduledRun("Nightly", 2)]
    assert world.column("SELECT Note__c FROM Deal__c ORDER BY Name") == ["marked", None, "marked"]


def test_without_an_object_there_is_one_interview(world):
    scheduled(world, "Nightly", NOTE, to="Note")
    assert world.org.run_schedules("Nightly") == [ScheduledRun("Nightly", 1)]
    assert world.column("SELECT Text__c FROM Note__c") == ["night"]


def test_it_runs_as_the_automated_process(world):
    body = NOTE.replace("<stringValue>night</stringValue>",
                        "<elementReference>$User.Name</elementReference>")  # fmt: skip
    scheduled(world, "Nightly", body, to="Note")
    world.org.run_schedules()
    assert world.column("SELECT Text__c FROM Note__c") == ["Automated Process"]


def test_nothing_runs_by_itself_or_when_it_is_not_active(world):
    scheduled(world, "Nightly", MARK, to="Mark", sobject="Deal__c")
    scheduled(world, "Draft", NOTE, to="Note", status="Draft")
    world.add("Deal__c", Name="a")
    assert world.column("SELECT Note__c FROM Deal__c") == [None]
    assert world.org.schedules() == ["Nightly"]
    with pytest.raises(KeyError):
        world.org.run_schedules("Draft")


def test_batches_of_200_are_transactions_of_their_own(world):
    scheduled(world, "Nightly", MARK, to="Mark", sobject="Deal__c")
    rows = [{"Name": f"{number:03}"} for number in range(201)]
    for start in range(0, len(rows), 200):
        assert all(result.success for result in world.insert("Deal__c", *rows[start : start + 200]))
    (run,) = world.org.run_schedules()
    assert (run.interviews, run.errors) == (201, ())


def test_a_fault_undoes_its_batch_and_no_other(world):
    body = MARK.replace("<stringValue>marked</stringValue>",
                        "<elementReference>$Record.Name</elementReference>")  # fmt: skip
    scheduled(world, "Nightly", body, to="Mark", sobject="Deal__c")
    names = ["bad", *(f"{number:03}" for number in range(200))]
    for start in range(0, len(names), 200):
        world.insert("Deal__c", *({"Name": name} for name in names[start : start + 200]))
    (run,) = world.org.run_schedules()
    assert run.interviews == 1
    assert len(run.errors) == 1
    assert "The note is bad" in run.errors[0]
    assert [note for note in world.column("SELECT Note__c FROM Deal__c") if note] == ["199"]


@pytest.mark.parametrize(
    ("kind", "start", "message"),
    [
        (MetadataError, {"schedule": ""}, "needs a schedule"),
        (
            Unsupported,
            {"schedule": SCHEDULE.replace("Daily", "Monthly")},
            "frequency Monthly",
        ),
        (
            MetadataError,
            {"schedule": SCHEDULE.replace("2026-01-01", "soon")},
            "'soon' is not a date",
        ),
        (
            MetadataError,
            {"schedule": SCHEDULE.replace("04:00:00.000Z", "4")},
            "'4' is not a time",
        ),
        (MetadataError, {"criteria": WON}, "filters need an object"),
        (
            MetadataError,
            {"criteria": WON.replace("Stage__c", "No__c"), "sobject": "Deal__c"},
            "field Deal__c.No__c does not exist",
        ),
        (
            Unsupported,
            {"criteria": "<filterFormula>true</filterFormula>", "sobject": "Deal__c"},
            "filterFormula with a schedule",
        ),
        (
            Unsupported,
            {"schedule": f"<recordTriggerType>Create</recordTriggerType>{SCHEDULE}"},
            "recordTriggerType with a schedule",
        ),
    ],
)
def test_wrong_schedules_are_refused(world, kind, start, message):
    scheduled(world, "Wrong", NOTE, to="Note", **start)
    with pytest.raises(kind, match=message):
        _ = world.org


@pytest.mark.parametrize(
    ("reference", "message"),
    [("$Record.Name", "not triggered by a record"), ("$Record__Prior.Name", "no prior record")],
)
def test_what_a_schedule_does_not_have_is_refused(world, reference, message):
    body = NOTE.replace("<stringValue>night</stringValue>",
                        f"<elementReference>{reference}</elementReference>")  # fmt: skip
    sobject = "Deal__c" if "Prior" in reference else ""
    scheduled(world, "Wrong", body, to="Note", sobject=sobject)
    with pytest.raises(MetadataError, match=message):
        _ = world.org


def test_a_scheduled_flow_is_no_subflow(world):
    scheduled(world, "Nightly", NOTE, to="Note")
    call = "<subflows><name>Call</name><label>x</label><flowName>Nightly</flowName></subflows>"
    world.triggered("Caller", call, to="Call")
    with pytest.raises(MetadataError, match="no autolaunched Flow Nightly"):
        _ = world.org
