"""Tokens to a tree: a Pratt parser.

Precedence as in Salesforce's own grammar (github.com/salesforce/formula-engine): every operator
associates to the left, and `^` binds looser than `*` and `/`.
"""

from __future__ import annotations

import re
from decimal import Decimal

from rehearsal.org.formula.ast import Binary, Call, Literal, Node, Reference, Unary
from rehearsal.org.formula.errors import FormulaError
from rehearsal.org.formula.lexer import Token, TokenKind, tokens

_BINDING = {
    "||": 1,
    "&&": 2,
    "=": 3,
    "<>": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "&": 5,
    "^": 6,
    "*": 7,
    "/": 7,
}
_UNARY = 8
_SPELLING = {"==": "=", "!=": "<>"}
_CONSTANTS: dict[str, bool | None] = {"TRUE": True, "FALSE": False, "NULL": None}
_PATH = re.compile(r"\$?[A-Za-z][A-Za-z0-9_]*(\.\$?[A-Za-z][A-Za-z0-9_]*)*")


def parse_tree(text: str, *, flow: bool) -> Node:
    """The tree of a formula. A Flow writes its merge fields as `{!x.y}`, all others bare.

    Raises FormulaError.
    """
    return _Parser(tokens(text), flow).whole()


class _Parser:
    def __init__(self, found: list[Token], flow: bool) -> None:
        self._tokens = found
        self._next = 0
        self._flow = flow

    def whole(self) -> Node:
        node = self._expression(0)
        if self._peek().kind is not TokenKind.END:
            raise self._unexpected(self._peek())
        return node

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _accept(self, symbol: str) -> bool:
        token = self._peek()
        if token.kind is TokenKind.SYMBOL and token.text == symbol:
            self._next += 1
            return True
        return False

    def _expect(self, symbol: str) -> None:
        if not self._accept(symbol):
            raise FormulaError(f"Syntax error. Missing '{symbol}'", self._peek().position)

    @staticmethod
    def _unexpected(token: Token) -> FormulaError:
        if token.kind is TokenKind.END:
            return FormulaError("Syntax error. Unexpected end of formula", token.position)
        return FormulaError(f"Syntax error. Found '{token.text}'", token.position)

    def _expression(self, floor: int) -> Node:
        left = self._prefix()
        while True:
            token = self._peek()
            operator = _SPELLING.get(token.text, token.text)
            binding = _BINDING.get(operator, 0) if token.kind is TokenKind.SYMBOL else 0
            if binding <= floor:
                return left
            self._next += 1
            left = Binary(operator, left, self._expression(binding), token.position)

    def _prefix(self) -> Node:
        token = self._take()
        match token.kind:
            case TokenKind.NUMBER:
                return Literal(Decimal(token.text), token.position)
            case TokenKind.TEXT:
                return Literal(token.text, token.position)
            case TokenKind.MERGE:
                return self._reference(token, allowed=self._flow)
            case TokenKind.NAME:
                return self._named(token)
            case TokenKind.SYMBOL if token.text == "(":
                inner = self._expression(0)
                self._expect(")")
                return inner
            case TokenKind.SYMBOL if token.text in ("-", "+"):
                return Unary(token.text, self._expression(_UNARY), token.position)
            case TokenKind.SYMBOL if token.text == "!":
                return Unary("NOT", self._expression(_UNARY), token.position)
        raise self._unexpected(token)

    def _named(self, token: Token) -> Node:
        name = token.text.upper()
        if name == "NOT":
            return Unary("NOT", self._expression(_UNARY), token.position)
        if self._accept("("):
            return Call(name, self._arguments(), token.position)
        if name in _CONSTANTS:
            return Literal(_CONSTANTS[name], token.position)
        return self._reference(token, allowed=not self._flow)

    def _arguments(self) -> tuple[Node, ...]:
        if self._accept(")"):
            return ()
        found = [self._expression(0)]
        while self._accept(","):
            found.append(self._expression(0))
        self._expect(")")
        return tuple(found)

    def _reference(self, token: Token, *, allowed: bool) -> Node:
        if not allowed or not _PATH.fullmatch(token.text):
            if self._flow and token.kind is TokenKind.NAME:
                raise FormulaError(
                    f"The formula names {token.text} without {{!…}}.", token.position
                )
            raise self._unexpected(token)
        return Reference(tuple(token.text.split(".")), token.position)
