"""The page: every number is in it once as it is, and nothing that Stripe or a person typed runs."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from rehearsal.demo.org import OBJECTS, Snapshot
from rehearsal.demo.page import figures, render
from rehearsal.demo.page.picture import HEIGHT, picture
from rehearsal.demo.page.words import day, money, short_money

EMPTY: Snapshot = {name: {} for name in OBJECTS}
ACCOUNT = {"Id": "001A", "Name": "Northwind", "Bridge_Lifetime_Value__c": Decimal("12345.6")}
CUSTOMER = {
    "Id": "a00A",
    "Name": "Northwind",
    "Account__c": "001A",
    "As_Of__c": "2026-11-28T09:00:00.000+0000",
    "Current_MRR__c": Decimal(100),
    "At_Risk_MRR__c": None,
}
_numbers = count(1)


def entry(date: str, kind: str, amount: Any, **more: Any) -> dict[str, Any]:
    return {
        "Id": f"a01{next(_numbers)}",
        "Name": "RE-1",
        "Account__c": "001A",
        "Date__c": date,
        "Kind__c": kind,
        "Amount__c": amount,
        "Currency__c": "USD",
        "Original_Gross__c": amount,
        "Status__c": "succeeded",
        "As_Of__c": f"{date}T09:00:00.000+0000",
        **more,
    }


def org(**rows: list[dict[str, Any]]) -> Snapshot:
    return {**EMPTY, **{name: {row["Id"]: row for row in found} for name, found in rows.items()}}


def read(records: Snapshot) -> Any:
    return html.fromstring(render(records))


def words(node: Any) -> str:
    return " ".join(node.text_content().split())


def test_an_empty_org_has_a_page_too() -> None:
    page = read(EMPTY)
    assert words(page.find(".//h1")) == "Stripe Revenue in Salesforce"
    assert not page.findall(".//svg")


def test_it_needs_nothing_beside_itself() -> None:
    records = org(Account=[ACCOUNT], Bridge_Entry__c=[entry("2026-11-28", "Charge", 10)])
    text = render(records)
    assert not re.search(r"(?:src|href|url)\s*[=(]|@import|<script|<link", text)


def test_names_from_outside_are_text() -> None:
    hostile = "<script>alert(1)</script>\"'&"
    records = org(
        Account=[{**ACCOUNT, "Name": hostile}],
        Bridge_Entry__c=[entry("2026-11-28", "Charge", 10, Reason__c=hostile)],
    )
    page = read(records)
    assert not page.findall(".//script")
    assert hostile in page.text_content()


def test_every_table_and_picture_has_a_name() -> None:
    records = org(Account=[ACCOUNT], Bridge_Entry__c=[entry("2026-11-28", "Charge", 10)])
    page = read(records)
    for table in page.findall(".//table"):
        assert words(table.find("caption"))
        assert {th.get("scope") for th in table.findall(".//th")} <= {"col", "row"}
    for svg in page.findall(".//svg"):
        assert svg.get("role") == "img"
        assert svg.get("aria-label")
        assert words(svg.find("title"))
    ids = [node.get("id") for node in page.findall(".//*[@id]")]
    assert len(ids) == len(set(ids))
    for section in page.findall(".//section"):
        assert section.get("aria-labelledby") in ids


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (Decimal("1102.5"), "USD", "$1,102.50"),
        (Decimal("-0.01"), "EUR", "−€0.01"),
        (Decimal(120000), "JPY", "¥120,000"),
        (Decimal("1.2345"), "KWD", "1.234 KWD"),
        (Decimal("-0.001"), "USD", "$0.00"),
        (None, "USD", "–"),
    ],
)
def test_money_is_said_as_its_currency_is(amount: Any, currency: str, said: str) -> None:
    assert money(amount, currency) == said


def test_an_axis_is_short() -> None:
    assert short_money(Decimal(12_500), "USD") == "$12.5k"
    assert short_money(Decimal(-2_000_000), "EUR") == "−€2m"
    assert day("2026-11-08") == "8 Nov 2026"


KINDS = st.sampled_from(sorted(figures.COLLECTED))
AMOUNTS = st.decimals(-10_000, 10_000, places=2)
DAYS = st.dates(dt.date(2025, 1, 1), dt.date(2027, 12, 31))


@given(st.lists(st.tuples(DAYS, KINDS, st.none() | AMOUNTS), max_size=30))
def test_months_sum_to_what_counts(moved: list[tuple[dt.date, str, Decimal | None]]) -> None:
    records = org(Bridge_Entry__c=[entry(date.isoformat(), *rest) for date, *rest in moved])
    months = figures.collected(records)
    assert sum((m.total for m in months), Decimal()) == sum(
        (amount for _, _, amount in moved if amount is not None), Decimal()
    )
    starts = [m.first for m in months]
    assert all((b - a).days <= 31 and b.day == 1 for a, b in pairwise(starts))


@given(st.lists(st.tuples(DAYS, KINDS, AMOUNTS), min_size=1, max_size=20))
def test_bars_stand_inside_the_picture(moved: list[tuple[dt.date, str, Decimal]]) -> None:
    records = org(Bridge_Entry__c=[entry(date.isoformat(), *rest) for date, *rest in moved])
    months = figures.collected(records)
    series = [("gross", "In"), ("refunds", "Back"), ("disputes", "Taken")]
    drawn = picture("Cash", months, series, ("Net", [m.total for m in months]), "USD")
    svg = etree.fromstring(re.search(r"<svg.*</svg>", drawn, re.DOTALL)[0])  # type: ignore[index]
    for rect in svg.iter("rect"):
        top = Decimal(rect.get("y"))
        assert top >= 0
        assert top + Decimal(rect.get("height")) <= HEIGHT - 30
    for dot in svg.iter("circle"):
        assert 0 <= Decimal(dot.get("cy")) <= HEIGHT - 30


def test_a_picture_goes_on_to_the_present_month() -> None:
    later = {**CUSTOMER, "As_Of__c": "2027-02-01T00:00:00.000+0000"}
    records = org(
        Bridge_Customer__c=[later], Bridge_Entry__c=[entry("2026-11-28", "Charge", Decimal(10))]
    )
    months = figures.collected(records)
    assert [m.first.month for m in months] == [11, 12, 1, 2]


def test_the_tiles_say_what_counts() -> None:
    coming = {
        "Id": "a04A",
        "Name": "REN-1",
        "Status__c": "Upcoming",
        "Due_Date__c": "2026-12-28",
        "Amount_Due__c": Decimal(100),
        "Original_Amount_Due__c": Decimal(100),
        "Currency__c": "USD",
    }
    later = {**coming, "Id": "a04B", "Due_Date__c": "2027-11-28"}
    records = org(
        Account=[ACCOUNT],
        Bridge_Customer__c=[CUSTOMER, {**CUSTOMER, "Id": "a00B", "Account__c": None}],
        Bridge_Renewal__c=[coming, later],
        Bridge_Entry__c=[
            entry("2026-11-28", "Charge", Decimal(100)),
            entry("2026-11-28", "Refund", Decimal("-10.50")),
            entry("2026-11-28", "Charge", None, Currency__c="JPY", Original_Gross__c=5000),
        ],
        Bridge_Exception__c=[
            {"Id": "a06A", "Name": "EX-1", "Status__c": "Open"},
            {"Id": "a06B", "Name": "EX-2", "Status__c": "Resolved"},
        ],
    )
    page = read(records)
    tiles = [words(tile) for tile in page.find_class("tile")]
    assert [text.split(" ")[0] for text in tiles] == [
        "Collected$89.50net",
        "MRR$200.00as",
        "At-risk",
        "Next",
        "Unmatched1customers",
        "Exceptions1wait",
    ]
    assert "$100.00" in tiles[3]
    assert "¥5,000 (not in totals)" in page.text_content()
