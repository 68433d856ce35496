"""Every story, in every org and API shape, with its events in order, and twice and shuffled.

All stories of a combination share one org, one bridge and one Stripe; a test is one story of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.stories.telling.book import tales
from tests.stories.telling.combination import SHAPES, Combination, Told, tell
from tests.stories.telling.orgs import ORGS, build
from tests.stories.waiting import WAITING

COMBINATIONS = [
    Combination(org, shape, disordered)
    for org in ORGS
    for shape in SHAPES
    for disordered in (False, True)
]


def _params(combinations: list[Combination]) -> list[object]:
    """Both orders of an org and shape are told by one worker, which compares them."""
    return [
        pytest.param(each, id=str(each), marks=pytest.mark.xdist_group(f"{each.org}-{each.shape}"))
        for each in combinations
    ]


pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


class Shelf:
    """The runs that were made; each is made when it is first asked for."""

    def __init__(self, project: Path, folder: Path) -> None:
        self._project, self._folder = project, folder
        self._told: dict[Combination, Told] = {}

    async def of(self, combination: Combination) -> Told:
        if combination not in self._told:
            project = build(combination.org, self._project, self._folder / str(combination))
            self._told[combination] = await tell(combination, project)
        return self._told[combination]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shelf(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shelf]:
    yield Shelf(Path(__file__).parents[2], tmp_path_factory.mktemp("stories"))


@pytest.mark.parametrize("tale", [tale.name for tale in tales()])
@pytest.mark.parametrize("combination", _params(COMBINATIONS))
async def test_story(shelf: Shelf, combination: Combination, tale: str) -> None:
    failure = (await shelf.of(combination)).failures.get(tale)
    if tale in WAITING:
        assert failure is not None, f"{tale} passes: it need not wait any more"
        pytest.xfail(WAITING[tale])
    assert failure is None, f"\n{failure}"


@pytest.mark.parametrize("combination", _params([each for each in COMBINATIONS if each.disordered]))
async def test_disorder_and_duplicates_end_the_same(shelf: Shelf, combination: Combination) -> None:
    """Each record, and each side effect: stage changes, Tasks, Contracts, notifications."""
    disordered = await shelf.of(combination)
    ordered = await shelf.of(Combination(combination.org, combination.shape, disordered=False))
    for tale, end in ordered.ends.items():
        if tale not in WAITING:
            assert disordered.ends[tale] == end, tale


@pytest.mark.parametrize("combination", _params(COMBINATIONS))
async def test_no_event_of_nobody_is_refused(shelf: Shelf, combination: Combination) -> None:
    assert (await shelf.of(combination)).failures.get("nobody") is None
