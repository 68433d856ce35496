"""Sentences about all records of a kind that a story has led to."""

from __future__ import annotations

from tests.stories.telling import tables
from tests.stories.telling.book import Table
from tests.stories.telling.records import NOTIFICATION, Record
from tests.stories.telling.sentences import sentence
from tests.stories.telling.story import Failed, Story


@sentence("the Contracts? (are|is):", settled=True)
async def contracts(story: Story, table: Table) -> None:
    _are(story, "Contract", table)


@sentence("there is no Contract", settled=True)
async def no_contract(story: Story) -> None:
    _none(story, "Contract")


@sentence("the Tasks? (are|is):", settled=True)
async def tasks(story: Story, table: Table) -> None:
    _are(story, "Task", table)


@sentence("there is no Task", settled=True)
async def no_task(story: Story) -> None:
    _none(story, "Task")


@sentence("the notifications? (are|is):", settled=True)
async def notifications(story: Story, table: Table) -> None:
    _are(story, NOTIFICATION, table)


@sentence("nobody is notified", settled=True)
async def no_notification(story: Story) -> None:
    _none(story, NOTIFICATION)


@sentence("the revenue (entries are|entry is):", settled=True)
async def entries(story: Story, table: Table) -> None:
    _are(story, "Bridge_Entry__c", table)


@sentence("there is no revenue entry", settled=True)
async def no_entry(story: Story) -> None:
    _none(story, "Bridge_Entry__c")


@sentence("the renewals? (are|is):", settled=True)
async def renewals(story: Story, table: Table) -> None:
    _are(story, "Bridge_Renewal__c", table)


@sentence("the movements? (are|is):", settled=True)
async def movements(story: Story, table: Table) -> None:
    _are(story, "Bridge_Movement__c", table, [m for m in _moved(story) if m["Kind__c"]])


@sentence("there is no movement", settled=True)
async def no_movement(story: Story) -> None:
    if any(moved["Kind__c"] for moved in _moved(story)):
        raise Failed("there are movements")


@sentence("the exceptions? (are|is):", settled=True)
async def exceptions(story: Story, table: Table) -> None:
    _are(story, "Bridge_Exception__c", table, _open_exceptions(story))


@sentence("there is no exception", settled=True)
async def no_exception(story: Story) -> None:
    found = _open_exceptions(story)
    if found:
        raise Failed("\n".join(f"{row['Code__c']}: {row['Reason__c']}" for row in found))


def _moved(story: Story) -> list[Record]:
    return list(story.mine("Bridge_Movement__c"))


def _open_exceptions(story: Story) -> list[Record]:
    return [row for row in story.exceptions() if row["Status__c"] == "Open"]


def _are(story: Story, sobject: str, table: Table, found: list[Record] | None = None) -> None:
    records = list(story.mine(sobject)) if found is None else found
    columns = [story.company.reader.column(sobject, label) for label in table[0]]
    wrong = tables.many(table, records, columns, story.company.name_of)
    if wrong is not None:
        raise Failed(wrong)


def _none(story: Story, sobject: str) -> None:
    found = list(story.mine(sobject))
    if found:
        raise Failed(f"there are {len(found)}")
