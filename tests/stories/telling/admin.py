"""The admin of an org whose own rules refuse what automation does."""

from __future__ import annotations

from rehearsal.demo.org import Org, Record

MENDS = {
    "Say what is next before you close.": ("Opportunity", {"NextStep": "Kick-off"}),
    "Accounts under B need a site.": ("Account", {"Site": "Head office"}),
}
"""What each rule of the hostile org says, and what makes it content."""


async def mend(org: Org) -> bool:
    """Does what the rules ask for and lets the exceptions run again; whether there were any."""
    found = await org.query(
        "SELECT Id, Reason__c, Object__c, Record_Id__c FROM Bridge_Exception__c"
        " WHERE Status__c = 'Open'"
    )
    mended = False
    for problem in found:
        for words, (sobject, fields) in MENDS.items():
            if words in (problem["Reason__c"] or ""):
                await org.update(sobject, await _asked(org, problem, sobject), **fields)
                await org.update("Bridge_Exception__c", problem["Id"], Run_Again__c=True)
                mended = True
    return mended


async def _asked(org: Org, problem: Record, sobject: str) -> str:
    """The Account or Opportunity that an exception is about, or hangs on."""
    where, about = problem["Record_Id__c"], problem["Object__c"]
    if about == sobject:
        return str(where)
    link = "AccountId" if about == "Opportunity" else f"{sobject}__c"
    (row,) = await org.query(f"SELECT {link} FROM {about} WHERE Id = '{where}'")
    return str(row[link])
