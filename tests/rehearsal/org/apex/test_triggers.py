"""Triggers through the org's own order of execution, and platform event triggers."""

from __future__ import annotations

import pytest

from rehearsal.org.apex import ApexRuntime
from rehearsal.org.errors import LimitExceeded
from rehearsal.org.ports import EventRun
from rehearsal.org.values import Row
from tests.rehearsal.org.apex.conftest import Apex


def test_before_trigger_changes_what_is_saved(apex: Apex) -> None:
    apex.triggers["Before"] = """
        trigger Before on Ledger__c (before insert, before update) {
            for (Ledger__c l : Trigger.new) {
                if (Trigger.isUpdate &&
                    Trigger.oldMap.get(l.Id).Name != l.Name) l.Email__c = 'renamed@x.com';
                l.Key__c = (l.Key__c ?? 'key') + Trigger.operationType + Trigger.size;
            }
        }
    """
    body = """
        Ledger__c l = new Ledger__c(Name = 'a'); insert l;
        String first = [SELECT Key__c FROM Ledger__c].Key__c;
        l.Name = 'b'; l.Key__c = 'k'; update l;
        Ledger__c got = [SELECT Key__c, Email__c FROM Ledger__c];
        return first + '|' + got.Key__c + '|' + got.Email__c;
    """
    assert apex.run(body) == "keyBEFORE_INSERT1|kBEFORE_UPDATE1|renamed@x.com"


def test_after_trigger_queries_and_upserts(apex: Apex) -> None:
    apex.classes["Handler"] = """
        public without sharing class Handler {
            public void run(List<Entry__c> entries) {
                Map<Id, Ledger__c> ledgers = new Map<Id, Ledger__c>([
                    SELECT Id, Email__c FROM Ledger__c WHERE Id IN (SELECT Ledger__c FROM
                        Entry__c WHERE Id IN :entries)
                ]);
                for (Ledger__c l : ledgers.values()) l.Email__c = 'n' + entries.size() + '@x.com';
                update ledgers.values();
                upsert new Ledger__c(Key__c = 'made', Name = 'made') Ledger__c.Key__c;
            }
        }
    """
    apex.triggers["Entries"] = """
        trigger Entries on Entry__c (after insert) { new Handler().run(Trigger.new); }
    """
    body = """
        Ledger__c l = new Ledger__c(Name = 'a'); insert l;
        insert new List<Entry__c>{new Entry__c(Ledger__c = l.Id), new Entry__c(Ledger__c = l.Id)};
        return [SELECT Email__c FROM Ledger__c WHERE Name = 'a'].Email__c +
            [SELECT COUNT() FROM Ledger__c];
    """
    assert apex.run(body) == "n2@x.com2"


def test_after_trigger_records_are_read_only(apex: Apex) -> None:
    apex.triggers["After"] = """
        trigger After on Account (after insert) {
            Account a = Trigger.new[0];
            a.Name = 'x';
        }
    """
    thrown, message = apex.thrown("insert new Account(Name = 'a'); return 0;")
    assert thrown == "System.DmlException"
    assert message is not None
    assert message == (
        "Insert failed. First exception on row 0; first error: "
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY, After: execution of AfterInsert\n\n"
        "caused by: System.FinalException: Record is read-only\n\n"
        "Trigger.After: line 4, column 1: []"
    )


def test_add_error_refuses_only_its_record(apex: Apex) -> None:
    apex.triggers["Refuse"] = """
        trigger Refuse on Account (before insert) {
            for (Account a : Trigger.new) if (a.Name == 'bad') a.Name.addError('no bad names');
        }
    """
    body = """
        List<Database.SaveResult> r = Database.insert(
            new List<Account>{new Account(Name = 'bad'), new Account(Name = 'good')}, false);
        Database.Error e = r[0].getErrors()[0];
        return e.getMessage() + '|' + e.getStatusCode() + '|' + e.getFields() + '|' +
            r[1].isSuccess();
    """
    assert apex.run(body) == ("no bad names|FIELD_CUSTOM_VALIDATION_EXCEPTION|(Name)|true")


def test_trigger_new_cannot_be_saved(apex: Apex) -> None:
    apex.triggers["Self"] = "trigger Self on Account (after insert) { update Trigger.new; }"
    _, message = apex.thrown("insert new Account(Name = 'a'); return 0;")
    assert "DML statement cannot operate on trigger.new or trigger.old" in str(message)


def test_static_variables_guard_recursion(apex: Apex) -> None:
    apex.classes["Once"] = "public class Once { public static Integer runs = 0; }"
    apex.triggers["Again"] = """
        trigger Again on Account (after update) {
            Once.runs++;
            if (Once.runs == 1) update new Account(Id = Trigger.new[0].Id, Phone = '1');
        }
    """
    body = "Account a = new Account(Name = 'a'); insert a; update a; return Once.runs;"
    assert apex.run(body) == 2


def test_new_map_is_null_before_insert(apex: Apex) -> None:
    apex.classes["Seen"] = "public class Seen { public static String log = ''; }"
    apex.triggers["Maps"] = """
        trigger Maps on Account (before insert, after insert, before delete) {
            Seen.log += (Trigger.new == null) + ' ' + (Trigger.newMap == null) + ' ' +
                (Trigger.old == null) + ';';
        }
    """
    body = "Account a = new Account(Name = 'a'); insert a; delete a; return Seen.log;"
    assert apex.run(body) == "false true true;false false true;true true false;"


# --- platform events -------------------------------------------------------------------


def _event(replay: int, text: str) -> Row:
    return {
        "attributes": {"type": "Ping__e"},
        "Text__c": text,
        "Count__c": None,
        "ReplayId": str(replay),
        "EventUuid": f"uuid-{replay}",
    }


def _deliver(
    apex: Apex, events: list[Row], retries: int = 0
) -> tuple[EventRun, list[tuple[str, Row]]]:
    runtime = apex.org.triggers
    assert isinstance(runtime, ApexRuntime)
    published: list[tuple[str, Row]] = []

    def work(tx):  # type: ignore[no-untyped-def]
        run = runtime.run_events(tx, "Ping__e", events, retries)
        published.extend(tx.outbox)
        return run

    run = apex.org.run(work, user=apex.org.automated_process)
    return run, published


def test_event_trigger_publishes_and_sets_its_checkpoint(apex: Apex) -> None:
    apex.triggers["Pings"] = """
        trigger Pings on Ping__e (after insert) {
            List<Pong__e> pongs = new List<Pong__e>();
            for (Ping__e p : Trigger.new) {
                EventBus.TriggerContext.currentContext().setResumeCheckpoint(p.ReplayId);
                pongs.add(new Pong__e(Text__c = p.Text__c + p.EventUuid));
                if (pongs.size() == 2) break;
            }
            List<Database.SaveResult> results = EventBus.publish(pongs);
            System.assert(results[0].isSuccess());
        }
    """
    run, published = _deliver(apex, [_event(7, "a"), _event(8, "b"), _event(9, "c")])
    assert run == EventRun(checkpoint="8")
    assert [row["Text__c"] for _, row in published] == ["auuid-7", "buuid-8"]


def test_retryable_exception_asks_for_a_retry(apex: Apex) -> None:
    apex.triggers["Pings"] = """
        trigger Pings on Ping__e (after insert) {
            Integer n = EventBus.TriggerContext.currentContext().retries;
            if (n < 2) throw new EventBus.RetryableException('again ' + n);
        }
    """
    assert _deliver(apex, [_event(1, "a")])[0] == EventRun(retry="again 0")
    assert _deliver(apex, [_event(1, "a")], retries=2)[0] == EventRun()


def test_uncaught_exception_and_limit_are_told_apart(apex: Apex) -> None:
    apex.triggers["Pings"] = """
        trigger Pings on Ping__e (after insert) {
            if (Trigger.new[0].Text__c == 'loop') while (true) { Integer i = 0; }
            insert new Account();
        }
    """
    run, _ = _deliver(apex, [_event(1, "a")])
    assert run.error is not None
    assert run.error.startswith("System.DmlException: Insert failed.")
    assert not run.limit
    assert _deliver(apex, [_event(1, "loop")])[0].limit


def test_a_limit_in_a_record_trigger_ends_the_transaction(apex: Apex) -> None:
    apex.triggers["Loop"] = (
        "trigger Loop on Account (before insert) { while (true) { Integer i; } }"
    )
    with pytest.raises(LimitExceeded):
        apex.run(
            "try { insert new Account(Name = 'a'); } catch (Exception e) { return 1; } return 2;"
        )
