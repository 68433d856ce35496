"""FlowDefinitionView: which Flows are active, as a query tells it."""

from __future__ import annotations

from typing import Any

from rehearsal.org.soql import parse
from tests.package.org.local import Package


def flows(package: Package) -> dict[str, Any]:
    question = parse("SELECT ApiName, IsActive, ActiveVersionId FROM FlowDefinitionView")
    org = package.org
    rows = org.run(lambda tx: tx.query(question), user=org.admin)
    return {row["ApiName"]: (row["IsActive"], row["ActiveVersionId"] is not None) for row in rows}


def test_an_inactive_flow_has_no_active_version(package_org: Package) -> None:
    assert flows(package_org)["Bridge_Win_Opportunity"] == (True, True)
    package_org.org.set_flows_active("Bridge_Win_Opportunity", active=False)
    assert flows(package_org)["Bridge_Win_Opportunity"] == (False, False)
    package_org.org.set_flows_active("Bridge_Win_Opportunity")
