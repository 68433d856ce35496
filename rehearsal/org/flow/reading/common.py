"""Pieces that several elements share: values, references, connectors, filters."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation

from rehearsal.org.errors import MetadataError, Unsupported
from rehearsal.org.flow import model
from rehearsal.org.source.xml import Node

CANVAS = frozenset({"name", "label", "description", "locationX", "locationY", "elementSubtype"})
"""What only Flow Builder looks at, and the name."""

_PATH = re.compile(r"\$?[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*")


def reference(node: Node) -> model.Reference:
    """A resource by name, such as `Get_Account.Name`."""
    if not _PATH.fullmatch(node.value):
        raise MetadataError(f"'{node.value}' is not a reference", node.where)
    return model.Reference(tuple(node.value.split(".")), node.where)


def optional_reference(node: Node, tag: str) -> model.Reference | None:
    child = node.find(tag)
    return reference(child) if child is not None else None


def needed_reference(node: Node, tag: str) -> model.Reference:
    child = node.find(tag)
    if child is None:
        raise MetadataError(f"Required field is missing: {tag}", node.where)
    return reference(child)


def raw_text(node: Node) -> str:
    """An element's text with its outer white space, which a text value may need."""
    return "".join(str(piece) for piece in node._element.itertext())


def value(node: Node | None) -> model.Value | None:
    """A FlowElementReferenceOrValue; None where it is missing or empty."""
    if node is None:
        return None
    children = list(node)
    if not children:
        return None
    if len(children) > 1:
        raise MetadataError(f"{node.tag} has several values", children[1].where)
    (child,) = children
    match child.tag:
        case "elementReference":
            return reference(child)
        case "stringValue":
            return model.Template(raw_text(child), child.where)
        case "booleanValue":
            if child.value not in ("true", "false"):
                raise MetadataError(f"'{child.value}' is not a boolean", child.where)
            return model.Constant(child.value == "true", child.where)
        case "numberValue":
            try:
                return model.Constant(Decimal(child.value), child.where)
            except InvalidOperation:
                raise MetadataError(f"'{child.value}' is not a number", child.where) from None
        case "dateValue":
            return model.Constant(_date(child), child.where)
        case "dateTimeValue":
            return model.Constant(_datetime(child), child.where)
    raise Unsupported(f"Flow value {child.tag}", child.where)


def _date(node: Node) -> dt.date:
    try:
        return dt.date.fromisoformat(node.value)
    except ValueError:
        raise MetadataError(f"'{node.value}' is not a date", node.where) from None


def _datetime(node: Node) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(node.value)
    except ValueError:
        raise MetadataError(f"'{node.value}' is not a datetime", node.where) from None
    if found.tzinfo is None:
        raise MetadataError(f"'{node.value}' has no time zone", node.where)
    return found.astimezone(dt.UTC)


def connector(node: Node, tag: str) -> model.Connector | None:
    child = node.find(tag)
    if child is None:
        return None
    child.only(frozenset({"isGoTo", "targetReference"}))
    return model.Connector(child.need("targetReference"), child.where)


def logic(node: Node, tag: str) -> str:
    """`and`, `or`, or an expression such as `1 AND (2 OR 3)`; `and` where it is missing."""
    return node.text(tag) or "and"


def filters(node: Node) -> tuple[model.Filter, ...]:
    found = []
    for child in node.all("filters"):
        child.only(frozenset({"field", "operator", "value"}))
        found.append(
            model.Filter(
                child.need("field"),
                child.need("operator"),
                value(child.find("value")),
                child.where,
            )
        )
    return tuple(found)


def conditions(node: Node) -> tuple[model.Condition, ...]:
    found = []
    for child in node.all("conditions"):
        child.only(frozenset({"leftValueReference", "operator", "rightValue"}))
        found.append(
            model.Condition(
                needed_reference(child, "leftValueReference"),
                child.need("operator"),
                value(child.find("rightValue")),
                child.where,
            )
        )
    return tuple(found)


def field_values(node: Node, tag: str, key: str) -> tuple[model.FieldValue, ...]:
    """`inputAssignments`, whose `key` is `field` or `name`."""
    found = []
    for child in node.all(tag):
        child.only(frozenset({key, "value"}))
        found.append(model.FieldValue(child.need(key), value(child.find("value")), child.where))
    return tuple(found)


def output_assignments(node: Node, key: str) -> tuple[model.OutputAssignment, ...]:
    """`outputAssignments`, whose `key` is `field` or `name`."""
    found = []
    for child in node.all("outputAssignments"):
        child.only(frozenset({key, "assignToReference"}))
        target = needed_reference(child, "assignToReference")
        found.append(model.OutputAssignment(child.need(key), target, child.where))
    return tuple(found)
