"""The command as a process, and a store to look into."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner

from bridge.cli import cli
from bridge.store import Arrival, Move, SqliteInbox, State


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("BRIDGE_")},
        "BRIDGE_STORE__URL": f"sqlite:///{tmp_path}/bridge.db",
        "COLUMNS": "200",
    }


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path):
    async def run(*arguments: str, **changes: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from bridge.cli import main; main()",
            *arguments,
            env={**environment, **changes},
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    return run


@pytest.fixture
def look(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Runs a command that needs the store alone, in this process."""
    monkeypatch.chdir(tmp_path)
    for name in ("BRIDGE_STORE__URL", "COLUMNS"):
        monkeypatch.setenv(name, environment[name])

    def look(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(cli, arguments)
        return result.exit_code, result.stdout, result.stderr

    return look


@pytest.fixture
def store(tmp_path: Path) -> None:
    async def fill() -> None:
        inbox = await SqliteInbox.open(tmp_path / "bridge.db", serving=True)
        for event_id, lane in (("evt_dead", "cus_1"), ("evt_done", "cus_2"), ("evt_new", "cus_3")):
            arrival = Arrival(event_id, "customer.updated", 1.0, None, False, None, lane, b"{}")
            await inbox.admit(arrival)
        dead, done = await inbox.claim(2)
        await inbox.record(
            [
                Move(dead, State.DEAD, outcome="failed", reason="REQUIRED_FIELD_MISSING"),
                Move(done, State.DONE, outcome="ignored"),
            ]
        )
        await inbox.count_refused({"wrong_signature": 3})
        await inbox.close()

    asyncio.run(fill())


@pytest.fixture
async def stripe_url():
    async def account(_: web.Request) -> web.Response:
        return web.json_response(
            {"id": "acct_1", "settings": {"dashboard": {"timezone": "Europe/Berlin"}}}
        )

    async def events(_: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [], "has_more": False})

    app = web.Application()
    app.router.add_get("/v1/account", account)
    app.router.add_get("/v1/events", events)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
def both_ends(org, stripe_url) -> dict[str, str]:
    return {
        "BRIDGE_STRIPE__API_KEY": "sk_test_hunter2",
        "BRIDGE_STRIPE__WEBHOOK_SECRETS": "whsec_hunter3",
        "BRIDGE_STRIPE__API_BASE": stripe_url,
        "BRIDGE_SALESFORCE__LOGIN_URL": org.url,
        "BRIDGE_SALESFORCE__CLIENT_ID": "consumer-key",
        "BRIDGE_SALESFORCE__CLIENT_SECRET": "consumer-secret",
        "BRIDGE_SALESFORCE__PUBSUB_TARGET": f"localhost:{org.port}",
        "BRIDGE_SALESFORCE__CA_FILE": str(org.certificates.ca_file),
        "BRIDGE_SALESFORCE__LINGER": "0.01",
        "BRIDGE_HTTP__PORT": "0",
    }


@pytest.fixture
async def serve_process(environment: dict[str, str], both_ends: dict[str, str], tmp_path: Path):
    """Starts `serve`; gives the process and its ready line."""
    started = []

    async def start():
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from bridge.cli import main; main()",
            "serve",
            "--json",
            env={**environment, **both_ends},
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout is not None
        return process, json.loads(await asyncio.wait_for(process.stdout.readline(), 20))

    yield start
    for process in started:
        if process.returncode is None:
            process.terminate()
            await process.communicate()
