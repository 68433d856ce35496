"""What is said of tools that are not there, are too old, or break off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.org.check.external import TOOLS, external
from rehearsal.org.check.finding import Finding, NotRun
from tests.rehearsal.org.conftest import ProjectFiles

Command = Callable[[str, str], None]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = ProjectFiles(tmp_path / "project")
    files.write("classes/A.cls", "public class A {\n}\n")
    (files.root / ".prettierrc").write_text("{}")
    for tool in TOOLS:
        for package in tool.packages:
            (files.root / "node_modules" / package).mkdir(parents=True, exist_ok=True)
    return files.root


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Puts a shell script on a PATH that holds nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def write(name: str, script: str) -> None:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return write


def reasons(root: Path) -> dict[str, str]:
    return {said.name: said.reason for said in external(root) if isinstance(said, NotRun)}


def test_without_node_modules_each_tool_is_named(project: Path) -> None:
    (project / "node_modules").rename(project / "elsewhere")
    found = list(external(project))
    assert [said.name for said in found if isinstance(said, NotRun)] == [
        "apex-ls",
        "prettier",
        "pmd",
        "flow-scanner",
    ]
    assert len(found) == 4
    assert reasons(project)["pmd"] == (
        "not in node_modules: @salesforce/code-analyzer-core,"
        " @salesforce/code-analyzer-pmd-engine (npm ci)"
    )


def test_without_node_and_java_what_is_missing_is_named(project: Path, command: Command) -> None:
    assert reasons(project) == {
        "apex-ls": "needs Java 17 or later",
        "prettier": "needs Node.js 20 or later",
        "pmd": "needs Node.js 20 or later",
        "flow-scanner": "needs Node.js 20 or later",
    }


def test_too_old_a_version_is_named(project: Path, command: Command) -> None:
    command("node", "echo v18.19.1")
    command("java", """echo 'openjdk version "1.8.0_392"' >&2""")
    assert reasons(project)["apex-ls"] == "needs Java 17 or later, found 1"
    assert reasons(project)["prettier"] == "needs Node.js 20 or later, found 18"


def test_pmd_needs_java_too(project: Path, command: Command) -> None:
    command("node", "[ $1 = --version ] && echo v20.0.0 || echo '[]'")
    assert reasons(project)["pmd"] == "needs Java 17 or later"


def test_a_project_without_a_prettier_configuration_is_not_judged_by_it(
    project: Path, command: Command
) -> None:
    command("node", "[ $1 = --version ] && echo v20.0.0 || echo '[]'")
    assert "prettier" not in reasons(project)
    (project / ".prettierrc").unlink()
    assert reasons(project)["prettier"] == "the project has no .prettierrc"


def test_a_tool_that_breaks_off_is_an_error_and_not_silence(
    project: Path, command: Command
) -> None:
    command("node", "[ $1 = --version ] && echo v20.0.0 && exit; echo 'Error: no' >&2; exit 3")
    command("java", """[ $1 = -version ] && echo 'version "17"' && exit; echo '{ "files": [ {'""")
    flow = project / "app/main/default/flows/A.flow-meta.xml"
    flow.parent.mkdir()
    flow.write_text("<Flow/>")
    found = [said for said in external(project) if isinstance(said, Finding)]
    assert {said.check for said in found} == {tool.name for tool in TOOLS}
    assert {said.severity for said in found} == {"error"}
    messages = {said.check: said.message for said in found}
    assert messages["prettier"] == "prettier broke off: exit 3: Error: no"
    assert messages["apex-ls"].startswith("apex-ls broke off: ")


def test_a_folder_without_a_project_is_another_layers_matter(tmp_path: Path) -> None:
    assert list(external(tmp_path)) == []


def test_options_of_the_users_own_for_java_are_kept(
    project: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Dmine=1")
    command(
        "node",
        "[ $1 = --version ] && echo v20.0.0 && exit; echo $JAVA_TOOL_OPTIONS >&2; exit 3",
    )
    (said,) = [said for said in external(project) if isinstance(said, Finding)]
    assert "-Dmine=1 -XX:" in said.message
