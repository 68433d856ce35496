"""Sentences about time. A story begins on 2026-10-01."""

from __future__ import annotations

from tests.stories.telling.sentences import sentence
from tests.stories.telling.story import Story


@sentence("{days:int} days pass")
async def days_pass(story: Story, days: int) -> None:
    await story.time_passes(days=days)


@sentence("a day passes")
async def a_day_passes(story: Story) -> None:
    await story.time_passes(days=1)


@sentence("an hour passes")
async def an_hour_passes(story: Story) -> None:
    await story.time_passes(hours=1)
