"""The page is served from the org as it is at each request."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.demo.clouds import Clouds
from rehearsal.demo.page.serve import PageServer
from rehearsal.demo.story import SEED, Story
from tests.e2e.end_state import NOW

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


async def test_a_reload_shows_what_has_changed(project: Path) -> None:
    async with Clouds(project, SEED, now=NOW) as clouds, PageServer(clouds.org) as page:

        async def shown() -> str:
            async with clouds.http.get(page.url) as response:
                assert response.status == 200
                assert response.headers["Cache-Control"] == "no-store"
                return await response.text()

        assert "Negotiation/Review" in await shown()
        async for _ in Story(clouds).play():
            break
        after = await shown()
        assert "Closed Won" in after
        assert "Negotiation/Review" not in after
        assert "reload to see what has changed" in after
