"""Values and edges as Salesforce computes them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.org.formula import EvaluationError, Kind, evaluate, parse
from rehearsal.org.values import Value

NOW = dt.datetime(2026, 3, 1, 2, 30, tzinfo=dt.UTC)
FIELDS: dict[str, tuple[Kind, Value]] = {
    "Name": (Kind.TEXT, "Acme"),
    "Empty": (Kind.TEXT, None),
    "Other_Empty": (Kind.TEXT, None),
    "Amount": (Kind.NUMBER, Decimal("1234.50")),
    "Blank": (Kind.NUMBER, None),
    "Other_Blank": (Kind.NUMBER, None),
    "Open": (Kind.BOOLEAN, True),
    "Day": (Kind.DATE, dt.date(2026, 1, 31)),
    "Moment": (Kind.DATETIME, dt.datetime(2026, 1, 31, 22, 59, 48, tzinfo=dt.UTC)),
    "Stage": (Kind.PICKLIST, "Closed Won"),
    "No_Stage": (Kind.PICKLIST, None),
    "Tags": (Kind.MULTIPICKLIST, "red;green"),
    "Id": (Kind.ID, "001000000000001AAA"),
}


def value(text: str, *, zero: bool = False, zone: str = "UTC") -> Value:
    return evaluate(
        parse(text),
        lambda path: FIELDS[path[0]][1],
        NOW,
        kind_of=lambda path: FIELDS[path[0]][0],
        blanks_as_zero=zero,
        time_zone=zone,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", Decimal(7)),
        ("(1 + 2) * 3", Decimal(9)),
        ("10 - 4 - 3", Decimal(3)),
        ("2 * 3 ^ 2", Decimal(36)),
        ("-2 ^ 2", Decimal(4)),
        ("8 / 4 / 2", Decimal(1)),
        ("1 / 3 * 3 = 1", False),
        ("ROUND(1 / 3 * 3, 10) = 1", True),
        ("ROUND(2.5, 0)", Decimal(3)),
        ("ROUND(-2.5, 0)", Decimal(-3)),
        ("ROUND(1250, -2)", Decimal(1300)),
        ("ROUND(0.003, 2)", Decimal("0.00")),
        ("CEILING(-2.1)", Decimal(-3)),
        ("MCEILING(-2.1)", Decimal(-2)),
        ("FLOOR(-2.9)", Decimal(-2)),
        ("MFLOOR(-2.1)", Decimal(-3)),
        ("CEILING(1 / 3 * 3)", Decimal(1)),
        ("MOD(-7, 3)", Decimal(-1)),
        ("MAX(1, Amount, 3)", Decimal("1234.50")),
        ("MIN(1, Amount, -3)", Decimal(-3)),
        ("ABS(-1.5)", Decimal("1.5")),
        ("SQRT(16)", Decimal(4)),
    ],
)
def test_numbers(text: str, expected: Value) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "text", ["1 / 0", "Amount / (1 - 1)", "MOD(3, 0)", "0.5 ^ 0.5", "SQRT(-1)"]
)
def test_impossible_arithmetic_is_an_error(text: str) -> None:
    with pytest.raises(EvaluationError):
        value(text)


@pytest.mark.parametrize(
    "text", ["Blank + 1", "Blank * 0", "MAX(1, Blank)", "ROUND(Blank, 2)", "-Blank", "Day + Blank"]
)
def test_blank_number_makes_the_result_blank(text: str) -> None:
    assert value(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Blank + 1", Decimal(1)), ("Blank = 0", True), ("ISBLANK(Blank)", False), ("-Blank", 0)],
)
def test_blank_number_reads_zero_where_the_field_says_so(text: str, expected: Value) -> None:
    assert value(text, zero=True) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Blank > 0", None),
        ("Blank = 0", None),
        ("Blank <> 0", None),
        ("Blank = Other_Blank", None),
        ("NOT(Blank > 0)", None),
        ("IF(Blank > 0, 1, 2)", Decimal(2)),
        ("IF(NOT(Blank > 0), 1, 2)", Decimal(2)),
        ("Blank > 0 || TRUE", True),
        ("AND(Blank > 0, TRUE)", False),
    ],
)
def test_comparison_with_a_blank_number_is_neither_true_nor_false(
    text: str, expected: Value
) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Name = "Acme"', True),
        ('Name = "acme"', False),
        ('Name <> "acme"', True),
        ('Empty = ""', True),
        ('Empty <> "x"', True),
        ("Empty = Other_Empty", True),
        ("Empty = NULL", True),
        ('Empty & "x"', "x"),
        ("Name + Empty", "Acme"),
        ("Empty & Other_Empty", None),
        ("ISBLANK(Empty)", True),
        ("ISNULL(Empty)", False),
        ("ISNULL(Blank)", True),
        ('NULLVALUE(Empty, "x")', None),
        ('BLANKVALUE(Empty, "x")', "x"),
        ("NULLVALUE(Blank, 5)", Decimal(5)),
    ],
)
def test_blank_text_is_an_empty_text(text: str, expected: Value) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LEN(Name)", Decimal(4)),
        ("LEN(Empty)", Decimal(0)),
        ("LEFT(Name, 2)", "Ac"),
        ("RIGHT(Name, 2)", "me"),
        ("RIGHT(Name, 9)", "Acme"),
        ("LEFT(Name, 0)", None),
        ("MID(Name, 2, 2)", "cm"),
        ("MID(Name, 9, 2)", None),
        ('FIND("m", Name)', Decimal(3)),
        ('FIND("A", Name, 2)', Decimal(0)),
        ('CONTAINS(Name, "cm")', True),
        ('CONTAINS(Name, "")', True),
        ('CONTAINS(Empty, "x")', None),
        ('BEGINS(Name, "Ac")', True),
        ('SUBSTITUTE("a-b-c", "-", "")', "abc"),
        ('TRIM("  a b ")', "a b"),
        ("UPPER(Name)", "ACME"),
        ('LPAD("7", 3, "0")', "007"),
        ('LPAD("12345", 3, "0")', "123"),
        ('RPAD("7", 4, "ab")', "7aba"),
        ("TEXT(1200.50)", "1200.5"),
        ("TEXT(100)", "100"),
        ("TEXT(0.0000001)", "0.0000001"),
        ("TEXT(Day)", "2026-01-31"),
        ("TEXT(Moment)", "2026-01-31 22:59:48Z"),
        ("TEXT(Stage)", "Closed Won"),
        ('VALUE("12.50")', Decimal("12.50")),
        ('ISNUMBER("1e3")', True),
        ('ISNUMBER("1,000")', False),
        ("ISNUMBER(Empty)", False),
        (r'REGEX("sub_1", "sub_\\d+")', True),
        (r'REGEX("a sub_1", "sub_\\d+")', False),
        ('"it\'s" & \'"so"\'', 'it\'s"so"'),
        (r'"say \"hi\""', 'say "hi"'),
        ("CASESAFEID(Id)", "001000000000001AAA"),
        ("Id", "001000000000001"),
        (
            'HYPERLINK("https://x.y/?a=1&b", "go")',
            '<a href="https://x.y/?a=1&amp;b" target="_blank">go</a>',
        ),
    ],
)
def test_text(text: str, expected: Value) -> None:
    assert value(text) == expected


@pytest.mark.parametrize("text", ['VALUE("12 EUR")', 'DATEVALUE("soon")', "DATE(2026, 2, 30)"])
def test_text_that_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(EvaluationError):
        value(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Day + 1", dt.date(2026, 2, 1)),
        ("Day + 1.9", dt.date(2026, 2, 1)),
        ("Day - DATE(2026, 1, 1)", Decimal(30)),
        ("Moment + 0.5", dt.datetime(2026, 2, 1, 10, 59, 48, tzinfo=dt.UTC)),
        ("Moment - (Moment - 1.5)", Decimal("1.5")),
        ("ADDMONTHS(Day, 1)", dt.date(2026, 2, 28)),
        ("ADDMONTHS(DATE(2026, 2, 28), 1)", dt.date(2026, 3, 31)),
        ("ADDMONTHS(DATE(2026, 1, 30), 1)", dt.date(2026, 2, 28)),
        ("ADDMONTHS(DATE(2026, 1, 15), -13)", dt.date(2024, 12, 15)),
        ("WEEKDAY(DATE(2026, 3, 1))", Decimal(1)),
        ("YEAR(Day) * 10000 + MONTH(Day) * 100 + DAY(Day)", Decimal(20260131)),
        ('DATEVALUE("2026-02-03")', dt.date(2026, 2, 3)),
        ('DATETIMEVALUE("2026-02-03 04:05:06")', dt.datetime(2026, 2, 3, 4, 5, 6, tzinfo=dt.UTC)),
        ("DATETIMEVALUE(Day)", dt.datetime(2026, 1, 31, tzinfo=dt.UTC)),
        ("NOW()", NOW),
        ("Day < DATE(2026, 2, 1)", True),
    ],
)
def test_dates(text: str, expected: Value) -> None:
    assert value(text) == expected


def test_today_and_datevalue_use_the_users_zone() -> None:
    assert value("TODAY()") == dt.date(2026, 3, 1)
    assert value("TODAY()", zone="America/Los_Angeles") == dt.date(2026, 2, 28)
    assert value("DATEVALUE(Moment)", zone="Asia/Tokyo") == dt.date(2026, 2, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('CASE(Stage, "Open", 1, "Closed Won", 2, 3)', Decimal(2)),
        ('CASE(No_Stage, "Open", 1, "", 2, 3)', Decimal(2)),
        ("CASE(Blank, 1, 10, 20)", Decimal(20)),
        ('CASE(Empty, "", "none", "some")', "none"),
        ('ISPICKVAL(Stage, "Closed Won")', True),
        ('ISPICKVAL(No_Stage, "")', True),
        ('INCLUDES(Tags, "green")', True),
        ('INCLUDES(Tags, "gre")', False),
        ("IF(Open, 1, 1 / 0)", Decimal(1)),
        ("OR(Open, 1 / 0 = 1)", True),
        ("!Open", False),
        ("Open && NOT Open", False),
    ],
)
def test_choices(text: str, expected: Value) -> None:
    assert value(text) == expected


def test_prior_values() -> None:
    new = {("X",): Decimal(2)}
    old = {("X",): Decimal("1.0")}
    changed, prior = parse("ISCHANGED(X)"), parse("PRIORVALUE(X)")
    assert evaluate(changed, new.__getitem__, NOW, prior=old.__getitem__) is True
    assert (
        evaluate(changed, {("X",): Decimal("1.00")}.__getitem__, NOW, prior=old.__getitem__)
        is False
    )
    assert evaluate(prior, new.__getitem__, NOW, prior=old.__getitem__) == 1
    assert evaluate(changed, new.__getitem__, NOW, is_new=True) is False
    assert evaluate(prior, new.__getitem__, NOW, is_new=True) == 2
    assert evaluate(parse("ISNEW()"), new.__getitem__, NOW, is_new=True) is True


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=6))
def test_text_and_value_are_inverse(number: Decimal) -> None:
    result = evaluate(parse("VALUE(TEXT(X))"), lambda _: number, NOW)
    assert result == number


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)), st.integers(-500, 500))
def test_adding_months_keeps_the_end_of_the_month(day: dt.date, months: int) -> None:
    moved = evaluate(
        parse("ADDMONTHS(D, N)"), {("D",): day, ("N",): Decimal(months)}.__getitem__, NOW
    )
    assert isinstance(moved, dt.date)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    if (day + dt.timedelta(1)).day == 1:
        assert (moved + dt.timedelta(1)).day == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 ^ 0", Decimal(1)),
        ("2 ^ (0 - 1)", Decimal("0.5")),
        ("10 ^ (0 - 40)", Decimal(0)),
        ("ROUND(1.5, 50)", Decimal("1.5")),
        ("ROUND(4, -1)", Decimal(0)),
    ],
)
def test_far_ends_of_numbers(text: str, expected: Value) -> None:
    assert value(text) == expected


def test_a_power_may_not_be_huge() -> None:
    with pytest.raises(EvaluationError, match="Out of range"):
        value("10 ^ 65")


def test_a_percent_field_reads_as_a_fraction() -> None:
    found = evaluate(
        parse("Rate * 200"), lambda _: Decimal(10), NOW, kind_of=lambda _: Kind.PERCENT
    )
    assert found == Decimal(20)


def test_a_pattern_that_comes_from_a_record_may_be_wrong() -> None:
    with pytest.raises(EvaluationError, match="regular expression"):
        evaluate(parse('REGEX("a", P)'), lambda _: "((", NOW)
