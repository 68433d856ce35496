"""The tools themselves, on planted faults and on the package; slow, and only where they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rehearsal.org.check.external import external
from rehearsal.org.check.finding import Finding, NotRun
from tests.rehearsal.org.conftest import ProjectFiles

ROOT = Path(__file__).parents[4]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("external-tools"),
    pytest.mark.skipif(
        not (ROOT / "node_modules").is_dir() or not shutil.which("java"),
        reason="apex-ls, prettier, PMD and the Flow scanner need `make tools` and Java 17",
    ),
]

TYPES = """\
public class Types {
    private final Integer n = 1;
    public Integer wrong() {
        n = 2;
        return 'text';
    }
}
"""
LOOP = """\
public with sharing class Loop {
    public void run(List<Id> ids) {
        for (Id one : ids) {
            delete [SELECT Id FROM Account WHERE Id = :one];
        }
        try {
            run(ids);
        } catch (Exception e) {
        }
    }
}
"""
FLOW = """\
<description>What it is for.</description>
<apiVersion>66.0</apiVersion>
<label>Wide</label>
<processType>AutoLaunchedFlow</processType>
<recordLookups>
    <name>Get_Account</name>
    <label>Get Account</label>
    <locationX>0</locationX>
    <locationY>0</locationY>
    <assignNullValuesIfNoRecordsFound>false</assignNullValuesIfNoRecordsFound>
    <connector><targetReference>Write_Account</targetReference></connector>
    <getFirstRecordOnly>true</getFirstRecordOnly>
    <object>Account</object>
    <queriedFields>Id</queriedFields>
    <queriedFields>Name</queriedFields>
    <storeOutputAutomatically>true</storeOutputAutomatically>
</recordLookups>
<recordUpdates>
    <name>Write_Account</name>
    <label>Write Account</label>
    <locationX>0</locationX>
    <locationY>0</locationY>
    <inputReference>Get_Account</inputReference>
</recordUpdates>
<start>
    <locationX>0</locationX>
    <locationY>0</locationY>
    <connector><targetReference>Get_Account</targetReference></connector>
</start>
<status>Active</status>"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    files = ProjectFiles(tmp_path_factory.mktemp("faults"))
    for name, text in (("Types", TYPES), ("Loop", LOOP), ("Half", "public class Half {")):
        files.write(f"classes/{name}.cls", text)
        body = "<apiVersion>66.0</apiVersion><status>Active</status>"
        files.meta(f"classes/{name}.cls-meta.xml", "ApexClass", body)
    files.meta("flows/Wide.flow-meta.xml", "Flow", FLOW)
    for name in (".prettierrc", "node_modules"):
        (files.root / name).symlink_to(ROOT / name)
    results = list(external(files.root))
    assert not [said for said in results if isinstance(said, NotRun)]
    return [said for said in results if isinstance(said, Finding)]


def places(found: list[Finding], check: str) -> list[tuple[str, int]]:
    return [(said.path.name, said.line) for said in found if said.check == check]


def test_apex_ls_finds_a_wrong_type_and_what_its_exit_code_passes_over(
    found: list[Finding],
) -> None:
    assert ("Types.cls", 5) in places(found, "apex-ls/error")
    assert ("Types.cls", 4) in places(found, "apex-ls/warning")
    assert "Half.cls" in [name for name, _ in places(found, "apex-ls/syntax")]


def test_prettier_finds_what_is_not_formatted_and_what_does_not_parse(
    found: list[Finding],
) -> None:
    names = [name for name, _ in places(found, "prettier")]
    assert {"Half.cls", "Wide.flow-meta.xml"} <= set(names)
    assert "Types.cls" not in names


def test_pmd_finds_queries_in_loops_and_swallowed_exceptions(found: list[Finding]) -> None:
    assert ("Loop.cls", 4) in places(found, "pmd/OperationWithLimitsInLoop")
    assert ("Loop.cls", 8) in places(found, "pmd/EmptyCatchBlock")


def test_the_flow_scanner_wants_a_fault_path_on_writes_only(found: list[Finding]) -> None:
    ((name, line),) = places(found, "flow-scanner/MissingFaultPath")
    (path,) = {said.path for said in found if said.path.name == name}
    assert path.read_text().splitlines()[line - 1].strip() == "<name>Write_Account</name>"


def test_what_does_harm_in_production_is_an_error(found: list[Finding]) -> None:
    severities = {said.check: said.severity for said in found}
    assert severities["pmd/OperationWithLimitsInLoop"] == "error"
    assert severities["flow-scanner/MissingFaultPath"] == "error"
    assert severities["apex-ls/warning"] == "warning"


def test_paths_lead_to_files(found: list[Finding]) -> None:
    assert all(said.path.is_file() for said in found)


def test_the_package_is_clean() -> None:
    assert list(external(ROOT)) == []
