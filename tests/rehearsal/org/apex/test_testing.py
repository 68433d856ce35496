"""Running Apex tests."""

from __future__ import annotations

import pytest

from rehearsal.org.apex.testing import coverage, run_tests
from tests.rehearsal.org.apex.conftest import Apex

CODE = """\
    public class Code {
        public static Integer half(Integer n) {
            if (n == 0) {
                return 0;
            }
            return n / 2;
        }
    }
"""


def _results(apex: Apex, tests: str, name: str = "CodeTest") -> dict[str, str | None]:
    apex.classes[name] = f"@IsTest private class {name} {{ {tests} }}"
    return {result.method: result.message for result in run_tests(apex.org)}


def test_each_test_is_undone(apex: Apex) -> None:
    tests = """
        @TestSetup static void setup() { insert new Account(Name = 'setup'); }
        @IsTest static void one() { insert new Account(Name = 'a'); System.assertEquals(2,
            [SELECT COUNT() FROM Account]); }
        @IsTest static void two() { insert new Account(Name = 'a'); System.assertEquals(2,
            [SELECT COUNT() FROM Account]); }
    """
    assert _results(apex, tests) == {"one": None, "two": None}


def test_a_failure_tells_message_file_and_line(apex: Apex) -> None:
    apex.classes["CodeTest"] = """\
        @IsTest
        private class CodeTest {
            @IsTest
            static void fails() {
                check(3);
            }
            private static void check(Integer n) {
                System.assertEquals(4, n, 'wrong');
            }
        }
    """
    (result,) = run_tests(apex.org)
    assert not result.passed
    assert result.message == (
        "System.AssertException: Assertion Failed: wrong: Expected: 4, Actual: 3"
    )
    assert [(str(at.path), at.line) for at in result.stack] == [
        ("CodeTest.cls", 8),
        ("CodeTest.cls", 5),
    ]
    assert str(result).startswith("FAIL CodeTest.fails: System.AssertException")


def test_coverage_is_by_line(apex: Apex) -> None:
    apex.classes["Code"] = CODE
    apex.classes["CodeTest"] = """
        @IsTest private class CodeTest { @IsTest static void t() { System.assertEquals(2,
            Code.half(4)); } }
    """
    results = run_tests(apex.org)
    assert results[0].passed
    (code,) = coverage(apex.org, results)
    assert (code.name, code.executable, code.covered) == ("Code", {3, 4, 6}, {3, 6})


def test_names_choose_classes_and_methods(apex: Apex) -> None:
    apex.classes["A"] = "@IsTest class A { @IsTest static void x() {} @IsTest static void y() {} }"
    apex.classes["B"] = "@IsTest class B { static testMethod void z() {} }"
    assert [r.method for r in run_tests(apex.org, ["a.y", "B"])] == ["y", "z"]
    with pytest.raises(KeyError):
        run_tests(apex.org, ["Nope"])


def test_start_test_gives_fresh_limits(apex: Apex) -> None:
    tests = """
        @IsTest static void limits1() {
            for (Integer i = 0; i < 90; i++) { List<Account> a = [SELECT Id FROM Account]; }
            Test.startTest();
            System.assertEquals(0, Limits.getQueries());
            for (Integer i = 0; i < 90; i++) { List<Account> a = [SELECT Id FROM Account]; }
            Test.stopTest();
            System.assertEquals(90, Limits.getQueries());
        }
        @IsTest static void tooMany() {
            for (Integer i = 0; i < 101; i++) { List<Account> a = [SELECT Id FROM Account]; }
        }
    """
    assert _results(apex, tests) == {
        "limits1": None,
        "tooMany": "System.LimitException: Too many SOQL queries: 101",
    }


EVENTS = """
    trigger Pings on Ping__e (after insert) {
        for (Ping__e p : Trigger.new) insert new Account(Name = p.Text__c + UserInfo.getName());
    }
"""


def test_events_wait_for_their_delivery(apex: Apex) -> None:
    apex.triggers["Pings"] = EVENTS
    tests = """
        @IsTest static void delivers() {
            EventBus.publish(new Ping__e(Text__c = 'a'));
            System.assertEquals(0, [SELECT COUNT() FROM Account]);
            Test.getEventBus().deliver();
            System.assertEquals(1, [SELECT COUNT() FROM Account]);
        }
        @IsTest static void stops() {
            Test.startTest();
            EventBus.publish(new List<Ping__e>{new Ping__e(Text__c = 'a'),
                new Ping__e(Text__c = 'b')});
            Test.stopTest();
            System.assertEquals('aAutomated Process',
                [SELECT Name FROM Account ORDER BY Name LIMIT 1].Name);
        }
    """
    assert _results(apex, tests) == {"delivers": None, "stops": None}


def test_events_that_are_sent_at_once_are_delivered_too(apex: Apex) -> None:
    apex.triggers["Nows"] = EVENTS.replace("Ping", "Now")
    tests = """
        @IsTest static void delivers() {
            EventBus.publish(new Now__e(Text__c = 'a'));
            Test.getEventBus().deliver();
            System.assertEquals(1, [SELECT COUNT() FROM Account]);
        }
    """
    assert _results(apex, tests) == {"delivers": None}


def test_events_after_a_checkpoint_come_in_the_next_run(apex: Apex) -> None:
    apex.triggers["Pings"] = """
        trigger Pings on Ping__e (after insert) {
            insert new Account(Name = Trigger.new.size() + Trigger.new[0].Text__c);
            EventBus.TriggerContext.currentContext().setResumeCheckpoint(Trigger.new[0].ReplayId);
        }
    """
    tests = """
        @IsTest static void resumes() {
            EventBus.publish(new List<Ping__e>{new Ping__e(Text__c = 'a'),
                new Ping__e(Text__c = 'b')});
            Test.getEventBus().deliver();
            List<Account> made = [SELECT Name FROM Account ORDER BY Name];
            System.assertEquals('1b', made[0].Name);
            System.assertEquals('2a', made[1].Name);
        }
    """
    assert _results(apex, tests) == {"resumes": None}


def test_run_as_another_user(apex: Apex) -> None:
    tests = """
        @IsTest static void other() {
            User u = [SELECT Id, Name FROM User WHERE Id != :UserInfo.getUserId() LIMIT 1];
            System.runAs(u) { System.assertEquals(u.Id, UserInfo.getUserId()); }
            System.assertNotEquals(u.Id, UserInfo.getUserId());
        }
    """
    assert _results(apex, tests) == {"other": None}


def test_products_are_priced_in_the_standard_price_book(apex: Apex) -> None:
    tests = """
        @IsTest static void line() {
            Product2 seat = new Product2(Name = 'Seat', IsActive = true);
            insert seat;
            PricebookEntry price = new PricebookEntry(Pricebook2Id = Test.getStandardPricebookId(),
                Product2Id = seat.Id, UnitPrice = 10, IsActive = true);
            insert price;
            Opportunity deal = new Opportunity(Name = 'D', StageName = 'Prospecting',
                CloseDate = Date.today());
            insert deal;
            insert new OpportunityLineItem(OpportunityId = deal.Id, PricebookEntryId = price.Id,
                Quantity = 2, UnitPrice = 9);
            System.assertEquals(18, [SELECT Amount FROM Opportunity].Amount);
        }
    """
    assert _results(apex, tests) == {"line": None}
