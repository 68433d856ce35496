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
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lxml import html

from rehearsal.demo.clouds import Clouds
from rehearsal.demo.org import Record, Snapshot
from rehearsal.demo.story import SEED, Step, Story
from tests.e2e.end_state import NOW, ROOT, end_state

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SEAT = 49 * Decimal("0.9")
"""What Northwind pays for a seat and month: $49 less 10 %."""
REFUND = Decimal("176.40")
NORTHWIND_PAID = (2 * 25 + 4 * 40 + 6 * 35) * SEAT - REFUND


class Disordered(Story):
    """Each step's webhooks are held back, then sent ten times each, in any order, four at once."""

    def steps(self) -> list[Step]:
        return [(title, why, partial(self.in_disorder, act)) for title, why, act in super().steps()]

    async def in_disorder(self, act: Callable[[], Awaitable[str | None]]) -> None:
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
    """Cash by customer and currency, less what went back, from the stand-in's double-entry book."""
    totals = (await clouds.standin("GET", "book"))["totals"]
    return {
        (row["customer"], row["currency"].upper()): Decimal(row["net"]).scaleb(-2)
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
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "page.html"


@pytest.fixture(scope="module")
def told(page_file: Path) -> dict[str, Any]:
    """What `stripe-sf demo --json` prints, with exit 0."""
    stripe_sf = str(Path(sys.executable).parent / "stripe-sf")
    command = [stripe_sf, "demo", "--json", "--page", str(page_file)]
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
        deal = one(told["records"]["Opportunity"], Name="Northwind: platform, 25 seats, two years")
        assert (deal["StageName"], deal["IsWon"]) == ("Closed Won", True)
        # 25 seats at $49 less 10 %, for the 24 months that the metadata names.
        assert deal["Amount"] == 25 * 49 * Decimal("0.9") * 24
        assert deal["Bridge_ACV__c"] == 25 * 49 * Decimal("0.9") * 12
        # Seats came and went later: what is booked stays, what recurs moves.
        assert deal["Bridge_Current_ARR__c"] == 35 * SEAT * 12
        assert deal["Bridge_ARR_Change__c"] == (35 - 25) * SEAT * 12
        assert deal["Bridge_Collected__c"] == NORTHWIND_PAID

    def test_one_draft_contract(self, told: dict[str, Any]) -> None:
        (contract,) = told["records"]["Contract"]
        deal = one(told["records"]["Opportunity"], Name="Northwind: platform, 25 seats, two years")
        assert contract["AccountId"] == deal["AccountId"]
        assert contract["Status"] == "Draft"
        assert contract["ContractTerm"] == 24
        assert contract["StartDate"] == deal["CloseDate"]
        assert contract["Bridge_Plan_Name__c"] == "Team"

    def test_lifetime_value_is_what_was_collected(self, told: dict[str, Any]) -> None:
        records = told["records"]
        account = one(records["Account"], Name="Northwind Traders")
        entries = [e for e in records["Bridge_Entry__c"] if e["Account__c"] == account["Id"]]
        assert sorted(e["Amount__c"] for e in entries if e["Kind__c"] == "Charge") == sorted(
            [25 * SEAT] * 2 + [40 * SEAT] * 4 + [35 * SEAT] * 6
        )
        # A part of one charge was refunded; what the dispute took came back.
        assert [e["Amount__c"] for e in entries if e["Kind__c"] == "Refund"] == [-REFUND]
        assert sorted(e["Amount__c"] for e in entries if e["Kind__c"] == "Dispute") == [
            -40 * SEAT,
            40 * SEAT,
        ]
        assert account["Bridge_Lifetime_Value__c"] == NORTHWIND_PAID

    def test_renewals_show_what_was_collected_and_what_comes(self, told: dict[str, Any]) -> None:
        account = one(told["records"]["Account"], Name="Northwind Traders")
        renewals = [
            r for r in told["records"]["Bridge_Renewal__c"] if r["Account__c"] == account["Id"]
        ]
        assert Counter(r["Status__c"] for r in renewals) == {"Collected": 12, "Upcoming": 1}
        coming = one(renewals, Status__c="Upcoming")
        assert coming["Original_Amount_Due__c"] == 35 * SEAT

    def test_a_declined_card_raises_one_task_that_its_recovery_closes(
        self, told: dict[str, Any]
    ) -> None:
        (task,) = told["records"]["Task"]
        assert task["IsClosed"] is True
        declined, recovered = (
            next(s for s in told["steps"] if s["title"] == title)
            for title in (
                "Northwind's card is declined",
                "Northwind gives another card, and the retry is paid",
            )
        )
        raised = one(declined["changes"], object="Task")
        assert raised["change"] == "created"
        health = one(declined["changes"], object="Account", name="Northwind Traders")["fields"]
        assert health["Bridge_Customer_Health__c"]["after"] == "At Risk"
        assert health["Bridge_At_Risk_MRR__c"]["after"] == 40 * SEAT
        health = one(recovered["changes"], object="Account", name="Northwind Traders")["fields"]
        assert health["Bridge_Customer_Health__c"]["after"] == "Healthy"
        assert health["Bridge_At_Risk_MRR__c"]["after"] == 0

    def test_who_has_left_is_churned_and_its_money_stays(self, told: dict[str, Any]) -> None:
        account = one(told["records"]["Account"], Name="Fabrikam")
        assert account["Bridge_Customer_Health__c"] == "Churned"
        assert account["Bridge_Current_ARR__c"] == 0
        # Four months were paid; the bank took the last one back for good.
        assert account["Bridge_Lifetime_Value__c"] == 3 * 3 * 49

    def test_movements_sum_to_what_recurs(self, told: dict[str, Any]) -> None:
        movements = [m for m in told["records"]["Bridge_Movement__c"] if m["Kind__c"]]
        by_kind: dict[str, Decimal] = defaultdict(Decimal)
        for movement in movements:
            by_kind[movement["Kind__c"]] += movement["Amount__c"]
        assert by_kind == {
            "New": 25 * SEAT + 3 * 49,
            "Expansion": 15 * SEAT,
            "Contraction": -5 * SEAT,
            "Churn": -3 * 49,
        }
        assert sum(by_kind.values()) == 35 * SEAT

    def test_nothing_waits_for_anybody(self, told: dict[str, Any]) -> None:
        assert told["records"]["Bridge_Exception__c"] == []
        assert not any(
            row["Automation_Hold__c"]
            for name in ("Bridge_Subscription__c", "Bridge_Renewal__c", "Bridge_Entry__c")
            for row in told["records"][name]
        )

    def test_its_page_says_the_same(self, told: dict[str, Any], page_file: Path) -> None:
        assert told["ok"]
        page = html.fromstring(page_file.read_text("utf-8"))
        words = page.text_content()
        assert f"${NORTHWIND_PAID + 3 * 3 * 49:,.2f}" in words
        assert f"${35 * SEAT:,.2f}" in words
        assert len(page.findall(".//svg")) == 2

    def test_an_incomplete_subscription_wins_nothing(self, told: dict[str, Any]) -> None:
        deal = one(told["records"]["Opportunity"], Name="Sakura: yearly plan")
        assert deal["StageName"] == "Proposal/Price Quote"

    def test_the_stranger_is_counted_once_linked(self, told: dict[str, Any]) -> None:
        linked = next(s for s in told["steps"] if s["title"].startswith("Somebody links"))
        account = one(linked["changes"], object="Account", name="Fabrikam")
        assert account["fields"]["Bridge_Lifetime_Value__c"]["after"] == 3 * 49

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
            list(story.snapshot["Opportunity"].values()),
            Name="Northwind: platform, 25 seats",
        )
    assert deal["NextStep"] == "Send the welcome pack"
