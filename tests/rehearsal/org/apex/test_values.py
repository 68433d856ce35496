"""Primitive values: results as the Apex Reference Guide gives them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.rehearsal.org.apex.conftest import Apex


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("2147483647 + 1", -2147483648),
        ("-2147483648", -2147483648),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("Math.mod(-7, 2)", -1),
        ("1 << 33", 2),
        ("-1 >>> 28", 15),
        ("9223372036854775807L + 1", -9223372036854775808),
        ("2147483647L + 1", 2147483648),
        ("Integer.valueOf('12')", 12),
        ("Integer.valueOf(12.9)", 12),
        ("Math.max(3, 4)", 4),
        ("(Integer) 7.9", 7),
    ],
)
def test_integers_keep_their_bits(apex: Apex, expression: str, expected: int) -> None:
    assert apex.value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1.10 + 2.205", "3.305"),
        ("1.10 * 2.20", "2.4200"),
        ("10.00 / 3", "3.333333333333333333333333333333333"),
        ("10.00 / 2", "5.00"),
        ("(2.5).setScale(0)", "2"),
        ("(2.5).setScale(0, System.RoundingMode.HALF_UP)", "3"),
        ("(1.005).setScale(2, RoundingMode.HALF_UP)", "1.01"),
        ("(-1.5).setScale(0, RoundingMode.HALF_DOWN)", "-1"),
        ("(1.0).divide(3, 2, RoundingMode.CEILING)", "0.34"),
        ("Decimal.valueOf('1.50').scale()", "2"),
        ("(123.45).precision()", "5"),
        ("(2.5).round()", "2"),
        ("(3.5).round()", "4"),
        ("(1.500).stripTrailingZeros()", "1.5"),
        ("Math.abs(-1.5)", "1.5"),
        ("(2.9).intValue()", "2"),
    ],
)
def test_decimals_keep_their_scale(apex: Apex, expression: str, expected: str) -> None:
    value = apex.value(expression)
    assert str(value) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'a' == 'A'", True),
        ("'a'.equals('A')", False),
        ("'a' === 'A'", False),
        ("'abc'.substring(1)", "bc"),
        ("'abcdef'.mid(2, 2)", "cd"),
        ("'a,b,,'.split(',').size()", 2),
        ("'a.b'.split('\\\\.').get(1)", "b"),
        ("String.join(new List<Integer>{1, 2}, '-')", "1-2"),
        ("'Hi {0}, {1}'.length()", 11),
        ("String.format('Hi {0}, it\\'\\'s {1}', new List<Object>{'Ann', 3})", "Hi Ann, it's 3"),
        ("'x' + null", "xnull"),
        ("'x' + 1 + 2", "x12"),
        ("1 + 2 + 'x'", "3x"),
        ("'x' + 1.50", "x1.50"),
        ("'x' + true", "xtrue"),
        ("String.valueOf(new List<String>{'a', 'b'})", "(a, b)"),
        ("String.valueOf(new Map<String, Integer>{'a' => 1})", "{a=1}"),
        ("String.isBlank('  ')", True),
        ("String.isBlank(null)", True),
        ("'abc'.left(10)", "abc"),
        ("'abc'.right(2)", "bc"),
        ("'abc'.abbreviate(10)", "abc"),
        ("'abcdefgh'.abbreviate(6)", "abc..."),
        ("'a-b-c'.substringAfterLast('-')", "c"),
        ("'a-b-c'.substringBefore('-')", "a"),
        ("'it\\'s \\u0041\\n'", "it's A\n"),
        ("'abc'.indexOf('c')", 2),
        ("'a1b2'.replaceAll('[0-9]', '#')", "a#b#"),
        ("'ab'.replaceAll('(a)(b)', '$2$1')", "ba"),
        ("'  a '.trim()", "a"),
        ("'7'.leftPad(3, '0')", "007"),
        ("'abc'.hashCode()", 96354),
        ("Pattern.matches('a+', 'aaa')", True),
        ("'b'.compareTo('a')", 1),
        ("'abc'.containsIgnoreCase('BC')", True),
    ],
)
def test_strings(apex: Apex, expression: str, expected: object) -> None:
    assert apex.value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Date.newInstance(2026, 1, 31).addMonths(1)", dt.date(2026, 2, 28)),
        ("Date.newInstance(2026, 1, 31).daysBetween(Date.newInstance(2026, 3, 1))", 29),
        ("Date.valueOf('2026-02-03')", dt.date(2026, 2, 3)),
        ("Date.newInstance(2026, 1, 1) + 1", dt.date(2026, 1, 2)),
        (
            "Datetime.newInstanceGmt(2026, 1, 2, 3, 4, 5)",
            dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
        ),
        ("Datetime.newInstanceGmt(2026, 7, 1, 3, 0, 0).dateGmt()", dt.date(2026, 7, 1)),
        ("Datetime.newInstanceGmt(2026, 7, 1, 3, 0, 0).date()", dt.date(2026, 6, 30)),
        (
            "Datetime.newInstanceGmt(2026, 7, 1, 3, 4, 5)"
            ".formatGmt('yyyy-MM-dd\\'T\\'HH:mm:ss.SSS\\'Z\\'')",
            "2026-07-01T03:04:05.000Z",
        ),
        ("Datetime.newInstanceGmt(2026, 1, 1, 0, 0, 0).getTime()", 1767225600000),
        (
            "Datetime.newInstanceGmt(2026, 1, 1).addHours(25).dayGmt()",
            2,
        ),
        ("Datetime.newInstance(0L).yearGmt()", 1970),
        ("Datetime.newInstanceGmt(2026, 1, 1) > Datetime.newInstanceGmt(2025, 1, 1)", True),
        ("Date.newInstance(2026, 1, 1) < Date.newInstance(2025, 1, 1)", False),
    ],
)
def test_dates(apex: Apex, expression: str, expected: object) -> None:
    assert apex.value(expression) == expected


def test_comparing_with_null_is_false(apex: Apex) -> None:
    assert apex.run("Integer i; return i > 0 || i < 0 || i >= 0;") is False


def test_sum_with_null_raises(apex: Apex) -> None:
    assert apex.thrown("Integer i; i = i + 1; return i;") == (
        "System.NullPointerException",
        "Attempt to de-reference a null object",
    )


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ("return 1 / 0;", "System.MathException", "Divide by 0"),
        ("return 1.0 / 0;", "System.MathException", "Divide by 0"),
        ("return Id.valueOf('x');", "System.StringException", "Invalid id: x"),
        ("Id i = 'nope'; return i;", "System.StringException", "Invalid id: nope"),
        (
            "return new List<Integer>{1}[1];",
            "System.ListException",
            "List index out of bounds: 1",
        ),
        ("return Integer.valueOf('1.5');", "System.TypeException", "Invalid integer: 1.5"),
        ("return Date.valueOf('soon');", "System.TypeException", "Invalid date: soon"),
        (
            "Object o = 'a'; return (Integer) o;",
            "System.TypeException",
            "Invalid conversion from runtime type String to Integer",
        ),
        ("String s; return s.length();", "System.NullPointerException", None),
        ("return 'abc'.substring(4);", "System.StringException", None),
    ],
)
def test_exceptions_of_values(apex: Apex, body: str, kind: str, message: str | None) -> None:
    thrown, said = apex.thrown(body)
    assert thrown == kind
    if message is not None:
        assert said == message


def test_an_id_is_kept_in_18_characters(apex: Apex) -> None:
    account = apex.run("Account a = new Account(Name = 'x'); insert a; return a.Id;")
    assert len(account) == 18
    assert apex.value(f"Id.valueOf('{account[:15]}')") == account
    assert apex.value(f"Id.valueOf('{account[:15]}') == '{account}'") is True
    assert apex.value(f"Id.valueOf('{account}').getSObjectType() == Account.SObjectType") is True


def test_instanceof_tells_boxed_kinds_apart(apex: Apex) -> None:
    body = """
        Object a = 1, b = 1L, c = 1.0, d = 'x', e = null;
        return new List<Boolean>{a instanceof Integer, b instanceof Integer, b instanceof Long,
            c instanceof Decimal, d instanceof String, e instanceof String};
    """
    assert apex.run(body) == [True, False, True, True, True, False]


def test_decimal_from_integer_division_needs_a_decimal_operand(apex: Apex) -> None:
    assert apex.run("Decimal d = 7 / 2; return d;") == Decimal(3)
    assert apex.run("Decimal d = 7; return d / 2;") == Decimal("3.5")
