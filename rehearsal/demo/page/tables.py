"""The records, object by object, as tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.demo.org import Record, Snapshot, name_of
from rehearsal.demo.page.figures import currency_of, rows
from rehearsal.demo.page.words import NOTHING, Html, count, day, money, tag

Names = dict[str, str]
Cell = Callable[[Record, Names], object]


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and what stands below it; numbers stand at the right."""

    heading: str
    cell: Cell
    number: bool = False


def text(heading: str, field: str) -> Column:
    return Column(heading, lambda row, _: row.get(field) or NOTHING)


def date(heading: str, field: str) -> Column:
    return Column(heading, lambda row, _: day(row.get(field)))


def amount(heading: str, field: str) -> Column:
    return Column(heading, lambda row, _: money(row.get(field), currency_of(row)), number=True)


def whole(heading: str, field: str) -> Column:
    return Column(heading, lambda row, _: count(row.get(field)), number=True)


def link(heading: str, *fields: str) -> Column:
    """The name of what the record refers to; of several references the first that is set."""

    def cell(row: Record, names: Names) -> object:
        found = next((row[field] for field in fields if row.get(field)), None)
        return names.get(str(found), NOTHING) if found else NOTHING

    return Column(heading, cell)


def _own_amount(row: Record, _: Names) -> object:
    """In the org's currency where it is known, else in its own."""
    if row.get("Amount__c") is not None:
        return money(row["Amount__c"], currency_of(row))
    return f"{money(row['Original_Gross__c'], str(row['Currency__c']))} (not in totals)"


def _due(row: Record, _: Names) -> object:
    if row.get("Amount_Due__c") is not None:
        return money(row["Amount_Due__c"], currency_of(row))
    return f"{money(row['Original_Amount_Due__c'], str(row['Currency__c']))} (not in totals)"


def _what_next(row: Record, _: Names) -> object:
    said = [row.get("Dunning_Status__c"), row.get("Failure_Reason__c")]
    if row.get("Next_Retry_Date__c") and row.get("In_Dunning__c"):
        said.append(f"next attempt {day(row['Next_Retry_Date__c'])}")
    return "; ".join(str(part) for part in said if part) or NOTHING


def _task_words(row: Record, _: Names) -> object:
    """What the Flow wrote; below its line are a person's own notes."""
    return str(row.get("Description") or NOTHING).partition("---")[0].strip()


def _task_state(row: Record, _: Names) -> object:
    return "Done" if row.get("IsClosed") else row.get("Status") or NOTHING


WHO = link("Account", "Account__c", "Customer__c")
TABLES: Sequence[tuple[str, str, str, Sequence[Column]]] = (
    (
        "Opportunity",
        "Opportunities",
        "Closed by a payment, not by a wish: what was booked, what came in, what recurs now.",
        (
            text("Opportunity", "Name"),
            link("Account", "AccountId"),
            text("Stage", "StageName"),
            date("Close date", "CloseDate"),
            amount("Amount", "Amount"),
            amount("Booked ACV", "Bridge_ACV__c"),
            amount("Collected", "Bridge_Collected__c"),
            amount("ARR now", "Bridge_Current_ARR__c"),
            amount("Since the win", "Bridge_ARR_Change__c"),
        ),
    ),
    (
        "Contract",
        "Contracts",
        "One for each win, as a draft.",
        (
            text("Contract", "ContractNumber"),
            link("Account", "AccountId"),
            text("Plan", "Bridge_Plan_Name__c"),
            text("Status", "Status"),
            date("Start", "StartDate"),
            whole("Months", "ContractTerm"),
        ),
    ),
    (
        "Bridge_Subscription__c",
        "Subscriptions",
        "As they are in Stripe now.",
        (
            text("Subscription", "Name"),
            WHO,
            text("Plan", "Plan_Name__c"),
            text("Status", "Status__c"),
            amount("MRR", "MRR__c"),
            amount("At risk", "At_Risk_MRR__c"),
            date("Period end", "Current_Period_End__c"),
            text("Why it ended", "Cancellation_Reason__c"),
        ),
    ),
    (
        "Bridge_Renewal__c",
        "Renewals",
        "What was expected, what became of it, and what is coming.",
        (
            date("Due", "Due_Date__c"),
            WHO,
            text("Status", "Status__c"),
            Column("Due amount", _due, number=True),
            amount("Paid", "Amount_Paid__c"),
            whole("Attempts", "Attempt_Count__c"),
            Column("What happens next", _what_next),
        ),
    ),
    (
        "Task",
        "Tasks",
        "One for each invoice in trouble, for the owner of the Account.",
        (
            text("Subject", "Subject"),
            link("About", "WhatId", "AccountId"),
            Column("State", _task_state),
            text("Dunning", "Bridge_Dunning_Status__c"),
            Column("In words", _task_words),
        ),
    ),
    (
        "Bridge_Entry__c",
        "Revenue entries",
        "Money that moved, once each. Lifetime Value is their sum.",
        (
            date("Date", "Date__c"),
            WHO,
            text("Kind", "Kind__c"),
            Column("Amount", _own_amount, number=True),
            text("Status", "Status__c"),
            text("Reason", "Reason__c"),
        ),
    ),
    (
        "Bridge_Movement__c",
        "MRR movements",
        "Each change of what recurs.",
        (
            date("Date", "Date__c"),
            WHO,
            text("Kind", "Kind__c"),
            amount("Change", "Amount__c"),
            amount("MRR after", "MRR_After__c"),
        ),
    ),
    (
        "Bridge_Exception__c",
        "Exceptions",
        "What waits for somebody, and why.",
        (
            text("Code", "Code__c"),
            text("Status", "Status__c"),
            text("Reason", "Reason__c"),
            whole("Times", "Count__c"),
        ),
    ),
)
"""Object, heading, what it is about, columns."""
_FIRST = 6
"""How many rows are open at once."""
_BY_DAY = {
    "Bridge_Renewal__c": "Due_Date__c",
    "Bridge_Entry__c": "Date__c",
    "Bridge_Movement__c": "Date__c",
}


def names_of(records: Snapshot) -> Names:
    return {key: name_of(row) for found in records.values() for key, row in found.items()}


def tables(records: Snapshot) -> list[Html]:
    """A section for each object that has records, newest first where there is a day."""
    names = names_of(records)
    made: list[Html] = []
    for sobject, heading, about, columns in TABLES:
        found = [row for row in rows(records, sobject) if _shown(sobject, row)]
        if sobject in _BY_DAY:
            found.sort(key=lambda row: str(row[_BY_DAY[sobject]] or ""), reverse=True)
        made.append(_section(sobject, heading, about, columns, found, names))
    return made


def _shown(sobject: str, row: Record) -> bool:
    """A movement without a kind is an observation that nothing changed."""
    return sobject != "Bridge_Movement__c" or bool(row["Kind__c"])


def _section(
    sobject: str,
    heading: str,
    about: str,
    columns: Sequence[Column],
    found: Sequence[Record],
    names: Names,
) -> Html:
    anchor = sobject.lower().removesuffix("__c").replace("_", "-")
    head = tag("h2", heading, tag("span", str(len(found)), class_="count"), id=anchor)
    inside: list[Any] = [head, tag("p", about, class_="about")]
    if not found:
        inside.append(tag("p", "None.", class_="none"))
    else:
        inside.append(_table(heading, columns, found[:_FIRST], names))
        if len(found) > _FIRST:
            rest = _table(f"{heading}, the rest", columns, found[_FIRST:], names)
            inside.append(tag("details", tag("summary", f"{len(found) - _FIRST} more"), rest))
    return tag("section", *inside, aria_labelledby=anchor)


def _table(caption: str, columns: Sequence[Column], found: Sequence[Record], names: Names) -> Html:
    head = [
        tag("th", column.heading, scope="col", class_="num" if column.number else None)
        for column in columns
    ]
    body = [
        tag(
            "tr",
            *(
                tag("td", column.cell(row, names), class_="num" if column.number else None)
                for column in columns
            ),
        )
        for row in found
    ]
    table = tag(
        "table", tag("caption", caption), tag("thead", tag("tr", *head)), tag("tbody", *body)
    )
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)
