"""The docs name what there is: every setting, metric, command and state."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.cli.root import cli
from bridge.metrics import Metrics
from bridge.settings import variables
from bridge.store import State

DOCS = Path(__file__).parents[1] / "docs"


def test_every_setting_is_documented_with_its_meaning() -> None:
    text = (DOCS / "configuration.md").read_text()
    missing = [
        name
        for name, meaning in variables().items()
        if f"`{name}`" not in text or meaning not in text
    ]
    assert not missing


def test_no_setting_is_documented_that_is_gone() -> None:
    named = set(re.findall(r"`(BRIDGE_[A-Z]+__[A-Z_]+)`", (DOCS / "configuration.md").read_text()))
    assert named == variables().keys()


def test_every_metric_is_documented() -> None:
    text = (DOCS / "operations.md").read_text()
    names = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in Metrics().registry.collect()
    }
    assert {name for name in names if f"`{name}`" not in text} == set()


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_explained(state: State) -> None:
    assert f"`{state.value}`" in (DOCS / "operations.md").read_text()


def test_every_command_is_in_the_docs() -> None:
    text = "".join(path.read_text() for path in DOCS.glob("*.md"))
    assert {name for name in cli.list_commands(None) if f"stripe-sf {name}" not in text} == set()  # type: ignore[arg-type]


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert {link for link in links if not (page.parent / link).exists()} == set()


def test_the_readmes_links_lead_somewhere() -> None:
    readme = DOCS.parent / "README.md"
    links = re.findall(r"\]\(([^)#:]+)\)", readme.read_text())
    assert {link for link in links if not (readme.parent / link).exists()} == set()
