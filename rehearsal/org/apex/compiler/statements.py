"""Statements. A closure gives None to go on, or BREAK, CONTINUE or RETURN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tree_sitter import Node

from rehearsal.org.apex.classes import LINE, RESULT, RUN, ClassInfo, Code, Frame
from rehearsal.org.apex.compiler.body import STATEMENTS, Body, statement
from rehearsal.org.apex.parsing import children, line, modifiers, part, source
from rehearsal.org.apex.types import (
    BOOLEAN,
    EXCEPTION,
    VOID,
)
from rehearsal.org.apex.values import ApexThrow

BREAK: Final = 1
CONTINUE: Final = 2
RETURN: Final = 3
_UNCATCHABLE = "AssertException"
"""A failed assertion cannot be caught (Apex Reference Guide, "Assert Class")."""


def compile_statement(body: Body, node: Node) -> Code:
    handler = STATEMENTS.get(node.type)
    if handler is None:
        raise body.refuse(f"statement {source(node)[:40]}", node)
    return handler(body, node)


def sequence(body: Body, nodes: Sequence[Node]) -> Code:
    """Statements one after the other; marks lines as run and counts the work."""
    hits = body.unit.hits
    steps: list[tuple[int, Code]] = []
    for node in nodes:
        at = line(node)
        if node.type != "block":
            body.unit.executable.add(at)
        steps.append((at, compile_statement(body, node)))
    if not steps:
        return lambda f: None
    count = len(steps)
    if count == 1:
        only_line, only = steps[0]

        def run_one(f: Frame) -> Any:
            run = f[RUN]
            run.steps -= 1
            if run.steps < 0:
                run.charge()
            f[LINE] = only_line
            hits[only_line] = 1
            return only(f)

        return run_one

    def run_all(f: Frame) -> Any:
        run = f[RUN]
        run.steps -= count
        if run.steps < 0:
            run.charge()
        for at, step in steps:
            f[LINE] = at
            hits[at] = 1
            signal = step(f)
            if signal is not None:
                return signal
        return None

    return run_all


@statement("block", "trigger_body")
def block(body: Body, node: Node) -> Code:
    with body.scope():
        return sequence(body, children(node))


def single(body: Body, node: Node) -> Code:
    """The body of a loop or branch, with or without braces."""
    if node.type == "block":
        return block(body, node)
    with body.scope():
        return sequence(body, [node])


@statement("expression_statement")
def expression_statement(body: Body, node: Node) -> Code:
    inner = children(node)[0]
    code = body.expr(inner).run

    def run(f: Frame) -> Any:
        code(f)

    return run


@statement("local_variable_declaration")
def local_variable(body: Body, node: Node) -> Code:
    kind = body.type_of(part(node, "type"))
    if kind == VOID:
        raise body.fail("Invalid type: void", node)
    final = "final" in modifiers(node)
    steps: list[tuple[int, Code]] = []
    for declarator in node.children_by_field_name("declarator"):
        value_node = declarator.child_by_field_name("value")
        value = body.value(value_node, kind) if value_node is not None else None
        name = source(part(declarator, "name"))
        made = body.declare(name, kind, declarator, final=final and value is not None)
        steps.append((made.slot, value if value is not None else lambda f: None))
    if len(steps) == 1:
        slot, code = steps[0]

        def store(f: Frame) -> Any:
            f[slot] = code(f)

        return store

    def store_all(f: Frame) -> Any:
        for slot, code in steps:
            f[slot] = code(f)

    return store_all


@statement("if_statement")
def if_statement(body: Body, node: Node) -> Code:
    condition = body.value(part(node, "condition"), BOOLEAN)
    yes = single(body, part(node, "consequence"))
    no_node = node.child_by_field_name("alternative")
    no = single(body, no_node) if no_node is not None else None

    def run(f: Frame) -> Any:
        chosen = condition(f)
        if chosen:
            return yes(f)
        if chosen is None:
            raise f[RUN].null()
        return no(f) if no is not None else None

    return run


@statement("return_statement")
def return_statement(body: Body, node: Node) -> Code:
    inner = children(node)
    if not inner:
        if body.result != VOID:
            raise body.fail("Missing return value", node)
        return lambda f: RETURN
    if body.result == VOID:
        raise body.fail("Method does not return a value", node)
    value = body.value(inner[0], body.result)

    def run(f: Frame) -> Any:
        f[RESULT] = value(f)
        return RETURN

    return run


# --- exceptions ------------------------------------------------------------------------


@statement("throw_statement")
def throw_statement(body: Body, node: Node) -> Code:
    inner = children(node)[0]
    code = body.value(inner, EXCEPTION)

    def run(f: Frame) -> Any:
        value = code(f)
        if value is None:
            raise f[RUN].null()
        raise ApexThrow(value)

    return run


@statement("try_statement")
def try_statement(body: Body, node: Node) -> Code:
    inside = block(body, part(node, "body"))
    catches: list[tuple[ClassInfo, int, Code]] = []
    final: Code | None = None
    for child in children(node):
        if child.type == "catch_clause":
            catches.append(_catch(body, child))
        elif child.type == "finally_clause":
            final = block(body, children(child)[0])

    def attempt(f: Frame) -> Any:
        try:
            return inside(f)
        except ApexThrow as thrown:
            if thrown.value.cls.name == _UNCATCHABLE:
                raise
            for kind, slot, handler in catches:
                if thrown.value.cls.is_a(kind):
                    f[slot] = thrown.value
                    return handler(f)
            raise

    if final is None:
        return attempt
    return _with_finally(attempt, final)


def _with_finally(attempt: Code, final: Code) -> Code:
    def run(f: Frame) -> Any:
        try:
            signal = attempt(f)
            result = f[RESULT]
        except ApexThrow:
            at = f[LINE]
            signal = final(f)
            if signal is not None:
                return signal
            f[LINE] = at
            raise
        ended = final(f)
        if ended is not None:
            return ended
        f[RESULT] = result
        return signal

    return run


def _catch(body: Body, node: Node) -> tuple[ClassInfo, int, Code]:
    parameter = next(child for child in children(node) if child.type == "formal_parameter")
    kind = body.type_of(part(parameter, "type"))
    if body.world.cost(kind, EXCEPTION) is None:
        raise body.fail(f"Catch needs an exception type: {kind}", node)
    with body.scope():
        made = body.declare(source(part(parameter, "name")), kind, node)
        handler = block(body, part(node, "body"))
    return body.world.class_of(kind), made.slot, handler


@statement("run_as_statement")
def run_as(body: Body, node: Node) -> Code:
    user = body.expr(children(part(node, "user"))[0])
    if user.type.name != "User":
        raise body.refuse("System.runAs of a package version", node)
    code = user.run
    inside = block(body, next(child for child in children(node) if child.type == "block"))

    def run(f: Frame) -> Any:
        record = code(f)
        execution = f[RUN]
        if execution.test is None:
            raise execution.error("UnexpectedException", "runAs may only be called from a test")
        if record is None or record.values.get("Id") is None:
            raise execution.null()
        return execution.test.run_as(record.values["Id"], lambda: inside(f))

    return run
