"""`Pattern` and `Matcher` (Apex Reference Guide)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rehearsal.org.apex.library.strings import compile_pattern, replacement
from rehearsal.org.apex.registry import native

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution


class Pattern:
    """A System.Pattern."""

    __slots__ = ("compiled", "text")
    APEX = "Pattern"

    def __init__(self, text: str, compiled: re.Pattern[str]) -> None:
        self.text, self.compiled = text, compiled


class Matcher:
    """A System.Matcher: a pattern on a text, and the last match."""

    __slots__ = ("match", "pattern", "position", "text")
    APEX = "Matcher"

    def __init__(self, pattern: Pattern, text: str) -> None:
        self.pattern, self.text = pattern, text
        self.match: re.Match[str] | None = None
        self.position = 0


@native("static Pattern.compile(String): Pattern")
def compile_(run: Execution, text: str) -> Pattern:
    return Pattern(text, compile_pattern(run, text))


@native("static Pattern.matches(String, String): Boolean")
def pattern_matches(run: Execution, pattern: str, text: str) -> bool:
    return compile_pattern(run, pattern).fullmatch(text) is not None


@native("static Pattern.quote(String): String")
def quote(run: Execution, text: str) -> str:
    return "\\Q" + text + "\\E"


@native("Pattern.matcher(String): Matcher")
def matcher(run: Execution, this: Pattern, text: str) -> Matcher:
    return Matcher(this, text)


@native("Pattern.pattern(): String")
def pattern_text(run: Execution, this: Pattern) -> str:
    return this.text


@native("Matcher.matches(): Boolean")
def matches(run: Execution, this: Matcher) -> bool:
    this.match = this.pattern.compiled.fullmatch(this.text)
    return this.match is not None


@native("Matcher.find(): Boolean")
def find(run: Execution, this: Matcher) -> bool:
    this.match = this.pattern.compiled.search(this.text, this.position)
    if this.match is not None:
        this.position = this.match.end() + (this.match.end() == this.match.start())
    return this.match is not None


@native("Matcher.group(): String", "Matcher.group(Integer): String")
def group(run: Execution, this: Matcher, index: int = 0) -> str | None:
    if this.match is None:
        raise run.error("StringException", "No match found")
    if index > (this.match.re.groups or 0):
        raise run.error("StringException", f"No group {index}")
    return this.match[index]


@native("Matcher.groupCount(): Integer")
def group_count(run: Execution, this: Matcher) -> int:
    return this.pattern.compiled.groups


@native("Matcher.start(): Integer")
def start(run: Execution, this: Matcher) -> int:
    if this.match is None:
        raise run.error("StringException", "No match available")
    return this.match.start()


@native("Matcher.end(): Integer")
def end(run: Execution, this: Matcher) -> int:
    if this.match is None:
        raise run.error("StringException", "No match available")
    return this.match.end()


@native("Matcher.replaceAll(String): String")
def replace_all(run: Execution, this: Matcher, text: str) -> str:
    return this.pattern.compiled.sub(replacement(text), this.text)
