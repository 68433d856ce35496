"""Layouts, list views, actions, reports and pages: what is there, and that it names what is there.

`localorg check` finds names that do not exist. What it cannot know is what a report may name: a
column of its own report type.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.package.metadata.conftest import Node, read

OURS = (
    "Bridge_Customer__c",
    "Bridge_Subscription__c",
    "Bridge_Renewal__c",
    "Bridge_Entry__c",
    "Bridge_Movement__c",
    "Bridge_Exception__c",
)
LIST_VIEWS = {
    "Account": {"Bridge_At_Risk", "Bridge_Churned"},
    "Bridge_Customer__c": {"Unmatched", "Unmatched_With_Suggestion", "At_Risk"},
    "Bridge_Subscription__c": {"Churned", "Ending", "Paused", "Trialing"},
    "Bridge_Renewal__c": {
        "Upcoming_30_Days",
        "Upcoming_90_Days",
        "Failed_Payments",
        "Overdue_Invoices",
    },
    "Bridge_Entry__c": {"Refunds_And_Disputes", "Not_In_Totals", "Settlement_Pending"},
    "Bridge_Exception__c": {"Open", "Mine"},
}
MAX_COMPONENTS = 20
"""Components of a dashboard (Salesforce Help, "Reports and Dashboards Limits")."""


def files(package: Path, suffix: str) -> dict[str, Node]:
    found = {
        path.name.removesuffix(f".{suffix}-meta.xml"): read(path)
        for path in package.rglob(f"*.{suffix}-meta.xml")
    }
    assert found, suffix
    return found


def summed(report: Node) -> set[str | None]:
    return {node.text("field") for node in report.all("columns") if node.all("aggregateTypes")}


def texts(node: Node, tag: str) -> list[str]:
    return [child.text or "" for child in node.element.iter(f"{{*}}{tag}")]


@pytest.fixture(scope="module")
def reports(package: Path) -> dict[str, Node]:
    return files(package, "report")


@pytest.fixture(scope="module")
def dashboard(package: Path) -> Node:
    (found,) = files(package, "dashboard").values()
    return found


@pytest.mark.parametrize("name", OURS)
def test_layout_shows_every_field_once(name: str, package: Path, fields: Any) -> None:
    (layout,) = [
        node for key, node in files(package, "layout").items() if key.startswith(f"{name}-")
    ]
    shown = [
        item.text("field")
        for section in layout.all("layoutSections")
        for column in section.all("layoutColumns")
        for item in column.all("layoutItems")
    ]
    assert len(shown) == len(set(shown))
    assert set(shown) == {"Name", *fields[name]}


def test_layouts_let_people_edit_what_the_admin_may(package: Path, permission_sets: Any) -> None:
    editable = {
        node.text("field")
        for node in permission_sets["Bridge_Admin"].all("fieldPermissions")
        if node.flag("editable")
    }
    offered = {
        f"{name.partition('-')[0]}.{item.text('field')}"
        for name, layout in files(package, "layout").items()
        for section in layout.all("layoutSections")
        for column in section.all("layoutColumns")
        for item in column.all("layoutItems")
        if item.text("behavior") == "Edit"
    }
    standard = ("Account.", "Opportunity.")
    assert offered == {field for field in editable if not field.startswith(standard)}


def test_list_views_are_there(package: Path) -> None:
    for name, wanted in LIST_VIEWS.items():
        folder = package / "core/main/default/objects" / name / "listViews"
        assert wanted <= {path.name.split(".")[0] for path in folder.iterdir()}, name


def test_mass_actions_are_actions_of_the_object(package: Path, objects: Any) -> None:
    actions = files(package, "quickAction")
    named = [
        f"{name}.{action}"
        for name, node in objects.items()
        for action in texts(node, "massQuickActions")
    ]
    assert {"Bridge_Exception__c.Bridge_Run_Again", "Bridge_Customer__c.Bridge_Link_Account"} <= {
        *named
    }
    assert set(named) <= set(actions)


def test_actions_set_only_what_the_admin_may(package: Path, permission_sets: Any) -> None:
    editable = {
        node.text("field")
        for node in permission_sets["Bridge_Admin"].all("fieldPermissions")
        if node.flag("editable")
    }
    for name, action in files(package, "quickAction").items():
        owner = name.partition(".")[0]
        written = {f"{owner}.{node.text('field')}" for node in action.all("fieldOverrides")}
        for item in action.all("quickActionLayout")[0].all("quickActionLayoutColumns"):
            for field in item.all("quickActionLayoutItems"):
                if field.text("uiBehavior") != "Readonly":
                    written.add(f"{owner}.{field.text('field')}")
        assert written <= editable, name


def test_reports_name_columns_of_their_report_type(package: Path, reports: Any) -> None:
    columns = {
        f"{name}__c": {
            f"{column.text('table')}${column.text('field')}"
            for section in node.all("sections")
            for column in section.all("columns")
        }
        for name, node in files(package, "reportType").items()
    }
    for name, report in reports.items():
        known = {*columns[report.text("reportType")], "RowCount"}
        named = {
            text
            for tag in ("field", "column", "groupingColumn", "secondaryGroupingColumn")
            for text in texts(report, tag)
        }
        named |= set(texts(report, "dateColumn"))
        assert named <= known, name


def test_no_report_shows_a_column_that_it_groups_by(reports: Any) -> None:
    for name, report in reports.items():
        groups = {
            node.text("field")
            for tag in ("groupingsDown", "groupingsAcross")
            for node in report.all(tag)
        }
        assert not groups & {node.text("field") for node in report.all("columns")}, name


def test_only_money_that_can_be_added_is_added(reports: Any) -> None:
    """Amounts in other currencies are empty; those in Stripe's own are summed by currency only."""
    for name, report in reports.items():
        groups = {node.text("field") for node in report.all("groupingsDown")}
        if any("$Original_" in (field or "") for field in summed(report)):
            assert any((field or "").endswith("$Currency__c") for field in groups), name


def test_names_fit_what_salesforce_allows(package: Path, reports: Any) -> None:
    for name, report in reports.items():
        assert len(report.text("name") or "") <= 40, name
        assert 0 < len(report.text("description") or "") <= 255, name
    for name, node in files(package, "reportType").items():
        assert 0 < len(node.text("description") or "") <= 255, name


def test_the_dashboard_draws_reports_by_what_they_group(dashboard: Node, reports: Any) -> None:
    grid = dashboard.all("dashboardGridLayout")[0].all("dashboardGridComponents")
    assert 0 < len(grid) <= MAX_COMPONENTS
    for cell in grid:
        component = cell.all("dashboardComponent")[0]
        folder, _, name = (component.text("report") or "").partition("/")
        assert folder == "Bridge_Revenue"
        report = reports[name]
        # a component cannot stand on a report without groups
        assert report.text("format") in ("Summary", "Matrix")
        groups = {
            node.text("field")
            for tag in ("groupingsDown", "groupingsAcross")
            for node in report.all(tag)
        }
        assert {node.element.text for node in component.all("groupingColumn")} <= groups, name
        for summary in component.all("chartSummary"):
            assert summary.text("column") in {"RowCount", *summed(report)}, name


def test_the_dashboard_is_of_no_one_org(dashboard: Node) -> None:
    """Dynamic dashboards are few in an org; a running user exists in one org only."""
    assert dashboard.text("dashboardType") == "SpecifiedUser"
    assert dashboard.text("runningUser") is None
    assert dashboard.text("owner") is None


def test_sample_pages_are_nobodys_default(package: Path, objects: Any) -> None:
    samples = {path.name.split(".")[0] for path in (package / "optional").rglob("*.flexipage-*")}
    assert {"Bridge_Account_Sample", "Bridge_Opportunity_Sample"} <= samples
    assigned = {
        text
        for path in [*package.rglob("*.object-meta.xml"), *package.rglob("*.app-meta.xml")]
        for text in texts(read(path), "content")
    }
    assert not samples & assigned


def test_pages_use_components_that_ship(package: Path) -> None:
    bundles = {path.name for path in package.rglob("lwc/*") if path.is_dir()}
    for name, page in files(package, "flexipage").items():
        own = {text for text in texts(page, "componentName") if ":" not in text}
        assert own <= bundles, name
