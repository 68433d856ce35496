"""Method calls: finding the method, choosing the overload, calling it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from tree_sitter import Node

from rehearsal.org.apex.classes import RUN, THIS, ClassInfo, ClassKind, Code, Frame, MethodInfo
from rehearsal.org.apex.compiler.body import Body, Expr, expression
from rehearsal.org.apex.compiler.names import check_access, is_safe, own_field, target, through
from rehearsal.org.apex.parsing import children, part, source
from rehearsal.org.apex.registry import LIBRARY, Native
from rehearsal.org.apex.types import (
    OBJECT,
    SOBJECT,
    SOBJECT_TYPE,
    STRING,
    VOID,
    Kind,
    Type,
    list_of,
    query_of,
    substitute,
)
from rehearsal.org.apex.values import SObject
from rehearsal.org.errors import SaveError

Candidate = TypeVar("Candidate")
_SCOPED = {("database", "query"), ("database", "countquery")}
_OVERRIDABLE = frozenset({"virtual", "abstract", "override"})


@expression("method_invocation")
def method_invocation(body: Body, node: Node, wanted: Type | None) -> Expr:
    name = source(part(node, "name"))
    argument_nodes = children(part(node, "arguments"))
    args = [(body.expr(child), child) for child in argument_nodes]
    for given, child in args:
        if given.type == VOID:
            raise body.fail("Expression of type void", child)
    held_node = node.child_by_field_name("object")
    if held_node is None:
        return _own_call(body, name, args, node)
    if held_node.type == "super":
        return _super_call(body, name, args, node)
    if _is_field_error(name, held_node):
        refusal = _field_error(body, held_node, args, node)
        if refusal is not None:
            return refusal
    held = target(body, held_node)
    if isinstance(held, Type):
        return _static_call(body, held, name, args, node)
    return _value_call(body, held, name, args, node)


# --- overloads -------------------------------------------------------------------------

Args = list[tuple[Expr, Node]]


def choose(
    body: Body,
    candidates: Sequence[tuple[Sequence[Type], Candidate]],
    args: Args,
    what: str,
    node: Node,
) -> Candidate:
    """The overload with the nearest parameters. Raises MetadataError when none applies."""
    best: tuple[int, Candidate] | None = None
    for params, candidate in candidates:
        if len(params) != len(args):
            continue
        total = 0
        for param, (given, _) in zip(params, args, strict=True):
            cost = body.world.cost(given.type, param)
            if cost is None:
                break
            total += cost
        else:
            if best is None or total < best[0]:
                best = total, candidate
    if best is None:
        given_types = ", ".join(str(given.type) for given, _ in args)
        raise body.fail(
            f"Method does not exist or incorrect signature: {what}({given_types})", node
        )
    return best[1]


def converted(body: Body, args: Args, params: Sequence[Type]) -> list[Code]:
    return [
        body.convert(given, param, child)
        for (given, child), param in zip(args, params, strict=True)
    ]


# --- methods of declared classes -------------------------------------------------------


def _pick(body: Body, methods: list[MethodInfo], args: Args, what: str, node: Node) -> MethodInfo:
    return choose(body, [([kind for _, kind in m.params], m) for m in methods], args, what, node)


def _own_call(body: Body, name: str, args: Args, node: Node) -> Expr:
    """`name(…)`: a method of this class, or a static one of an outer class."""
    cls: ClassInfo | None = body.cls
    while cls is not None:
        methods = cls.find_methods(name)
        if cls is not body.cls:
            methods = [method for method in methods if method.static]
        if methods:
            method = _pick(body, methods, args, name, node)
            if method.static:
                return _invoke_static(body, method, args)
            if body.static:
                raise body.fail(
                    f"Non static method cannot be referenced from a static context: {name}", node
                )
            this = Expr(body.cls.type, itemgetter(THIS))
            return _invoke(body, method, this, args, node, False)
        cls = cls.outer
    if not body.static and body.cls.exception:
        return _native_call(
            body, Expr(body.cls.type, itemgetter(THIS)), "exception", name, args, node
        )
    raise body.fail(f"Method does not exist or incorrect signature: {name}", node)


def _super_call(body: Body, name: str, args: Args, node: Node) -> Expr:
    parent = body.cls.superclass
    methods = parent.find_methods(name) if parent is not None else []
    if not methods:
        if body.cls.exception:
            this = Expr(body.cls.type, itemgetter(THIS))
            return _native_call(body, this, "exception", name, args, node)
        raise body.fail(f"Method does not exist: super.{name}", node)
    method = _pick(body, methods, args, name, node)
    if method.abstract:
        raise body.fail(f"Cannot call abstract method: {name}", node)
    codes = converted(body, args, [kind for _, kind in method.params])

    def run(f: Frame) -> Any:
        assert method.invoke is not None
        return method.invoke(f[RUN], f[THIS], [code(f) for code in codes])

    return Expr(method.result, run)


def _invoke_static(body: Body, method: MethodInfo, args: Args) -> Expr:
    codes = converted(body, args, [kind for _, kind in method.params])

    def run(f: Frame) -> Any:
        return method.invoke(f[RUN], None, [code(f) for code in codes])  # type: ignore[misc]

    return Expr(method.result, run)


def _invoke(body: Body, method: MethodInfo, held: Expr, args: Args, node: Node, safe: bool) -> Expr:
    codes = converted(body, args, [kind for _, kind in method.params])
    overridable = method.owner.kind is ClassKind.INTERFACE or bool(method.modifiers & _OVERRIDABLE)
    key = method.key

    def direct(f: Frame, value: Any) -> Any:
        return method.invoke(f[RUN], value, [code(f) for code in codes])  # type: ignore[misc]

    def virtual(f: Frame, value: Any) -> Any:
        return value.cls.dispatch[key].invoke(f[RUN], value, [code(f) for code in codes])

    return through(node, held, safe, virtual if overridable else direct, method.result)


# --- calls on types --------------------------------------------------------------------


def _static_call(body: Body, kind: Type, name: str, args: Args, node: Node) -> Expr:
    """`Type.name(…)`."""
    owner = kind.name.lower()
    if kind.kind is Kind.CLASS:
        cls = body.world.class_of(kind)
        if cls.kind is ClassKind.ENUM:
            return _enum_static(body, cls, name, args, node)
        methods = [method for method in cls.find_methods(name) if method.static]
        if methods:
            method = _pick(body, methods, args, f"{kind}.{name}", node)
            check_access(body, method.modifiers, method.owner, name, node)
            return _invoke_static(body, method, args)
        raise body.fail(f"Method does not exist or incorrect signature: {kind}.{name}", node)
    sobject = body.world.object_of(kind)
    if sobject is not None:
        return _metadata_call(body, kind, name, args, node)
    natives = LIBRARY.statics.get((owner, name.lower()))
    if natives is None:
        raise body.refuse(f"{kind}.{name}", node)
    found = choose(body, [(n.params, n) for n in natives], args, f"{kind}.{name}", node)
    call, codes = found.call, _native_args(body, found, found.params, args)
    if (owner, name.lower()) in _SCOPED:
        call_in_scope = _with_scope(body, call, node)
        return Expr(_query_result(found), lambda f: call_in_scope(f, [code(f) for code in codes]))
    return Expr(_query_result(found), _call_static_native(call, codes))


def _query_result(found: Native) -> Type:
    """A dynamic query may, like an inline one, stand for its single row."""
    dynamic = found.owner.name == "Database" and found.name in ("query", "queryWithBinds")
    return query_of(SOBJECT) if dynamic else found.result


def _call_static_native(call: Callable[..., Any], codes: list[Code]) -> Code:
    if len(codes) == 1:
        only = codes[0]
        return lambda f: call(f[RUN], only(f))
    return lambda f: call(f[RUN], *[code(f) for code in codes])


def _with_scope(
    body: Body, call: Callable[..., Any], node: Node
) -> Callable[[Frame, list[Any]], Any]:
    """Dynamic SOQL sees the variables in scope at the call, and the fields of the class."""
    readers: dict[str, Code] = {}
    for cls in body.cls.lineage():
        for name, info in cls.fields.items():
            if info.static or not body.static:
                readers.setdefault(name, own_field(body, info, node).run)
    for variable in body.visible():
        readers[variable.name.lower()] = itemgetter(variable.slot)

    def run(f: Frame, values: list[Any]) -> Any:
        return call(f[RUN], lambda name: readers[name](f), *values)

    return run


def _enum_static(body: Body, cls: ClassInfo, name: str, args: Args, node: Node) -> Expr:
    natives = LIBRARY.statics.get(("enum", name.lower()))
    if natives is None:
        raise body.fail(f"Method does not exist: {cls.name}.{name}", node)
    found = choose(body, [(n.params, n) for n in natives], args, f"{cls.name}.{name}", node)
    call, codes = found.call, _native_args(body, found, found.params, args)
    result = cls.type if found.result == OBJECT else list_of(cls.type)
    return Expr(result, lambda f: call(f[RUN], cls, *[code(f) for code in codes]))


def _metadata_call(body: Body, kind: Type, name: str, args: Args, node: Node) -> Expr:
    """`Type__mdt.getInstance(…)`, `getAll()`, and `getSObjectType()` of any sObject."""
    if name.lower() == "getsobjecttype" and not args:
        token = body.world.object_of(kind)
        return Expr(SOBJECT_TYPE, lambda f: token)
    natives = LIBRARY.statics.get(("$metadata", name.lower()))
    if natives is None or not kind.name.endswith("__mdt"):
        raise body.refuse(f"{kind}.{name}", node)
    found = choose(body, [(n.params, n) for n in natives], args, f"{kind}.{name}", node)
    call, codes = found.call, _native_args(body, found, found.params, args)
    sobject = body.world.object_of(kind)
    result = kind if found.result == SOBJECT else Type("Map", (STRING, kind), Kind.COLLECTION)
    return Expr(result, lambda f: call(f[RUN], sobject, *[code(f) for code in codes]))


# --- calls on values -------------------------------------------------------------------


def _value_call(body: Body, held: Expr, name: str, args: Args, node: Node) -> Expr:
    kind = held.type
    if kind.kind is Kind.CLASS:
        cls = body.world.class_of(kind)
        methods = [method for method in cls.find_methods(name) if not method.static]
        if methods:
            method = _pick(body, methods, args, f"{kind}.{name}", node)
            check_access(body, method.modifiers, method.owner, name, node)
            return _invoke(body, method, held, args, node, is_safe(node))
        owner = "enum" if cls.kind is ClassKind.ENUM else "exception" if cls.exception else "object"
        return _native_call(body, held, owner, name, args, node)
    if kind.name == "$query":
        held = Expr(list_of(kind.args[0]), held.run)
        kind = held.type
    if kind.kind is Kind.SOBJECT and kind.name != "AggregateResult":
        return _native_call(body, held, "sobject", name, args, node)
    return _native_call(body, held, kind.name.lower(), name, args, node)


def find_natives(owner: str, name: str) -> list[Native]:
    """Library methods by owner, looking through its bases to Object."""
    step: str | None = owner
    while step is not None:
        found = LIBRARY.methods.get((step, name.lower()))
        if found is not None:
            return found
        step = LIBRARY.bases.get(step)
    return LIBRARY.methods.get(("object", name.lower()), [])


def _native_call(body: Body, held: Expr, owner: str, name: str, args: Args, node: Node) -> Expr:
    natives = find_natives(owner, name)
    if not natives:
        raise body.refuse(f"{held.type}.{name}", node)
    kind = held.type
    candidates = []
    for candidate in natives:
        bindings = dict(zip((arg.name for arg in candidate.owner.args), kind.args, strict=False))
        params = [substitute(param, bindings) for param in candidate.params]
        candidates.append((params, (candidate, params, bindings)))
    found, params, bindings = choose(body, candidates, args, f"{kind}.{name}", node)
    result = substitute(found.result, bindings)
    if found.result.name == "$self":
        result = kind
    call, codes = found.call, _native_args(body, found, params, args)
    if not codes:
        return through(node, held, is_safe(node), lambda f, v: call(f[RUN], v), result)
    if len(codes) == 1:
        only = codes[0]
        return through(node, held, is_safe(node), lambda f, v: call(f[RUN], v, only(f)), result)
    return through(
        node,
        held,
        is_safe(node),
        lambda f, v: call(f[RUN], v, *[code(f) for code in codes]),
        result,
    )


def _native_args(body: Body, found: Native, params: Sequence[Type], args: Args) -> list[Code]:
    codes = converted(body, args, params)
    return [
        code if nullable else _required(code, index + 1)
        for index, (code, nullable) in enumerate(zip(codes, found.nullable, strict=True))
    ]


def _required(code: Code, position: int) -> Code:
    def run(f: Frame) -> Any:
        value = code(f)
        if value is None:
            raise f[RUN].error("NullPointerException", f"Argument {position} cannot be null")
        return value

    return run


# --- record.Field.addError(…) ----------------------------------------------------------


def _is_field_error(name: str, held: Node) -> bool:
    return name.lower() == "adderror" and held.type == "field_access"


def _field_error(body: Body, held: Node, args: Args, node: Node) -> Expr | None:
    record = target(body, part(held, "object"))
    if isinstance(record, Type) or record.type.kind is not Kind.SOBJECT:
        return None
    sobject = body.world.object_of(record.type)
    field = sobject.find(source(part(held, "field"))) if sobject is not None else None
    if field is None:
        raise body.fail(f"Variable does not exist: {source(held)}", node)
    name = field.name
    if len(args) != 1 or args[0][0].type not in (STRING,):
        raise body.refuse("addError with these arguments", node)
    message = args[0][0].run

    def refuse(f: Frame, value: Any) -> Any:
        add_error(f, value, message(f), (name,))

    return through(node, record, is_safe(held), refuse, VOID)


def add_error(f: Frame, record: SObject, message: str | None, fields: tuple[str, ...]) -> None:
    """Refuses the record of a trigger. Raises SObjectException for any other record."""
    if record.change is None:
        raise f[RUN].error("FinalException", "SObject row does not allow errors")
    record.change.errors.append(
        SaveError("FIELD_CUSTOM_VALIDATION_EXCEPTION", message or "null", fields)
    )
