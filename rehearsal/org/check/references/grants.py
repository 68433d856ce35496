"""Permission sets, profiles and permission set groups."""

from __future__ import annotations

from rehearsal.org.check.names import Names
from rehearsal.org.check.references.pages import tab_fault
from rehearsal.org.check.references.report import Report
from rehearsal.org.check.tree import Component, Element

_NAMED = (
    ("classAccesses", "apexClass", "Apex class"),
    ("flowAccesses", "flow", "flow"),
    ("pageAccesses", "apexPage", "page"),
    ("customPermissions", "name", "custom permission"),
    ("applicationVisibilities", "application", "app"),
)
_SUFFIXES = {"flow": "flow", "page": "page", "custom permission": "customPermission", "app": "app"}
_NEEDS = {
    "allowCreate": ("allowRead",),
    "allowEdit": ("allowRead",),
    "allowDelete": ("allowRead", "allowEdit"),
    "viewAllRecords": ("allowRead",),
    "modifyAllRecords": ("allowRead", "allowEdit", "allowDelete", "viewAllRecords"),
}


def check_permission_set(component: Component, root: Element, names: Names, report: Report) -> None:
    """One permission set or profile."""
    _twice(root, report)
    for entry, tag, what in _NAMED:
        for item in root.all(entry):
            named = item.find(tag)
            if named is not None and not _there(names, what, named.value):
                report.add(named, f"there is no {what} {named.value}", "permission-set")
    for tag in ("tabSettings", "tabVisibilities"):
        for item in root.all(tag):
            tab = item.find("tab")
            fault = tab_fault(names, tab.value) if tab is not None else None
            if tab is not None and fault is not None:
                report.add(tab, fault, "permission-set")
    for item in [*root.all("customMetadataTypeAccesses"), *root.all("customSettingAccesses")]:
        named = item.find("name")
        if named is not None:
            report.object(names, named, "permission-set")
    for item in root.all("recordTypeVisibilities"):
        _record_type(item, names, report)
    _objects(root, names, report)
    for item in root.all("fieldPermissions"):
        _field(item, names, report, profile=component.suffix == "profile")


def _there(names: Names, what: str, name: str) -> bool:
    if what == "Apex class":
        return name.lower() in names.classes or names.foreign(name)
    if what == "app" and name.startswith("standard__"):
        return True
    return names.has(_SUFFIXES[what], name)


def _twice(root: Element, report: Report) -> None:
    keys = {
        "objectPermissions": "object",
        "fieldPermissions": "field",
        **{entry: tag for entry, tag, _ in _NAMED},
    }
    seen: set[tuple[str, str]] = set()
    for item in root.children:
        if item.tag not in keys:
            continue
        key = (item.tag, item.text(keys[item.tag]).lower())
        if key in seen:
            report.add(item, f"{item.text(keys[item.tag])} is there twice", "permission-set")
        seen.add(key)


def _objects(root: Element, names: Names, report: Report) -> None:
    readable = {
        item.text("object").lower()
        for item in root.all("objectPermissions")
        if item.flag("allowRead")
    }
    for item in root.all("objectPermissions"):
        target = item.find("object")
        if target is None or not report.object(names, target, "permission-set"):
            continue
        name = target.value
        for right, needed in _NEEDS.items():
            for other in needed:
                if item.flag(right) and not item.flag(other):
                    at = item.find(right) or item
                    report.add(at, f"{right} on {name} needs {other}", "permission-set")
        if name.endswith("__e"):
            for right in ("allowEdit", "allowDelete", "viewAllRecords", "modifyAllRecords"):
                if item.flag(right):
                    message = f"a platform event has only create and read, not {right}"
                    report.add(item.find(right) or item, message, "permission-set")
        own = names.own(name)
        for field in own.fields.values() if own is not None else ():
            detail = field.type == "MasterDetail" and item.flag("allowRead")
            if detail and field.reference.lower() not in readable:
                message = f"reading {name} needs reading its parent {field.reference}"
                report.add(target, message, "permission-set")


def _field(item: Element, names: Names, report: Report, *, profile: bool) -> None:
    at = item.find("field")
    if at is None:
        return
    owner, dot, name = at.value.partition(".")
    if not dot:
        report.add(at, f"{at.value} does not name its object", "permission-set")
    elif owner.lower() == "activity":
        report.field(names, "Task", at, "permission-set", name)
    elif not names.has_object(owner):
        report.add(at, f"there is no object {owner}", "permission-set")
    elif report.field(names, owner, at, "permission-set", name):
        field = names.field(owner, name)
        if field is None:
            return
        if field.required and not profile:
            message = f"rights cannot be given for the required field {at.value}"
            report.add(at, message, "permission-set")
        if field.calculated and item.flag("editable"):
            editable = item.find("editable") or at
            message = f"{at.value} is read-only: editable has no effect"
            report.add(editable, message, "permission-set", "warning")
        if item.flag("editable") and not item.flag("readable"):
            report.add(item, f"editable on {at.value} needs readable", "permission-set")


def _record_type(item: Element, names: Names, report: Report) -> None:
    at = item.find("recordType")
    if at is None:
        return
    owner, _, name = at.value.partition(".")
    known = names.own(owner)
    there = known is not None and name.lower() in known.record_types
    if not there and not names.foreign(owner) and not names.foreign(name):
        report.add(at, f"there is no record type {at.value}", "permission-set")


def check_group(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `.permissionsetgroup-meta.xml`."""
    for member in root.all("permissionSets"):
        if not names.has("permissionset", member.value):
            report.add(member, f"there is no permission set {member.value}", "permission-set")
