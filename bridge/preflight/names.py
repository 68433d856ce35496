"""Names of ours that something else has taken, and parts of the package that are not there."""

from __future__ import annotations

from bridge.preflight.findings import Finding, fault, ok, warning
from bridge.preflight.org import Org, Unseen
from bridge.preflight.package import PackageObject, package
from bridge.salesforce_api.rest import literals

_SHOWN = 5


async def names(org: Org) -> list[Finding]:
    """The objects and fields of the package against those of the org."""
    there = await org.objects()
    found: list[Finding] = []
    absent: list[str] = []
    for ours in package().objects:
        if ours.name in there:
            found += await _compare(org, ours)
        elif ours.own:
            absent.append(ours.name)
        else:
            found.append(_out_of_sight(ours.name))
    hidden = await _hidden(org, absent)
    own = [each for each in package().objects if each.own]
    if hidden:
        said = f"there, but not in this user's sight: {_list(hidden)}"
        do = "if they are ours assign Bridge Admin and Bridge Integration, else rename them"
        found.append(fault("names", said, do))
    elif len(absent) == len(own):
        if not found:
            found.append(ok("names", "the package is not there, and its names are free"))
    elif absent:
        found.append(fault("names", f"missing: {_list(absent)}", "deploy this version's package"))
    return found or [ok("names", "every object and field of this version is there")]


async def _hidden(org: Org, absent: list[str]) -> list[str]:
    """Those of the objects that are there all the same, as far as the user may ask."""
    if not absent:
        return []
    soql = (
        "SELECT QualifiedApiName FROM EntityDefinition "  # noqa: S608
        f"WHERE QualifiedApiName IN {literals(absent)}"
    )
    try:
        rows = await org.query(soql, tooling=True)
    except Unseen:
        return []
    return sorted(str(row["QualifiedApiName"]) for row in rows)


async def _compare(org: Org, ours: PackageObject) -> list[Finding]:
    theirs = await org.fields(ours.name)
    if theirs is None:
        return [_out_of_sight(ours.name)]
    types = {name.lower(): str(field["type"]) for name, field in theirs.items()}
    other = [
        f"{name} ({types[name.lower()]}, not {kind})"
        for name, kind in ours.fields.items()
        if types.get(name.lower(), kind) != kind
    ]
    missing = [name for name in ours.fields if name.lower() not in types]
    found: list[Finding] = []
    if ours.own and len(missing) == len(ours.fields):
        do = "it is something else's, or this user sees no field of it: rename it, or assign ours"
        return [fault("names", f"{ours.name} is there with none of the package's fields", do)]
    if other:
        said = f"{ours.name} has fields of ours with another type: {_list(other)}"
        found.append(fault("names", said, "rename or delete them before the package is deployed"))
    if missing and len(missing) < len(ours.fields):
        said = f"{ours.name} lacks {_list(missing)}, or this user may not see them"
        found.append(
            warning("names", said, "deploy this version's package, and assign its permission sets")
        )
    return found


def _out_of_sight(name: str) -> Finding:
    return warning(
        "names",
        f"this user does not see {name}",
        "look again as an administrator (SF_ACCESS_TOKEN)",
    )


def _list(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
