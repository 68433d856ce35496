"""SOQL in Apex: its objects, fields and relationships."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from rehearsal.org.check.apex.code import line_of, parsed, text_of, walk
from rehearsal.org.check.names import Names

_UNCHECKED = frozenset(
    {"count", "distance", "geolocation", "fields", "grouping", "convertcurrency"}
)
_DYNAMIC = frozenset({"query", "querywithbinds", "getquerylocator", "countquery"})


def query_faults(query: Node, names: Names) -> Iterator[tuple[int, str]]:
    """What is wrong with a `soql_query_body` that stands on its own, with its line."""
    source = _source(query)
    if source is None:
        return
    owner, alias = source
    at = next(child for child in query.named_children if child.type == "from_clause")
    if not names.has_object(owner):
        yield line_of(at), f"there is no object {owner}"
        return
    yield from _body(query, owner, alias, names)


def _source(query: Node) -> tuple[str, str] | None:
    """The object and its alias."""
    clause = next((c for c in query.named_children if c.type == "from_clause"), None)
    if clause is None or not clause.named_children:
        return None
    first = clause.named_children[0]
    if first.type == "storage_alias":
        parts = [text_of(part) for part in first.named_children]
        return parts[0], parts[-1].lower()
    return text_of(first), ""


def _body(query: Node, owner: str, alias: str, names: Names) -> Iterator[tuple[int, str]]:
    aliases = {
        text_of(node.named_children[-1]).lower()
        for node in _own(query)
        if node.type == "alias_expression"
    }
    for node in _own(query):
        if node.type == "field_identifier":
            path = text_of(node).replace(" ", "").split(".")
            if path[0].lower() in {alias, owner.lower()} and len(path) > 1:
                path = path[1:]
            elif len(path) == 1 and path[0].lower() in aliases:
                continue
            fault = names.path_fault(owner, path)
            if fault is not None:
                yield line_of(node), fault
        elif node.type == "subquery":
            inner = next((c for c in node.named_children if c.type == "soql_query_body"), None)
            if inner is not None:
                yield from _subquery(node, inner, owner, names)


def _subquery(node: Node, inner: Node, owner: str, names: Names) -> Iterator[tuple[int, str]]:
    if node.parent is None or node.parent.type != "select_clause":
        yield from query_faults(inner, names)
        return
    source = _source(inner)
    if source is None:
        return
    relation, alias = source
    child = names.down(owner, relation.split(".")[-1])
    if child is None:
        yield line_of(inner), f"{owner} has no child relationship {relation}"
    elif child and names.has_object(child):
        yield from _body(inner, child, alias, names)


def _own(query: Node) -> Iterator[Node]:
    """The nodes of a query without those of its subqueries and bound expressions."""
    stack = list(reversed(query.named_children))
    while stack:
        node = stack.pop()
        yield node
        if node.type in ("subquery", "bound_apex_expression", "type_of_clause"):
            continue
        if node.type == "function_expression":
            name = text_of(node.child_by_field_name("function_name")).lower()
            if name in _UNCHECKED and name != "count":
                continue
        stack.extend(reversed(node.named_children))


def queries(root: Node) -> Iterator[tuple[Node, int]]:
    """The outermost queries below a node, and the lines to add to theirs.

    A query that is given to Database as one literal text counts too.
    """
    for node in walk(root):
        if node.type == "query_expression":
            for child in node.named_children:
                if child.type == "soql_query_body":
                    yield child, 0
        elif node.type == "method_invocation":
            text = _dynamic(node)
            if text:
                for query, _ in queries(parsed(f"class Q {{ Object o = [{text}]; }}")):
                    if not query.has_error:
                        yield query, line_of(node) - 1


def _dynamic(call: Node) -> str:
    """The literal text of `Database.query('…')`, empty when it is put together."""
    name = text_of(call.child_by_field_name("name")).lower()
    arguments = call.child_by_field_name("arguments")
    if name not in _DYNAMIC or text_of(call.child_by_field_name("object")).lower() != "database":
        return ""
    first = arguments.named_children[0] if arguments and arguments.named_children else None
    if first is None or first.type != "string_literal":
        return ""
    return text_of(first)[1:-1].replace("\\'", "'")
