"""Single faults planted in a copy of the package, and how many of them are found."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

from rehearsal.org.check import Finding, run

_SPEC = importlib.util.spec_from_file_location("planted", Path(__file__).with_name("planted.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
planted = importlib.util.module_from_spec(_SPEC)
sys.modules["planted"] = planted
_SPEC.loader.exec_module(planted)

ROOT = Path(__file__).parents[4]
READING = ("metadata", "references", "apex")
BAR = 0.9
"""The share of the faults that must be found."""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("package")
    shutil.copy(ROOT / "sfdx-project.json", copy)
    shutil.copytree(ROOT / "salesforce", copy / "salesforce")
    return copy


def test_the_package_has_no_findings(package: Path) -> None:
    assert run(package, (*READING, "local-org")).findings == []


@pytest.mark.slow
def test_most_planted_faults_are_found_where_they_are(package: Path) -> None:
    table: Counter[tuple[str, str]] = Counter()
    missed: list[str] = []
    for fault in planted.FAULTS:
        with fault.planted(package) as lines:
            found = _found(package, fault.check.split(), lines)
        if found is None:
            missed.append(fault.name)
        else:
            table[fault.kind, found.check] += 1
    for (kind, check), count in sorted(table.items()):
        print(f"{kind:16} {check:20} {count:3}")
    print(f"{table.total()} of {len(planted.FAULTS)} found; not: {', '.join(missed)}")
    assert len(planted.FAULTS) >= 60
    assert table.total() / len(planted.FAULTS) >= BAR


def _found(package: Path, checks: list[str], lines: dict[Path, range]) -> Finding | None:
    """A finding of one of the checks, at the lines that were changed where they say so."""
    quick_first = () if checks == ["load"] else READING  # that one is the local org's own word
    for layer in (*quick_first, "local-org"):
        for finding in run(package, (layer,)).findings:
            at = lines.get(finding.path)
            if finding.check in checks and (at is None or finding.line in at):
                return finding
    return None
