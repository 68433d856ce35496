"""Assignments: `=`, `+=` and their kin, `++` and `--`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from tree_sitter import Node

from rehearsal.org.apex.classes import RUN, THIS, Code, FieldInfo, Frame
from rehearsal.org.apex.compiler.body import Body, Expr, expression
from rehearsal.org.apex.compiler.names import (
    check_access,
    find_own_field,
    item,
    record_member,
    target,
)
from rehearsal.org.apex.compiler.operators import combine
from rehearsal.org.apex.parsing import part, source
from rehearsal.org.apex.types import INTEGER, NUMBERS, Kind, Type

Get = Callable[[Frame, Any], Any]
Set = Callable[[Frame, Any, Any], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Something that can be assigned to. `locate` is evaluated once, before the value."""

    type: Type
    locate: Code
    get: Get
    set: Set


def place(body: Body, node: Node) -> Place:
    """The place a node names. Raises MetadataError when nothing can be assigned there."""
    if node.type == "identifier":
        return _variable(body, node)
    if node.type == "array_access":
        return _element(body, node)
    if node.type == "field_access":
        return _member(body, node)
    raise body.fail(f"Expression cannot be assigned: {source(node)}", node)


def _nothing(f: Frame) -> Any:
    return None


def _variable(body: Body, node: Node) -> Place:
    name = source(node)
    local = body.find(name)
    if local is None:
        info = find_own_field(body, name)
        if info is None:
            raise body.fail(f"Variable does not exist: {name}", node)
        if not info.static and body.static:
            raise body.fail(f"Variable does not exist: {name} (not static)", node)
        return _field(body, info, itemgetter(THIS), node)
    if local.final:
        raise body.fail(f"Final variable has already been initialized: {name}", node)
    slot = local.slot

    def store(f: Frame, at: Any, value: Any) -> None:
        f[slot] = value

    return Place(local.type, _nothing, lambda f, at: f[slot], store)


def _field(body: Body, info: FieldInfo, locate: Code, node: Node) -> Place:
    if info.final and not _may_initialise(body, info):
        raise body.fail(f"Final variable has already been initialized: {info.name}", node)
    index = info.index
    own = body.accessor is info
    if not own and not info.writable:
        raise body.fail(f"Variable is read-only: {info.name}", node)
    setter = None if own else info.setter
    getter = None if own else info.getter
    if info.static:
        return _static_field(info)

    def read(f: Frame, at: Any) -> Any:
        if at is None:
            raise f[RUN].null()
        if getter is not None:
            return at.cls.dispatch[getter.key].invoke(f[RUN], at, [])
        return at.slots[index]

    def write(f: Frame, at: Any, value: Any) -> None:
        if at is None:
            raise f[RUN].null()
        if setter is not None:
            at.cls.dispatch[setter.key].invoke(f[RUN], at, [value])
        else:
            at.slots[index] = value

    return Place(info.type, locate, read, write)


def _static_field(info: FieldInfo) -> Place:
    owner, index, getter, setter = info.owner, info.index, info.getter, info.setter

    def read(f: Frame, at: Any) -> Any:
        if getter is not None and getter.invoke is not None:
            return getter.invoke(f[RUN], None, [])
        return owner.statics(f[RUN])[index]

    def write(f: Frame, at: Any, value: Any) -> None:
        if setter is not None and setter.invoke is not None:
            setter.invoke(f[RUN], None, [value])
        else:
            owner.statics(f[RUN])[index] = value

    return Place(info.type, _nothing, read, write)


def _may_initialise(body: Body, info: FieldInfo) -> bool:
    """In a constructor or initialiser of its class, or in its own accessor."""
    return body.accessor is info or (body.constructor and body.cls is info.owner)


def _element(body: Body, node: Node) -> Place:
    held = body.expr(part(node, "array"))
    if held.type.name != "List":
        raise body.fail(f"Expression must be a list type: {held.type}", node)
    items, index = held.run, body.value(part(node, "index"), INTEGER)

    def locate(f: Frame) -> Any:
        found = items(f)
        if found is None:
            raise f[RUN].null()
        return found, index(f)

    def write(f: Frame, at: Any, value: Any) -> None:
        found, position = at
        item(f, found, position)
        if found.locked:
            raise f[RUN].error("FinalException", "Collection is read-only")
        found[position] = value

    return Place(held.type.args[0], locate, lambda f, at: item(f, at[0], at[1]), write)


def _member(body: Body, node: Node) -> Place:
    name = source(part(node, "field"))
    held = target(body, part(node, "object"))
    if isinstance(held, Type):
        if held.kind is not Kind.CLASS:
            raise body.fail(f"Variable is read-only: {source(node)}", node)
        info = body.world.class_of(held).find_field(name)
        if info is None or not info.static:
            raise body.fail(f"Variable does not exist: {source(node)}", node)
        check_access(body, info.modifiers, info.owner, name, node)
        _check_setter(body, info, node)
        return _field(body, info, _nothing, node)
    if held.type.kind is Kind.CLASS:
        info = body.world.class_of(held.type).find_field(name)
        if info is None or info.static:
            raise body.fail(f"Variable does not exist: {name} on {held.type}", node)
        check_access(body, info.modifiers, info.owner, name, node)
        _check_setter(body, info, node)
        return _field(body, info, held.run, node)
    if held.type.kind is Kind.SOBJECT:
        return _record_field(body, held, name, node)
    raise body.fail(f"Variable does not exist: {name} on {held.type}", node)


def _check_setter(body: Body, info: FieldInfo, node: Node) -> None:
    if info.private_set:
        check_access(body, frozenset({"private"}), info.owner, info.name, node)


def _record_field(body: Body, held: Expr, name: str, node: Node) -> Place:
    found = record_member(body, held.type, name, node)
    canonical, field = found.name, found.field
    check_writable(body, held.type, name, node)

    def read(f: Frame, at: Any) -> Any:
        if at is None:
            raise f[RUN].null()
        return at.read(f[RUN], canonical, field)

    def write(f: Frame, at: Any, value: Any) -> None:
        if at is None:
            raise f[RUN].null()
        if at.lock is not None:
            raise f[RUN].error("FinalException", at.lock)
        at.values[canonical] = value

    return Place(found.type, held.run, read, write)


def check_writable(body: Body, kind: Type, name: str, node: Node) -> None:
    """Raises MetadataError for a formula, roll-up or child list."""
    found = record_member(body, kind, name, node)
    if found.field is None:
        if found.lookup is None:
            raise body.fail(f"Field is not writeable: {kind}.{name}", node)
        return
    field = found.field
    if field.name == "Id":
        return
    if field.calculated or field.auto_number or not (field.createable or field.updateable):
        raise body.fail(f"Field is not writeable: {kind}.{field.name}", node)


@expression("assignment_expression")
def assignment(body: Body, node: Node, wanted: Type | None) -> Expr:
    left, right = part(node, "left"), part(node, "right")
    operator = source(part(node, "operator"))
    at = place(body, left)
    if operator == "=":
        value = body.value(right, at.type)
        if left.type == "identifier":
            local = body.find(source(left))
            if local is not None:
                return Expr(at.type, _store(local.slot, value))
        return Expr(at.type, _assign(at, value))
    return _compound(body, at, operator[:-1], right, node)


def _store(slot: int, value: Code) -> Code:
    def run(f: Frame) -> Any:
        f[slot] = result = value(f)
        return result

    return run


def _assign(at: Place, value: Code) -> Code:
    locate, put = at.locate, at.set

    def run(f: Frame) -> Any:
        where = locate(f)
        result = value(f)
        put(f, where, result)
        return result

    return run


def _compound(body: Body, at: Place, operator: str, right: Node, node: Node) -> Expr:
    """`a += b`: the place is found once, read, combined and written."""
    slot = body.next_slot
    body.next_slot += 1
    body.size = max(body.size, body.next_slot)
    operand = body.expr(right)
    combined = combine(body, operator, Expr(at.type, itemgetter(slot)), operand, node)
    value = body.convert(combined, at.type, node)
    body.next_slot = slot

    def run(f: Frame) -> Any:
        where = at.locate(f)
        f[slot] = at.get(f, where)
        result = value(f)
        at.set(f, where, result)
        return result

    return Expr(at.type, run)


@expression("update_expression")
def update(body: Body, node: Node, wanted: Type | None) -> Expr:
    operand = part(node, "operand")
    at = place(body, operand)
    if at.type not in NUMBERS:
        raise body.fail(f"++ and -- need a number, not {at.type}", node)
    operator = source(part(node, "operator"))[0]
    prefix = node.children[0].type == "update_operator"
    slot = body.next_slot
    body.size = max(body.size, slot + 1)
    from_slot = Expr(at.type, itemgetter(slot))
    step = body.convert(
        combine(body, operator, from_slot, Expr(INTEGER, lambda f: 1), node), at.type, node
    )

    def run(f: Frame) -> Any:
        where = at.locate(f)
        before = f[slot] = at.get(f, where)
        after = step(f)
        at.set(f, where, after)
        return after if prefix else before

    return Expr(at.type, run)
