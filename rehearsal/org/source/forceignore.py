"""`.forceignore`: files that are never deployed.

Salesforce DX Developer Guide, "How to Exclude Source When Syncing": patterns as in `.gitignore`,
relative to the project, the last one that matches decides, `!` takes a file in again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path


def ignored(root: Path) -> Callable[[Path], bool]:
    """Whether a file below `root` is ignored by the project's `.forceignore`."""
    path = root / ".forceignore"
    if not path.is_file():
        return lambda _: False
    rules = [rule for line in path.read_text("utf-8").splitlines() if (rule := _rule(line))]

    def check(file: Path) -> bool:
        name = file.relative_to(root).as_posix()
        found = False
        for pattern, ignore in rules:
            if pattern.fullmatch(name):
                found = ignore
        return found

    return check


def _rule(line: str) -> tuple[re.Pattern[str], bool] | None:
    text = line.strip()
    if not text or text.startswith("#"):
        return None
    ignore = not text.startswith("!")
    text = text.removeprefix("!").removeprefix("\\")
    folder = text.endswith("/")
    body = text.strip("/")
    anchored = "/" in text.rstrip("/")
    head = "" if anchored else "(?:.*/)?"
    tail = "/.*" if folder else "(?:/.*)?"
    return re.compile(head + _translated(body) + tail), ignore


def _translated(glob: str) -> str:
    """A glob as a regular expression: `**` crosses folders, `*` and `?` do not."""
    out, at = [], 0
    while at < len(glob):
        if glob.startswith("**/", at):
            out.append("(?:.*/)?")
            at += 3
        elif glob.startswith("**", at):
            out.append(".*")
            at += 2
        elif glob[at] == "*":
            out.append("[^/]*")
            at += 1
        elif glob[at] == "?":
            out.append("[^/]")
            at += 1
        elif glob[at] == "[" and (end := glob.find("]", at + 2)) > 0:
            inside = glob[at + 1 : end]
            out.append(f"[{'^' + inside[1:] if inside[0] == '!' else inside}]")
            at = end + 1
        else:
            out.append(re.escape(glob[at]))
            at += 1
    return "".join(out)
