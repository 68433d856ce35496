"""Orgs of other companies: the package in them, or not, and what they have of their own."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from bridge.preflight import Expected, Finding, Level, Org
from bridge.salesforce_api import Rest, Session
from rehearsal.org.options import OrgOptions
from tests.bridge.salesforce_org import ROOT, SalesforceOrg, open_org

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'


def field_xml(name: str, body: str) -> str:
    return (
        f"{HEAD}<CustomField {NAMESPACE}><fullName>{name}</fullName><label>{name}</label>"
        f"{body}</CustomField>"
    )


def rule_xml(name: str, condition: str = "false", active: bool = True) -> str:
    return (
        f"{HEAD}<ValidationRule {NAMESPACE}><fullName>{name}</fullName>"
        f"<active>{str(active).lower()}</active>"
        f"<errorConditionFormula>{condition}</errorConditionFormula>"
        f"<errorMessage>no</errorMessage></ValidationRule>"
    )


def permission_set(objects: Sequence[str] = (), fields: Sequence[str] = ()) -> str:
    """Which every administrator of the local org holds."""
    grants = "".join(
        f"<fieldPermissions><editable>false</editable><field>{field}</field>"
        "<readable>true</readable></fieldPermissions>"
        for field in fields
    ) + "".join(
        "<objectPermissions><allowCreate>true</allowCreate><allowDelete>false</allowDelete>"
        f"<allowEdit>false</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords>"
        f"<object>{name}</object><viewAllRecords>false</viewAllRecords></objectPermissions>"
        for name in objects
    )
    return f"{HEAD}<PermissionSet {NAMESPACE}><label>Own</label>{grants}</PermissionSet>"


class Token:
    """An administrator's own token."""

    def __init__(self, org: SalesforceOrg) -> None:
        address = org.address
        self._session = Session(address.access_token, address.https_url, address.org_id, "")

    async def session(self) -> Session:
        return self._session

    def refused(self, session: Session) -> None:
        raise AssertionError


class Looked:
    """An org to look at, as its integration user or as an administrator."""

    def __init__(self, org: SalesforceOrg) -> None:
        self.org = org

    def as_integration(self, **expected: Any) -> Org:
        return Org(self.org.rest(), Expected(**expected))

    def as_admin(self, **expected: Any) -> Org:
        return Org(Rest(Token(self.org), self.org.http), Expected(**expected))


Make = Callable[..., Awaitable[Looked]]


@pytest.fixture
async def make_org(tmp_path: Path) -> AsyncIterator[Make]:
    """Makes an org with components of its own beside the package, or without the package."""
    async with AsyncExitStack() as stack:

        async def make(
            components: dict[str, str] | None = None,
            *,
            installed: bool = True,
            options: dict[str, Any] | None = None,
        ) -> Looked:
            directories = []
            if installed:
                shutil.copytree(ROOT / "salesforce", tmp_path / "salesforce")
                project = json.loads((ROOT / "sfdx-project.json").read_text("utf-8"))
                directories = project["packageDirectories"]
            theirs = tmp_path / "theirs" / "main" / "default"
            theirs.mkdir(parents=True)
            directories = [*directories, {"path": "theirs"}]
            (tmp_path / "sfdx-project.json").write_text(
                json.dumps({"packageDirectories": directories})
            )
            for name, text in (components or {}).items():
                path = theirs / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
            return Looked(
                await stack.enter_async_context(open_org(tmp_path, OrgOptions.read(options or {})))
            )

        yield make


@pytest.fixture
def looked(salesforce: SalesforceOrg) -> Looked:
    """The package alone."""
    return Looked(salesforce)


def worst(findings: list[Finding]) -> Level:
    """The worst level among them."""
    order = list(Level)
    return max((finding.level for finding in findings), key=order.index)


def said(findings: list[Finding]) -> str:
    return " | ".join(f"{finding.said} -> {finding.do}" for finding in findings)
