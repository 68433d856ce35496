"""The whole page."""

from __future__ import annotations

from decimal import Decimal
from importlib.resources import files
from itertools import accumulate

from rehearsal.demo.org import Record, Snapshot
from rehearsal.demo.page import figures
from rehearsal.demo.page.picture import Series, picture
from rehearsal.demo.page.tables import tables
from rehearsal.demo.page.words import Html, count, day, join, money, safe, tag

_TITLE = "Stripe Revenue in Salesforce"
_COLLECTED: Series = (
    ("gross", "Came in"),
    ("refunds", "Refunded"),
    ("disputes", "Disputed"),
)
_MOVED: Series = tuple((kind, kind) for kind in figures.MOVED)
_HEALTH = {"Healthy": "good", "Watch": "watch", "At Risk": "bad", "Churned": "gone"}


def render(records: Snapshot, *, live: bool = False) -> str:
    """The org's records as one HTML document that needs nothing beside itself.

    `live` says below the title that a reload shows what has changed since.
    """
    style = files("rehearsal.demo.page").joinpath("style.css").read_text("utf-8")
    standing = f"As of {day(figures.today(records))} on Stripe's clock, from the local org"
    standing += ": reload to see what has changed." if live else "."
    body = tag(
        "body",
        tag("header", tag("h1", _TITLE), tag("p", standing, class_="about")),
        tag("main", _tiles(records), _pictures(records), _accounts(records), *tables(records)),
        tag(
            "footer",
            "Every number is read from the local Salesforce org over its REST API. "
            "The Apex and the Flows that made them are the ones that ship.",
        ),
    )
    head = tag(
        "head",
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html('<meta name="color-scheme" content="light dark">'),
        tag("title", _TITLE),
        tag("style", Html(style)),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _tiles(records: Snapshot) -> Html:
    currency = figures.ORG_CURRENCY
    total = sum((month.total for month in figures.collected(records)), Decimal())
    open_exceptions = sum(
        row["Status__c"] == "Open" for row in figures.rows(records, "Bridge_Exception__c")
    )
    shown = (
        ("Collected", money(total, currency), "net of refunds and disputes"),
        ("MRR", money(figures.mrr(records), currency), "as it is now"),
        ("At-risk MRR", money(figures.at_risk(records), currency), "an invoice is in trouble"),
        ("Next 90 days", money(figures.coming(records), currency), "renewals to come"),
        ("Unmatched", str(len(_unmatched(records))), "customers without an Account"),
        ("Exceptions", str(open_exceptions), "wait for somebody"),
    )
    made = [
        tag("div", tag("dt", name), tag("dd", value, tag("small", about)), class_="tile")
        for name, value, about in shown
    ]
    return tag("dl", *made, class_="tiles")


def _pictures(records: Snapshot) -> Html:
    drawn: list[Html] = []
    months = figures.collected(records)
    if months:
        line = ("Net", [month.total for month in months])
        drawn.append(
            picture("Collected revenue by month", months, _COLLECTED, line, figures.ORG_CURRENCY)
        )
    months = figures.movements(records)
    if months:
        line = ("MRR at the month's end", list(accumulate(month.total for month in months)))
        drawn.append(picture("MRR movements by month", months, _MOVED, line, figures.ORG_CURRENCY))
    return tag("div", *drawn, class_="pictures")


def _unmatched(records: Snapshot) -> list[Record]:
    return [row for row in figures.rows(records, "Bridge_Customer__c") if not row.get("Account__c")]


def _accounts(records: Snapshot) -> Html:
    cards = [_account(row) for row in figures.rows(records, "Account")]
    cards += [_stranger(row) for row in _unmatched(records)]
    heading = tag("h2", "Accounts", id="accounts")
    about = tag("p", "What a rep and a customer success manager see.", class_="about")
    return tag(
        "section", heading, about, tag("div", *cards, class_="cards"), aria_labelledby="accounts"
    )


def _account(row: Record) -> Html:
    currency = figures.currency_of(row)
    health = row.get("Bridge_Customer_Health__c")
    badge = tag("span", health, class_=f"badge {_HEALTH.get(str(health), '')}") if health else None
    reason = row.get("Bridge_Health_Reason__c")
    facts = (
        ("Lifetime Value", money(row.get("Bridge_Lifetime_Value__c"), currency)),
        ("Current ARR", money(row.get("Bridge_Current_ARR__c"), currency)),
        ("At-risk MRR", money(row.get("Bridge_At_Risk_MRR__c"), currency)),
        ("Refunded", money(row.get("Bridge_Refunded__c"), currency)),
        ("Last payment", day(row.get("Bridge_Last_Payment_Date__c"))),
        ("Next renewal", day(row.get("Bridge_Next_Renewal_Date__c"))),
        ("Subscriptions", _standing(row)),
    )
    said = reason or (None if row.get("Bridge_Lifetime_Value__c") else "Nothing was paid yet.")
    return tag(
        "article",
        tag("h3", row["Name"], badge),
        tag("p", said, class_="reason") if said else None,
        _facts(facts) if health or not said else None,
        class_="card",
    )


def _standing(row: Record) -> str:
    said = (
        ("live", "Live"),
        ("trialing", "Trialing"),
        ("paused", "Paused"),
        ("ending", "Cancelling"),
        ("ended", "Ended"),
    )
    counted = [(word, count(row.get(f"Bridge_{name}_Subscriptions__c"))) for word, name in said]
    return ", ".join(f"{number} {word}" for word, number in counted if number) or "none"


def _stranger(row: Record) -> Html:
    currency = figures.currency_of(row)
    facts = (
        ("E-mail", safe(row.get("Email__c") or "–")),
        ("Lifetime Value", money(row.get("Lifetime_Value__c"), currency)),
        ("MRR", money(row.get("Current_MRR__c"), currency)),
        ("Suggestion", row.get("Suggestion_Reason__c") or "none"),
    )
    return tag(
        "article",
        tag("h3", row["Name"], tag("span", "No Account yet", class_="badge")),
        _facts(facts),
        class_="card stranger",
    )


def _facts(facts: tuple[tuple[str, object], ...]) -> Html:
    return tag("dl", join(tag("div", tag("dt", name), tag("dd", value)) for name, value in facts))
