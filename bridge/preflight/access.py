"""Whether the integration user may do what the bridge does."""

from __future__ import annotations

from bridge.preflight.findings import Finding, fault, ok, warning
from bridge.preflight.org import Org, Unseen
from bridge.preflight.package import package

_INTEGRATION = "Bridge_Integration"
_PUBLISHED = "Bridge_Stripe_Event__e"
_SUBSCRIBED = ("Bridge_Receipt__e", "Bridge_Request__e")
_LEDGER_RIGHTS = ("queryable", "createable", "updateable")
_ASSIGN = "assign the permission set Bridge Integration to the integration user"


async def assignment(org: Org) -> list[Finding]:
    """Who holds the permission set of the integration user."""
    rows = await org.query(
        "SELECT Assignee.Username, Assignee.IsActive FROM PermissionSetAssignment "  # noqa: S608
        f"WHERE PermissionSet.Name = '{_INTEGRATION}'"
    )
    holders = [str(row["Assignee"]["Username"]) for row in rows if row["Assignee"]["IsActive"]]
    if not holders:
        said = "no active user has the permission set Bridge Integration"
        return [warning("permission set", said, _ASSIGN)]
    return [ok("permission set", f"Bridge Integration is held by {', '.join(sorted(holders))}")]


async def rights(org: Org) -> list[Finding]:
    """What this user may do with the package's objects, by describe."""
    there = await org.objects()
    own = [each.name for each in package().objects if each.own]
    if not any(name in there for name in own):
        return [ok("rights", "there is nothing of the package to have rights on yet")]
    missing: list[str] = []
    if not there.get(_PUBLISHED, {}).get("createable"):
        missing.append(f"create {_PUBLISHED}")
    missing += [f"read {name}" for name in _SUBSCRIBED if name not in there]
    for ours in package().objects:
        if ours.kind == "custom" and ours.name in there and ours.roll_ups:
            missing += [
                f"{right.removesuffix('able')} {ours.name}"
                for right in _LEDGER_RIGHTS
                if not there[ours.name][right]
            ]
    try:
        await org.limits()
    except Unseen:
        missing.append("read /limits (View Setup and Configuration)")
    if missing:
        return [fault("rights", f"this user may not {'; '.join(missing)}", _ASSIGN)]
    return [ok("rights", "this user may publish, subscribe, and read and write the ledger")]
