"""The command; `serve` as a real process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rehearsal.org.cli import main
from tests.rehearsal.org.server.record_org import write_project, write_trigger

KEYS = [
    "http_url",
    "https_url",
    "ca_file",
    "pubsub_target",
    "org_id",
    "client_id",
    "client_secret",
    "username",
    "private_key_file",
    "access_token",
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_project(tmp_path)
    write_trigger(tmp_path)
    return tmp_path


def localorg(*arguments: str) -> Result:
    """Runs the command in this process; it must end by itself."""
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@contextmanager
def running(project: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    command = [
        sys.executable,
        "-m",
        "rehearsal.org.cli",
        "serve",
        "--project",
        str(project),
        *options,
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline() or "null")
        finally:
            process.kill()


def names(address: Any) -> list[str]:
    url = f"{address['http_url']}/services/data/v66.0/query?q=SELECT+Name+FROM+Widget__c"
    headers = {"Authorization": f"Bearer {address['access_token']}"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as response:
        return [record["Name"] for record in json.load(response)["records"]]


def test_serve_prints_one_line_serves_the_seed_and_stops_quietly(project: Path) -> None:
    seed = project / "seed.json"
    seed.write_text(
        '{"Account": [{"$ref": "acme", "Name": "Acme"}],'
        ' "Widget__c": [{"Name": "w", "Account__c": "@acme", "Amount__c": 12.5}]}'
    )
    with running(project, "--seed", str(seed)) as (process, address):
        assert list(address) == KEYS
        assert names(address) == ["w"]
        private = Path(address["private_key_file"])
        assert private.stat().st_mode & 0o077 == 0
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")
    assert not private.exists()


def test_a_port_in_use_is_said_in_one_line(project: Path) -> None:
    with running(project) as (_, address):
        port = address["http_url"].rpartition(":")[2]
        done = localorg("serve", "--project", str(project), "--http-port", port)
    assert done.exit_code == 1
    assert "address already in use" in done.stderr


def test_a_refused_seed_says_why(project: Path) -> None:
    seed = project / "seed.json"
    seed.write_text('{"Widget__c": [{"Name": "w", "Amount__c": -1}]}')
    done = localorg("serve", "--project", str(project), "--seed", str(seed))
    assert done.exit_code == 1
    assert "Never below zero" in done.stderr


def test_check_passes_a_good_project(project: Path) -> None:
    done = localorg("check", "--project", str(project))
    assert (done.exit_code, done.stderr) == (0, "")
    *lacking, last = done.stdout.splitlines()
    assert last == "No faults."
    assert all(line.startswith("not run: ") for line in lacking)


def test_check_names_file_and_line_of_a_fault(project: Path) -> None:
    trigger = project / "app/main/default/triggers/OrderTrigger.trigger"
    trigger.write_text("trigger OrderTrigger on Order__e (after insert) {\n    nope();\n}\n")
    done = localorg("check", "--project", str(project))
    assert done.exit_code == 1
    assert "OrderTrigger.trigger:2" in done.stderr


def test_check_names_faults_of_apex_and_of_flows_at_once(project: Path) -> None:
    main_folder = project / "app/main/default"
    (main_folder / "triggers/OrderTrigger.trigger").write_text("trigger OrderTrigger on")
    (main_folder / "flows").mkdir()
    (main_folder / "flows/Bad.flow-meta.xml").write_text(
        '<Flow xmlns="http://soap.sforce.com/2006/04/metadata"><label>Bad</label>'
        "<processType>Nonsense</processType><status>Active</status></Flow>"
    )
    done = localorg("check", "--project", str(project))
    assert done.exit_code == 1
    assert "OrderTrigger.trigger" in done.stderr
    assert "Bad.flow-meta.xml" in done.stderr


def test_a_folder_without_a_project_is_a_fault(tmp_path: Path) -> None:
    done = localorg("check", "--project", str(tmp_path))
    assert done.exit_code == 1
    assert "sfdx-project.json" in done.stderr


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"Widget__c": [{"Name": "w", "Account__c": "@no"}]}', '{"No__c": [{}]}']
)
def test_a_wrong_seed_is_said_in_one_line(project: Path, text: str) -> None:
    seed = project / "seed.json"
    seed.write_text(text)
    done = localorg("serve", "--project", str(project), "--seed", str(seed))
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1


def test_serve_takes_the_org_from_a_file(project: Path) -> None:
    (project / "org.json").write_text('{"currencies": {"rates": {"EUR": 0.8}}}')
    (project / "seed.json").write_text(
        '{"Widget__c": [{"Name": "w", "CurrencyIsoCode": "EUR", "Amount__c": 1}]}'
    )
    files = ("--org", str(project / "org.json"), "--seed", str(project / "seed.json"))
    with running(project, *files) as (_, address):
        assert names(address) == ["w"]


@pytest.mark.parametrize("command", ["serve", "test"])
def test_a_wrong_org_file_is_wrong_usage(project: Path, command: str) -> None:
    (project / "org.json").write_text('{"currencies": {"rates": {"EURO": 1}}}')
    done = localorg(command, "--project", str(project), "--org", str(project / "org.json"))
    assert done.exit_code == 2
    assert "EURO is no ISO code" in done.stderr
