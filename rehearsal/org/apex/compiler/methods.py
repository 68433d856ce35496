"""Second pass: the bodies of methods, constructors, accessors, initialisers and triggers."""

from __future__ import annotations

from typing import Any

from tree_sitter import Node

from rehearsal.org.apex.asynchronous import deferred
from rehearsal.org.apex.classes import (
    FIRST,
    RESULT,
    ClassInfo,
    ClassKind,
    Code,
    FieldInfo,
    Frame,
    Invoke,
    MethodInfo,
)
from rehearsal.org.apex.compiler.body import Body
from rehearsal.org.apex.compiler.calls import choose, converted
from rehearsal.org.apex.compiler.statements import sequence
from rehearsal.org.apex.execution import MAX_DEPTH, Execution
from rehearsal.org.apex.parsing import Unit, children, line, modifiers, part, source
from rehearsal.org.apex.types import VOID, Type
from rehearsal.org.apex.world import World
from rehearsal.org.errors import LimitExceeded, MetadataError
from rehearsal.org.source import Faults
from rehearsal.org.stack import deep_stack


def compile_class(cls: ClassInfo, world: World, faults: Faults) -> None:
    """Compiles every body of the class, and gathers the first fault of each."""
    assert cls.node is not None
    if cls.kind is ClassKind.ENUM:
        return
    for child in children(part(cls.node, "body")):
        with faults.gather():
            if child.type == "field_declaration":
                _initial_values(cls, child, world)
            elif child.type == "static_initializer":
                inside = next(item for item in children(child) if item.type == "block")
                cls.static_init.append(_initialiser(cls, inside, world, static=True))
            elif child.type == "block":
                cls.instance_init.append(_initialiser(cls, child, world, static=False))
    for overloads in cls.methods.values():
        for method in overloads:
            with faults.gather():
                _compile_method(method, world)
    for constructor in cls.constructors:
        with faults.gather():
            _compile_constructor(constructor, world)


def frame_code(label: MethodInfo, code: Code, size: int, arity: int, start: int) -> Invoke:
    """What runs a body in a frame of its own."""
    padding = [None] * (size - FIRST - arity)
    owner = label.owner
    static = label.static and owner.declared

    def invoke(run: Execution, this: Any, args: list[Any]) -> Any:
        if not run.stack:
            with deep_stack():
                return enter(run, this, args)
        return enter(run, this, args)

    def enter(run: Execution, this: Any, args: list[Any]) -> Any:
        frame: Frame = [this, run, None, start, label, *args, *padding]
        stack = run.stack
        if len(stack) >= MAX_DEPTH:
            raise run.too_deep()
        stack.append(frame)
        try:
            if static and owner.static_init:
                owner.statics(run)
            code(frame)
        except LimitExceeded as limit:
            limit.trace = limit.trace or tuple(run.trace())
            raise
        finally:
            stack.pop()
        return frame[RESULT]

    return invoke


def _compile_method(method: MethodInfo, world: World) -> None:
    node = method.node
    if node is None or method.owner.kind is ClassKind.INTERFACE:
        return
    unit = method.owner.unit
    assert unit is not None
    inside = node.child_by_field_name("body")
    if inside is None:
        if not method.abstract:
            raise MetadataError(f"Method must have a body: {method.name}", unit.where(node))
        return
    body = Body(world, unit, method.owner, method.static, method.result, _accessed(method))
    for name, kind in method.params:
        body.declare(name, kind, node)
    code = sequence(body, children(inside))
    if method.result != VOID and _may_end(inside):
        raise MetadataError(f"Missing return statement: {method.name}", unit.where(node))
    invoke = frame_code(method, code, body.size, len(method.params), line(node))
    method.invoke = deferred(method, invoke) if "@future" in method.modifiers else invoke


def _accessed(method: MethodInfo) -> FieldInfo | None:
    if " " not in method.name:
        return None
    return method.owner.fields[method.name.split(" ")[1].lower()]


def _may_end(node: Node) -> bool:
    """Whether execution can fall off the end of the statement."""
    if node.type in ("return_statement", "throw_statement"):
        return False
    inner = children(node)
    if node.type == "block":
        return not inner or all(_may_end(child) for child in inner)
    if node.type == "if_statement":
        other = node.child_by_field_name("alternative")
        return other is None or _may_end(part(node, "consequence")) or _may_end(other)
    if node.type == "try_statement":
        final = next((c for c in inner if c.type == "finally_clause"), None)
        if final is not None and not _may_end(children(final)[0]):
            return False
        catches = [part(child, "body") for child in inner if child.type == "catch_clause"]
        return any(_may_end(child) for child in [part(node, "body"), *catches])
    if node.type == "switch_expression":
        rules = children(part(node, "body"))
        complete = any(not children(children(rule)[0]) for rule in rules)
        return not complete or any(_may_end(children(rule)[-1]) for rule in rules)
    if node.type == "while_statement":
        return source(part(node, "condition")).strip("() ").lower() != "true"
    if node.type == "run_as_statement":
        return _may_end(next(child for child in inner if child.type == "block"))
    return True


# --- constructors and initialisers -----------------------------------------------------


def _compile_constructor(made: MethodInfo, world: World) -> None:
    cls, node = made.owner, made.node
    unit = cls.unit
    assert unit is not None
    body = Body(world, unit, cls, False, VOID, constructor=True)
    for name, kind in made.params:
        assert node is not None
        body.declare(name, kind, node)
    statements = children(part(node, "body")) if node is not None else []
    explicit: Node | None = None
    if statements and statements[0].type == "explicit_constructor_invocation":
        explicit, statements = statements[0], statements[1:]
    before = _chain(body, cls, explicit)
    to_this = explicit is not None and part(explicit, "constructor").type == "this"
    rest = sequence(body, statements)
    initialisers = [] if to_this else cls.instance_init

    def code(f: Frame) -> Any:
        before(f)
        for step in initialisers:
            step(f[1], f[0], [])
        rest(f)

    start = line(node) if node is not None else 1
    invoke = frame_code(made, code, body.size, len(made.params), start)

    def construct(run: Execution, this: Any, args: list[Any]) -> Any:
        if cls.static_init:
            cls.statics(run)
        return invoke(run, this, args)

    made.invoke = construct


def _chain(body: Body, cls: ClassInfo, explicit: Node | None) -> Code:
    """The call of this(…) or super(…), said or implied."""
    if explicit is None:
        parent = cls.superclass
        if parent is None or parent.exception:
            return lambda f: None
        implied = next((made for made in parent.constructors if not made.params), None)
        if implied is None:
            assert cls.unit is not None
            assert cls.node is not None
            raise MetadataError(
                f"No default constructor available in super type: {parent.name}",
                cls.unit.where(cls.node),
            )
        return _construct(implied, [])
    to_this = part(explicit, "constructor").type == "this"
    owner = cls if to_this else cls.superclass
    if owner is None or (owner.exception and not owner.constructors):
        raise body.refuse("super(…) of this class", explicit)
    args = [(body.expr(child), child) for child in children(part(explicit, "arguments"))]
    found = choose(
        body,
        [([kind for _, kind in made.params], made) for made in owner.constructors],
        args,
        f"new {owner.name}",
        explicit,
    )
    return _construct(found, converted(body, args, [kind for _, kind in found.params]))


def _construct(made: MethodInfo, codes: list[Code]) -> Code:
    def run(f: Frame) -> Any:
        assert made.invoke is not None
        made.invoke(f[1], f[0], [code(f) for code in codes])

    return run


def _pseudo(cls: ClassInfo, name: str, *, static: bool) -> MethodInfo:
    words = frozenset({"static"}) if static else frozenset[str]()
    return MethodInfo(name, cls, [], VOID, words)


def _initial_values(cls: ClassInfo, node: Node, world: World) -> None:
    static = "static" in modifiers(node)
    unit = cls.unit
    assert unit is not None
    for declarator in node.children_by_field_name("declarator"):
        value_node = declarator.child_by_field_name("value")
        if value_node is None:
            continue
        info = cls.fields[source(part(declarator, "name")).lower()]
        body = Body(world, unit, cls, static, constructor=True)
        value = body.value(value_node, info.type)
        at = line(declarator)
        unit.executable.add(at)
        label = _pseudo(cls, "<clinit>" if static else "<init>", static=False)
        code = _store_static(unit, info, value, at) if static else _store(unit, info, value, at)
        step = frame_code(label, code, body.size, 0, at)
        (cls.static_init if static else cls.instance_init).append(step)


def _store(unit: Unit, info: FieldInfo, value: Code, at: int) -> Code:
    index = info.index

    def run(f: Frame) -> Any:
        unit.hits[at] = 1
        f[0].slots[index] = value(f)

    return run


def _store_static(unit: Unit, info: FieldInfo, value: Code, at: int) -> Code:
    index, owner = info.index, info.owner

    def run(f: Frame) -> Any:
        unit.hits[at] = 1
        result = value(f)
        owner.statics(f[1])[index] = result

    return run


def _initialiser(cls: ClassInfo, node: Node, world: World, *, static: bool) -> Invoke:
    assert cls.unit is not None
    body = Body(world, cls.unit, cls, static, constructor=True)
    code = sequence(body, children(node))
    label = _pseudo(cls, "<clinit>" if static else "<init>", static=False)
    return frame_code(label, code, body.size, 0, line(node))


# --- triggers --------------------------------------------------------------------------


def compile_trigger(unit: Unit, node: Node, record: Type, world: World) -> MethodInfo:
    """The body of a trigger, as a method of a class of its own."""
    name = source(part(node, "name"))
    cls = ClassInfo(name, unit=unit, node=node, trigger=True)
    method = MethodInfo(name, cls, [], VOID, frozenset({"static"}), node)
    body = Body(world, unit, cls, True, VOID, trigger_type=record)
    inside = children(part(node, "body"))
    statements = children(inside[0]) if len(inside) == 1 and inside[0].type == "block" else inside
    code = sequence(body, statements)
    method.invoke = frame_code(method, code, body.size, 0, line(node))
    return method
