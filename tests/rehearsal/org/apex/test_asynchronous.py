"""Queueable and future methods."""

from __future__ import annotations

import pytest

from rehearsal.org.apex.testing import run_tests
from rehearsal.org.errors import LimitExceeded, MetadataError
from rehearsal.org.soql import parse
from tests.rehearsal.org.apex.conftest import Apex

JOB = """
    public class Job implements Queueable {
        private Ledger__c ledger;
        private Integer more;
        public Job(Ledger__c ledger, Integer more) { this.ledger = ledger; this.more = more; }
        public void execute(QueueableContext context) {
            if (ledger == null) { Integer broken = 1 / 0; }
            insert new Ledger__c(Name = ledger.Name + more + (context.getJobId() != null),
                Email__c = Limits.getLimitQueries() + '@x.com');
            if (more > 0) System.enqueueJob(new Job(ledger, more - 1));
        }
    }
"""


@pytest.fixture
def jobs(apex: Apex) -> Apex:
    apex.classes["Job"] = JOB
    apex.classes["Later"] = """
        public class Later {
            @future
            public static void make(List<String> names) {
                for (String name : names) insert new Ledger__c(Name = name + System.isFuture());
            }
            @future
            public static void again() { Later.make(new List<String>{'x'}); }
        }
    """
    return apex


def names(apex: Apex) -> list[str]:
    query = parse("SELECT Name FROM Ledger__c")
    return [row["Name"] for row in apex.org.run(lambda tx: tx.query(query), user=apex.org.admin)]


def test_a_job_runs_after_the_commit_with_what_it_held_when_enqueued(jobs: Apex) -> None:
    body = """
        Ledger__c l = new Ledger__c(Name = 'then');
        System.enqueueJob(new Job(l, 0));
        l.Name = 'now';
        insert l;
        return [SELECT COUNT() FROM Ledger__c];
    """
    assert jobs.run(body) == 1
    assert names(jobs) == ["now", "then0true"]
    row = parse("SELECT Email__c FROM Ledger__c WHERE Name = 'then0true'")
    (made,) = jobs.org.run(lambda tx: tx.query(row), user=jobs.org.admin)
    assert made["Email__c"] == "200@x.com"


def test_jobs_chain_up_to_the_depth_of_a_developer_org(jobs: Apex) -> None:
    jobs.run("System.enqueueJob(new Job(new Ledger__c(Name = 'n'), 9)); return null;")
    assert names(jobs) == ["n9true", "n8true", "n7true", "n6true"]
    query = parse("SELECT Status, ExtendedStatus FROM AsyncApexJob")
    rows = jobs.org.run(lambda tx: tx.query(query), user=jobs.org.admin)
    assert [row["Status"] for row in rows] == ["Completed"] * 4 + ["Failed"]
    assert "Maximum stack depth" in rows[-1]["ExtendedStatus"]


def test_a_failed_job_undoes_only_itself(jobs: Apex) -> None:
    jobs.run("insert new Ledger__c(Name = 'a'); System.enqueueJob(new Job(null, 0)); return null;")
    assert names(jobs) == ["a"]
    query = parse("SELECT Status, ExtendedStatus, JobType FROM AsyncApexJob")
    (row,) = jobs.org.run(lambda tx: tx.query(query), user=jobs.org.admin)
    assert (row["Status"], row["JobType"]) == ("Failed", "Queueable")
    assert row["ExtendedStatus"] == "System.MathException: Divide by 0"


def test_a_rollback_takes_jobs_back_and_so_does_an_exception(jobs: Apex) -> None:
    body = """
        Savepoint s = Database.setSavepoint();
        System.enqueueJob(new Job(new Ledger__c(Name = 'n'), 0));
        Database.rollback(s);
        return null;
    """
    jobs.run(body)
    jobs.thrown("Later.make(new List<String>{'n'}); Integer i = 1 / 0; return null;")
    assert names(jobs) == []


def test_future_methods_run_after_the_commit(jobs: Apex) -> None:
    body = """
        Later.make(new List<String>{'a', 'b'});
        return [SELECT COUNT() FROM Ledger__c] + ' ' + Limits.getFutureCalls();
    """
    assert jobs.run(body) == "0 1"
    assert names(jobs) == ["atrue", "btrue"]


def test_a_future_method_cannot_call_another(jobs: Apex) -> None:
    jobs.run("Later.again(); return null;")
    query = parse("SELECT ExtendedStatus FROM AsyncApexJob")
    (row,) = jobs.org.run(lambda tx: tx.query(query), user=jobs.org.admin)
    assert "Future method cannot be called from a future or batch method" in row["ExtendedStatus"]


def test_more_jobs_than_the_limit_end_the_transaction(jobs: Apex) -> None:
    body = "for (Integer i = 0; i < 51; i++) System.enqueueJob(new Job(null, 0)); return null;"
    with pytest.raises(LimitExceeded, match="Too many queueable jobs"):
        jobs.run(body)


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("public void f() { }", "must be declared static void"),
        ("public static Integer f() { return 1; }", "must be declared static void"),
        ("public static void f(Account a) { }", "Unsupported parameter type Account"),
        ("public static void f(List<Account> a) { }", "Unsupported parameter type List<Account>"),
    ],
)
def test_future_methods_are_static_void_and_take_primitives(
    apex: Apex, method: str, words: str
) -> None:
    apex.classes["Bad"] = f"public class Bad {{ @future {method} }}"
    with pytest.raises(MetadataError, match=words):
        apex.compile()


def test_stop_test_runs_what_was_enqueued(jobs: Apex) -> None:
    jobs.classes["JobTest"] = """
        @IsTest
        private class JobTest {
            @IsTest static void runs() {
                Test.startTest();
                System.enqueueJob(new Job(new Ledger__c(Name = 'n'), 0));
                Later.make(new List<String>{'f'});
                System.assertEquals(0, [SELECT COUNT() FROM Ledger__c]);
                Test.stopTest();
                System.assertEquals(2, [SELECT COUNT() FROM Ledger__c]);
                System.assertEquals(1, Limits.getQueries());
            }
            @IsTest static void fails() {
                Test.startTest();
                System.enqueueJob(new Job(null, 0));
                try { Test.stopTest(); Assert.fail(); }
                catch (MathException e) { System.assertEquals('Divide by 0', e.getMessage()); }
            }
            @IsTest static void mayNotChain() {
                Test.startTest();
                System.enqueueJob(new Job(new Ledger__c(Name = 'n'), 1));
                try { Test.stopTest(); Assert.fail(); }
                catch (AsyncException e) { Assert.isTrue(e.getMessage().contains('depth')); }
            }
        }
    """
    results = run_tests(jobs.org)
    assert [str(result) for result in results if not result.passed] == []
    assert len(results) == 3
    assert names(jobs) == []
