"""First pass: the classes, interfaces and enums of a file, and their members' signatures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from rehearsal.org.apex.classes import ClassInfo, ClassKind, EnumValue, FieldInfo, MethodInfo
from rehearsal.org.apex.parsing import Unit, children, modifiers, part, source
from rehearsal.org.apex.types import BOOLEAN, INTEGER, OBJECT, STRING, VOID, Kind, Type
from rehearsal.org.apex.world import World
from rehearsal.org.errors import MetadataError, Unsupported

_DECLARATIONS = {
    "class_declaration": ClassKind.CLASS,
    "interface_declaration": ClassKind.INTERFACE,
    "enum_declaration": ClassKind.ENUM,
}
_REQUIRED = re.compile(r"@invocablevariable\s*\([^)]*\brequired\s*=\s*true", re.IGNORECASE)
_REFUSED_ANNOTATIONS = frozenset(
    {
        "@remoteaction",
        "@restresource",
        "@httpget",
        "@httppost",
        "@httpput",
        "@httppatch",
        "@httpdelete",
    }
)


def declare(unit: Unit, world: World) -> list[ClassInfo]:
    """Enters the file's class and the classes inside it. Raises MetadataError."""
    made: list[ClassInfo] = []
    for node in children(unit.root):
        if node.type not in _DECLARATIONS:
            raise MetadataError(f"Unexpected declaration: {node.type}", unit.where(node))
        cls = _class(unit, node, None, made)
        if cls.name.lower() != unit.name.lower():
            raise MetadataError(f"Class name must be the file's name: {cls.name}", unit.where(node))
        if cls.name.lower() in world.classes:
            raise MetadataError(f"Duplicate class: {cls.name}", unit.where(node))
        world.classes[cls.name.lower()] = cls
    return made


def _class(unit: Unit, node: Node, outer: ClassInfo | None, made: list[ClassInfo]) -> ClassInfo:
    name = source(part(node, "name"))
    qualified = f"{outer.name}.{name}" if outer is not None else name
    cls = ClassInfo(qualified, _DECLARATIONS[node.type], outer, unit, node, _allowed(unit, node))
    made.append(cls)
    for child in children(part(node, "body")):
        if child.type in _DECLARATIONS:
            inner = _class(unit, child, cls, made)
            if outer is not None:
                raise MetadataError("Inner types are not allowed here", unit.where(child))
            cls.inner[inner.name.split(".")[-1].lower()] = inner
        elif child.type == "enum_constant":
            word = source(part(child, "name"))
            cls.values[word.lower()] = EnumValue(word, len(cls.values), cls)
    return cls


def _allowed(unit: Unit, node: Node) -> frozenset[str]:
    found = modifiers(node)
    refused = found & _REFUSED_ANNOTATIONS
    if refused:
        raise Unsupported(sorted(refused)[0], unit.where(node))
    return found


def link(cls: ClassInfo, world: World) -> None:
    """Finds the superclass and interfaces. Raises MetadataError."""
    node, unit = cls.node, cls.unit
    assert node is not None
    assert unit is not None
    scope = cls.outer or cls
    for child in children(node):
        if child.type == "superclass":
            parent_node = children(child)[0]
            parent = world.class_of_node(parent_node, scope, unit)
            if parent.kind is not ClassKind.CLASS:
                raise MetadataError(f"Cannot extend {parent.name}", unit.where(child))
            if not parent.modifiers & {"virtual", "abstract"} and not parent.exception:
                raise MetadataError(
                    f"Non-virtual and non-abstract type cannot be extended: {parent.name}",
                    unit.where(child),
                )
            cls.superclass = parent
        elif child.type in ("interfaces", "extends_interfaces"):
            for item in children(children(child)[0]):
                interface = world.class_of_node(item, scope, unit)
                if interface.kind is not ClassKind.INTERFACE:
                    raise MetadataError(f"{interface.name} is not an interface", unit.where(item))
                cls.interfaces.append(interface)


def inherit(cls: ClassInfo, world: World) -> None:
    """Marks exceptions, once all classes are linked. Raises MetadataError for a bad name."""
    seen: list[ClassInfo] = []
    for ancestor in cls.lineage():
        if ancestor in seen:
            assert cls.unit is not None
            assert cls.node is not None
            raise MetadataError(f"Circular extension: {cls.name}", cls.unit.where(cls.node))
        seen.append(ancestor)
    if not seen[-1].exception or cls.exception:
        return
    assert cls.unit is not None
    assert cls.node is not None
    if not cls.name.endswith("Exception"):
        raise MetadataError(
            f"Class extending Exception must have a name ending in 'Exception': {cls.name}",
            cls.unit.where(cls.node),
        )
    cls.exception = True


def declare_members(cls: ClassInfo, world: World) -> None:
    """Fields, properties, methods and constructors with their types. Superclasses come first."""
    if cls.superclass is not None:
        cls.size = cls.superclass.size
        cls.defaults = list(cls.superclass.defaults)
    assert cls.node is not None
    for child in children(part(cls.node, "body")):
        if child.type == "field_declaration":
            _fields(cls, child, world)
        elif child.type == "method_declaration":
            method = _method(cls, child, world)
            for other in cls.methods.get(method.name.lower(), []):
                if other.key == method.key:
                    assert cls.unit is not None
                    raise MetadataError(
                        f"Method already defined: {method.name}", cls.unit.where(child)
                    )
            cls.methods.setdefault(method.name.lower(), []).append(method)
        elif child.type == "constructor_declaration":
            cls.constructors.append(_constructor(cls, child, world))
    if cls.kind is ClassKind.CLASS and not cls.constructors and not cls.exception:
        cls.constructors.append(MethodInfo("<init>", cls, [], VOID, frozenset({"public"}), None))


def _fields(cls: ClassInfo, node: Node, world: World) -> None:
    assert cls.unit is not None
    kind = world.resolve(part(node, "type"), cls, cls.unit)
    words = _allowed(cls.unit, node)
    if "@invocablevariable" in words and _REQUIRED.search(source(children(node)[0])):
        words |= {"@required"}
    accessors = next((c for c in children(node) if c.type == "accessor_list"), None)
    for declarator in node.children_by_field_name("declarator"):
        name = source(part(declarator, "name"))
        if name.lower() in cls.fields:
            raise MetadataError(f"Duplicate field: {name}", cls.unit.where(declarator))
        static = "static" in words
        index = len(cls.static_defaults) if static else cls.size
        info = FieldInfo(name, kind, cls, static, "final" in words, index, words)
        if static:
            cls.static_defaults.append(None)
        else:
            cls.size += 1
            cls.defaults.append(None)
        cls.fields[name.lower()] = info
        if accessors is not None:
            _accessors(info, accessors, words)


def _accessors(info: FieldInfo, node: Node, words: frozenset[str]) -> None:
    info.readable = info.writable = False
    for child in children(node):
        if child.type != "accessor_declaration":
            continue
        which = source(part(child, "accessor")).lower()
        own = modifiers(child)
        body = child.child_by_field_name("body")
        params: list[tuple[str, Type]] = []
        result = info.type
        if which == "set":
            params, result = [("value", info.type)], VOID
            info.writable = True
            info.private_set = "private" in own
        else:
            info.readable = True
        if body is None and not words & {"virtual", "abstract", "override"}:
            continue
        method = MethodInfo(f"{which} {info.name}", info.owner, params, result, words | own, child)
        info.owner.methods.setdefault(method.name.lower(), []).append(method)
        if which == "get":
            info.getter = method
        else:
            info.setter = method


def _params(cls: ClassInfo, node: Node, world: World) -> list[tuple[str, Type]]:
    assert cls.unit is not None
    return [
        (source(part(child, "name")), world.resolve(part(child, "type"), cls, cls.unit))
        for child in children(part(node, "parameters"))
    ]


def _method(cls: ClassInfo, node: Node, world: World) -> MethodInfo:
    assert cls.unit is not None
    words = _allowed(cls.unit, node)
    if cls.kind is ClassKind.INTERFACE:
        words |= {"public", "abstract"}
    result = world.resolve(part(node, "type"), cls, cls.unit)
    name = source(part(node, "name"))
    method = MethodInfo(name, cls, _params(cls, node, world), result, words, node)
    if "@future" in words:
        _check_future(cls.unit, method, node)
    return method


def _check_future(unit: Unit, method: MethodInfo, node: Node) -> None:
    """Apex Developer Guide, "Future Methods": static, void, with primitives or collections of
    them."""
    if not method.static or method.result != VOID:
        raise MetadataError("Future methods must be declared static void", unit.where(node))
    for _, kind in method.params:
        simple = [kind] if not kind.args else kind.args
        if any(one.kind is not Kind.PRIMITIVE or one == OBJECT for one in simple):
            raise MetadataError(f"Unsupported parameter type {kind}", unit.where(node))


def _constructor(cls: ClassInfo, node: Node, world: World) -> MethodInfo:
    assert cls.unit is not None
    words = _allowed(cls.unit, node)
    return MethodInfo("<init>", cls, _params(cls, node, world), VOID, words, node)


# --- checks once every signature is known ----------------------------------------------


def check_class(cls: ClassInfo) -> None:
    """Builds the dispatch table; refuses missing overrides. Raises MetadataError."""
    for ancestor in reversed(list(cls.lineage())):
        for method in _all_methods(ancestor):
            if not method.static:
                cls.dispatch[method.key] = method
    cls.equatable = {"equals(object)", "hashcode()"} <= cls.dispatch.keys()
    assert cls.unit is not None
    assert cls.node is not None
    for ancestor in cls.lineage():
        if ancestor is not cls:
            continue
        for method in _all_methods(ancestor):
            _check_override(cls, method)
    if cls.abstract:
        return
    for method in cls.dispatch.values():
        if method.abstract:
            raise MetadataError(
                f"Class must implement the abstract method: {method.key}",
                cls.unit.where(cls.node),
            )
    for interface in cls.all_interfaces():
        for wanted in _all_methods(interface):
            if interface.name == "Comparator":
                found = cls.find_methods(wanted.name)
                implemented = any(len(method.params) == 2 for method in found)
            else:
                implemented = wanted.key in cls.dispatch
            if not implemented:
                raise MetadataError(
                    f"Class {cls.name} must implement the method: "
                    f"{wanted.result} {interface.name}.{wanted.key}",
                    cls.unit.where(cls.node),
                )


def _check_override(cls: ClassInfo, method: MethodInfo) -> None:
    unit, node = cls.unit, method.node
    if unit is None or node is None or method.static or " " in method.name:
        return
    overridden = None
    if cls.superclass is not None:
        overridden = cls.superclass.dispatch.get(method.key)
    overrides = "override" in method.modifiers
    if overridden is not None and not overridden.abstract and not overrides:
        raise MetadataError(
            f"Method must use the override keyword: {method.name}", unit.where(node)
        )
    if overrides and overridden is None and not _overrides_builtin(cls, method):
        raise MetadataError(
            f"Method does not override an ancestor method: {method.name}", unit.where(node)
        )


def _overrides_builtin(cls: ClassInfo, method: MethodInfo) -> bool:
    if cls.exception and method.key in ("getmessage()", "setmessage(string)"):
        return True
    signature = {
        "tostring()": STRING,
        "hashcode()": INTEGER,
        "equals(object)": BOOLEAN,
    }.get(method.key)
    return signature == method.result


def _all_methods(cls: ClassInfo) -> Iterator[MethodInfo]:
    for overloads in cls.methods.values():
        yield from overloads
