"""The stories themselves: each sentence means something, each name is somebody's own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.stories.telling import steps as steps
from tests.stories.telling.book import FOLDER, Misprint, Tale, read, tales
from tests.stories.telling.sentences import ALL, NotUnderstood, find
from tests.stories.telling.story import without_condition
from tests.stories.waiting import WAITING

ENOUGH = 50
SUBJECTS = {
    "currencies",
    "failures",
    "health",
    "matching",
    "refunds-disputes",
    "renewals",
    "subscriptions",
    "trouble",
}


@pytest.mark.parametrize("tale", tales(), ids=lambda tale: tale.name)
def test_each_sentence_means_one_thing(tale: Tale) -> None:
    for line in tale.lines:
        find(without_condition(line.text)[0])


def test_each_step_is_said_in_a_story() -> None:
    said = [without_condition(line.text)[0] for tale in tales() for line in tale.lines]
    unsaid = [each.words for each in ALL if not any(each.read(text) is not None for text in said)]
    assert unsaid == []


def test_there_are_enough_stories_of_each_subject() -> None:
    assert len(tales()) >= ENOUGH
    assert {tale.name.split("/")[0] for tale in tales()} == SUBJECTS


def test_no_two_stories_share_a_customer_or_an_account() -> None:
    named: Counter[str] = Counter()
    for tale in tales():
        names: set[str] = set()
        for line in tale.lines:
            names |= {
                value
                for key, value in find(without_condition(line.text)[0])[1].items()
                if key in {"account", "customer"} or (key == "name" and "Account" in line.text)
            }
        named.update(names)
    assert [name for name, count in named.items() if count > 1] == []


def test_those_that_wait_are_in_the_book() -> None:
    assert WAITING.keys() <= {tale.name for tale in tales()}


def test_a_sentence_that_means_nothing_is_refused() -> None:
    with pytest.raises(NotUnderstood, match="means nothing"):
        find('"Northwind" sends flowers')


def test_a_file_of_two_scenarios_is_refused(tmp_path: Path) -> None:
    twice = tmp_path / "twice.feature"
    one = next(FOLDER.rglob("*.feature")).read_text()
    scenario = one[one.index("  Scenario") :]
    twice.write_text(f"{one}\n{scenario}")
    with pytest.raises(Misprint):
        read(twice)
