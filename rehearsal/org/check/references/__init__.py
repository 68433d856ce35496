"""Layer `references`: whatever a component names must be there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rehearsal.org.check.finding import Finding
from rehearsal.org.check.layers import layer
from rehearsal.org.check.names import Names
from rehearsal.org.check.references import (
    channels,
    code,
    flows,
    grants,
    objects,
    pages,
    records,
    reports,
    views,
)
from rehearsal.org.check.references.report import Report
from rehearsal.org.check.tree import read_tree

_CHECKS = {
    "object": objects.check_object,
    "field": objects.check_field,
    "validationRule": objects.check_rule,
    "recordType": objects.check_record_type,
    "fieldSet": views.check_field_set,
    "listView": views.check_list_view,
    "compactLayout": views.check_compact_layout,
    "layout": views.check_layout,
    "tab": pages.check_tab,
    "app": pages.check_app,
    "flexipage": pages.check_page,
    "quickAction": pages.check_quick_action,
    "permissionset": grants.check_permission_set,
    "profile": grants.check_permission_set,
    "permissionsetgroup": grants.check_group,
    "md": records.check_record,
    "platformEventSubscriberConfig": records.check_subscriber,
    "platformEventChannel": channels.check_channel,
    "platformEventChannelMember": channels.check_member,
    "report": reports.check_report,
    "reportType": reports.check_report_type,
    "dashboard": reports.check_dashboard,
}


@layer("references")
def check_references(root: Path) -> Iterator[Finding]:
    """Every name in every component against what there is."""
    tree = read_tree(root)
    names = Names(tree)
    known = flows.Targets.of(tree)
    for component in tree.components:
        if component.root is None:
            continue
        report = Report(component.path)
        if component.suffix == "flow":
            flows.check_flow(component.root, names, report, known)
        elif component.suffix in _CHECKS:
            _CHECKS[component.suffix](component, component.root, names, report)
        yield from report.findings
    yield from code.check_code(tree, names)
    yield from objects.check_tree(tree, names)
