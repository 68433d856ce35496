"""SOQL against a handful of records: what it finds, how it sorts, what it refuses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from typing import Any

import pytest

from rehearsal.org.errors import QueryError
from rehearsal.org.ports import Permissions, User
from rehearsal.org.schema import Field, FieldType, ObjectKind, ObjectType, Schema
from rehearsal.org.soql import ast, execute, parse
from rehearsal.org.values import Row, Value, id18

NOW = dt.datetime(2026, 10, 15, 20, tzinfo=dt.UTC)
ACME, BETA = id18("001000000000001"), id18("001000000000002")
ENTRY = [id18(f"a0100000000000{n}") for n in range(1, 5)]


def field(name: str, type_: FieldType, **more: Any) -> Field:
    return Field(name, type_, custom=name.endswith("__c"), **more)


def table(name: str, *fields: Field) -> ObjectType:
    base = (
        field("Id", FieldType.ID),
        field("Name", FieldType.STRING),
        field("IsDeleted", FieldType.BOOLEAN),
    )
    kind = ObjectKind.CUSTOM if name.endswith("__c") else ObjectKind.STANDARD
    return ObjectType(name, kind, fields={f.name.lower(): f for f in (*base, *fields)})


SCHEMA = Schema(
    {
        "account": table("Account", field("Notes__c", FieldType.TEXTAREA, long_text=True)),
        "entry__c": table(
            "Entry__c",
            field("Amount__c", FieldType.CURRENCY),
            field("Key__c", FieldType.STRING, unique=True, external_id=True, case_sensitive=True),
            field("Day__c", FieldType.DATE),
            field("At__c", FieldType.DATETIME),
            field("Paid__c", FieldType.BOOLEAN),
            field(
                "Account__c",
                FieldType.REFERENCE,
                reference_to=("Account",),
                relationship="Account__r",
                child_relationship="Entries__r",
            ),
            field("Double__c", FieldType.CURRENCY, formula="Amount__c * 2"),
        ),
    }
)

ROWS: dict[str, list[Row]] = {
    "Account": [
        {"Id": ACME, "Name": "Acme", "IsDeleted": False},
        {"Id": BETA, "Name": "beta 100%", "IsDeleted": False},
    ],
    "Entry__c": [
        {
            "Id": ENTRY[0],
            "Name": "one",
            "Amount__c": Decimal("10.10"),
            "Key__c": "ch_a",
            "Day__c": dt.date(2026, 10, 15),
            "At__c": dt.datetime(2026, 10, 16, 5, tzinfo=dt.UTC),
            "Paid__c": True,
            "Account__c": ACME,
        },
        {
            "Id": ENTRY[1],
            "Name": "Two",
            "Amount__c": Decimal("-3"),
            "Key__c": "ch_A",
            "Day__c": dt.date(2026, 9, 30),
            "Paid__c": False,
            "Account__c": ACME,
        },
        {"Id": ENTRY[2], "Name": "three", "Key__c": "ch_b", "Paid__c": False, "Account__c": BETA},
        {"Id": ENTRY[3], "Name": "gone", "IsDeleted": True, "Account__c": BETA},
    ],
}


class Records:
    """The store, as far as a query sees it; it counts full scans."""

    def __init__(self) -> None:
        self.full_scans = 0

    def scan(
        self, sobject: str, ids: Collection[str] | None = None, include_deleted: bool = False
    ) -> Iterable[Row]:
        self.full_scans += ids is None
        return [
            row
            for row in ROWS[sobject]
            if (ids is None or row["Id"] in ids) and (include_deleted or not row.get("IsDeleted"))
        ]

    def get(self, sobject: str, id: str) -> Row | None:  # noqa: A002
        return next((row for row in ROWS[sobject] if row["Id"] == id), None)

    def find(self, sobject: str, field: str, values: Collection[Value]) -> Iterable[Row] | None:
        if field != "Key__c":
            return None
        return [row for row in ROWS[sobject] if row.get("Key__c") in values]

    def value(self, sobject: str, row: Row, field: Field) -> Value:
        if field.name == "Double__c":
            amount = row.get("Amount__c")
            return None if amount is None else amount * 2
        found: Value = row.get(field.name)
        return found


SYSTEM = User("005", "system", "System", "America/Los_Angeles", "System")


def run(
    text: str,
    binds: dict[str, Any] | None = None,
    user: User = SYSTEM,
    source: Records | None = None,
) -> list[Row]:
    lookup: Callable[[str], Any] = (binds or {}).__getitem__
    return execute(
        parse(text),
        SCHEMA,
        source or Records(),
        user=user,
        binds=lookup,
        now=NOW,
        user_mode=user.permissions is not None,
    )


def names(text: str, **binds: Any) -> list[str]:
    return [row["Name"] for row in run(text, binds)]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Name = 'TWO'", ["Two"]),
        ("Key__c = 'ch_a'", ["one"]),
        ("Key__c IN ('ch_A', 'ch_b')", ["Two", "three"]),
        ("Amount__c > -3", ["one"]),
        ("Amount__c != 10.1", ["Two", "three"]),
        ("Amount__c = null", ["three"]),
        ("NOT Amount__c < 0", ["one", "three"]),
        ("Name LIKE 't%' AND Paid__c = false", ["Two", "three"]),
        ("Account__r.Name LIKE '%100\\%'", ["three"]),
        ("Account__c IN (SELECT Id FROM Account WHERE Name = 'acme')", ["one", "Two"]),
        ("Account__c NOT IN (SELECT Id FROM Account WHERE Name = 'acme')", ["three"]),
        ("Day__c = TODAY", ["one"]),
        ("Day__c = LAST_MONTH", ["Two"]),
        ("At__c = TODAY", ["one"]),
        ("Day__c >= 2026-10-01", ["one"]),
        ("At__c < 2026-10-16T05:00:01Z", ["one"]),
        ("Double__c = 20.2", ["one"]),
        (f"Account__c = '{ACME[:15]}'", ["one", "Two"]),
        ("(Paid__c = true OR Name = 'three') AND Account__c != null", ["one", "three"]),
    ],
)
def test_where(where: str, expected: list[str]) -> None:
    assert names(f"SELECT Name FROM Entry__c WHERE {where}") == expected


def test_binds_may_be_values_or_lists() -> None:
    assert names("SELECT Name FROM Entry__c WHERE Id IN :ids", ids=[ENTRY[2]]) == ["three"]
    assert names("SELECT Name FROM Entry__c WHERE Name = :n LIMIT :m", n="one", m=1) == ["one"]


def test_a_list_of_values_may_stand_in_one_literal() -> None:
    where = ast.Comparison(ast.Path(("Name",)), "IN", ast.Literal(("one", "two")))
    query = ast.Query("Entry__c", (ast.Path(("Name",)),), where)
    rows = execute(query, SCHEMA, Records(), user=SYSTEM, now=NOW)
    assert [row["Name"] for row in rows] == ["one", "Two"]


def test_deleted_rows_need_all_rows() -> None:
    assert "gone" in names("SELECT Name FROM Entry__c ALL ROWS")
    assert "gone" not in names("SELECT Name FROM Entry__c")


def test_nulls_sort_first_unless_told() -> None:
    assert names("SELECT Name FROM Entry__c ORDER BY Amount__c DESC") == ["three", "one", "Two"]
    assert names("SELECT Name FROM Entry__c ORDER BY Amount__c NULLS LAST LIMIT 2 OFFSET 1") == [
        "one",
        "three",
    ]


def test_parents_nest_and_children_are_lists() -> None:
    (entry,) = run("SELECT e.Account__r.Name FROM Entry__c e WHERE e.Name = 'one'")
    assert entry["Account__r"]["Name"] == "Acme"
    accounts = run("SELECT Id, (SELECT Name FROM Entries__r ORDER BY Name) FROM Account")
    assert [[row["Name"] for row in a["Entries__r"]] for a in accounts] == [
        ["one", "Two"],
        ["three"],
    ]


def test_aggregates_ignore_nulls() -> None:
    (row,) = run("SELECT COUNT(Id) n, SUM(Amount__c), MAX(Day__c) FROM Entry__c")
    assert row == {"n": 3, "expr0": Decimal("7.10"), "expr1": dt.date(2026, 10, 15)}
    rows = run(
        "SELECT Account__c a, SUM(Amount__c) total FROM Entry__c GROUP BY Account__c "
        "HAVING SUM(Amount__c) > 0"
    )
    assert rows == [{"a": ACME, "total": Decimal("7.10")}]
    assert run("SELECT COUNT() FROM Entry__c") == [{"expr0": 3}]
    assert run("SELECT SUM(Amount__c) s FROM Entry__c WHERE Name = 'x'") == [{"s": None}]


def test_a_key_is_found_by_its_index() -> None:
    source = Records()
    run("SELECT Id FROM Entry__c WHERE Key__c = 'ch_a' AND Paid__c = true", source=source)
    assert source.full_scans == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT Id FRM Entry__c", "MALFORMED_QUERY"),
        (
            "SELECT Id FROM Account WHERE Name = 'a' AND Name != 'c' OR Id = null",
            "MALFORMED_QUERY",
        ),
        ("SELECT Nope__c FROM Entry__c", "INVALID_FIELD"),
        ("SELECT Nope__r.Name FROM Entry__c", "INVALID_FIELD"),
        ("SELECT Id FROM Nope__c", "INVALID_TYPE"),
        ("SELECT Id, (SELECT Id FROM Nope__r) FROM Account", "INVALID_TYPE"),
        ("SELECT Id FROM Entry__c WHERE Amount__c = '5'", "INVALID_FIELD"),
        ("SELECT Id FROM Entry__c WHERE Name = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Notes__c = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Entry__c WHERE Id = 'nope'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Name, SUM(Amount__c) FROM Entry__c", "MALFORMED_QUERY"),
        ("SELECT SUM(Name) FROM Entry__c", "MALFORMED_QUERY"),
        ("SELECT Name n FROM Entry__c", "MALFORMED_QUERY"),
        ("SELECT FIELDS(ALL) FROM Entry__c LIMIT 1", "MALFORMED_QUERY"),
    ],
)
def test_refusals_carry_salesforces_code(text: str, code: str) -> None:
    with pytest.raises(QueryError) as refusal:
        run(text)
    assert refusal.value.error_code == code


def test_user_mode_hides_what_is_not_granted() -> None:
    granted = Permissions(
        objects={"entry__c": frozenset({"read"})},
        fields={("entry__c", "amount__c"): frozenset({"read"})},
    )
    user = User("005", "api", "Api", "UTC", "Minimum", permissions=granted)
    assert run("SELECT Amount__c FROM Entry__c LIMIT 1", user=user)[0]["Amount__c"] == Decimal(
        "10.10"
    )
    for text in ("SELECT Paid__c FROM Entry__c", "SELECT Id FROM Entry__c WHERE Paid__c = true"):
        with pytest.raises(QueryError, match="No such column 'Paid__c'"):
            run(text, user=user)
    with pytest.raises(QueryError, match="sObject type 'Account' is not supported"):
        run("SELECT Id FROM Account", user=user)


def test_binds_keep_their_source_text() -> None:
    query = parse("SELECT Id FROM Account WHERE Id IN :map.keySet()")
    assert query.where == ast.Comparison(ast.Path(("Id",)), "IN", ast.Bind("map.keySet()"))
