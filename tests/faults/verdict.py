"""What Stripe says against what Salesforce and the inbox say, event by event and to the cent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.faults.inboxes import Rows
from tests.faults.rig import Rig

Record = Mapping[str, Any]
Records = Mapping[str, list[dict[str, Any]]]
Cash = dict[tuple[str, str], Decimal]

MINOR = {"USD": 2, "EUR": 2, "JPY": 0}
OBJECTS = {
    "Bridge_Customer__c": ("Stripe_Id__c", "Name"),
    "Bridge_Subscription__c": (
        "Stripe_Id__c",
        "Status__c",
        "Original_MRR__c",
        "Opportunity__c",
        "Won_Date__c",
        "Quantity__c",
    ),
    "Bridge_Renewal__c": ("Stripe_Key__c", "Status__c", "In_Dunning__c", "Account__c"),
    "Bridge_Entry__c": (
        "Stripe_Key__c",
        "Kind__c",
        "Currency__c",
        "Original_Gross__c",
        "Customer__r.Stripe_Id__c",
    ),
    "Bridge_Movement__c": ("Original_Amount__c", "Subscription__r.Stripe_Id__c"),
    "Bridge_Exception__c": ("Code__c", "Status__c", "Stripe_Id__c", "Reason__c"),
    "Task": ("Bridge_Stripe_Invoice_Id__c", "IsClosed"),
    "Contract": ("Bridge_Stripe_Subscription_Id__c",),
    "Opportunity": ("Name", "IsWon"),
    "Happening__c": ("What__c", "Record_Id__c"),
}
_EXPECTED = {"CURRENCY_NOT_IN_ORG"}
"""Exceptions that a dollar org with customers in euros and yen rightly has."""


@dataclass(slots=True)
class Verdict:
    """What was compared, and every difference in words."""

    counts: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.faults

    def differ(self, what: str, details: Iterable[object]) -> None:
        self.faults += [f"{what}: {detail}" for detail in details]

    def explain(self, most: int = 40) -> str:
        more = len(self.faults) - most
        shown = self.faults[:most] + ([f"and {more} more"] if more > 0 else [])
        return "\n".join(shown)


async def judge(rig: Rig, won: Mapping[str, str], poison: Collection[str]) -> Verdict:
    """Compares everything; the rig must have settled."""
    verdict = Verdict()
    rows = await rig.inbox()
    deliveries = await rig.standin("GET", "deliveries?since=1000000000")
    judge_inbox(verdict, rows, deliveries["acknowledged"], poison)
    records = {
        sobject: await rig.org.query(f"SELECT Id, {', '.join(fields)} FROM {sobject}")
        for sobject, fields in OBJECTS.items()
    }
    verdict.counts |= {sobject: len(found) for sobject, found in records.items()}
    await judge_cash(verdict, rig, records)
    await judge_objects(verdict, rig, records)
    judge_effects(verdict, records, won)
    return verdict


def judge_inbox(
    verdict: Verdict, rows: Rows, acknowledged: Mapping[str, int], poison: Collection[str]
) -> None:
    """Each event that Stripe has a 200 for is in the inbox, and done."""
    verdict.counts["events acknowledged"] = len(acknowledged)
    verdict.counts["webhooks acknowledged"] = sum(acknowledged.values())
    verdict.counts["inbox rows"] = len(rows)
    verdict.counts["rows that were claimed more than once"] = sum(
        row.attempts > 1 for row in rows.values()
    )
    verdict.differ("lost after its 200", sorted(acknowledged.keys() - rows.keys()))
    verdict.differ(
        "not done",
        (
            f"{row.event_id} ({row.type}) is {row.state}: {row.reason}"
            for row in rows.values()
            if row.state != "done" and row.event_id not in poison
        ),
    )
    verdict.differ(
        "poison that is no dead letter",
        (each for each in poison if each not in rows or rows[each].state != "dead"),
    )


async def judge_cash(verdict: Verdict, rig: Rig, records: Records) -> None:
    """The sums of the ledger against the stand-in's double-entry book, and each entry's key."""
    returned: dict[str, int] = defaultdict(int)
    notes = await rig.stripe.v1.credit_notes.list_async({"limit": 100})
    async for note in notes.auto_paging_iter():
        returned[str(note.customer)] += note.out_of_band_amount or 0
    expected: Cash = {}
    for row in (await rig.standin("GET", "book?since=1000000000"))["totals"]:
        code = row["currency"].upper()
        net = row["net"]
        if row["gross"] or net:
            expected[row["customer"], code] = Decimal(net).scaleb(-MINOR[code])
    found: Cash = defaultdict(Decimal)
    for entry in records["Bridge_Entry__c"]:
        customer = entry["Customer__r"]["Stripe_Id__c"]
        found[customer, entry["Currency__c"]] += Decimal(entry["Original_Gross__c"])
    verdict.counts["sums compared"] = len(expected)
    verdict.counts["cents compared"] = int(sum(abs(amount) * 100 for amount in expected.values()))
    wrong = sorted(
        key
        for key in expected.keys() | found.keys()
        if expected.get(key, Decimal(0)) != found.get(key, Decimal(0))
    )
    verdict.differ(
        "money",
        (
            f"{customer} {code}: Stripe {expected.get((customer, code), 0)}, "
            f"ledger {found.get((customer, code), 0)}"
            for customer, code in wrong
        ),
    )
    keys = Counter(entry["Stripe_Key__c"] for entry in records["Bridge_Entry__c"])
    verdict.differ("doubled entry", (key for key, count in keys.items() if count > 1))
    entries = {entry["Stripe_Key__c"]: entry for entry in records["Bridge_Entry__c"]}
    seen: set[str] = set()
    for customer in {customer for customer, _ in wrong} - {""}:
        charges = await rig.stripe.v1.charges.list_async({"customer": customer, "limit": 100})
        async for charge in charges.auto_paging_iter():
            seen.add(charge.id)
            entry = entries.get(charge.id)
            taken = Decimal(charge.amount_captured).scaleb(-MINOR[charge.currency.upper()])
            if (
                charge.paid
                and charge.captured
                and (entry is None or Decimal(entry["Original_Gross__c"]) != taken)
            ):
                said = entry and entry["Original_Gross__c"]
                verdict.differ("charge", [f"{charge.id} of {customer}: {taken}, ledger {said}"])


async def judge_objects(verdict: Verdict, rig: Rig, records: Records) -> None:
    """Each subscription and invoice stands in the ledger as it stands at Stripe."""
    ledger = {row["Stripe_Id__c"]: row for row in records["Bridge_Subscription__c"]}
    listed = await rig.stripe.v1.subscriptions.list_async({"status": "all", "limit": 100})
    count = 0
    async for each in listed.auto_paging_iter():
        count += 1
        row = ledger.get(each.id)
        quantity = each["items"].data[0].quantity
        if row is None:
            verdict.differ("subscription that is not in the ledger", [each.id])
        elif (row["Status__c"], row["Quantity__c"]) != (each.status, quantity):
            said = f"{row['Status__c']} with {row['Quantity__c']}"
            verdict.differ(
                "subscription", [f"{each.id}: {each.status} with {quantity}, ledger {said}"]
            )
    verdict.counts["subscriptions compared"] = count
    renewals = {row["Stripe_Key__c"] for row in records["Bridge_Renewal__c"]}
    invoices = await rig.stripe.v1.invoices.list_async({"limit": 100})
    count = 0
    async for invoice in invoices.auto_paging_iter():
        count += 1
        if invoice.status != "draft" and invoice.id not in renewals:
            verdict.differ("invoice that is not in the ledger", [f"{invoice.id} {invoice.status}"])
    verdict.counts["invoices compared"] = count
    names = {row["Stripe_Id__c"]: row["Name"] for row in records["Bridge_Customer__c"]}
    customers = await rig.stripe.v1.customers.list_async({"limit": 100})
    async for customer in customers.auto_paging_iter():
        if names.get(customer.id) != customer.name:
            said = names.get(customer.id)
            verdict.differ("customer", [f"{customer.id}: {customer.name}, ledger {said}"])


def judge_effects(verdict: Verdict, records: Records, won: Mapping[str, str]) -> None:
    """What Flows do once was done once."""
    stages = Counter(
        (row["Record_Id__c"], row["What__c"])
        for row in records["Happening__c"]
        if row["What__c"].startswith("Stage: ")
    )
    verdict.counts["stages changed"] = sum(stages.values())
    verdict.differ(
        "stage that changed more than once", (k for k, count in stages.items() if count > 1)
    )
    verdict.differ(
        "deals won",
        _difference(set(won.values()), {r["Id"] for r in records["Opportunity"] if r["IsWon"]}),
    )
    contracts = Counter(row["Bridge_Stripe_Subscription_Id__c"] for row in records["Contract"])
    verdict.differ("contracts", _difference(Counter(won.keys()), contracts))

    tasks = Counter(row["Bridge_Stripe_Invoice_Id__c"] for row in records["Task"])
    verdict.differ("more than one Task", (k for k, count in tasks.items() if count > 1))
    open_tasks = {
        row["Bridge_Stripe_Invoice_Id__c"] for row in records["Task"] if not row["IsClosed"]
    }
    in_dunning = {
        row["Stripe_Key__c"]
        for row in records["Bridge_Renewal__c"]
        if row["In_Dunning__c"] and row["Account__c"]
    }
    verdict.differ("open Task of an invoice that is not in dunning", open_tasks - in_dunning)
    made = sum(row["What__c"] == "Task" for row in records["Happening__c"])
    if made != len(records["Task"]):
        verdict.differ("Tasks", [f"{made} were made, {len(records['Task'])} are there"])

    moved: dict[str, Decimal] = defaultdict(Decimal)
    for row in records["Bridge_Movement__c"]:
        moved[row["Subscription__r"]["Stripe_Id__c"]] += Decimal(row["Original_Amount__c"] or 0)
    verdict.differ(
        "movements do not sum to the MRR",
        (
            f"{row['Stripe_Id__c']}: {moved[row['Stripe_Id__c']]} and {row['Original_MRR__c']}"
            for row in records["Bridge_Subscription__c"]
            if moved[row["Stripe_Id__c"]] != Decimal(row["Original_MRR__c"] or 0)
        ),
    )
    verdict.differ(
        "exception",
        (
            f"{row['Code__c']} of {row['Stripe_Id__c']}: {row['Reason__c']}"
            for row in records["Bridge_Exception__c"]
            if row["Status__c"] != "Resolved" and row["Code__c"] not in _EXPECTED
        ),
    )


def _difference(expected: Any, found: Any) -> list[str]:
    """Of two sets, or of two counters."""
    missing = [f"missing {each}" for each in expected - found]
    return missing + [f"not expected {each}" for each in found - expected]
