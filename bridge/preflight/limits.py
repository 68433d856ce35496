"""Whether the package, and the data that it brings, fit into the org."""

from __future__ import annotations

from bridge.preflight.findings import Finding, fault, ok, warning
from bridge.preflight.org import MOST_ROLL_UPS, Org, Unseen
from bridge.preflight.package import package

_RECORD_KB = 2
"""What a record takes, whatever is in it (Help, "Data and File Storage Allocations")."""
_LOW = 0.2
_ALLOCATIONS = {
    "DailyApiRequests": "API requests today",
    "HourlyPublishedPlatformEvents": "platform events to publish this hour",
    "DailyDeliveredPlatformEvents": "platform events to deliver today",
}


async def custom_fields(org: Org) -> list[Finding]:
    """Custom fields that the org's edition allows on each standard object that gets some."""
    edition = await org.edition()
    if edition.fields is None:
        said = f"how many custom fields {edition.name} allows is not known here"
        return [warning("custom fields", said, "look at Setup, Object Manager, Fields: Limits")]
    found: list[Finding] = []
    for ours in package().objects:
        if ours.own:
            continue
        theirs = await org.fields(ours.name)
        if theirs is None:
            continue  # said by names
        to_come = sum(name not in theirs for name in ours.fields)
        used = await _custom_fields_of(org, ours.name, theirs)
        if used + to_come > edition.fields:
            said = (
                f"{ours.name} has {used} custom fields and gets {to_come} more; "
                f"{edition.name} allows {edition.fields}"
            )
            found.append(fault("custom fields", said, "delete fields that nobody uses"))
    return found or [ok("custom fields", f"there is room in {edition.name}")]


async def _custom_fields_of(org: Org, sobject: str, seen: dict[str, dict[str, object]]) -> int:
    """All of them where the user may ask; else those that he sees."""
    table = "Activity" if sobject == "Task" else sobject
    try:
        return await org.count(
            f"SELECT COUNT() FROM CustomField WHERE TableEnumOrId = '{table}'",  # noqa: S608
            tooling=True,
        )
    except Unseen:
        return sum(bool(field["custom"]) for field in seen.values())


async def roll_ups(org: Org) -> list[Finding]:
    """Roll-up summary fields, of which an object has 25 at most."""
    found: list[Finding] = []
    for ours in package().objects:
        if not ours.roll_ups:
            continue
        theirs = await org.fields(ours.name) or {}
        of_others = [
            name
            for name, field in theirs.items()
            if field["calculated"] and not field["calculatedFormula"] and name not in ours.fields
        ]
        total = ours.roll_ups + len(of_others)
        if total > MOST_ROLL_UPS:
            said = (
                f"{ours.name} would have {total} roll-ups ({ours.roll_ups} of the package, and "
                f"{', '.join(of_others)}); an object has {MOST_ROLL_UPS} at most"
            )
            found.append(fault("roll-ups", said, "delete some of the org's own"))
    return found or [ok("roll-ups", f"at most {MOST_ROLL_UPS} on each object")]


async def definitions(org: Org) -> list[Finding]:
    """Custom objects and platform events that the org's edition allows."""
    edition, there = await org.edition(), await org.objects()
    found: list[Finding] = []
    for kind, suffix, allowed, what in (
        ("event", "__e", edition.events, "platform events"),
        ("custom", "__c", edition.objects, "custom objects"),
    ):
        if allowed is None:
            said = f"how many {what} {edition.name} allows is not known here"
            found.append(warning("definitions", said, "look at Setup, Company Information"))
            continue
        used = sum(name.endswith(suffix) for name in there)
        to_come = sum(ours.kind == kind and ours.name not in there for ours in package().objects)
        if used + to_come > allowed:
            said = f"{used} {what} are there and {to_come} come; {edition.name} allows {allowed}"
            found.append(fault("definitions", said, f"delete {what} that nobody uses"))
    return found or [ok("definitions", f"there is room in {edition.name}")]


async def allocations(org: Org) -> list[Finding]:
    """What is left of the day's and the hour's allocations."""
    limits = await org.limits()
    found: list[Finding] = []
    for name, what in _ALLOCATIONS.items():
        limit = limits.get(name)
        if limit is None or not limit["Max"]:
            said = f"the org has no allocation {name}"
            found.append(warning("allocations", said, "ask Salesforce whether it has the feature"))
        elif limit["Remaining"] < _LOW * limit["Max"]:
            said = f"{limit['Remaining']} of {limit['Max']} {what} are left"
            found.append(
                warning("allocations", said, "find what uses them up, or buy more of them")
            )
    return found or [ok("allocations", "enough is left of each")]


async def storage(org: Org) -> list[Finding]:
    """Data storage against what the ledger of so many customers takes in its first year."""
    limit = (await org.limits()).get("DataStorageMB", {"Max": 0, "Remaining": 0})
    left = limit["Remaining"]
    customers = org.expected.customers
    if customers is None:
        said = f"{left} MB are left; give --customers for an estimate"
        return [ok("storage", said)]
    # The customer, its subscription, what is coming; an entry and a renewal for each invoice; some
    # movements.
    records = customers * (3 + 2 * org.expected.invoices_a_year + 4)
    needed = records * _RECORD_KB // 1024
    said = f"{customers} customers take about {needed} MB a year, and {left} MB are left"
    if needed > left:
        return [fault("storage", said, "buy data storage, or bring in fewer years")]
    if needed > left / 2:
        return [warning("storage", said, "it lasts less than two years")]
    return [ok("storage", said)]
