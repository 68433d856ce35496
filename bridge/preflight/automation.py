"""The org's own automation, where it meets ours; and whether ours runs."""

from __future__ import annotations

from bridge.preflight.findings import Finding, fault, ok, warning
from bridge.preflight.org import Org
from bridge.preflight.package import package
from bridge.salesforce_api.rest import literals

_WRITTEN = ("Account", "Contract", "Opportunity", "Task")
"""The objects of the company that Flows of ours write."""
_EVENT_TOPIC = "Bridge_Stripe_Event__e"


async def required_fields(org: Org) -> list[Finding]:
    """Fields that a new record must have, that have no default, and that our Flows leave empty."""
    found: list[Finding] = []
    for sobject in _WRITTEN:
        filled = package().fills.get(sobject)
        if filled is None:
            continue
        fields = await org.fields(sobject)
        if fields is None:
            said = f"this user does not see {sobject}"
            found.append(warning("required fields", said, "look again as an administrator"))
            continue
        empty = [
            name
            for name, field in fields.items()
            if field["createable"]
            and not field["nillable"]
            and not field["defaultedOnCreate"]
            and name not in filled
        ]
        if empty:
            said = f"a new {sobject} needs {', '.join(empty)}, which our Flows leave empty"
            do = "give them a default, or fill them in the Flow that creates the record"
            found.append(fault("required fields", said, do))
    return found or [ok("required fields", "our Flows fill all that must be filled")]


async def validation_rules(org: Org) -> list[Finding]:
    """Active rules on what our Flows write: each may refuse a win, a Contract or a Task."""
    rules = await org.query(
        "SELECT ValidationName, EntityDefinition.QualifiedApiName FROM ValidationRule "  # noqa: S608
        f"WHERE Active = true AND EntityDefinition.QualifiedApiName IN {literals(_WRITTEN)}",
        tooling=True,
    )
    by_object: dict[str, list[str]] = {}
    for rule in rules:
        name = str(rule["EntityDefinition"]["QualifiedApiName"])
        by_object.setdefault(name, []).append(str(rule["ValidationName"]))
    return [
        warning(
            "validation rules",
            f"{sobject}: {', '.join(sorted(names))}",
            "try a win in a sandbox: what a rule refuses is an exception, and can be run again",
        )
        for sobject, names in sorted(by_object.items())
    ] or [ok("validation rules", f"none is active on {', '.join(_WRITTEN)}")]


async def duplicate_rules(org: Org) -> list[Finding]:
    """Active rules on Account may refuse those that our Flow creates."""
    rules = await org.query(
        "SELECT DeveloperName FROM DuplicateRule WHERE IsActive = true AND SobjectType = 'Account'"
    )
    if not rules:
        return [ok("duplicate rules", "none is active on Account")]
    named = ", ".join(sorted(str(rule["DeveloperName"]) for rule in rules))
    do = "before switching on Create Accounts, see that they allow what the Flow creates"
    return [warning("duplicate rules", f"active on Account: {named}", do)]


async def flows(org: Org) -> list[Finding]:
    """Our Flows, and whether each has an active version."""
    wanted = package().flows
    rows = await org.query(
        "SELECT ApiName, ActiveVersionId FROM FlowDefinitionView "  # noqa: S608
        f"WHERE ApiName IN {literals(wanted)}"
    )
    active = {row["ApiName"]: row["ActiveVersionId"] is not None for row in rows}
    missing = [name for name in wanted if name not in active]
    asleep = [name for name in wanted if active.get(name) is False]
    if len(missing) == len(wanted):
        return [warning("flows", "none of ours is there", "deploy salesforce/flows")]
    found: list[Finding] = []
    if missing:
        do = "deploy salesforce/flows, or leave them out if that is meant so"
        found.append(fault("flows", f"missing: {', '.join(missing)}", do))
    if asleep:
        do = "activate them in Setup, Flows: a production org receives Flows inactive"
        found.append(fault("flows", f"inactive: {', '.join(asleep)}", do))
    return found or [ok("flows", f"all {len(wanted)} are active")]


async def event_trigger(org: Org) -> list[Finding]:
    """Whether the trigger runs that takes our events: one in error takes none."""
    rows = await org.query(
        "SELECT Name, Status, LastError FROM EventBusSubscriber "  # noqa: S608
        f"WHERE Topic = '{_EVENT_TOPIC}' AND Type = 'ApexTrigger'"
    )
    if not rows:
        return [warning("event trigger", f"none takes {_EVENT_TOPIC}", "deploy salesforce/core")]
    bad = [row for row in rows if row["Status"] != "Running"]
    return [
        fault(
            "event trigger",
            f"{row['Name']} is {row['Status']}: {row['LastError'] or 'no error is told'}",
            "in Setup, Platform Events, look at the subscription and resume it",
        )
        for row in bad
    ] or [ok("event trigger", f"{rows[0]['Name']} runs")]


async def stages_and_statuses(org: Org) -> list[Finding]:
    """A won stage, a closed Task, a draft Contract: our Flows look for them by what they are."""
    found: list[Finding] = []
    for soql, lacking, do in (
        (
            "SELECT COUNT() FROM OpportunityStage WHERE IsActive = true AND IsWon = true",
            "no active Opportunity stage is a won one",
            "add one, so that a deal can be won",
        ),
        (
            "SELECT COUNT() FROM TaskStatus WHERE IsClosed = true",
            "no Task status is a closed one",
            "add one, so that a Task can be completed",
        ),
        (
            "SELECT COUNT() FROM ContractStatus WHERE StatusCode = 'Draft'",
            "no Contract status is of the category Draft",
            "add one, so that a Contract can be created",
        ),
    ):
        if not await org.count(soql):
            found.append(fault("stages and statuses", lacking, do))
    return found or [ok("stages and statuses", "won, closed and draft are there")]
