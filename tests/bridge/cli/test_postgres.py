"""The commands on PostgreSQL: what they find there, and never its password."""

import asyncio
import json
import re
import sys
from urllib.parse import quote

import pytest

pytestmark = pytest.mark.slow

PASSWORD = "hunter2:/@%"
GONE = f"postgresql://bridge:{quote(PASSWORD, safe='')}@127.0.0.1:1/nowhere"
SAID = "postgresql://bridge@127.0.0.1:1/nowhere"


def clean(*said):
    """Nothing of the password, as it is written or as it is."""
    text = "\n".join(said)
    assert "hunter" not in text
    return text


async def test_a_server_that_is_not_there_is_named_without_its_password(run, both_ends):
    changes = {**both_ends, "BRIDGE_STORE__URL": GONE, "BRIDGE_LOG__LEVEL": "DEBUG"}
    code, out, err = await run("doctor", **changes)
    assert code == 1, (out, err)
    assert SAID in clean(out, err)


async def test_nor_does_a_bridge_tell_it_that_waits_for_the_server(
    environment, both_ends, tmp_path
):
    serving = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from bridge.cli import main; main()", "serve"),
        env={
            **environment,
            **both_ends,
            "BRIDGE_STORE__URL": GONE,
            "BRIDGE_LOG__LEVEL": "DEBUG",
        },
        cwd=tmp_path,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said = ""
        async with asyncio.timeout(20):
            while "is waited for" not in said:
                said += (await serving.stderr.readline()).decode()
    finally:
        serving.kill()
        await serving.communicate()
    assert SAID in clean(said)


@pytest.mark.parametrize("command", [("status",), ("events", "list"), ("events", "show", "evt_1")])
def test_nor_do_those_tell_it_that_need_the_store_alone(look, monkeypatch, command):
    monkeypatch.setenv("BRIDGE_STORE__URL", GONE)
    code, out, err = look(*command)
    assert (code, SAID in clean(out, err)) == (1, True)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://bridge:hunter2@127.0.0.1:1/",
        "postgresql://bridge:hunter2/x@127.0.0.1:1/nowhere",
        "postgresql://bridge:hunter2@h1:1,h2:2/nowhere",
        "postgresql://bridge@127.0.0.1:1/nowhere?password=hunter2",
        "postgresql://bridge:hunter2@127.0.0.1:1/nowhere?sslmode=perhaps",
        "mysql://bridge:hunter2@127.0.0.1/nowhere",
    ],
)
def test_nor_is_that_of_an_address_that_cannot_be_used(look, monkeypatch, url):
    monkeypatch.setenv("BRIDGE_STORE__URL", url)
    code, out, err = look("status")
    assert code in (1, 2)
    assert re.search("BRIDGE_STORE__URL|cannot open the store", clean(out, err))


def test_what_the_server_says_of_a_role_is_told_and_no_password(look, monkeypatch, postgres):
    monkeypatch.setenv("BRIDGE_STORE__URL", postgres.url.replace("bridge@", "nobody_1:hunter2@"))
    code, out, err = look("status")
    assert (code, "does not exist" in clean(out, err)) == (1, True)


async def test_doctor_finds_the_store(run, both_ends, postgres):
    url = postgres.url.replace("bridge@", "bridge:hunter2@")  # which the server does not ask for
    code, out, err = await run("doctor", **{**both_ends, "BRIDGE_STORE__URL": url})
    assert code == 0, (out, err)
    assert f"store: {postgres.url} can be written" in clean(out, err)


def test_status_says_which_bridge_reads(look, monkeypatch, postgres):
    monkeypatch.setenv("BRIDGE_STORE__URL", postgres.url)

    def tell(bridge, ago, *stands_by, fault=None):
        parts = {
            part: {"ok": fault is None, "reason": fault, "fault": fault, "since": None}
            for part in ("salesforce receipts", "salesforce requests")
        }
        said = {"ready": True, "parts": parts, "stands_by": stands_by, "budget": {}}
        postgres.sql(
            "INSERT INTO stripe_sf.reports VALUES ($1, stripe_sf.bridge_now() - $3, $2)",
            *(bridge, json.dumps(said), float(ago)),
        )

    def read_by():
        code, out, err = look("status")
        assert code == 0, err
        return re.findall(r"^salesforce (\w+): read by (.*)$", out, re.MULTILINE)

    tell("host-a:1", 5)
    assert read_by() == []  # of one bridge it goes without saying
    tell("host-b:2", 4, "salesforce receipts")
    assert read_by() == [("receipts", "host-a:1"), ("requests", "host-b:2")]
    tell("host-c:3", 1)  # it took over from one that died a moment ago
    assert read_by() == [("receipts", "host-c:3"), ("requests", "host-c:3")]
    postgres.sql("DELETE FROM stripe_sf.reports")
    tell("host-d:4", 1, fault="not_tried")
    tell("host-e:5", 1, "salesforce receipts", "salesforce requests")
    assert {reader for _, reader in read_by()} == {"nobody until one takes over"}
