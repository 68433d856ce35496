"""The ledger project in an org with several currencies."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from rehearsal.org.clock import Clock
from rehearsal.org.options import Currencies, OrgOptions
from rehearsal.org.org import Org
from rehearsal.org.source import load_project
from tests.rehearsal.org.conftest import Desk, ProjectFiles, PythonFlows, PythonTriggers, add_ledger

MULTICURRENCY = OrgOptions(
    currencies=Currencies(
        corporate="USD",
        rates={"EUR": Decimal("0.8"), "JPY": Decimal(150)},
        inactive={"CHF": Decimal("0.9")},
    )
)
ADVANCED = OrgOptions(
    currencies=Currencies(
        rates={"EUR": Decimal("0.8")}, dated={"EUR": {dt.date(2026, 1, 1): Decimal("0.5")}}
    )
)


def open_with(files: ProjectFiles, options: OrgOptions) -> Desk:
    triggers, flows, clock = PythonTriggers(), PythonFlows(), Clock()
    org = Org(load_project(files.root, options), triggers, flows, clock)
    return Desk(org, triggers, flows, clock)


@pytest.fixture
def euros(files: ProjectFiles) -> Desk:
    """A euro is 1.25 dollars, 150 yen are one; francs are inactive."""
    add_ledger(files)
    return open_with(files, MULTICURRENCY)
