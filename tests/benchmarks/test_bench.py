"""The benchmark's parts still start, and its page is made of what they say."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks import crowd, svg
from benchmarks.admit import body, requests, server
from benchmarks.bridge import clouds
from benchmarks.claim import Claim
from benchmarks.drain import drained
from benchmarks.load import flood, percentile, steady
from benchmarks.part import Found
from benchmarks.results import DATA, IMAGES, PAGE, Results
from bridge.store import State, open_store

EVENT = json.dumps(
    {
        "id": "evt_aaaaaaaaaa",
        "object": "event",
        "type": "charge.succeeded",
        "created": 1_760_000_000,
        "livemode": False,
        "api_version": "2026-10-28.endive",
        "data": {
            "object": {
                "id": "ch_bbbbbbbbbb",
                "object": "charge",
                "customer": "cus_cccccccccc",
                "price": "price_dddddddddd",
            }
        },
    }
)


def test_a_claim_is_short_on_the_wrong_side_of_its_bar_alone() -> None:
    assert [Claim("a", value, "", 5).ok for value in (4, 5, 6)] == [False, True, True]
    assert [Claim("a", value, "", 5, True).ok for value in (4, 5, 6)] == [True, True, False]
    assert "SHORT" in str(Claim("a", 4, "", 5))
    missing = Claim("a", None, "×", 1, note="npm was not found")
    assert missing.ok is None
    assert "npm was not found" in str(missing)


def test_each_company_of_a_crowd_has_ids_of_its_own_and_buys_the_same() -> None:
    template = crowd.template(EVENT)
    made = list(crowd.crowd([template], 3, first=7))
    assert [each.event_id for each in made] == [f"evt_aaaaaaaaaaz0000{n}" for n in (7, 8, 9)]
    assert made[1].lane == "cus_ccccccccccz00008"
    found = json.loads(made[1].payload or b"")["data"]["object"]
    assert (found["id"], found["customer"]) == ("ch_bbbbbbbbbbz00008", "cus_ccccccccccz00008")
    assert found["price"] == "price_dddddddddd"
    text, suffix = crowd.original((made[1].payload or b"").decode())
    assert (json.loads(text), suffix) == (json.loads(EVENT), "z00008")


def test_plots_are_well_formed_and_hold_every_value() -> None:
    bars = svg.bars("a & b", "/s", {"bridge": 1234.0, "<other>": 10.0})
    assert "1,234 /s" in "".join(ET.fromstring(bars).itertext())
    lines = ET.fromstring(svg.lines("t", "x", "y", {"one": [(0, 0), (10, 5)], "two": [(3, 7)]}))
    assert len(lines.findall("{http://www.w3.org/2000/svg}polyline")) == 2


def test_the_page_keeps_its_words_and_other_parts_numbers(tmp_path: Path) -> None:
    (tmp_path / PAGE).write_text(
        "Before\n<!-- measured: `make bench` writes this -->\nold\n<!-- /measured -->\nAfter\n"
    )
    for name, value in (("drain", 3.0), ("admit", 0.7)):
        results = Results.load(tmp_path)
        results.machine = {"date": "2026-12-01"}
        results.take(name, Found([Claim(f"{name}: it", value, "×", 0.6)], {"bridge": 1.0}))
        results.save(tmp_path)
    page = (tmp_path / PAGE).read_text()
    assert "| drain: it | 3.00 × | ≥ 0.6 | ok |" in page
    assert "| admit: it | 0.70 × | ≥ 0.6 | ok |" in page
    assert page.startswith("Before\n")
    assert page.endswith("After\n")
    assert "old" not in page
    assert json.loads((tmp_path / DATA).read_text())["parts"].keys() == {"drain", "admit"}
    assert (tmp_path / IMAGES / "performance-admit.svg").exists()


@pytest.mark.slow
@pytest.mark.e2e
async def test_what_the_load_sends_is_stored(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/bench.db"
    async with server("bridge", store) as url:
        rate = await flood(url, requests(url, (body(n) for n in range(60))), 8)
        took = await steady(url, requests(url, (body(n) for n in range(40))), 200)
    assert rate > 0
    assert 0 < percentile(took, 0.5) <= percentile(took, 0.99)
    inbox = await open_store(store, serving=False)
    try:
        assert (await inbox.counts()).states[State.NEW] == 100
    finally:
        await inbox.close()


@pytest.mark.slow
@pytest.mark.e2e
async def test_a_backlog_drains_between_clouds_that_answer_at_once(tmp_path: Path) -> None:
    async with clouds(events=200) as between:
        store = f"sqlite:///{tmp_path}/bench.db"
        curve, claims = await drained(between, 300, store, "SQLite")
        taken, _ = await between.counts()
    assert curve[-1][1] == 300
    assert 0 < taken["events"] <= 300
    assert {claim.value is not None for claim in claims} == {True}
