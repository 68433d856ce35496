"""Layer `local-org`: the project loaded as the local org loads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from rehearsal.org.apex import ApexRuntime
from rehearsal.org.check.finding import Finding
from rehearsal.org.check.layers import layer
from rehearsal.org.check.platform import derived, is_class, lacks_member, standard_object
from rehearsal.org.dml.formulas import check_formulas
from rehearsal.org.errors import MetadataError, OrgError, Unsupported, Where
from rehearsal.org.flow import FlowRuntime
from rehearsal.org.ports import InvocableAction
from rehearsal.org.source import Faults, read_project


@layer("local-org")
def check_local_org(root: Path) -> Iterator[Finding]:
    """What the local org refuses: faults of the project, and what this org does not support."""
    faults = Faults()
    with faults.gather():
        reading = read_project(root)
    if faults.found:
        yield from map(_finding, faults.found)
        return
    yield from _together(reading.faults)
    project = reading.project
    actions: dict[str, InvocableAction] = {}
    loads: tuple[Callable[[], object], ...] = (
        lambda: actions.update(
            ApexRuntime(project.schema, project.classes, project.triggers).actions
        ),
        lambda: FlowRuntime(project.schema, project.flows, actions),
        lambda: check_formulas(project.schema),
    )
    later = Faults(reading.consequences)
    for load in loads:
        with later.gather():
            load()
    yield from map(_finding if _whole(reading.faults) else _consequence, later.found)


_MEMBER = re.compile(r"(\w+(?:\.\w+)?)\.(\w+)")
_TYPE = re.compile(r"Invalid type: (\w+(?:\.\w+)*)|sObject type '(\w+)' is not supported")


def _finding(fault: OrgError) -> Finding:
    where = getattr(fault, "where", None) or Where()
    path = where.path or Path("sfdx-project.json")
    if isinstance(fault, Unsupported):
        member = _MEMBER.fullmatch(fault.feature)
        if member is not None and lacks_member(member[1], member[2]):
            return Finding(path, where.line, "error", f"{member[1]} has no {member[2]}", "load")
        message = f"the local org does not support {fault.feature}"
        return Finding(path, where.line, "warning", message, "local-org")
    message = fault.message if isinstance(fault, MetadataError) else str(fault)
    named = _TYPE.fullmatch(message)
    if named is not None and _is_platform(named[1] or named[2]):
        message = f"the local org does not support the type {named[1] or named[2]}"
        return Finding(path, where.line, "warning", message, "local-org")
    return Finding(path, where.line, "error", message, "load")


def _is_platform(name: str) -> bool:
    """Also a type behind a namespace, `ns.Outer.Inner`: another package may hold it."""
    known = standard_object(name) is not None or is_class(name) or derived(name)
    return known or name.count(".") > 1


def _consequence(fault: OrgError) -> Finding:
    """What may be wrong only because the project could not be read whole."""
    found = _finding(fault)
    return Finding(found.path, found.line, "warning", found.message, "local-org")


_COMPONENT = "a component of type "


def _together(faults: Iterable[OrgError]) -> Iterator[Finding]:
    """Component types that this org lacks, each once."""
    by_type: dict[str, list[OrgError]] = {}
    for fault in faults:
        feature = fault.feature if isinstance(fault, Unsupported) else ""
        if feature.startswith(_COMPONENT):
            kind = feature.removeprefix(_COMPONENT).rpartition(".")[2]
            by_type.setdefault(kind, []).append(fault)
        else:
            yield _finding(fault)
    for kind, same in by_type.items():
        more = f", of which there are {len(same)}" if len(same) > 1 else ""
        found = _finding(same[0])
        message = f"the local org does not support components of type {kind}{more}"
        yield Finding(found.path, found.line, "warning", message, "local-org")


def _whole(faults: Iterable[OrgError]) -> bool:
    """Whether what was read lacks nothing that Apex, Flows or formulas could name."""
    return all(isinstance(f, Unsupported) and f.feature.startswith(_COMPONENT) for f in faults)
