"""Text to tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from rehearsal.org.formula.errors import FormulaError


class TokenKind(Enum):
    NUMBER = auto()
    TEXT = auto()
    NAME = auto()
    MERGE = auto()
    """A Flow's `{!x.y}`; `text` is what stands inside the braces."""
    SYMBOL = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    text: str
    position: int


_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\f\r\n]+ | /\*.*?\*/)
    | (?P<number>[0-9]+(?:\.[0-9]+)?)
    | (?P<text>"(?:\\[nrtNRT"'\\] | [^"\\\r\n])*" | '(?:\\[nrtNRT"'\\] | [^'\\\r\n])*')
    | (?P<merge>\{![^{}]*\})
    | (?P<name>[A-Za-z$][A-Za-z0-9$_:.#]*)
    | (?P<symbol>&&|\|\||==|<>|!=|<=|>=|[-+*/^&=<>!(),])
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {
    "number": TokenKind.NUMBER,
    "text": TokenKind.TEXT,
    "merge": TokenKind.MERGE,
    "name": TokenKind.NAME,
    "symbol": TokenKind.SYMBOL,
}
_ESCAPE = re.compile(r"""\\(["'\\])""")


def tokens(text: str) -> list[Token]:
    """The tokens of a formula with an END; comments and white space are dropped.

    Of a text's escapes only quotes and the backslash are undone, so that `"\\n"` reaches REGEX as
    it is written. Raises FormulaError.
    """
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise FormulaError(f"Syntax error. Found '{text[position]}'", position)
        if match.lastgroup != "space":
            found.append(
                Token(_KINDS[match.lastgroup], _plain(match.lastgroup, match.group()), position)
            )
        position = match.end()
    found.append(Token(TokenKind.END, "", len(text)))
    return found


def _plain(group: str, text: str) -> str:
    if group == "text":
        return _ESCAPE.sub(r"\1", text[1:-1])
    if group == "merge":
        return text[2:-1].strip()
    return text
