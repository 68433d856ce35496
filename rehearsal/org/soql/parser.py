"""SOQL text to `ast.Query`, on the Apex grammar's embedded SOQL.

Source of the language: SOQL and SOSL Reference, "SOQL SELECT Syntax".
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import re
from decimal import Decimal

from tree_sitter import Node, Parser
from tree_sitter_language_pack import get_parser

from rehearsal.org.errors import QueryError
from rehearsal.org.soql import ast

_PREFIX = b"class Q { Object q = ["
_AGGREGATES = {"COUNT", "COUNT_DISTINCT", "SUM", "MIN", "MAX", "AVG"}
_DATE_FUNCTIONS = {
    "CALENDAR_MONTH",
    "CALENDAR_QUARTER",
    "CALENDAR_YEAR",
    "DAY_IN_MONTH",
    "DAY_ONLY",
}
_CLAUSES = {
    "select_clause",
    "from_clause",
    "where_clause",
    "with_clause",
    "group_by_clause",
    "order_by_clause",
    "limit_clause",
    "offset_clause",
    "for_clause",
    "all_rows_clause",
}


@functools.cache
def _parser() -> Parser:
    return get_parser("apex")


@functools.lru_cache(maxsize=2048)
def parse(text: str) -> ast.Query:
    """The query of a SOQL text.

    Raises QueryError (MALFORMED_QUERY) for what is not SOQL, and for SOQL that this org does not
    run (`TYPEOF`, `FIELDS()`, `USING SCOPE`, geolocation, `GROUP BY ROLLUP`), by name.
    """
    source = _PREFIX + text.encode() + b"]; }"
    root = _parser().parse(source).root_node
    body = _find(root, "soql_query_body")
    if root.has_error or body is None:
        raise QueryError("MALFORMED_QUERY", f"{_near(root, source)}")
    return _Reader(source).query(body, text)


def _find(node: Node, kind: str) -> Node | None:
    if node.type == kind:
        return node
    for child in node.children:
        if (found := _find(child, kind)) is not None:
            return found
    return None


def _near(root: Node, source: bytes) -> str:
    error = _find(root, "ERROR")
    if error is None:
        return "unexpected token: query could not be read"
    column = max(error.start_byte - len(_PREFIX), 0)
    snippet = source[error.start_byte : error.end_byte].decode()
    return f"unexpected token: '{snippet}' at character {column + 1}"


class _Reader:
    def __init__(self, source: bytes) -> None:
        self._source = source

    def text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode()

    def refuse(self, node: Node) -> QueryError:
        return QueryError(
            "MALFORMED_QUERY", f"not supported by the local org: {node.type} {self.text(node)!r}"
        )

    def query(self, body: Node, text: str = "") -> ast.Query:
        clauses = {child.type: child for child in body.named_children}
        for kind, node in clauses.items():
            if kind not in _CLAUSES:
                raise self.refuse(node)
        target, alias = self.source_object(clauses["from_clause"])
        self_prefix = {alias.lower(), target.lower()} if alias else {target.lower()}
        reader = _Scoped(self._source, self_prefix)
        select = tuple(reader.select(clauses["select_clause"]))
        counted = select == (ast.Call("COUNT", None),)
        group, having = reader.group(clauses.get("group_by_clause"))
        return ast.Query(
            object=target,
            select=() if counted else select,
            where=reader.clause_condition(clauses.get("where_clause")),
            group_by=group,
            having=having,
            order_by=reader.order(clauses.get("order_by_clause")),
            limit=reader.number(clauses.get("limit_clause")),
            offset=reader.number(clauses.get("offset_clause")),
            for_update=self.is_for_update(clauses.get("for_clause")),
            all_rows="all_rows_clause" in clauses,
            count_only=counted,
            security=self.security(clauses.get("with_clause")),
            source=text,
        )

    def source_object(self, node: Node) -> tuple[str, str | None]:
        targets = node.named_children
        if len(targets) != 1:
            raise self.refuse(node)
        target = targets[0]
        if target.type == "storage_identifier":
            return self.text(target), None
        if target.type == "storage_alias":
            name, alias = target.named_children
            return self.text(name), self.text(alias)
        raise self.refuse(target)

    def is_for_update(self, node: Node | None) -> bool:
        if node is None:
            return False
        kinds = [self.text(child).upper() for child in node.named_children]
        if kinds != ["UPDATE"]:
            raise self.refuse(node)
        return True

    def security(self, node: Node | None) -> str | None:
        if node is None:
            return None
        mode = self.text(node).split(None, 1)[1].upper()
        if mode not in {"USER_MODE", "SYSTEM_MODE", "SECURITY_ENFORCED"}:
            raise self.refuse(node)
        return mode


class _Scoped(_Reader):
    """Reads what stands inside one query, where its object's alias may prefix a field."""

    def __init__(self, source: bytes, prefixes: set[str]) -> None:
        super().__init__(source)
        self._prefixes = prefixes

    def path(self, node: Node) -> ast.Path:
        parts = re.split(r"\s*\.\s*", self.text(node))
        if len(parts) > 1 and parts[0].lower() in self._prefixes:
            parts = parts[1:]
        return ast.Path(tuple(parts))

    def select(self, node: Node) -> list[ast.Path | ast.Call | ast.Subquery]:
        return [self.selected(child) for child in node.named_children]

    def selected(self, node: Node) -> ast.Path | ast.Call | ast.Subquery:
        match node.type:
            case "field_identifier":
                return self.path(node)
            case "function_expression" | "count_expression":
                return self.call(node)
            case "alias_expression":
                inner, alias = node.named_children
                item = self.selected(inner)
                if isinstance(item, ast.Subquery):
                    raise self.refuse(node)
                return dataclasses.replace(item, alias=self.text(alias))
            case "subquery":
                body = node.named_children[0]
                return ast.Subquery(_Reader(self._source).query(body, self.text(body)))
        raise self.refuse(node)

    def call(self, node: Node) -> ast.Call:
        function, *arguments = node.named_children
        name = self.text(function).upper()
        if name not in _AGGREGATES | _DATE_FUNCTIONS:
            raise self.refuse(node)
        if not arguments:
            return ast.Call(name, None)
        if len(arguments) != 1 or arguments[0].type != "field_identifier":
            raise self.refuse(node)
        return ast.Call(name, self.path(arguments[0]))

    def operand(self, node: Node) -> ast.Path | ast.Call:
        if node.type == "field_identifier":
            return self.path(node)
        if node.type in {"function_expression", "count_expression"}:
            return self.call(node)
        raise self.refuse(node)

    def group(
        self, node: Node | None
    ) -> tuple[tuple[ast.Path | ast.Call, ...], ast.Condition | None]:
        if node is None:
            return (), None
        having = None
        keys: list[ast.Path | ast.Call] = []
        for child in node.named_children:
            if child.type == "having_clause":
                having = self.clause_condition(child)
            else:
                keys.append(self.operand(child))
        return tuple(keys), having

    def order(self, node: Node | None) -> tuple[ast.Order, ...]:
        return tuple(self.ordered(child) for child in node.named_children) if node else ()

    def ordered(self, node: Node) -> ast.Order:
        key, *rest = node.named_children
        words = " ".join(self.text(part).upper() for part in rest)
        return ast.Order(self.operand(key), words.startswith("DESC"), words.endswith("LAST"))

    def number(self, node: Node | None) -> int | ast.Bind | None:
        if node is None:
            return None
        value = node.named_children[0]
        if value.type == "bound_apex_expression":
            return self.bind(value)
        return int(self.text(value))

    def bind(self, node: Node) -> ast.Bind:
        return ast.Bind(self.text(node).removeprefix(":").strip())

    def clause_condition(self, node: Node | None) -> ast.Condition | None:
        return self.condition(node.named_children[0]) if node else None

    def condition(self, node: Node) -> ast.Condition:
        match node.type:
            case "and_expression":
                return ast.And(tuple(self.condition(child) for child in node.named_children))
            case "or_expression":
                return ast.Or(tuple(self.condition(child) for child in node.named_children))
            case "not_expression":
                return ast.Not(self.condition(node.named_children[-1]))
            case "comparison_expression":
                return self.comparison(node)
        raise self.refuse(node)

    def comparison(self, node: Node) -> ast.Comparison:
        left, operator, right = node.named_children
        symbol = " ".join(self.text(operator).upper().split()).replace(" ", "_")
        symbol = {"<>": "!="}.get(symbol, symbol)
        return ast.Comparison(self.operand(left), symbol, self.right(right))

    def right(
        self, node: Node
    ) -> (
        ast.Literal
        | ast.DateLiteral
        | ast.Bind
        | ast.Query
        | tuple[ast.Literal | ast.DateLiteral | ast.Bind, ...]
    ):
        if node.type == "subquery":
            return _Reader(self._source).query(node.named_children[0])
        if node.type == "comparable_list":
            return tuple(self.simple(child) for child in node.named_children)
        return self.simple(node)

    def simple(self, node: Node) -> ast.Literal | ast.DateLiteral | ast.Bind:
        text = self.text(node)
        match node.type:
            case "bound_apex_expression":
                return self.bind(node)
            case "string_literal":
                return ast.Literal(unescape(text[1:-1]))
            case "int" | "decimal":
                return ast.Literal(Decimal(text))
            case "boolean":
                return ast.Literal(text.lower() == "true")
            case "null_literal":
                return ast.Literal(None)
            case "date":
                return ast.Literal(dt.date.fromisoformat(text))
            case "date_time":
                return ast.Literal(_datetime(text))
            case "date_literal":
                return ast.DateLiteral(text.upper())
            case "date_literal_with_param":
                name, count = text.split(":")
                return ast.DateLiteral(name.upper().strip(), int(count))
        raise self.refuse(node)


def _datetime(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text.replace("+0000", "+00:00")).astimezone(dt.UTC)
    except ValueError as error:
        raise QueryError("MALFORMED_QUERY", f"line 1: invalid date time: {text}") from error


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def unescape(text: str) -> str:
    r"""A string literal's body with its escapes resolved; `\%` and `\_` stay for LIKE."""

    def replace(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "uU":
            return chr(int(code[1:], 16))
        if code in "%_":
            return f"\\{code}"
        return _ESCAPES.get(code.lower(), code)

    return re.sub(r"\\([uU][0-9a-fA-F]{4}|.)", replace, text)
