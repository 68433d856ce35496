"""One run of all stories: an org, an API shape, events in order or twice and shuffled."""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.demo.clouds import Clouds
from rehearsal.demo.processes import beside_python
from tests.e2e.end_state import NOW, plain, saw_no_change
from tests.stories.telling import steps as steps
from tests.stories.telling.book import tales
from tests.stories.telling.company import Company
from tests.stories.telling.orgs import ORGS
from tests.stories.telling.records import NOTIFICATION, Reader, Record
from tests.stories.telling.story import EXCEPTION, Story
from tests.stories.telling.timeline import Storyteller

SHAPES = {"before-basil": "2025-02-24.acacia", "newest": None}


BY_THE_WAY: dict[str, set[str]] = {
    # How things stood when it was sent; no later event mends that.
    NOTIFICATION: {"Body"},
    # How often a cause was met is how often it was told of.
    EXCEPTION: {"Count__c"},
    # Where no retry is planned, the day of the last one that was, or of the first that was heard.
    "Task": {"ActivityDate"},
}
"""Fields that say how a record came to be so, beside what is so."""


@dataclass(frozen=True, slots=True)
class Combination:
    """``shape`` is one of SHAPES."""

    org: str
    shape: str
    disordered: bool

    def __str__(self) -> str:
        return f"{self.org}-{self.shape}-{'disordered' if self.disordered else 'ordered'}"


@dataclass(slots=True)
class Told:
    """What came of a run, by story."""

    failures: dict[str, str] = field(default_factory=dict)
    ends: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """Each story's records at the end, by object, without ids and the clocks' ticks."""
    seconds: float = 0.0
    rounds: int = 0


class StoryClouds(Clouds):
    """The three processes of a combination. A refused event fails its own story only."""

    async def prepare_org(self) -> None:
        """A new org has its Flows inactive where it says so: the admin activates them."""
        if self._org_options.get("flows") == "inactive":
            await self.org.request("POST", "/localorg/flows", {"active": True})

    def _bridge_env(self, secret: str) -> dict[str, str]:
        """A run that dies of the org's limits has no receipt; here nobody is slow otherwise."""
        return {**super()._bridge_env(secret), "BRIDGE_SALESFORCE__RECEIPT_TIMEOUT": "3"}

    async def refused(self) -> None:
        return

    async def dead(self) -> list[dict[str, Any]]:
        """The dead letters, as the bridge's own command tells them."""
        child = await asyncio.create_subprocess_exec(
            beside_python("stripe-sf"),
            *("events", "list", "--state", "dead", "--limit", "1000", "--json"),
            env={**os.environ, **self._env},
            stdout=asyncio.subprocess.PIPE,
        )
        found: list[dict[str, Any]] = json.loads((await child.communicate())[0])
        return found


async def tell(combination: Combination, project: Path, only: str = "") -> Told:
    """Tells every story of the book (``only``: those whose name begins so)."""
    began = time.monotonic()
    told = Told()
    clouds = StoryClouds(
        project,
        {},
        now=NOW,
        api_version=SHAPES[combination.shape],
        org=ORGS[combination.org],
    )
    async with clouds:
        reader = Reader(clouds.org)
        await reader.describe()
        company = Company(clouds, combination.org, reader)
        await company.rep("Frida")
        stories = [Story(tale, company) for tale in tales() if tale.name.startswith(only)]
        teller = Storyteller(company, disordered=combination.disordered)
        await teller.tell(stories)
        for story in stories:
            told.ends[story.tale.name] = _end(story)
        told.failures = _failures(stories, await clouds.dead())
    told.seconds, told.rounds = time.monotonic() - began, teller.rounds
    return told


def _failures(stories: list[Story], dead: list[dict[str, Any]]) -> dict[str, str]:
    found = {story.tale.name: story.failure for story in stories if story.failure is not None}
    tellers = {c.id: story.tale.name for story in stories for c in story.customers.values()}
    for letter in dead:
        of = tellers.get(letter["lane"], "nobody")
        said = f"{letter['type']} was refused: {letter['reason']}"
        found[of] = "\n".join(filter(None, (found.get(of), said)))
    return found


def _end(story: Story) -> dict[str, list[str]]:
    """Sorted, so that the order in which records were made does not count."""
    found = {name: story.mine(name) for name in story.company.records}
    found[EXCEPTION] = story.exceptions()
    return {
        name: sorted(plain(_by_state(name, row)) for row in rows if not saw_no_change(name, row))
        for name, rows in found.items()
    }


def _by_state(name: str, record: Record) -> Record:
    return {key: value for key, value in record.items() if key not in BY_THE_WAY.get(name, ())}
