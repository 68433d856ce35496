"""`String` and `Id` (Apex Reference Guide, "String Class", "Id Class")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.conversion import to_id
from rehearsal.org.apex.registry import derive, native
from rehearsal.org.apex.text import to_text
from rehearsal.org.apex.types import INTEGER, STRING, list_of
from rehearsal.org.apex.values import ApexList
from rehearsal.org.schema import ObjectType

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution

STRINGS = list_of(STRING)


@native("static String.valueOf(Object?): String")
def value_of(run: Execution, value: Any) -> str | None:
    return None if value is None else to_text(run, value)


@native("static String.isBlank(String?): Boolean")
def is_blank(run: Execution, text: str | None) -> bool:
    return text is None or not text.strip()


@native("static String.isNotBlank(String?): Boolean")
def is_not_blank(run: Execution, text: str | None) -> bool:
    return text is not None and bool(text.strip())


@native("static String.isEmpty(String?): Boolean")
def is_empty(run: Execution, text: str | None) -> bool:
    return not text


@native("static String.isNotEmpty(String?): Boolean")
def is_not_empty(run: Execution, text: str | None) -> bool:
    return bool(text)


@native("static String.join(Iterable<Object>, String): String")
def join(run: Execution, items: Any, separator: str) -> str:
    return separator.join("" if item is None else to_text(run, item) for item in items)


@native("static String.escapeSingleQuotes(String): String")
def escape_single_quotes(run: Execution, text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


_PLACE = re.compile(r"'([^']*)'|''|\{(\d+)\}")


@native("static String.format(String, List<Object>): String")
def format_(run: Execution, pattern: str, values: ApexList) -> str:
    """Java's MessageFormat: `{0}`; a quote escapes, two quotes are one."""

    def replace(match: re.Match[str]) -> str:
        if match[2] is not None:
            index = int(match[2])
            return to_text(run, values[index]) if index < len(values) else match[0]
        return match[1] if match[1] else "'"

    return _PLACE.sub(replace, pattern)


@native("static String.fromCharArray(List<Integer>): String")
def from_char_array(run: Execution, codes: ApexList) -> str:
    return "".join(chr(code) for code in codes)


# --- tests -----------------------------------------------------------------------------


@native("String.length(): Integer")
def length(run: Execution, this: str) -> int:
    return len(this)


@native("String.equals(Object?): Boolean")
def equals(run: Execution, this: str, other: Any) -> bool:
    return isinstance(other, str) and this == other


@native("String.equalsIgnoreCase(String?): Boolean")
def equals_ignore_case(run: Execution, this: str, other: str | None) -> bool:
    return other is not None and this.lower() == other.lower()


@native("String.hashCode(): Integer")
def hash_code(run: Execution, this: str) -> int:
    total = 0
    for char in this:
        total = (31 * total + ord(char)) & 0xFFFF_FFFF
    return total - (1 << 32) if total >= 1 << 31 else total


@native("String.compareTo(String): Integer")
def compare_to(run: Execution, this: str, other: str) -> int:
    for a, b in zip(this, other, strict=False):
        if a != b:
            return ord(a) - ord(b)
    return len(this) - len(other)


@native("String.contains(String): Boolean")
def contains(run: Execution, this: str, part: str) -> bool:
    return part in this


@native("String.containsIgnoreCase(String): Boolean")
def contains_ignore_case(run: Execution, this: str, part: str) -> bool:
    return part.lower() in this.lower()


@native("String.startsWith(String): Boolean")
def starts_with(run: Execution, this: str, part: str) -> bool:
    return this.startswith(part)


@native("String.startsWithIgnoreCase(String): Boolean")
def starts_with_ignore_case(run: Execution, this: str, part: str) -> bool:
    return this.lower().startswith(part.lower())


@native("String.endsWith(String): Boolean")
def ends_with(run: Execution, this: str, part: str) -> bool:
    return this.endswith(part)


@native("String.endsWithIgnoreCase(String): Boolean")
def ends_with_ignore_case(run: Execution, this: str, part: str) -> bool:
    return this.lower().endswith(part.lower())


@native("String.isNumeric(): Boolean")
def is_numeric(run: Execution, this: str) -> bool:
    return bool(this) and all(char.isdigit() for char in this)


@native("String.isAlphanumeric(): Boolean")
def is_alphanumeric(run: Execution, this: str) -> bool:
    return bool(this) and all(char.isalnum() for char in this)


@native("String.isAlpha(): Boolean")
def is_alpha(run: Execution, this: str) -> bool:
    return bool(this) and all(char.isalpha() for char in this)


@native("String.indexOf(String): Integer", "String.indexOf(String, Integer): Integer")
def index_of(run: Execution, this: str, part: str, start: int = 0) -> int:
    return this.find(part, max(start, 0))


@native("String.lastIndexOf(String): Integer")
def last_index_of(run: Execution, this: str, part: str) -> int:
    return this.rfind(part)


@native("String.countMatches(String): Integer")
def count_matches(run: Execution, this: str, part: str) -> int:
    return this.count(part) if part else 0


@native("String.charAt(Integer): Integer")
def char_at(run: Execution, this: str, index: int) -> int:
    if not 0 <= index < len(this):
        raise run.error("StringException", f"String index out of range: {index}")
    return ord(this[index])


@native("String.getChars(): List<Integer>")
def get_chars(run: Execution, this: str) -> ApexList:
    return ApexList(list_of(INTEGER), [ord(char) for char in this])


# --- parts -----------------------------------------------------------------------------


@native("String.substring(Integer): String", "String.substring(Integer, Integer): String")
def substring(run: Execution, this: str, start: int, end: int | None = None) -> str:
    """Raises StringException out of range."""
    stop = len(this) if end is None else end
    if start < 0 or stop > len(this) or start > stop:
        wrong = start if start < 0 or end is None else stop if stop > len(this) else stop - start
        if end is None and start > len(this):
            wrong = len(this) - start
        raise run.error("StringException", f"String index out of range: {wrong}")
    return this[start:stop]


@native("String.left(Integer): String")
def left(run: Execution, this: str, count: int) -> str:
    return this[: max(count, 0)]


@native("String.right(Integer): String")
def right(run: Execution, this: str, count: int) -> str:
    return this[-count:] if count > 0 else ""


@native("String.mid(Integer, Integer): String")
def mid(run: Execution, this: str, start: int, count: int) -> str:
    if count < 0 or start > len(this):
        return ""
    first = max(start, 0)
    return this[first : first + count]


@native("String.substringBefore(String): String")
def substring_before(run: Execution, this: str, separator: str) -> str:
    return this.split(separator, 1)[0] if separator else ""


@native("String.substringAfter(String): String")
def substring_after(run: Execution, this: str, separator: str) -> str:
    return this.partition(separator)[2] if separator else this


@native("String.substringBeforeLast(String): String")
def substring_before_last(run: Execution, this: str, separator: str) -> str:
    return this.rpartition(separator)[0] if separator and separator in this else this


@native("String.substringAfterLast(String): String")
def substring_after_last(run: Execution, this: str, separator: str) -> str:
    return this.rpartition(separator)[2] if separator and separator in this else ""


@native("String.substringBetween(String, String): String")
def substring_between(run: Execution, this: str, first: str, last: str) -> str | None:
    start = this.find(first)
    end = this.find(last, start + len(first)) if start >= 0 else -1
    return this[start + len(first) : end] if end >= 0 else None


@native("String.abbreviate(Integer): String")
def abbreviate(run: Execution, this: str, width: int) -> str:
    if width < 4:
        raise run.error("StringException", "Minimum abbreviation width is 4")
    return this if len(this) <= width else this[: width - 3] + "..."


@native("String.split(String): List<String>", "String.split(String, Integer): List<String>")
def split(run: Execution, this: str, pattern: str, limit: int = 0) -> ApexList:
    """Java's split: trailing empty parts fall away unless a limit is given."""
    compiled = compile_pattern(run, pattern)
    if this == "":
        return ApexList(STRINGS, [""])
    parts: list[str] = []
    at = 0
    for match in compiled.finditer(this):
        if limit > 0 and len(parts) == limit - 1:
            break
        if match.end() == 0 or (match.start() == match.end() and match.start() == len(this)):
            continue
        parts.append(this[at : match.start()])
        at = match.end()
    parts.append(this[at:])
    while limit == 0 and len(parts) > 1 and parts[-1] == "":
        parts.pop()
    return ApexList(STRINGS, parts)


def compile_pattern(run: Execution, pattern: str) -> re.Pattern[str]:
    r"""A Java pattern that means the same in Python; `\Q…\E` quotes.

    Raises StringException for what does not parse."""
    quoted = re.sub(
        r"\\Q(.*?)(?:\\E|$)", lambda match: re.escape(match[1]), pattern, flags=re.DOTALL
    )
    try:
        return re.compile(quoted, re.ASCII)
    except re.error as fault:
        raise run.error("StringException", f"Invalid regex: {fault} in {pattern}") from None


# --- other texts -----------------------------------------------------------------------


@native("String.toLowerCase(): String")
def to_lower_case(run: Execution, this: str) -> str:
    return this.lower()


@native("String.toUpperCase(): String")
def to_upper_case(run: Execution, this: str) -> str:
    return this.upper()


@native("String.capitalize(): String")
def capitalize(run: Execution, this: str) -> str:
    return this[:1].upper() + this[1:]


@native("String.uncapitalize(): String")
def uncapitalize(run: Execution, this: str) -> str:
    return this[:1].lower() + this[1:]


@native("String.trim(): String")
def trim(run: Execution, this: str) -> str:
    return this.strip()


@native("String.normalizeSpace(): String")
def normalize_space(run: Execution, this: str) -> str:
    return " ".join(this.split())


@native("String.deleteWhitespace(): String")
def delete_whitespace(run: Execution, this: str) -> str:
    return "".join(this.split())


@native("String.replace(String, String): String")
def replace(run: Execution, this: str, old: str, new: str) -> str:
    return this.replace(old, new)


@native("String.replaceAll(String, String): String")
def replace_all(run: Execution, this: str, pattern: str, new: str) -> str:
    return compile_pattern(run, pattern).sub(replacement(new), this)


@native("String.replaceFirst(String, String): String")
def replace_first(run: Execution, this: str, pattern: str, new: str) -> str:
    return compile_pattern(run, pattern).sub(replacement(new), this, count=1)


def replacement(text: str) -> str:
    """Java's `$1` as Python's `\\g<1>`."""
    escaped = re.sub(r"\\(.)", lambda match: "\0" + match[1], text)
    escaped = escaped.replace("\\", "\\\\")
    escaped = re.sub(r"(?<!\0)\$(\d)", r"\\g<\1>", escaped)
    return re.sub("\0(.)", lambda match: match[1].replace("\\", "\\\\"), escaped)


@native("String.remove(String): String")
def remove(run: Execution, this: str, part: str) -> str:
    return this.replace(part, "")


@native("String.removeStart(String): String")
def remove_start(run: Execution, this: str, part: str) -> str:
    return this.removeprefix(part)


@native("String.removeEnd(String): String")
def remove_end(run: Execution, this: str, part: str) -> str:
    return this.removesuffix(part)


@native("String.repeat(Integer): String")
def repeat(run: Execution, this: str, count: int) -> str:
    return this * max(count, 0)


@native("String.reverse(): String")
def reverse(run: Execution, this: str) -> str:
    return this[::-1]


@native("String.leftPad(Integer, String): String")
def left_pad(run: Execution, this: str, width: int, fill: str) -> str:
    missing = width - len(this)
    return (fill * missing)[:missing] + this if missing > 0 and fill else this


@native("String.rightPad(Integer, String): String")
def right_pad(run: Execution, this: str, width: int, fill: str) -> str:
    missing = width - len(this)
    return this + (fill * missing)[:missing] if missing > 0 and fill else this


@native("String.toString(): String")
def to_string(run: Execution, this: str) -> str:
    return this


# --- ids -------------------------------------------------------------------------------


@native("static Id.valueOf(String): Id")
def id_value_of(run: Execution, text: str) -> str | None:
    return to_id(run, text)


@native("Id.to15(): String")
def id_to15(run: Execution, this: str) -> str:
    return this[:15]


@native("Id.getSObjectType(): Schema.SObjectType")
def id_type(run: Execution, this: str) -> ObjectType:
    """Raises SObjectException for an unknown key prefix."""
    for kind in run.tx.schema.objects.values():
        if kind.key_prefix and this.startswith(kind.key_prefix):
            return kind
    raise run.error("SObjectException", f"Cannot locate Apex Type for ID {this}")


derive("Id", "String")
