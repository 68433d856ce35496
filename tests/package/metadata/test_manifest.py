"""What preflight knows of the package is what the package is."""

from __future__ import annotations

import json

from tests.package.metadata import manifest


def test_preflight_knows_this_very_package() -> None:
    assert json.loads(manifest.TARGET.read_text()) == manifest.manifest(), (
        "the package has changed: run `make manifest`"
    )


def test_it_tells_what_the_flows_fill() -> None:
    fills = manifest.manifest()["fills"]
    assert {"AccountId", "StartDate"} <= set(fills["Contract"])
    assert {"Subject", "OwnerId"} <= set(fills["Task"])
    assert "Name" in fills["Account"]
