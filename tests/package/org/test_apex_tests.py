"""The package's own Apex tests, on the local org."""

from __future__ import annotations

import pytest

from rehearsal.org.apex.testing import coverage, run_tests
from rehearsal.org.org import Org
from tests.package.org.local import ROOT

pytestmark = pytest.mark.slow

DEVELOPMENT = "tests-extra"
COVERED = 95


def test_apex_tests_pass_and_cover_the_package() -> None:
    org = Org.load(ROOT)
    shipped = [
        source.name
        for source in org.project.classes
        if source.name.endswith("Test") and DEVELOPMENT not in source.path.parts
    ]
    results = run_tests(org, shipped)
    assert not [str(result) for result in results if not result.passed]

    units = coverage(org, results)
    covered = sum(len(unit.covered) for unit in units)
    assert 100 * covered / sum(len(unit.executable) for unit in units) >= COVERED
    assert not [unit.name for unit in units if not unit.covered]


def test_flow_scenarios_pass() -> None:
    results = run_tests(Org.load(ROOT), ["BridgeFlowsTest"])
    assert not [str(result) for result in results if not result.passed]
