"""The platform's standard objects with their fields and relationships (any edition)."""

from __future__ import annotations

import functools
import lzma
import re
from dataclasses import dataclass, field
from importlib import resources

_DERIVED = re.compile(r"(History|Share|Feed|Tag|ChangeEvent)$")


@dataclass(frozen=True, slots=True)
class StandardObject:
    """Members by lower-case name. `fields` gives an Apex type, `up` and `down` an object."""

    name: str
    fields: dict[str, str] = field(default_factory=dict)
    up: dict[str, str] = field(default_factory=dict)
    down: dict[str, str] = field(default_factory=dict)


@functools.cache
def _lines() -> dict[str, str]:
    packed = resources.files("rehearsal.org.check.data").joinpath("platform_objects.xz")
    text = lzma.decompress(packed.read_bytes()).decode()
    return {line[: line.index("\t")].lower(): line for line in text.split("\n")}


@functools.cache
def standard_object(name: str) -> StandardObject | None:
    """The object of that name in any case; None for one that the platform does not have."""
    line = _lines().get(name.lower())
    if line is None:
        return None
    own, _, members = line.partition("\t")
    made = StandardObject(own)
    for member in members.split(" "):
        found = re.match(r"(\w+)([:<>])(\w+)$", member)
        if found is None:
            continue
        table = {":": made.fields, ">": made.up, "<": made.down}[found[2]]
        table[found[1].lower()] = found[3]
    return made


def derived(name: str) -> bool:
    """Whether the name is that of an object's history, sharing, feed, tag or change event."""
    base = _DERIVED.sub("", name)
    return base != name and (base.lower() in _lines() or base.endswith("__"))


@functools.cache
def _classes() -> dict[str, tuple[str, frozenset[str]]]:
    """Superclass and members of each platform class; by its name, and without `System.`."""
    packed = resources.files("rehearsal.org.check.data").joinpath("platform_classes.xz")
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for line in lzma.decompress(packed.read_bytes()).decode().lower().split("\n"):
        name, base, members = line.split("\t")
        found[name] = found[name.removeprefix("system.")] = base, frozenset(members.split())
    return found


def is_class(name: str) -> bool:
    """Whether Apex itself has a class of that name, in any case."""
    return name.lower() in _classes()


def lacks_member(owner: str, member: str) -> bool:
    """Whether a class of Apex's own is known, and has no such member."""
    at = _classes().get(owner.lower())
    if at is None or member.lower() in _OF_ALL:
        return False
    while at is not None:
        base, members = at
        if member.lower() in members:
            return False
        at = _classes().get(base) if base else None
    return True


_OF_ALL = frozenset(
    {"clone", "equals", "hashcode", "tostring", "name", "ordinal", "values", "valueof"}
)
