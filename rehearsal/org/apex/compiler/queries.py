"""Inline SOQL: checked against the schema when compiled, run through the transaction."""

from __future__ import annotations

from typing import Any

from tree_sitter import Node

from rehearsal.org import soql
from rehearsal.org.apex.classes import RUN, Code, Frame
from rehearsal.org.apex.compiler.body import Body, Expr, expression
from rehearsal.org.apex.parsing import children, source
from rehearsal.org.apex.records import aggregated, bind_value, run_query
from rehearsal.org.apex.types import INTEGER, Kind, Type, query_of
from rehearsal.org.apex.values import AggregateRow, ApexList
from rehearsal.org.errors import QueryError
from rehearsal.org.schema import ObjectType
from rehearsal.org.soql import ast

AGGREGATE = Type("AggregateResult", (), Kind.SOBJECT)


@expression("query_expression")
def query_expression(body: Body, node: Node, wanted: Type | None) -> Expr:
    inner = children(node)
    if len(inner) != 1 or inner[0].type != "soql_query_body":
        raise body.refuse("SOSL", node)
    text = source(node).strip()[1:-1].strip()
    try:
        query = soql.parse(text)
    except QueryError as fault:
        raise body.fail(str(fault), node) from None
    sobject = body.world.schema.find(query.object)
    if sobject is None:
        raise body.fail(f"sObject type '{query.object}' is not supported", node)
    check_query(body, query, sobject, node)
    binds = _binds(body, inner[0])
    if query.count_only:
        return Expr(INTEGER, lambda f: _count(f, query, binds))
    if aggregated(query):
        kind = query_of(AGGREGATE)
    else:
        kind = query_of(Type(sobject.name, (), Kind.SOBJECT))
    result = Type("List", kind.args, Kind.COLLECTION)

    def run(f: Frame) -> Any:
        rows = run_query(f[RUN], query, lambda text: bind_value(binds[text](f)))
        return ApexList(result, rows)

    return Expr(kind, run)


def _count(f: Frame, query: ast.Query, binds: dict[str, Code]) -> int:
    rows = run_query(f[RUN], query, lambda text: bind_value(binds[text](f)))
    only = rows[0]
    assert isinstance(only, AggregateRow)
    return int(only.values["expr0"])


def _binds(body: Body, node: Node) -> dict[str, Code]:
    """The bound expressions by their source text."""
    found: dict[str, Code] = {}
    stack = [node]
    while stack:
        at = stack.pop()
        if at.type == "bound_apex_expression":
            text = source(at)[1:].strip()
            found[text] = body.expr(children(at)[0]).run
        else:
            stack.extend(at.named_children)
    return found


# --- checks at compile time ------------------------------------------------------------


def check_query(body: Body, query: ast.Query, sobject: ObjectType, node: Node) -> None:
    """Raises MetadataError for a field or relationship that does not exist."""
    for item in query.select:
        if isinstance(item, ast.Subquery):
            _check_subquery(body, item.query, sobject, node)
        else:
            _check(body, item, sobject, node)
    for key in query.group_by:
        _check(body, key, sobject, node)
    aliases = {
        item.alias.lower() for item in query.select if isinstance(item, ast.Call) and item.alias
    }
    for order in query.order_by:
        if isinstance(order.key, ast.Path) and order.key.parts[0].lower() in aliases:
            continue
        _check(body, order.key, sobject, node)
    if query.where is not None:
        _check_condition(body, query.where, sobject, node)


def _check_subquery(body: Body, query: ast.Query, parent: ObjectType, node: Node) -> None:
    for child, lookup in body.world.schema.children(parent.name):
        if (lookup.child_relationship or "").lower() == query.object.lower():
            check_query(body, query, child, node)
            return
    raise body.fail(f"Didn't understand relationship '{query.object}' in FROM part of query", node)


def _check_condition(body: Body, condition: ast.Condition, sobject: ObjectType, node: Node) -> None:
    if isinstance(condition, (ast.And, ast.Or)):
        for term in condition.terms:
            _check_condition(body, term, sobject, node)
    elif isinstance(condition, ast.Not):
        _check_condition(body, condition.term, sobject, node)
    else:
        _check(body, condition.left, sobject, node)
        if isinstance(condition.right, ast.Query):
            inner = body.world.schema.find(condition.right.object)
            if inner is None:
                raise body.fail(f"sObject type '{condition.right.object}' is not supported", node)
            check_query(body, condition.right, inner, node)


def _check(body: Body, item: ast.Path | ast.Call, sobject: ObjectType, node: Node) -> None:
    path = item.argument if isinstance(item, ast.Call) else item
    if path is None:
        return
    at: list[ObjectType] = [sobject]
    for step in path.parts[:-1]:
        found: list[ObjectType] = []
        for candidate in at:
            member = body.world.member(candidate, step)
            if member is not None and member.lookup is not None:
                parents = map(body.world.schema.find, member.lookup.reference_to)
                found.extend(parent for parent in parents if parent is not None)
        if not found:
            raise body.fail(
                f"Didn't understand relationship '{step}' in field path '{'.'.join(path.parts)}'",
                node,
            )
        at = found
    if not any(candidate.find(path.parts[-1]) for candidate in at):
        raise body.fail(f"No such column '{path.parts[-1]}' on entity '{at[0].name}'", node)
