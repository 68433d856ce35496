"""Tabs, apps, Lightning pages and quick actions."""

from __future__ import annotations

import re

from rehearsal.org.check.names import Names
from rehearsal.org.check.references.report import Report
from rehearsal.org.check.tree import Component, Element


def check_tab(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `.tab-meta.xml`."""
    name = component.name
    if root.flag("customObject") and not names.has_object(name):
        report.add(root.find("customObject") or root, f"there is no object {name}", "tab")
    for tag, suffix in (("flexiPage", "flexipage"), ("page", "page")):
        shown = root.find(tag)
        if shown is not None and not names.has(suffix, shown.value):
            report.add(shown, f"there is no {suffix} {shown.value}", "tab")
    bundle = root.find("lwcComponent")
    if bundle is not None and bundle.value.lower() not in names.bundles.get("lwc", ()):
        report.add(bundle, f"there is no Lightning web component {bundle.value}", "tab")
    motif = root.find("motif")
    number = re.match(r"Custom(\d+):", motif.value) if motif is not None else None
    if motif is not None and (number is None or not 1 <= int(number[1]) <= 100):
        report.add(motif, f"there is no motif {motif.value}", "tab")
    kinds = [
        t
        for t in (
            "customObject",
            "flexiPage",
            "page",
            "lwcComponent",
            "auraComponent",
            "url",
            "scontrol",
        )
        if root.find(t) is not None
    ]
    if not kinds:
        report.add(root, "the tab shows nothing", "tab")


def tab_fault(names: Names, name: str) -> str | None:
    """What is wrong with naming a tab; None when nothing is."""
    if name.startswith("standard-") or names.has("tab", name) or names.foreign(name):
        return None
    if name.endswith(("__c", "__x")):
        return f"there is no tab {name}"
    return None if names.has_object(name) else f"there is no tab {name}"


def check_app(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `.app-meta.xml`."""
    for tab in root.all("tabs"):
        fault = tab_fault(names, tab.value)
        if fault is not None:
            report.add(tab, fault, "app")
    for override in [*root.all("actionOverrides"), *root.all("profileActionOverrides")]:
        content = override.find("content")
        page = content is not None and override.text("type") == "Flexipage"
        if page and content is not None and not names.has("flexipage", content.value):
            report.add(content, f"there is no page {content.value}", "app")
        target = override.find("pageOrSobjectType")
        if target is not None and not target.value.startswith("standard-"):
            report.object(names, target, "app")
    for brand in root.all("brand"):
        color = brand.find("headerColor")
        if color is not None and not re.fullmatch(r"#[0-9A-Fa-f]{6}", color.value):
            report.add(color, f"'{color.value}' is no colour", "app")
    bar = root.find("utilityBar")
    if bar is not None and not names.has("flexipage", bar.value):
        report.add(bar, f"there is no utility bar {bar.value}", "app")


_RECORD = re.compile(r"\{!Record\.([\w.]+)\}")


def check_page(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `.flexipage-meta.xml`: its object, and the record's fields."""
    target = root.find("sobjectType")
    if target is None or not report.object(names, target, "page"):
        return
    for element in root.walk():
        if element.tag == "fieldItem" and element.value.startswith("Record."):
            report.field(names, target.value, element, "page", element.value[len("Record.") :])
        elif element.tag == "leftValue":
            for path in _RECORD.findall(element.value):
                report.field(names, target.value, element, "page", path)


def check_quick_action(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `.quickAction-meta.xml`."""
    owner = component.name.rpartition(".")[0]
    target = root.find("targetObject")
    if owner and not names.has_object(owner):
        report.add(1, f"there is no object {owner}", "quick-action")
    if target is None or not report.object(names, target, "quick-action"):
        return
    for element in root.walk():
        if element.tag == "field" and element.value.endswith("__c"):
            report.field(names, target.value, element, "quick-action")
    parent = root.find("targetParentField")
    if parent is not None and parent.value.endswith("__c"):
        report.field(names, target.value, parent, "quick-action")
