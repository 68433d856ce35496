"""What the page shows in numbers, summed from the records."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from rehearsal.demo.org import Record, Snapshot

ORG_CURRENCY = "USD"
"""The local org's own currency: what amounts without a currency of their own are in."""

COLLECTED = {
    "Charge": "gross",
    "Payment": "gross",
    "Refund": "refunds",
    "Credit Note": "refunds",
    "Dispute": "disputes",
}
"""Which bar an entry's kind is part of."""
MOVED = ("New", "Reactivation", "Expansion", "Contraction", "Churn")
_SOON = dt.timedelta(days=90)


@dataclass(slots=True)
class Month:
    """One month's sums by what they are, in the org's currency, major units."""

    first: dt.date
    sums: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def total(self) -> Decimal:
        return sum(self.sums.values(), Decimal())


def rows(records: Snapshot, sobject: str) -> list[Record]:
    return list(records.get(sobject, {}).values())


def currency_of(record: Mapping[str, Any]) -> str:
    """The record's currency where the org has several, else the org's."""
    return str(record.get("CurrencyIsoCode") or ORG_CURRENCY)


def number(value: Any) -> Decimal:
    return Decimal(str(value or 0))


def today(records: Snapshot) -> dt.date:
    """The day on which the story stands: Stripe's clock, as the ledger last heard of it."""
    moments = [
        str(record["As_Of__c"])[:10]
        for found in records.values()
        for record in found.values()
        if record.get("As_Of__c")
    ]
    return dt.date.fromisoformat(max(moments)) if moments else dt.datetime.now(dt.UTC).date()


def collected(records: Snapshot) -> list[Month]:
    """Cash by month: what came in, what was refunded, what disputes took or gave back."""
    amounts = (
        (entry["Date__c"], COLLECTED.get(entry["Kind__c"], "gross"), entry["Amount__c"])
        for entry in rows(records, "Bridge_Entry__c")
    )
    return _months(amounts, today(records))


def movements(records: Snapshot) -> list[Month]:
    """Changes of monthly recurring revenue by month and kind."""
    amounts = (
        (movement["Date__c"], movement["Kind__c"], movement["Amount__c"])
        for movement in rows(records, "Bridge_Movement__c")
        if movement["Kind__c"]
    )
    return _months(amounts, today(records))


def _months(amounts: Iterable[tuple[str | None, str, Any]], until: dt.date) -> list[Month]:
    """Every month from the first amount's to now, those without an amount too."""
    found: dict[dt.date, Month] = {}
    for date, what, amount in amounts:
        if date and amount is not None:
            first = dt.date.fromisoformat(date).replace(day=1)
            found.setdefault(first, Month(first)).sums[what] += number(amount)
    if not found:
        return []
    month, last = min(found), max(*found, until.replace(day=1))
    while month < last:
        month = _next(month)
        found.setdefault(month, Month(month))
    return [found[first] for first in sorted(found)]


def _next(first: dt.date) -> dt.date:
    return (first + dt.timedelta(days=31)).replace(day=1)


def mrr(records: Snapshot) -> Decimal:
    """Monthly recurring revenue of all customers as it is now."""
    return sum(
        (number(row["Current_MRR__c"]) for row in rows(records, "Bridge_Customer__c")), Decimal()
    )


def at_risk(records: Snapshot) -> Decimal:
    return sum(
        (number(row["At_Risk_MRR__c"]) for row in rows(records, "Bridge_Customer__c")), Decimal()
    )


def coming(records: Snapshot) -> Decimal:
    """What is going to be billed in the next 90 days."""
    end = today(records) + _SOON
    return sum(
        (
            number(row["Amount_Due__c"])
            for row in rows(records, "Bridge_Renewal__c")
            if row["Status__c"] == "Upcoming"
            and row["Due_Date__c"]
            and dt.date.fromisoformat(row["Due_Date__c"]) <= end
        ),
        Decimal(),
    )
