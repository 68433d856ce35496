"""All checks, one after the other; one that may not look stops no other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bridge.preflight import access, automation, currencies, limits, names
from bridge.preflight.findings import Finding, warning
from bridge.preflight.org import Org, Unseen

Check = Callable[[Org], Awaitable[list[Finding]]]

CHECKS: dict[str, Check] = {
    "names": names.names,
    "custom fields": limits.custom_fields,
    "roll-ups": limits.roll_ups,
    "definitions": limits.definitions,
    "required fields": automation.required_fields,
    "validation rules": automation.validation_rules,
    "duplicate rules": automation.duplicate_rules,
    "flows": automation.flows,
    "event trigger": automation.event_trigger,
    "stages and statuses": automation.stages_and_statuses,
    "currencies": currencies.currencies,
    "permission set": access.assignment,
    "rights": access.rights,
    "allocations": limits.allocations,
    "storage": limits.storage,
}


async def examine(org: Org, done: Callable[[str], None] = lambda _: None) -> list[Finding]:
    """What each check found; ``done`` is told its name. Raises OrgFault."""
    found: list[Finding] = []
    for name, check in CHECKS.items():
        try:
            found += await check(org)
        except Unseen as error:
            do = "look again as an administrator (SF_ACCESS_TOKEN)"
            found.append(warning(name, f"this user may not look: {error}", do))
        done(name)
    return found
