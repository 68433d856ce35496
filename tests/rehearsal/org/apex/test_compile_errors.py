"""What does not compile, or is not supported, is told with file and line when the org loads."""

from __future__ import annotations

import pytest

from rehearsal.org.errors import MetadataError, Unsupported
from tests.rehearsal.org.apex.conftest import Apex


def _compile(apex: Apex, body: str, *, members: str = "") -> None:
    text = f"public class Wrong {{\n{members}\nvoid f() {{\n{body}\n}} }}"
    apex.compile({"Wrong": text})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("Integer i = nope;", "Variable does not exist: nope"),
        ("Integer i = 'x';", "Illegal assignment from String to Integer"),
        ("Integer i = 1.5;", "Illegal assignment from Decimal to Integer"),
        ("Strin s;", "Invalid type: Strin"),
        ("nope();", "Method does not exist or incorrect signature: nope"),
        ("'x'.substring('y');", "String.substring(String)"),
        ("Account a = new Account(Nope__c = 1);", "Variable does not exist: Nope__c on Account"),
        ("Account a = new Account(Name = 1);", "Illegal assignment from Integer to String"),
        ("Account a = new Account(); a.Nope__c = 1;", "Variable does not exist: Nope__c"),
        ("Ledger__c l = new Ledger__c(Total__c = 1);", "not writeable: Ledger__c.Total__c"),
        ("List<Account> a = [SELECT Nope__c FROM Account];", "No such column 'Nope__c'"),
        ("List<SObject> a = [SELECT Id FROM Nope__c];", "sObject type 'Nope__c' is not supported"),
        ("List<Ledger__c> a = [SELECT Nope__r.Id FROM Ledger__c];", "relationship 'Nope__r'"),
        ("Ledger__c a = [SELECT Id FROM Ledger__c WHERE Id = :nope];", "does not exist: nope"),
        ("Account a = [SELECT Id FROM Contact];", "Illegal assignment"),
        ("Account a; Contact c = a;", "Illegal assignment from Account to Contact"),
        ("SObject s; Account a = s;", "Illegal assignment from SObject to Account"),
        ("Integer i; Integer I;", "Duplicate variable: I"),
        ("return 1;", "does not return a value"),
        ("break;", "Break statement must be in loop"),
        ("if ('x') { }", "Illegal assignment from String to Boolean"),
        ("Boolean b = 'x' && true;", "Illegal assignment from String to Boolean"),
        ("Boolean b = 1 == 'x';", "Comparison arguments must be compatible types"),
        ("insert 'x';", "DML requires SObject"),
        ("upsert new Account() Account.Name;", "must be an External Id"),
        ("throw 'x';", "Illegal assignment from String to Exception"),
        ("final Integer i = 1; i = 2;", "Final variable"),
        ("for (Account a : new List<Contact>()) { }", "Loop variable must be of type Contact"),
        ("Integer i = 2147483648;", "Illegal integer"),
        ("this.nope = 1;", "Variable does not exist: nope"),
        ("Wrong.f();", "Method does not exist"),
        ("String s = 'a\\q';", "Unexpected syntax"),
        ("Integer i = (Integer) new Account();", "cannot be cast"),
        ("Object o = new Wrong().hidden; Integer i = Other.x;", "Variable does not exist: hidden"),
    ],
)  # fmt: skip
def test_errors_name_the_line(apex: Apex, body: str, message: str) -> None:
    with pytest.raises(MetadataError) as caught:
        _compile(apex, body)
    assert message in str(caught.value)
    assert str(caught.value).startswith("Wrong.cls:4: ")


@pytest.mark.parametrize(
    ("body", "feature"),
    [
        ("Double d = 1;", "Double"),
        ("Decimal d = 1.5d;", "Double literal 1.5d"),
        ("HttpRequest r;", "HttpRequest"),
        ("'x'.swapCase();", "String.swapCase"),
        ("System.schedule('a', 'b', null);", "System.schedule"),
        ("String s = 'x' + Date.today();", "String + Date"),
        ("Account a; Database.merge(a, a);", "merge"),
        ("List<List<SObject>> r = [FIND 'x' IN ALL FIELDS RETURNING Account];", "SOSL"),
        ("Messaging.SingleEmailMessage m;", "Messaging.SingleEmailMessage"),
    ],
)
def test_unsupported_features_are_refused_by_name(apex: Apex, body: str, feature: str) -> None:
    with pytest.raises(Unsupported) as caught:
        _compile(apex, body)
    assert feature in caught.value.feature
    assert str(caught.value).startswith("Wrong.cls:4: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("public class Other { }", "Class name must be the file's name"),
        ("public class Wrong { void f( { } }", "Unexpected syntax"),
        ("public class Wrong extends Base { }", "Invalid type: Base"),
        ("public class Wrong { Integer f() { } }", "Missing return statement: f"),
        ("public class Wrong { Integer a; String A; }", "Duplicate field: A"),
        ("public class Wrong { void f() {} void F() {} }", "Method already defined: F"),
        ("public class Wrong implements Comparable { }", "must implement the method"),
        ("public class Wrong { static void f() { g(); } void g() {} }", "static context: g"),
        ("public class Wrong { class Bad extends Exception { } }", "ending in 'Exception'"),
        ("public abstract class Wrong { void f() { new Wrong(); } }", "cannot be constructed"),
        (
            "public class Wrong { virtual class A { public void f() {} }"
            " class B extends A { public void f() {} } }",
            "must use the override keyword",
        ),
    ],
)
def test_wrong_declarations(apex: Apex, text: str, message: str) -> None:
    with pytest.raises(MetadataError, match=r"Wrong\.cls:1: ") as caught:
        apex.compile({"Wrong": text})
    assert message in str(caught.value)


def test_private_members_are_hidden_except_from_tests_that_may_see_them(apex: Apex) -> None:
    hidden = "public class Hidden { private static Integer a; @TestVisible static Integer b; }"
    user = "public class User1 {{ Integer f() {{ return Hidden.{}; }} }}"
    for name in ("a", "b"):
        with pytest.raises(MetadataError, match=f"Hidden.{name} is not visible here"):
            apex.compile({"Hidden": hidden, "User1": user.format(name)})
    apex.compile(
        {"Hidden": hidden, "User1": "@IsTest " + user.format("b").replace("public ", "private ")}
    )


def test_triggers_are_checked(apex: Apex) -> None:
    apex.triggers["T"] = "trigger T on Nope__c (before insert) { }"
    with pytest.raises(MetadataError, match="Invalid sObject type: Nope__c"):
        apex.compile({})
    apex.triggers["T"] = "trigger T on Ping__e (before insert) { }"
    with pytest.raises(MetadataError, match="Only after insert"):
        apex.compile({})


def test_refused_annotations(apex: Apex) -> None:
    with pytest.raises(Unsupported, match="@httpget"):
        apex.compile({"Wrong": "public class Wrong { @HttpGet static void f() {} }"})
