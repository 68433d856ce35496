"""The walls of the house: who may import whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LOWER = {
    "bridge.clock",
    "bridge.errors",
    "bridge.health",
    "bridge.logs",
    "bridge.metrics",
    "bridge.settings",
}
"""What every room may use; it imports nothing of ours but each other."""

ROOMS: dict[str, set[str]] = {
    "bridge.contract": set(),
    "bridge.money": set(),
    "bridge.store": {"bridge.contract"},
    "bridge.stripe_api": {"bridge.contract", "bridge.money"},
    "bridge.salesforce_api": {"bridge.contract"},
    "bridge.linking": {"bridge.contract", "bridge.salesforce_api"},
    "bridge.preflight": {"bridge.contract", "bridge.salesforce_api"},
    "bridge.working": {
        "bridge.contract",
        "bridge.store",
        "bridge.stripe_api",
        "bridge.salesforce_api",
    },
    "bridge.to_salesforce": {
        "bridge.contract",
        "bridge.money",
        "bridge.store",
        "bridge.stripe_api",
        "bridge.salesforce_api",
        "bridge.working",
    },
    "bridge.to_stripe": {
        "bridge.contract",
        "bridge.store",
        "bridge.stripe_api",
        "bridge.salesforce_api",
        "bridge.working",
    },
}
"""A room's imports beside itself and the lower ones; rooms not named here assemble the others."""


def modules(folder: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        if ".venv" not in path.parts:
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__"), path


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def inside(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


@pytest.mark.parametrize(
    ("folder", "forbidden"), [("bridge", "rehearsal"), ("rehearsal", "bridge")]
)
def test_the_two_distributions_do_not_import_each_other(folder: str, forbidden: str) -> None:
    guilty = {
        name for name, path in modules(folder) if any(inside(i, forbidden) for i in imports(path))
    }
    assert not guilty


@pytest.mark.parametrize(
    ("folder", "foreign"),
    [("rehearsal/org", ("stripe",)), ("rehearsal/stripe", ("salesforce", "sobject", "apex"))],
)
def test_neither_cloud_knows_the_other(folder: str, foreign: tuple[str, ...]) -> None:
    own = "" if folder.endswith("org") else "rehearsal.stripe"
    guilty = []
    for name, path in modules(folder):
        text = path.read_text().lower()
        if own:
            text = text.replace("salesforce_opportunity_id", "")
        guilty += [f"{name}: {word}" for word in foreign if word in text]
    assert not guilty


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_only_what_it_may(room: str) -> None:
    allowed = ROOMS[room] | LOWER | {room}
    if room in {"bridge.contract", "bridge.money"}:
        allowed = {room}
    guilty = {
        f"{name} imports {imported}"
        for name, path in modules("bridge")
        if inside(name, room)
        for imported in imports(path)
        if inside(imported, "bridge") and not any(inside(imported, other) for other in allowed)
    }
    assert not guilty


@pytest.mark.parametrize("room", sorted(LOWER))
def test_the_lowest_rooms_import_nothing_of_ours(room: str) -> None:
    guilty = {
        f"{name} imports {imported}"
        for name, path in modules("bridge")
        if inside(name, room)
        for imported in imports(path)
        if inside(imported, "bridge") and not any(inside(imported, other) for other in LOWER)
    }
    assert not guilty


def test_translation_does_no_input_or_output() -> None:
    outside = ("aiohttp", "asyncio", "grpc", "sqlite3", "socket", "stripe", "time", "bridge.clock")
    io = ("bridge.store", "bridge.salesforce_api", "bridge.stripe_api.reader")
    guilty = {
        f"{name} imports {imported}"
        for name, path in modules("bridge/to_salesforce/translate")
        for imported in imports(path)
        if any(inside(imported, library) for library in outside + io)
    }
    assert not guilty


def test_both_sides_speak_the_same_wire_format() -> None:
    ours, theirs = (
        (ROOT / folder / "wire" / "pubsub_api.proto").read_text()
        for folder in ("bridge/salesforce_api", "rehearsal/org/server")
    )
    assert ours == theirs
