"""Literals."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from tree_sitter import Node

from rehearsal.org.apex.classes import Code
from rehearsal.org.apex.compiler.body import Body, Expr, expression
from rehearsal.org.apex.parsing import children, source
from rehearsal.org.apex.types import (
    BOOLEAN,
    DECIMAL,
    INTEGER,
    LONG,
    NULL,
    STRING,
    Type,
)

_ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "'": "'",
    '"': '"',
    "\\": "\\",
}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


def constant(value: Any) -> Code:
    return lambda f: value


@expression("null_literal")
def null_literal(body: Body, node: Node, wanted: Type | None) -> Expr:
    return Expr(NULL, constant(None))


@expression("boolean")
def boolean(body: Body, node: Node, wanted: Type | None) -> Expr:
    return Expr(BOOLEAN, constant(source(node).lower() == "true"))


@expression("int")
def integer(body: Body, node: Node, wanted: Type | None) -> Expr:
    text = source(node)
    if text[-1] in "lL":
        return Expr(LONG, constant(int(text[:-1])))
    number = int(text)
    if number > 0x8000_0000 or (number == 0x8000_0000 and not _negated(node)):
        raise body.fail(f"Illegal integer: {text}", node)
    if wanted == DECIMAL:
        return Expr(DECIMAL, constant(Decimal(number)))
    return Expr(INTEGER, constant(number))


def _negated(node: Node) -> bool:
    parent = node.parent
    return (
        parent is not None and parent.type == "unary_expression" and source(parent).startswith("-")
    )


@expression("decimal_floating_point_literal")
def decimal(body: Body, node: Node, wanted: Type | None) -> Expr:
    """A number with a decimal point is a Decimal; one marked `d` would be a Double."""
    text = source(node)
    if text[-1] in "dDfF" or "e" in text.lower():
        raise body.refuse(f"Double literal {text}", node)
    return Expr(DECIMAL, constant(Decimal(text)))


@expression("string_literal")
def string(body: Body, node: Node, wanted: Type | None) -> Expr:
    return Expr(STRING, constant(string_value(body, node)))


def string_value(body: Body, node: Node) -> str:
    """The text of a literal, without quotes and escapes."""

    def unescape(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] == "u" and len(code) == 5:
            return chr(int(code[1:], 16))
        if code not in _ESCAPES:
            raise body.fail(f"Invalid string literal: illegal escape \\{code}", node)
        return _ESCAPES[code]

    return _ESCAPE.sub(unescape, source(node)[1:-1])


@expression("parenthesized_expression")
def parenthesized(body: Body, node: Node, wanted: Type | None) -> Expr:
    inner = children(node)
    if len(inner) != 1:
        raise body.fail("Unexpected expression", node)
    return body.expr(inner[0], wanted)
