"""Layouts, compact layouts, list views and field sets."""

from __future__ import annotations

import re
from urllib.parse import unquote

from rehearsal.org.check.names import Names
from rehearsal.org.check.references.report import Report
from rehearsal.org.check.tree import Component, Element


def check_field_set(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `.fieldSet-meta.xml`."""
    for tag in ("displayedFields", "availableFields"):
        for item in root.all(tag):
            field = item.find("field")
            if field is not None:
                report.field(names, component.folder, field, "field-set")


def check_compact_layout(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `.compactLayout-meta.xml`."""
    for field in root.all("fields"):
        if field.value.endswith("__c") or component.folder.endswith("__c"):
            report.field(names, component.folder, field, "compact-layout")


_COLUMN = re.compile(r"[A-Z0-9_.]+")


def check_list_view(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `.listView-meta.xml`: its custom fields; standard columns have names of their own."""
    filters = [item.find("field") for item in root.all("filters")]
    for column in [*root.all("columns"), *(item for item in filters if item is not None)]:
        name = column.value
        if name.endswith("__c") or component.folder.endswith("__c"):
            if _COLUMN.fullmatch(name) and not name.endswith("__C"):
                continue
            report.field(names, component.folder, column, "list-view")
    logic = root.find("booleanFilter")
    if logic is not None:
        for number in re.findall(r"\d+", logic.value):
            if not 1 <= int(number) <= len(filters):
                report.add(logic, f"there is no filter {number}", "filter-logic")
        for number in range(1, len(filters) + 1):
            if str(number) not in re.findall(r"\d+", logic.value):
                report.add(logic, f"filter {number} is not in the logic", "filter-logic")


_SPECIAL = frozenset({"CaseClose", "CaseInteraction", "UserAlt", "SocialPersona", "Global"})
"""What has layouts and is no object."""


def check_layout(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `.layout-meta.xml`."""
    owner = unquote(component.name).partition("-")[0]
    if owner in _SPECIAL:
        return
    if not names.has_object(owner):
        report.add(1, f"there is no object {owner}", "layout")
        return
    seen: set[str] = set()
    for section in root.all("layoutSections"):
        for column in section.all("layoutColumns"):
            for item in column.all("layoutItems"):
                field = item.find("field")
                if field is None:
                    continue
                if field.value.endswith("__c") or owner.endswith("__c"):
                    report.field(names, owner, field, "layout")
                if field.value.lower() in seen:
                    report.add(field, f"{field.value} is there twice", "layout")
                seen.add(field.value.lower())
    for related in root.all("relatedLists"):
        _related(owner, related, names, report)
    for item in root.all("platformActionList"):
        for entry in item.all("platformActionListItems"):
            name = entry.find("actionName")
            if name is not None and entry.text("actionType") == "QuickAction":
                _quick_action(owner, name, names, report)


def _quick_action(owner: str, at: Element, names: Names, report: Report) -> None:
    table, dot, _ = at.value.partition(".")
    if dot and table.lower() == owner.lower() and not names.has("quickAction", at.value):
        report.add(at, f"there is no quick action {at.value}", "layout")


def _related(owner: str, related: Element, names: Names, report: Report) -> None:
    listed = related.find("relatedList")
    if listed is None:
        return
    child, dot, lookup = listed.value.partition(".")
    if not dot or not lookup.endswith("__c") or "." in lookup:
        return
    if not names.has_object(child):
        report.add(listed, f"there is no object {child}", "layout")
        return
    if not report.field(names, child, listed, "layout", lookup):
        return
    found = names.field(child, lookup)
    if found is not None and found.reference and found.reference.lower() != owner.lower():
        report.add(listed, f"{listed.value} does not refer to {owner}", "layout")
    for field in related.all("fields"):
        if field.value.endswith("__c") and "." not in field.value:
            report.field(names, child, field, "layout")
    for field in related.all("sortField"):
        if field.value.endswith("__c") and "." not in field.value:
            report.field(names, child, field, "layout")
