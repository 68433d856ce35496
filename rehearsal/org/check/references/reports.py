"""Reports, report types and dashboards."""

from __future__ import annotations

import re

from rehearsal.org.check.names import Names
from rehearsal.org.check.references.report import Report
from rehearsal.org.check.tree import Component, Element
from rehearsal.org.check.words import words

_COLUMN = re.compile(
    r"(?P<owner>\w+?__(?:c|e|b|x|mdt)|[A-Za-z]\w*)(?P<path>(?:\.\w+__r)*)[.$](?P<field>\w+__c)"
)
_COLUMN_TAGS = words("field column groupingColumn sortColumn columnField dateColumn")


def check_report(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `.report-meta.xml`: its custom fields and its custom report type."""
    kind = root.find("reportType")
    if kind is not None and kind.value.endswith("__c") and "$" not in kind.value:
        stem = kind.value.removesuffix("__c")
        if not names.has("reportType", stem) and not names.has_object(kind.value):
            report.add(kind, f"there is no report type {kind.value}", "report")
    for element in root.walk():
        if element.tag not in _COLUMN_TAGS:
            continue
        found = _COLUMN.fullmatch(element.value)
        if found is None or element.value.startswith(("FK_", "CDF")):
            continue
        owner = found["owner"]
        if found["path"] or not (names.own(owner) or owner.endswith("__c")):
            continue
        if not names.has_object(owner):
            report.add(element, f"there is no object {owner}", "report")
        else:
            report.field(names, owner, element, "report", found["field"])


def check_report_type(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `.reportType-meta.xml`."""
    base = root.find("baseObject")
    if base is None or not report.object(names, base, "report-type"):
        return
    join, at = root.find("join"), base.value
    while join is not None:
        relation = join.find("relationship")
        child = names.down(at, relation.value) if relation is not None else ""
        if relation is not None and child is None:
            report.add(relation, f"{at} has no child relationship {relation.value}", "report-type")
        if not child:
            break
        at, join = child, join.find("join")
    for section in root.all("sections"):
        for column in section.all("columns"):
            table, field = column.text("table"), column.find("field")
            if field is None or not field.value.endswith("__c"):
                continue
            owner, _, path = table.partition(".")
            target: str | None = owner
            for step in path.split(".") if path else ():
                down = names.down(target or "", step)
                target = down if down is not None else names.up(target or "", step)
                if target is None:
                    report.add(column, f"{owner} has no relationship {step}", "report-type")
                if not target:
                    break
            if target and not target.startswith("Name"):
                # a lookup on the way is named by its field, not by its relationship
                path = field.value.replace("__c.", "__r.")
                report.field(names, target, field, "report-type", path)


def check_dashboard(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `.dashboard-meta.xml`: its reports."""
    for element in root.walk():
        if element.tag == "report" and not element.children:
            folder, _, name = element.value.rpartition("/")
            if not names.has("report", name) and not folder.startswith(("unfiled", "Private")):
                report.add(element, f"there is no report {element.value}", "dashboard")
