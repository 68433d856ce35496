"""The story through every floor: Stripe, bridge, bus, Apex, Flows. Real processes, real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from rehearsal.demo.clouds import Clouds
from rehearsal.demo.org import Record, Snapshot
from rehearsal.demo.story import SEED, Step, Story
from tests.e2e.end_state import NOW, ROOT, end_state

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


class Disordered(Story):
    """Each step's webhooks are held back, then sent ten times each, in any order, four at once."""

    def steps(self) -> list[Step]:
        return [(title, why, partial(self.in_disorder, act)) for title, why, act in super().steps()]

    async def in_disorder(self, act: Callable[[], Awaitable[None]]) -> None:
        await self.clouds.standin("POST", "delivery", {"hold": True, "duplicate": 9})
        await act()
        await self.clouds.standin("POST", "delivery", {"shuffle": 500, "concurrency": 4})


async def tell(clouds: Clouds, kind: type[Story] = Story) -> Snapshot:
    """Plays the whole story; Stripe's own books must say of each customer what the ledger says."""
    story = kind(clouds)
    async for _ in story.play():
        pass
    assert ledger(story.snapshot) == await books(clouds)
    return story.snapshot


async def books(clouds: Clouds) -> dict[tuple[str, str], Decimal]:
    """Gross cash by customer and currency, from the stand-in's double-entry book."""
    totals = (await clouds.standin("GET", "book"))["totals"]
    return {
        (row["customer"], row["currency"].upper()): Decimal(row["gross"]).scaleb(-2)
        for row in totals
        if row["gross"]
    }


def ledger(records: Snapshot) -> dict[tuple[str, str], Decimal]:
    """The same from the Revenue Entries."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in records["Bridge_Entry__c"].values():
        customer = records["Bridge_Customer__c"][entry["Customer__c"]]["Stripe_Id__c"]
        found[customer, entry["Currency__c"]] += Decimal(entry["Original_Gross__c"])
    return dict(found)


@contextlib.asynccontextmanager
async def chaos(clouds: Clouds, seed: int) -> AsyncIterator[list[float]]:
    """Kills the bridge with signal 9 again and again, at moments that the seed chooses.

    Its lives grow longer, so that a busy machine comes to an end too.
    """
    dice = random.Random(seed)
    kills: list[float] = []

    async def strike() -> None:
        while True:
            pause = dice.uniform(0.05, 1.0 + len(kills) / 10)
            await asyncio.sleep(pause)
            await clouds.kill_bridge()
            kills.append(pause)
            await asyncio.sleep(dice.uniform(0, 0.3))
            await clouds.start_bridge()

    task = asyncio.create_task(strike())
    try:
        yield kills
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What `stripe-sf demo --json` prints, with exit 0."""
    command = [str(Path(sys.executable).parent / "stripe-sf"), "demo", "--json"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stderr
    story: dict[str, Any] = json.loads(done.stdout, parse_float=Decimal)
    return story


def one(records: list[Record], **where: Any) -> Record:
    (found,) = [r for r in records if all(r.get(k) == v for k, v in where.items())]
    return found


@pytest.mark.xdist_group("story")
class TestTheStory:
    def test_it_is_told_as_one_json_object(self, told: dict[str, Any]) -> None:
        assert told["ok"] is True
        assert all({"title", "stripe_events", "changes"} <= step.keys() for step in told["steps"])
        assert {
            "Account",
            "Opportunity",
            "Contract",
            "Bridge_Entry__c",
            "Bridge_Renewal__c",
        } <= told["records"].keys()

    def test_payment_closes_the_opportunity_with_what_was_sold(self, told: dict[str, Any]) -> None:
        deal = one(told["records"]["Opportunity"], Name="Northwind: platform, 25 seats")
        assert (deal["StageName"], deal["IsWon"]) == ("Closed Won", True)
        # 25 seats at $49 less 10 %, for the 24 months that the metadata names.
        assert deal["Amount"] == 25 * 49 * Decimal("0.9") * 24
        assert deal["Bridge_ACV__c"] == 25 * 49 * Decimal("0.9") * 12
        # Seats were added later: what is booked stays, what recurs moves.
        assert deal["Bridge_Current_ARR__c"] == 40 * 49 * Decimal("0.9") * 12

    def test_one_draft_contract(self, told: dict[str, Any]) -> None:
        (contract,) = told["records"]["Contract"]
        deal = one(told["records"]["Opportunity"], Name="Northwind: platform, 25 seats")
        assert contract["AccountId"] == deal["AccountId"]
        assert contract["Status"] == "Draft"
        assert contract["ContractTerm"] == 24
        assert contract["StartDate"] == deal["CloseDate"]
        assert contract["Bridge_Plan_Name__c"] == "Team"

    def test_lifetime_value_is_what_was_collected(self, told: dict[str, Any]) -> None:
        records = told["records"]
        account = one(records["Account"], Name="Northwind Traders")
        entries = [e for e in records["Bridge_Entry__c"] if e["Account__c"] == account["Id"]]
        assert [e["Amount__c"] for e in entries] == [Decimal("1102.50")] * 2
        assert account["Bridge_Lifetime_Value__c"] == Decimal("2205.00")

    def test_renewals_show_what_was_collected_and_what_comes(self, told: dict[str, Any]) -> None:
        account = one(told["records"]["Account"], Name="Northwind Traders")
        renewals = [
            r for r in told["records"]["Bridge_Renewal__c"] if r["Account__c"] == account["Id"]
        ]
        assert sorted(r["Status__c"] for r in renewals) == ["Collected", "Collected", "Upcoming"]
        coming = one(renewals, Status__c="Upcoming")
        assert coming["Original_Amount_Due__c"] == 40 * 49 * Decimal("0.9")

    def test_an_incomplete_subscription_wins_nothing(self, told: dict[str, Any]) -> None:
        deal = one(told["records"]["Opportunity"], Name="Sakura: yearly plan")
        assert deal["StageName"] == "Proposal/Price Quote"

    def test_the_stranger_is_counted_once_linked(self, told: dict[str, Any]) -> None:
        account = one(told["records"]["Account"], Name="Fabrikam")
        assert account["Bridge_Lifetime_Value__c"] == Decimal("147.00")

    def test_a_second_delivery_changes_nothing(self, told: dict[str, Any]) -> None:
        assert told["steps"][-1]["changes"] == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reference(project: Path) -> dict[str, list[str]]:
    """The end state of an undisturbed story."""
    async with Clouds(project, SEED, now=NOW) as clouds:
        return end_state(await tell(clouds))


@pytest.mark.xdist_group("same-end")
@pytest.mark.asyncio(loop_scope="module")
class TestTheSameEnd:
    async def test_in_the_shape_before_basil(
        self, project: Path, reference: dict[str, list[str]]
    ) -> None:
        async with Clouds(project, SEED, now=NOW, api_version="2025-02-24.acacia") as clouds:
            assert end_state(await tell(clouds)) == reference

    @pytest.mark.parametrize("seed", [1, 2, 3])
    async def test_when_the_bridge_is_killed_again_and_again(
        self, project: Path, reference: dict[str, list[str]], seed: int
    ) -> None:
        async with Clouds(project, SEED, now=NOW) as clouds:
            async with chaos(clouds, seed) as kills:
                state = end_state(await tell(clouds))
            assert len(kills) >= 3
            assert state == reference

    async def test_when_each_event_comes_ten_times_and_shuffled(
        self, project: Path, reference: dict[str, list[str]]
    ) -> None:
        async with Clouds(project, SEED, now=NOW) as clouds:
            assert end_state(await tell(clouds, Disordered)) == reference


def edited_copy(project: Path, folder: Path) -> Path:
    copy = folder / "project"
    copy.mkdir()
    shutil.copy(project / "sfdx-project.json", copy)
    shutil.copytree(project / "salesforce", copy / "salesforce")
    return copy


@pytest.mark.xdist_group("same-end")
@pytest.mark.asyncio(loop_scope="module")
async def test_an_edited_flow_changes_what_happens(project: Path, tmp_path: Path) -> None:
    copy = edited_copy(project, tmp_path)
    (flow,) = copy.rglob("Bridge_Win_Opportunity.flow-meta.xml")
    text = flow.read_text()
    changed, count = re.subn(
        r"(<field>NextStep</field>)?(\s*<inputAssignments>\s*<field>CloseDate</field>)",
        r"""
        <inputAssignments>
            <field>NextStep</field>
            <value>
                <stringValue>Send the welcome pack</stringValue>
            </value>
        </inputAssignments>\2""",
        text,
        count=1,
    )
    assert count == 1
    flow.write_text(changed)
    async with Clouds(copy, SEED, now=NOW) as clouds:
        story = Story(clouds)
        async for _ in story.play():
            break
        deal = one(
            list(story.snapshot["Opportunity"].values()), Name="Northwind: platform, 25 seats"
        )
    assert deal["NextStep"] == "Send the welcome pack"
