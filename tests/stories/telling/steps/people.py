"""Sentences about Accounts, Opportunities and those who work with them in Salesforce."""

from __future__ import annotations

from typing import Any

from tests.stories.telling.records import Record
from tests.stories.telling.sentences import sentence
from tests.stories.telling.story import Failed, Story
from tests.stories.telling.words import Money


@sentence("the Account {name}( of rep {rep})?( with the website {website})?")
async def account(
    story: Story, name: str, rep: str | None = None, website: str | None = None
) -> None:
    body: dict[str, Any] = {"Name": name}
    if rep is not None:
        body["OwnerId"] = await story.company.rep(rep)
    if website is not None:
        body["Website"] = f"https://www.{website}"
    made = await story.request("POST", "sobjects/Account", body)
    story.accounts[name] = made["id"]


@sentence("(it has )?the open Opportunity {name}( worth {worth:money})?( of the Account {of})?")
async def opportunity(
    story: Story, name: str, worth: Money | None = None, of: str | None = None
) -> None:
    """Of the Account named last, unless it says of which."""
    chosen = story.accounts[of] if of else list(story.accounts.values())[-1]
    body: dict[str, Any] = {
        "Name": name,
        "AccountId": chosen,
        "StageName": await _stage(story, "IsClosed = FALSE"),
        "CloseDate": "2027-06-30",
    }
    if worth is not None:
        body["Amount"] = float(worth.amount)
    made = await story.request("POST", "sobjects/Opportunity", body)
    story.opportunities[name] = made["id"]


@sentence("the open Opportunity {name} that nobody may close")
async def held_opportunity(story: Story, name: str) -> None:
    await opportunity(story, name)
    await story.org.update("Opportunity", story.opportunities[name], NextStep="Legal hold")


@sentence("an admin lets the Opportunity {name} close", settled=True)
async def let_close(story: Story, name: str) -> None:
    await story.org.update("Opportunity", story.opportunities[name], NextStep="Kick-off")
    story.acted()


@sentence("an admin runs the exceptions again", settled=True)
async def run_again(story: Story) -> None:
    for row in story.exceptions():
        if row["Status__c"] == "Open":
            await story.org.update("Bridge_Exception__c", row["Id"], Run_Again__c=True)
    story.acted()


@sentence("the rep wins the Opportunity {name} by hand on {day:date}", settled=True)
async def won_by_hand(story: Story, name: str, day: str) -> None:
    await _close(story, name, day, "IsWon = TRUE", NextStep="Celebrate")


@sentence("the rep loses the Opportunity {name} on {day:date}", settled=True)
async def lost_by_hand(story: Story, name: str, day: str) -> None:
    await _close(story, name, day, "IsWon = FALSE AND IsClosed = TRUE", NextStep="Ask again")


async def _close(story: Story, name: str, day: str, which: str, **more: str) -> None:
    stage = await _stage(story, which)
    where = story.opportunities[name]
    await story.org.update("Opportunity", where, StageName=stage, CloseDate=day, **more)
    story.acted()


@sentence("somebody deletes the Opportunity {name}", settled=True)
async def delete_opportunity(story: Story, name: str) -> None:
    await story.request("DELETE", f"sobjects/Opportunity/{story.opportunities[name]}")
    story.acted()


@sentence("somebody deletes the Account {name}", settled=True)
async def delete_account(story: Story, name: str) -> None:
    await story.request("DELETE", f"sobjects/Account/{story.accounts[name]}")
    story.acted()


@sentence("an admin links the customer {customer} to the Account {account}", settled=True)
async def link(story: Story, customer: str, account: str) -> None:
    row = _bridge_customer(story, customer)
    await story.org.update("Bridge_Customer__c", row["Id"], Account__c=story.accounts[account])
    story.acted()


@sentence("the rep {rep} has left the company")
async def left(story: Story, rep: str) -> None:
    await story.org.update("User", await story.company.rep(rep), IsActive=False)


@sentence(
    "a CSM sets the health of the Account {name} to {health:words} until {day:date}", settled=True
)
async def override(story: Story, name: str, health: str, day: str) -> None:
    fields = {"Bridge_Health_Override__c": health, "Bridge_Health_Override_Until__c": day}
    await story.org.update("Account", story.accounts[name], **fields)
    story.acted()


@sentence("a CSM lifts the override of the Account {name}", settled=True)
async def lift_override(story: Story, name: str) -> None:
    fields = {"Bridge_Health_Override__c": None, "Bridge_Health_Override_Until__c": None}
    await story.org.update("Account", story.accounts[name], **fields)
    story.acted()


@sentence("somebody merges the Account {other} into {kept}", settled=True)
async def merge(story: Story, other: str, kept: str) -> None:
    body = {"master": {"Id": story.accounts[kept]}, "losers": [story.accounts[other]]}
    await story.org.request("POST", "/localorg/merge", body)
    story.acted()


def _bridge_customer(story: Story, name: str) -> Record:
    stripe_id = story.customer(name).id
    for row in story.company.records["Bridge_Customer__c"].values():
        if row["Stripe_Id__c"] == stripe_id:
            return row
    raise Failed(f"the ledger does not know {name}")


async def _stage(story: Story, which: str) -> str:
    soql = f"SELECT ApiName FROM OpportunityStage WHERE {which} AND IsActive = TRUE"
    return str((await story.org.query(f"{soql} ORDER BY SortOrder LIMIT 1"))[0]["ApiName"])
