"""Loops: `while`, `do`, `for`, and `for` over collections and queries."""

from __future__ import annotations

from typing import Any

from tree_sitter import Node

from rehearsal.org.apex.classes import RUN, Code, Frame
from rehearsal.org.apex.compiler.body import Body, statement
from rehearsal.org.apex.compiler.statements import (
    BREAK,
    CONTINUE,
    RETURN,
    local_variable,
    single,
)
from rehearsal.org.apex.parsing import part, source
from rehearsal.org.apex.types import BOOLEAN, SOBJECT, Kind, Type, list_of
from rehearsal.org.apex.values import ApexIterator, ApexList

_BATCH = 200
"""Records a turn of a SOQL for loop over lists."""


def _loop_body(body: Body, node: Node) -> Code:
    body.loops += 1
    code = single(body, node)
    body.loops -= 1
    return code


@statement("while_statement")
def while_statement(body: Body, node: Node) -> Code:
    condition = body.value(part(node, "condition"), BOOLEAN)
    inside = _loop_body(body, part(node, "body"))

    def run(f: Frame) -> Any:
        while condition(f):
            _count(f)
            signal = inside(f)
            if signal is not None:
                if signal == BREAK:
                    break
                if signal == RETURN:
                    return RETURN
        return None

    return run


@statement("do_statement")
def do_statement(body: Body, node: Node) -> Code:
    inside = _loop_body(body, part(node, "body"))
    condition = body.value(part(node, "condition"), BOOLEAN)

    def run(f: Frame) -> Any:
        while True:
            _count(f)
            signal = inside(f)
            if signal is not None:
                if signal == BREAK:
                    break
                if signal == RETURN:
                    return RETURN
            if not condition(f):
                break
        return None

    return run


def _count(f: Frame) -> None:
    run = f[RUN]
    run.steps -= 1
    if run.steps < 0:
        run.charge()


@statement("for_statement")
def for_statement(body: Body, node: Node) -> Code:
    with body.scope():
        starts = [_for_part(body, child) for child in node.children_by_field_name("init")]
        condition_node = node.child_by_field_name("condition")
        condition = body.value(condition_node, BOOLEAN) if condition_node is not None else None
        steps = [body.expr(child).run for child in node.children_by_field_name("update")]
        inside = _loop_body(body, part(node, "body"))

    def run(f: Frame) -> Any:
        for start in starts:
            start(f)
        while condition is None or condition(f):
            _count(f)
            signal = inside(f)
            if signal is not None:
                if signal == BREAK:
                    break
                if signal == RETURN:
                    return RETURN
            for step in steps:
                step(f)
        return None

    return run


def _for_part(body: Body, node: Node) -> Code:
    if node.type == "local_variable_declaration":
        return local_variable(body, node)
    return body.expr(node).run


@statement("enhanced_for_statement")
def enhanced_for(body: Body, node: Node) -> Code:
    kind = body.type_of(part(node, "type"))
    value_node = part(node, "value")
    given = body.expr(value_node)
    batched = _by_batches(body, given.type, kind, node)
    with body.scope():
        made = body.declare(source(part(node, "name")), kind, node)
        inside = _loop_body(body, part(node, "body"))
    slot, values = made.slot, given.run

    def run(f: Frame) -> Any:
        items = values(f)
        if items is None:
            raise f[RUN].null()
        source_items = items.items if isinstance(items, ApexIterator) else items
        rows = _batches(source_items, kind) if batched else list(source_items)
        size = len(source_items)
        for item in rows:
            if len(source_items) != size:
                raise f[RUN].error(
                    "FinalException", "Cannot modify a collection while it is being iterated."
                )
            _count(f)
            f[slot] = item
            signal = inside(f)
            if signal is not None:
                if signal == BREAK:
                    break
                if signal == RETURN:
                    return RETURN
        return None

    return run


def _by_batches(body: Body, given: Type, kind: Type, node: Node) -> bool:
    """Whether a SOQL for loop goes by lists of records. Raises MetadataError for a wrong type."""
    if given.name == "$query":
        row = given.args[0]
        if kind.name == "List" and body.world.cost(list_of(row), kind) is not None:
            return True
        if body.world.cost(row, kind) is None:
            raise body.fail(f"Loop variable must be of type {row}", node)
        return False
    if given.name not in ("List", "Set", "Iterable"):
        raise body.fail(f"Loop must iterate over a collection: {given}", node)
    row = given.args[0]
    records = row == SOBJECT and kind.kind is Kind.SOBJECT
    if body.world.cost(row, kind) is None and not records:
        raise body.fail(f"Loop variable must be of type {row}", node)
    return False


def _batches(items: Any, kind: Type) -> list[ApexList]:
    rows = list(items)
    return [ApexList(kind, rows[start : start + _BATCH]) for start in range(0, len(rows), _BATCH)]


@statement("break_statement")
def break_statement(body: Body, node: Node) -> Code:
    if not body.loops:
        raise body.fail("Break statement must be in loop", node)
    return lambda f: BREAK


@statement("continue_statement")
def continue_statement(body: Body, node: Node) -> Code:
    if not body.loops:
        raise body.fail("Continue statement must be in loop", node)
    return lambda f: CONTINUE
