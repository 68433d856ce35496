"""What people look at is passed over; what runs in a transaction is not."""

from __future__ import annotations

import pytest

from rehearsal.org.errors import Unsupported
from rehearsal.org.source import load_project
from tests.rehearsal.org.conftest import ProjectFiles

PAGES = {
    "lwc/panel/panel.js-meta.xml": "LightningComponentBundle",
    "lwc/panel/panel.js": None,
    "lwc/panel/panel.html": None,
    "lwc/panel/__tests__/panel.test.js": None,
    "lwc/jsconfig.json": None,
    "reports/Revenue.reportFolder-meta.xml": "ReportFolder",
    "reports/Revenue/Collected.report-meta.xml": "Report",
    "reportTypes/Customers.reportType-meta.xml": "ReportType",
    "dashboards/Monday.dashboardFolder-meta.xml": "DashboardFolder",
    "dashboards/Monday/Pipeline.dashboard-meta.xml": "Dashboard",
    "flexipages/Account_Page.flexipage-meta.xml": "FlexiPage",
    "quickActions/Account.Link.quickAction-meta.xml": "QuickAction",
    "layouts/Account-Account Layout.layout-meta.xml": "Layout",
    "staticresources/Logo.resource-meta.xml": "StaticResource",
    "staticresources/Logo.svg": None,
    "staticresources/charts/chart.min.js": None,
    "tabs/Customer__c.tab-meta.xml": "CustomTab",
    "applications/Revenue.app-meta.xml": "CustomApplication",
    "objects/Account/listViews/At_Risk.listView-meta.xml": "ListView",
    "objects/Account/compactLayouts/Short.compactLayout-meta.xml": "CompactLayout",
    "objects/Account/webLinks/Open.webLink-meta.xml": "WebLink",
    "objects/Account/fieldSets/Money.fieldSet-meta.xml": "FieldSet",
    "permissionsetgroups/All.permissionsetgroup-meta.xml": "PermissionSetGroup",
}


@pytest.mark.parametrize("name", PAGES)
def test_what_no_transaction_runs_is_passed_over(files: ProjectFiles, name: str) -> None:
    root = PAGES[name]
    if root is None:
        files.write(name, "anything")
    else:
        files.meta(name, root, "<label>x</label>")
    assert load_project(files.root).schema.find("Account") is not None


@pytest.mark.parametrize(
    ("name", "root"),
    [
        ("workflows/Account.workflow-meta.xml", "Workflow"),
        ("duplicateRules/Account.X.duplicateRule-meta.xml", "DuplicateRule"),
        ("assignmentRules/Lead.assignmentRules-meta.xml", "AssignmentRules"),
        ("approvalProcesses/Account.X.approvalProcess-meta.xml", "ApprovalProcess"),
        ("sharingRules/Account.sharingRules-meta.xml", "SharingRules"),
        ("objects/Opportunity/recordTypes/New.recordType-meta.xml", "RecordType"),
        ("profiles/Admin.profile-meta.xml", "Profile"),
    ],
)
def test_what_a_transaction_would_run_is_refused_by_name(
    files: ProjectFiles, name: str, root: str
) -> None:
    files.meta(name, root, "<label>x</label>")
    with pytest.raises(Unsupported, match="a component of type"):
        load_project(files.root)
