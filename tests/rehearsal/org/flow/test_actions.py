"""Actions: invocable Apex and custom notifications."""

from __future__ import annotations

from textwrap import dedent

import pytest

from rehearsal.org.errors import MetadataError, Unsupported
from rehearsal.org.org import Org
from rehearsal.org.soql import parse

SCORE = """
    public class Score {
        public class Request {
            @InvocableVariable(label='Deal' required=true) public Deal__c deal;
            @InvocableVariable public Integer factor;
        }
        public class Answer {
            @InvocableVariable public Decimal score;
            @InvocableVariable public String said;
        }
        @InvocableMethod(label='Score')
        public static List<Answer> run(List<Request> requests) {
            List<Answer> answers = new List<Answer>();
            for (Request request : requests) {
                if (request.deal.Name == 'bad') {
                    insert new Line__c(Name = 'lost');
                    Integer broken = 1 / 0;
                }
                Answer answer = new Answer();
                answer.score = request.deal.Amount__c * request.factor;
                answer.said = requests.size() + ' of ' + request.deal.Name;
                answers.add(answer);
            }
            return answers;
        }
    }
"""
CALL = """
<actionCalls><name>Ask</name><label>x</label><actionName>Score</actionName>
<actionType>apex</actionType>
<connector><targetReference>Save</targetReference></connector>{fault}
<flowTransactionModel>CurrentTransaction</flowTransactionModel>
<inputParameters><name>deal</name><value><elementReference>$Record</elementReference></value>
</inputParameters>
<inputParameters><name>factor</name><value><numberValue>3.0</numberValue></value>
</inputParameters><nameSegment>Score</nameSegment><offset>0</offset>
<storeOutputAutomatically>true</storeOutputAutomatically></actionCalls>

<recordUpdates><name>Save</name><label>x</label>
<inputAssignments><field>Total__c</field>
<value><elementReference>Ask.score</elementReference></value></inputAssignments>
<inputAssignments><field>Note__c</field>
<value><elementReference>Ask.said</elementReference></value></inputAssignments>
<inputReference>$Record</inputReference></recordUpdates>
"""
FAULT = """
<recordUpdates><name>Excuse</name><label>x</label>
<inputAssignments><field>Note__c</field>
<value><elementReference>$Flow.FaultMessage</elementReference></value></inputAssignments>
<inputReference>$Record</inputReference></recordUpdates>
"""


def add_class(world, name: str, text: str) -> None:
    world.files.write(f"classes/{name}.cls", dedent(text))
    world.files.meta(f"classes/{name}.cls-meta.xml", "ApexClass", "<apiVersion>66.0</apiVersion>")


def saved(org: Org, *rows):
    return org.run(lambda tx: tx.insert("Deal__c", list(rows), all_or_none=False), user=org.admin)


def query(org: Org, text: str):
    return org.run(lambda tx: tx.query(parse(text)), user=org.admin)


@pytest.fixture
def scored(world):
    add_class(world, "Score", SCORE)
    world.triggered("Score_Deal", CALL.format(fault=""), to="Ask", on="Create")
    return world


def test_a_flow_calls_apex_once_for_all_records(scored):
    org = Org.load(scored.files.root)
    saved(org, {"Name": "a", "Amount__c": 2}, {"Name": "b", "Amount__c": 5})
    rows = query(org, "SELECT Name, Total__c, Note__c FROM Deal__c")
    assert [(row["Total__c"], row["Note__c"]) for row in rows] == [(6, "2 of a"), (15, "2 of b")]


def test_an_exception_refuses_the_records(scored):
    org = Org.load(scored.files.root)
    (result,) = saved(org, {"Name": "bad"})
    assert result.errors[0].status_code == "CANNOT_EXECUTE_FLOW_TRIGGER"
    assert "System.MathException: Divide by 0" in result.errors[0].message


def test_an_exception_goes_the_fault_path_and_what_the_method_did_is_undone(world):
    add_class(world, "Score", SCORE)
    fault = "<faultConnector><targetReference>Excuse</targetReference></faultConnector>"
    world.triggered("Score_Deal", CALL.format(fault=fault) + FAULT, to="Ask", on="Create")
    org = Org.load(world.files.root)
    (result,) = saved(org, {"Name": "bad"})
    assert result.success
    (row,) = query(org, "SELECT Note__c FROM Deal__c")
    assert row["Note__c"] == "An Apex error occurred: System.MathException: Divide by 0"
    assert query(org, "SELECT Id FROM Line__c") == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<actionName>Score<", "<actionName>Nope<", "no invocable Apex Nope"),
        ("<name>factor<", "<name>nope<", "has no input nope"),
        (
            "<name>deal</name><value><elementReference>$Record</elementReference></value>",
            "<name>factor</name><value><numberValue>1</numberValue></value>",
            "needs the input deal",
        ),
        ("<numberValue>3.0</numberValue>", "<stringValue>x</stringValue>", "can't stand where"),
        ("Ask.score", "Ask.nope", "has no output nope"),
    ],
)
def test_a_wrong_call_is_refused_at_load(world, old, new, words):
    add_class(world, "Score", SCORE)
    assert old in CALL
    world.triggered("Score_Deal", CALL.format(fault="").replace(old, new), to="Ask", on="Create")
    with pytest.raises((MetadataError, ExceptionGroup)) as caught:
        Org.load(world.files.root)
    assert words in "".join(
        str(fault) for fault in getattr(caught.value, "exceptions", [caught.value])
    )


@pytest.mark.parametrize(
    ("method", "error", "words"),
    [
        ("public void f(List<String> x) { }", MetadataError, "must be static"),
        ("static void f(List<String> x) { }", MetadataError, "must be public or global"),
        ("public static void f(String x) { }", MetadataError, "takes a list"),
        ("public static String f(List<String> x) { return ''; }", MetadataError, "returns a list"),
        ("public static void f(List<SObject> x) { }", Unsupported, "type SObject"),
        ("public static void f(List<Wrong> x) { }", MetadataError, "no InvocableVariable"),
    ],
)
def test_invocable_methods_have_one_form(world, method, error, words):
    add_class(world, "Wrong", f"public class Wrong {{ @InvocableMethod {method} }}")
    with pytest.raises(error, match=words):
        Org.load(world.files.root)


NOTIFY = """
<recordLookups><name>Kind</name><label>x</label>
<connector><targetReference>Add</targetReference></connector><filterLogic>and</filterLogic>
<filters><field>DeveloperName</field><operator>EqualTo</operator>
<value><stringValue>At_Risk</stringValue></value></filters>
<getFirstRecordOnly>true</getFirstRecordOnly><object>CustomNotificationType</object>
<storeOutputAutomatically>true</storeOutputAutomatically></recordLookups>

<assignments><name>Add</name><label>x</label>
<assignmentItems><assignToReference>Recipients</assignToReference><operator>Add</operator>
<value><elementReference>$Record.OwnerId</elementReference></value></assignmentItems>
<connector><targetReference>Notify</targetReference></connector></assignments>

<variables><name>Recipients</name><dataType>String</dataType>
<isCollection>true</isCollection></variables>

<actionCalls><name>Notify</name><label>x</label>
<actionName>customNotificationAction</actionName>
<actionType>customNotificationAction</actionType>
<inputParameters><name>customNotifTypeId</name><value><elementReference>Kind.Id</elementReference>
</value></inputParameters>
<inputParameters><name>recipientIds</name><value><elementReference>Recipients</elementReference>
</value></inputParameters>
<inputParameters><name>title</name><value><stringValue>Careful</stringValue></value>
</inputParameters>
<inputParameters><name>body</name><value><elementReference>$Record.Name</elementReference></value>
</inputParameters>
<inputParameters><name>targetId</name><value><elementReference>$Record.Id</elementReference></value>
</inputParameters></actionCalls>
"""


@pytest.fixture
def notified(world) -> Org:
    world.files.meta(
        "notificationtypes/At_Risk.notiftype-meta.xml",
        "CustomNotificationType",
        "<customNotifTypeName>At Risk</customNotifTypeName><desktop>true</desktop>"
        "<masterLabel>At Risk</masterLabel><mobile>false</mobile>",
    )
    world.triggered("Warn", NOTIFY, to="Kind", on="Create")
    return Org.load(world.files.root)


def test_a_custom_notification_is_kept_for_reading(notified):
    (deal,) = saved(notified, {"Name": "Acme"})
    (kind,) = query(notified, "SELECT Id, Desktop FROM CustomNotificationType")
    (sent,) = notified.notifications
    assert kind["Desktop"] is True
    assert sent == {
        "customNotifTypeId": kind["Id"],
        "recipientIds": [notified.admin.id],
        "senderId": None,
        "title": "Careful",
        "body": "Acme",
        "targetId": deal.id,
        "targetPageRef": None,
    }


def test_a_notification_of_an_undone_save_is_not_sent(notified):
    def work(tx):
        tx.insert("Deal__c", [{"Name": "Acme"}])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        notified.run(work, user=notified.admin)
    assert notified.notifications == []
