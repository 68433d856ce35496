"""Rules for what compilers of Apex outside Salesforce let pass."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from tree_sitter import Node

from rehearsal.org.check.apex.code import (
    ClassOf,
    Scope,
    element,
    field_type,
    is_record,
    line_of,
    text_of,
)
from rehearsal.org.check.finding import Severity
from rehearsal.org.check.names import Names
from rehearsal.org.check.words import words
from rehearsal.org.standard import seed_rows, standard_schema
from rehearsal.org.standard.value_sets import apply

Fault = tuple[int, str, str, Severity]

ANNOTATIONS = words(
    "auraenabled deprecated future httpdelete httpget httppatch httppost httpput invocablemethod "
    "invocablevariable istest jsonaccess namespaceaccessible readonly remoteaction restresource "
    "suppresswarnings testsetup testvisible"
)
_SYSTEM = words(
    "createddate createdbyid createdby lastmodifieddate lastmodifiedbyid lastmodifiedby "
    "systemmodstamp isdeleted lastvieweddate lastreferenceddate lastactivitydate"
)
_LOOKUPS = frozenset({"id", "email", "username", "name", "externalid", "developername"})
"""Standard fields that may be the key of an upsert, on some object."""
_FITS = {
    "String": frozenset({"String"}),
    "Id": frozenset({"String", "Id"}),
    "Decimal": frozenset({"Integer", "Long", "Double", "Decimal"}),
    "Double": frozenset({"Integer", "Long", "Double", "Decimal"}),
    "Integer": frozenset({"Integer"}),
    "Long": frozenset({"Integer", "Long"}),
    "Boolean": frozenset({"Boolean"}),
    "Date": frozenset({"Date", "Datetime"}),
    "Datetime": frozenset({"Datetime", "Date"}),
}
_GIVEN = frozenset(
    {"String", "Integer", "Long", "Double", "Decimal", "Boolean", "Date", "Datetime"}
)
_DML = frozenset({"insert", "update", "upsert", "delete", "undelete"})


def faults(node: Node, scope: Scope) -> Iterator[Fault]:
    """What is wrong with one node."""
    match node.type:
        case "annotation":
            name = text_of(node.child_by_field_name("name"))
            if name.lower() not in ANNOTATIONS:
                yield line_of(node), f"there is no annotation @{name}", "annotation", "error"
        case "object_creation_expression":
            yield from _creation(node, scope)
        case "assignment_expression":
            yield from _assignment(node, scope)
        case "binary_expression":
            yield from _comparison(node, scope)
        case "field_access":
            yield from _access(node, scope)
            yield from _field(node, scope)
        case "method_invocation":
            yield from _access(node, scope)
            yield from _database(node, scope)
        case "dml_expression":
            yield from _dml(node, scope)
        case "type_identifier":
            name = text_of(node)
            custom = name.lower().endswith(("__c", "__e", "__mdt")) and not _upsert_key(node)
            if custom and not scope.names.has_object(name):
                yield line_of(node), f"there is no object {name}", "apex-object", "error"


def _upsert_key(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "dml_expression"


# --- records -------------------------------------------------------------------------------


def _creation(node: Node, scope: Scope) -> Iterator[Fault]:
    owner = text_of(node.child_by_field_name("type"))
    arguments = node.child_by_field_name("arguments")
    if owner.lower() in scope.classes and scope.owner is not None:
        target = scope.classes[owner.lower()]
        visible = scope.owner.test and any(
            "@testvisible" in c.modifiers for c in target.constructors
        )
        private = target.constructors and all(c.private for c in target.constructors)
        if private and not visible and _hidden(scope, target):
            message = f"the constructor of {owner} is private"
            yield line_of(node), message, "private-access", "error"
        return
    if arguments is None or not is_record(scope.names, owner):
        return
    for argument in arguments.named_children:
        if argument.type == "assignment_expression":
            left = argument.child_by_field_name("left")
            right = argument.child_by_field_name("right")
            yield from _written(owner, text_of(left), right, argument, scope)


def _assignment(node: Node, scope: Scope) -> Iterator[Fault]:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or left.type != "field_access":
        return
    owner = scope.type_of(left.child_by_field_name("object"))
    if is_record(scope.names, owner):
        name = text_of(left.child_by_field_name("field"))
        yield from _written(owner, name, right, node, scope)


def _written(owner: str, name: str, value: Node | None, at: Node, scope: Scope) -> Iterator[Fault]:
    names = scope.names
    if name.lower().endswith("__r") or not names.has_field(owner, name):
        if not names.has_field(owner, name) and names.up(owner, name) is None:
            yield line_of(at), f"{owner} has no field {name}", "apex-field", "error"
        return
    if _read_only(names, owner, name):
        yield line_of(at), f"{owner}.{name} is not writeable", "read-only-field", "error"
    kind, given = field_type(names, owner, name), scope.type_of(value)
    if kind in _FITS and given in _GIVEN and given not in _FITS[kind]:
        message = f"{owner}.{name} takes a {kind}, not a {given}"
        yield line_of(at), message, "value-type", "error"
    yield from _value(owner, name, value, scope)


def _read_only(names: Names, owner: str, name: str) -> bool:
    known = names.field(owner, name)
    if known is not None:
        return known.calculated
    own = names.own(owner)
    if own is not None and own.auto_number and name.lower() == "name":
        return True
    writeable = _writeable(owner, name)
    if writeable is not None:
        return not writeable
    return name.lower() in _SYSTEM


@functools.cache
def _writeable(owner: str, name: str) -> bool | None:
    """Whether a standard field can be written; None when unknown."""
    target = standard_schema().find(owner)
    found = target.find(name) if target is not None else None
    if found is None:
        return None
    return found.createable or found.updateable or found.name == "Id"


@functools.cache
def _new_org_values(owner: str, name: str) -> frozenset[str]:
    """The values that a new org has for a standard field."""
    schema, rows = standard_schema(), seed_rows()
    apply(schema, rows)
    target = schema.find(owner)
    found = target.find(name) if target is not None else None
    return frozenset(item.value for item in found.picklist) if found is not None else frozenset()


def _value(owner: str, name: str, value: Node | None, scope: Scope) -> Iterator[Fault]:
    if value is None or value.type != "string_literal":
        return
    text = text_of(value)[1:-1]
    known = scope.names.field(owner, name)
    severity: Severity = "error"
    if known is not None:
        values = known.values
    elif scope.names.has_value_set(owner, name):
        severity = "warning"
        values = scope.names.standard_values(owner, name) or _new_org_values(owner, name)
    else:
        return
    if values and text and text not in values:
        message = f"'{text}' is no value of {owner}.{name}"
        yield line_of(value), message, "picklist-value", severity


def _comparison(node: Node, scope: Scope) -> Iterator[Fault]:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    if left is None or right is None or text_of(operator) not in {"==", "!=", "===", "!=="}:
        return
    for field, value in ((left, right), (right, left)):
        if field.type == "field_access" and value.type == "string_literal":
            owner = scope.type_of(field.child_by_field_name("object"))
            if is_record(scope.names, owner):
                name = text_of(field.child_by_field_name("field"))
                for line, message, check, _ in _value(owner, name, value, scope):
                    yield line, message, check, "warning"


def _field(node: Node, scope: Scope) -> Iterator[Fault]:
    base, name = node.child_by_field_name("object"), text_of(node.child_by_field_name("field"))
    if base is None or base.type not in ("identifier", "field_access", "array_access"):
        return
    owner, names = scope.type_of(base), scope.names
    parent = node.parent
    if (
        parent is not None
        and parent.type == "assignment_expression"
        and parent.child_by_field_name("left") == node
    ):
        return
    if not is_record(names, owner) or owner.lower() == "name":
        return
    if (
        not names.has_field(owner, name)
        and names.up(owner, name) is None
        and names.down(owner, name) is None
    ):
        yield line_of(node), f"{owner} has no field {name}", "apex-field", "error"


# --- classes -------------------------------------------------------------------------------


def _hidden(scope: Scope, target: ClassOf) -> bool:
    return scope.owner is None or scope.owner.top != target.top


def _access(node: Node, scope: Scope) -> Iterator[Fault]:
    base = node.child_by_field_name("object")
    named = node.child_by_field_name("field") or node.child_by_field_name("name")
    if base is None or named is None:
        return
    kind = scope.type_of(base)
    if not kind and base.type == "identifier" and not scope.variable(text_of(base)):
        kind = text_of(base)
    target = scope.classes.get(kind.lower())
    if target is None or not _hidden(scope, target):
        return
    members = target.members.get(text_of(named).lower(), [])
    visible = any("@testvisible" in member.modifiers for member in members)
    if scope.owner is not None and scope.owner.test and visible:
        return
    if members and target.kind != "enum" and all(member.private for member in members):
        message = f"{target.name}.{text_of(named)} is private"
        yield line_of(node), message, "private-access", "error"


# --- writing -------------------------------------------------------------------------------


def _dml(node: Node, scope: Scope) -> Iterator[Fault]:
    operation = next((text_of(c).lower() for c in node.named_children if c.type == "dml_type"), "")
    kind = scope.type_of(node.child_by_field_name("target"))
    yield from _operation(node, operation, kind)
    key = node.child_by_field_name("upsert_key")
    if key is not None:
        yield from _key(node, element(kind) or kind, text_of(key).rpartition(".")[2], scope)


def _database(node: Node, scope: Scope) -> Iterator[Fault]:
    operation = text_of(node.child_by_field_name("name")).lower()
    if text_of(node.child_by_field_name("object")).lower() != "database":
        return
    arguments = node.child_by_field_name("arguments")
    given = arguments.named_children if arguments is not None else []
    if operation not in _DML or not given:
        return
    kind = scope.type_of(given[0])
    yield from _operation(node, operation, kind)
    if operation == "upsert" and len(given) > 1 and given[1].type == "field_access":
        path = text_of(given[1]).split(".")
        if is_record(scope.names, path[0]):
            yield from _key(node, path[0], path[-1], scope)


def _operation(node: Node, operation: str, kind: str) -> Iterator[Fault]:
    record = (element(kind) or kind).lower()
    if record.endswith("__e"):
        message = f"{operation} is not possible on the platform event {element(kind) or kind}"
        yield line_of(node), message, "event-dml", "error"
    elif record.endswith("__mdt"):
        message = f"{operation} is not possible on the custom metadata type {element(kind) or kind}"
        yield line_of(node), message, "event-dml", "error"


def _key(node: Node, owner: str, name: str, scope: Scope) -> Iterator[Fault]:
    names = scope.names
    if not is_record(names, owner):
        return
    known = names.field(owner, name)
    if known is None and not names.has_field(owner, name):
        yield line_of(node), f"{owner} has no field {name}", "upsert-key", "error"
    elif (known is not None and not known.external_id) or (
        known is None and not name.lower().endswith("__c") and name.lower() not in _LOOKUPS
    ):
        message = f"{owner}.{name} is no external id: no key for an upsert"
        yield line_of(node), message, "upsert-key", "error"
