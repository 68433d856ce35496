"""What the package is made of, as an org shows it (made from the package by `make manifest`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class PackageObject:
    """An object with the package's fields: its own, or one that every org has."""

    name: str
    kind: str
    """standard, custom, event or metadata."""
    fields: dict[str, str]
    """Describe types by field."""
    roll_ups: int

    @property
    def own(self) -> bool:
        """Whether the package brings the object."""
        return self.kind != "standard"


@dataclass(frozen=True, slots=True)
class Package:
    """All that preflight compares."""

    objects: tuple[PackageObject, ...]
    flows: tuple[str, ...]
    permission_sets: tuple[str, ...]
    """Labels."""
    fills: dict[str, frozenset[str]]
    """The fields that Flows fill when they create a record, by object."""


@cache
def package() -> Package:
    """The package of this version."""
    text = resources.files("bridge.preflight").joinpath("package.json").read_text("utf-8")
    made = json.loads(text)
    return Package(
        objects=tuple(
            PackageObject(name, each["kind"], each["fields"], each["roll_ups"])
            for name, each in made["objects"].items()
        ),
        flows=tuple(made["flows"]),
        permission_sets=tuple(made["permission_sets"]),
        fills={name: frozenset(fields) for name, fields in made["fills"].items()},
    )
