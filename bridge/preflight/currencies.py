"""The currencies that Stripe bills in against those of the org."""

from __future__ import annotations

from bridge.preflight.findings import Finding, fault, ok, warning
from bridge.preflight.org import Org, Unseen

_LEDGER = ("Bridge_Subscription__c", "Bridge_Entry__c")


async def currencies(org: Org) -> list[Finding]:
    """A multicurrency org needs each of them active; another one keeps foreign amounts apart."""
    billed = set(org.expected.currencies) | await _of_the_ledger(org)
    if "CurrencyType" in await org.objects():
        return await _several(org, billed)
    # A single-currency org does not tell its currency by REST.
    if len(billed) <= 1:
        said = f"the org has one currency; Stripe bills in {', '.join(billed) or 'none yet'}"
        return [ok("currencies", said)]
    said = f"the org has one currency, and Stripe bills in {', '.join(sorted(billed))}"
    do = (
        "what is not in the org's currency counts with what Stripe settles in it; for MRR set "
        "Planning Rates in the settings record, else it stays out of totals"
    )
    return [warning("currencies", said, do)]


async def _several(org: Org, billed: set[str]) -> list[Finding]:
    rows = await org.query("SELECT IsoCode FROM CurrencyType WHERE IsActive = true")
    active = {str(row["IsoCode"]) for row in rows}
    lacking = sorted(billed - active)
    found = []
    if lacking:
        said = f"Stripe bills in {', '.join(lacking)}, which the org does not have active"
        do = "add them in Setup, Manage Currencies: what is billed in them is in no total"
        found.append(fault("currencies", said, do))
    if "DatedConversionRate" in await org.objects():
        said = "advanced currency management is on"
        do = "roll-ups of other packages on Account and Opportunity do not convert by date"
        found.append(warning("currencies", said, do))
    return found or [ok("currencies", f"active: {', '.join(sorted(active))}")]


async def _of_the_ledger(org: Org) -> set[str]:
    found: set[str] = set()
    for sobject in _LEDGER:
        if sobject not in await org.objects():
            continue
        try:
            rows = await org.query(
                f"SELECT Currency__c FROM {sobject} GROUP BY Currency__c"  # noqa: S608
            )
        except Unseen:
            continue
        found |= {str(row["Currency__c"]) for row in rows if row["Currency__c"]}
    return found
