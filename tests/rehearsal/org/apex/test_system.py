"""`System`, `UserInfo`, `Limits`, `Crypto`, `FeatureManagement`."""

from __future__ import annotations

import pytest

from tests.rehearsal.org.apex.conftest import Apex


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("UserInfo.getDefaultCurrency()", "USD"),
        ("UserInfo.isMultiCurrencyOrganization()", False),
        ("UserInfo.getTimeZone().getID()", "America/Los_Angeles"),
        ("Test.isRunningTest()", False),
        ("Limits.getLimitQueries()", 100),
        ("EncodingUtil.base64Encode(Blob.valueOf('hi'))", "aGk="),
        (
            "EncodingUtil.convertToHex(Crypto.generateDigest('SHA-256', Blob.valueOf('a')))",
            "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
        ),
        ("FeatureManagement.checkPermission('Nope')", False),
    ],
)
def test_answers(apex: Apex, expression: str, expected: object) -> None:
    assert apex.value(expression) == expected


def test_queries_and_dml_count_against_the_limits(apex: Apex) -> None:
    body = """
        insert new Account(Name = 'a');
        List<Account> a = [SELECT Id FROM Account];
        return Limits.getQueries() * 10 + Limits.getDmlStatements();
    """
    assert apex.run(body) == 11


def test_work_costs_cpu_time(apex: Apex) -> None:
    body = "for (Integer i = 0; i < 100000; i++) { Integer j = i; } return Limits.getCpuTime();"
    first = apex.run(body)
    assert first > 100
    assert apex.run(body) == first


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("System.assertEquals(1, 2);", "Assertion Failed: Expected: 1, Actual: 2"),
        ("System.assertEquals('a', 'A', 'why');", "Assertion Failed: why: Expected: a, Actual: A"),
        ("System.assert(false, 'no');", "Assertion Failed: no"),
        ("Assert.isTrue(false);", "Assertion Failed"),
        ("Assert.areEqual(1, null);", "Assertion Failed: Expected: 1, Actual: null"),
        ("Assert.fail('x');", "Assertion Failed: x"),
    ],
)
def test_assertions(apex: Apex, statement: str, message: str) -> None:
    assert apex.thrown(f"{statement} return 0;") == ("System.AssertException", message)


def test_tests_only(apex: Apex) -> None:
    assert apex.thrown("Test.startTest(); return 0;")[0] == "System.UnexpectedException"


def test_a_failed_assertion_cannot_be_caught(apex: Apex) -> None:
    body = "try { System.assert(false); } catch (Exception e) { return 1; } return 2;"
    assert apex.thrown(body)[0] == "System.AssertException"
