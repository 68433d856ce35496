"""Sentences about what one record shows."""

from __future__ import annotations

from tests.stories.telling import tables
from tests.stories.telling.book import Table
from tests.stories.telling.records import Record
from tests.stories.telling.sentences import sentence
from tests.stories.telling.story import Failed, Story


@sentence("the Account {name} shows:", settled=True)
async def account_shows(story: Story, name: str, table: Table) -> None:
    _shows(story, "Account", _by_id(story, "Account", story.accounts[name]), table)


@sentence("the Opportunity {name} shows:", settled=True)
async def opportunity_shows(story: Story, name: str, table: Table) -> None:
    where = story.opportunities[name]
    _shows(story, "Opportunity", _by_id(story, "Opportunity", where), table)


@sentence("the customer {name} shows:", settled=True)
async def customer_shows(story: Story, name: str, table: Table) -> None:
    found = _by_key(story, "Bridge_Customer__c", story.customer(name).id)
    _shows(story, "Bridge_Customer__c", found, table)


@sentence("the subscription to {plan} of {customer} shows:", settled=True)
async def subscription_shows(story: Story, plan: str, customer: str, table: Table) -> None:
    key = story.subscriptions[customer, plan]
    _shows(story, "Bridge_Subscription__c", _by_key(story, "Bridge_Subscription__c", key), table)


@sentence("the Opportunity {name} is won", settled=True)
async def is_won(story: Story, name: str) -> None:
    _stands(story, name, won=True, closed=True)


@sentence("the Opportunity {name} is (still )?open", settled=True)
async def is_open(story: Story, name: str) -> None:
    _stands(story, name, won=False, closed=False)


@sentence("the Opportunity {name} is (still )?lost", settled=True)
async def is_lost(story: Story, name: str) -> None:
    _stands(story, name, won=False, closed=True)


def _stands(story: Story, name: str, *, won: bool, closed: bool) -> None:
    found = _by_id(story, "Opportunity", story.opportunities[name])
    if (found["IsWon"], found["IsClosed"]) != (won, closed):
        raise Failed(f"its stage is {found['StageName']}")


def _by_id(story: Story, sobject: str, where: str) -> Record:
    found = story.company.records[sobject].get(where)
    if found is None:
        raise Failed(f"there is no such {sobject}")
    return found


def _by_key(story: Story, sobject: str, key: str) -> Record:
    for record in story.company.records[sobject].values():
        if record["Stripe_Id__c"] == key:
            return record
    raise Failed(f"the ledger has no {sobject} of it")


def _shows(story: Story, sobject: str, record: Record, table: Table) -> None:
    columns = [story.company.reader.column(sobject, label) for label, _ in table]
    wrong = tables.one(table, record, columns, story.company.name_of)
    if wrong is not None:
        raise Failed(wrong)
