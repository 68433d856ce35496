"""The Salesforce CLI itself, where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[5]
SF = shutil.which("sf")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.xdist_group("salesforce-cli"),
    pytest.mark.skipif(SF is None, reason="the Salesforce CLI (sf) is not on the PATH"),
]


class Cli:
    """`sf` with a home of its own, logged in to an empty local org."""

    def __init__(self, home: Path, org: dict[str, Any]) -> None:
        self.org = org
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "SF_TARGET_ORG": "local",
            "SF_ACCESS_TOKEN": org["access_token"],
            "SF_DISABLE_TELEMETRY": "true",
            "SF_AUTOUPDATE_DISABLE": "true",
            "SF_SKIP_NEW_VERSION_CHECK": "true",
            "CI": "true",
        }

    def run(self, *arguments: str, project: Path, code: int = 0) -> Any:
        done = subprocess.run(
            [SF or "", *arguments, "--json"],
            cwd=project,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    empty = tmp_path_factory.mktemp("empty")
    (empty / "app").mkdir()
    (empty / "sfdx-project.json").write_text('{"packageDirectories": [{"path": "app"}]}')
    command = [sys.executable, "-m", "rehearsal.org.cli", "serve", "--project", str(empty)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        made = Cli(tmp_path_factory.mktemp("home"), json.loads(process.stdout.readline()))
        made.run(
            *("org", "login", "access-token", "--no-prompt", "--alias", "local"),
            *("--instance-url", made.org["http_url"]),
            project=empty,
        )
        yield made
        process.terminate()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package, to be changed at will."""
    shutil.copy(ROOT / "sfdx-project.json", tmp_path)
    shutil.copytree(ROOT / "salesforce", tmp_path / "salesforce")
    return tmp_path


def test_the_org_can_be_displayed(cli: Cli, package: Path) -> None:
    shown = cli.run("org", "display", project=package)["result"]
    assert (shown["id"], shown["connectedStatus"]) == (cli.org["org_id"], "Connected")
    assert shown["username"] == "admin@localorg.example"


def test_the_package_is_deployed_and_can_be_asked(cli: Cli, package: Path) -> None:
    deploy = ("project", "deploy", "start", "--source-dir", "salesforce")
    checked = cli.run(*deploy, "--dry-run", "--test-level", "RunLocalTests", project=package)
    assert (checked["result"]["status"], checked["result"]["checkOnly"]) == ("Succeeded", True)
    assert checked["result"]["numberTestErrors"] == 0
    deployed = cli.run(*deploy, project=package)["result"]
    assert (deployed["status"], deployed["numberComponentErrors"]) == ("Succeeded", 0)
    assert {one["state"] for one in deployed["files"]} == {"Created"}
    report = cli.run("project", "deploy", "report", "--use-most-recent", project=package)
    assert report["result"]["id"] == deployed["id"]
    cli.run("org", "assign", "permset", "--name", "Bridge_Admin", project=package)
    query = "SELECT COUNT(Id) FROM Bridge_Customer__c"
    found = cli.run("data", "query", "--query", query, project=package)
    assert found["result"]["records"][0]["expr0"] == 0
    types = cli.run("org", "list", "metadata-types", project=package)["result"]
    assert "Flow" in {one["xmlName"] for one in types["metadataObjects"]}


def test_a_faulty_class_is_refused_by_file_and_line(cli: Cli, package: Path) -> None:
    folder = package / "salesforce/core/main/default/classes"
    path = folder / "Broken.cls"
    path.write_text("public class Broken {\n    Decimal rate = VAT;\n}\n")
    shutil.copy(folder / "BridgeTotals.cls-meta.xml", folder / "Broken.cls-meta.xml")
    refused = cli.run(
        *("project", "deploy", "start", "--source-dir", str(path)), project=package, code=1
    )
    assert refused["result"]["status"] == "Failed"
    (fault,) = [one for one in refused["result"]["files"] if one["state"] == "Failed"]
    assert fault["filePath"].endswith("classes/Broken.cls")
    assert fault["lineNumber"] == 2
    assert "VAT" in fault["error"]
