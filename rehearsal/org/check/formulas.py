"""The names in a formula, without knowing its functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rehearsal.org.check.names import Names

_TOKEN = re.compile(
    r"""(?P<skip>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|/\*.*?\*/)"""
    r"""|(?P<name>\$?[A-Za-z_]\w*(?::[A-Za-z]\w*)?(?:\.[A-Za-z_$]\w*)*)(?P<call>\s*\()?""",
    re.DOTALL,
)
_WORDS = frozenset({"true", "false", "null", "and", "or", "not"})


def identifiers(formula: str) -> Iterator[tuple[str, int]]:
    """Each name that is no function, with the number of line breaks before it."""
    for found in _TOKEN.finditer(formula):
        name = found["name"]
        if name and not found["call"] and name.lower() not in _WORDS:
            yield name, formula.count("\n", 0, found.start())


def global_fault(names: Names, path: list[str]) -> str | None:
    """What is wrong with `$Label.X` and its like; None when nothing is."""
    head, rest = path[0].lower(), path[1:]
    if not rest:
        return None
    match head:
        case "$label" if rest[0].lower() not in names.labels and "__" not in rest[0]:
            return f"there is no custom label {rest[0]}"
        case "$permission" if not names.has("customPermission", rest[0]):
            return f"there is no custom permission {rest[0]}"
        case "$setup" | "$custommetadata":
            if not names.has_object(rest[0]):
                return f"there is no object {rest[0]}"
            field = rest[1:] if head == "$setup" else rest[2:]
            if head == "$custommetadata" and len(rest) > 1:
                record = f"{rest[0].removesuffix('__mdt')}.{rest[1]}"
                if not names.has("md", record) and not names.foreign(rest[0]):
                    return f"there is no custom metadata record {record}"
            return names.path_fault(rest[0], field) if field else None
        case "$user" | "$profile" | "$organization" | "$userrole":
            return names.path_fault(path[0][1:], rest)
        case "$objecttype" if not names.has_object(rest[0]):
            return f"there is no object {rest[0]}"
    return None
