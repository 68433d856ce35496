"""What Apex and Visualforce name outside Apex: trigger objects and custom labels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rehearsal.org.check.finding import Finding
from rehearsal.org.check.names import Names
from rehearsal.org.check.tree import Code, Tree

_TRIGGER = re.compile(r"\btrigger\s+(\w+)\s+on\s+(\w+)\s*\(([^)]*)\)", re.IGNORECASE)
_LABEL = re.compile(r"\b(?:System\.)?Label\.(\w+)(\s*\()?", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|'(?:[^'\\\n]|\\.)*'", re.DOTALL)


def check_code(tree: Tree, names: Names) -> Iterator[Finding]:
    """Every class and trigger."""
    for code in tree.triggers:
        yield from _trigger(code, names)
    for code in [*tree.classes, *tree.triggers]:
        meta = code.path.with_name(f"{code.path.name}-meta.xml")
        if not meta.exists():
            yield Finding(code.path, 1, "error", "there is no -meta.xml beside it", "file-name")
        if "label." not in code.text.lower():
            continue
        text = plain(code.text)
        for found in _LABEL.finditer(text):
            name = found[1]
            if found[2] or names.foreign(name) or name.lower() in names.labels:
                continue
            before = text[max(0, found.start() - 8) : found.start()]
            if re.search(r"[\w.]\s*$", before) and not before.lower().endswith("system."):
                continue
            if names.labels or found[0].lower().startswith("system."):
                line = text.count("\n", 0, found.start()) + 1
                message = f"there is no custom label {name}"
                yield Finding(code.path, line, "error", message, "label")
    for component in tree.components:
        if component.suffix in ("cls", "trigger"):
            code_file = component.path.with_name(component.path.name.removesuffix("-meta.xml"))
            if not code_file.exists():
                yield Finding(component.path, 1, "error", "there is no code beside it", "file-name")


def _trigger(code: Code, names: Names) -> Iterator[Finding]:
    found = _TRIGGER.search(plain(code.text))
    if found is None:
        return
    line = code.text.count("\n", 0, found.start()) + 1
    name, owner, moments = found.groups()
    if name.lower() != code.name.lower():
        message = f"the trigger's name {name} differs from the file's"
        yield Finding(code.path, line, "error", message, "file-name")
    if not names.has_object(owner):
        yield Finding(code.path, line, "error", f"there is no object {owner}", "trigger")
    elif owner.lower().endswith("__e"):
        if [" ".join(m.lower().split()) for m in moments.split(",")] != ["after insert"]:
            message = "a platform event has only after insert triggers"
            yield Finding(code.path, line, "error", message, "trigger")
    elif owner.lower().endswith("__mdt"):
        message = "a custom metadata type has no triggers"
        yield Finding(code.path, line, "error", message, "trigger")


def plain(text: str) -> str:
    """The code with comments and strings blanked, each character in its place."""
    return _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
