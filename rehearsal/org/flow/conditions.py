"""Conditions of decisions and entry criteria, compiled to predicates."""

from __future__ import annotations

import operator as op
from collections.abc import Callable, Sequence
from typing import Any

from rehearsal.org.errors import MetadataError, Unsupported, Where
from rehearsal.org.flow import model
from rehearsal.org.flow.expressions import Getter
from rehearsal.org.flow.interview import Interview
from rehearsal.org.flow.logic import decide, parse_logic
from rehearsal.org.flow.resources import Resources
from rehearsal.org.flow.values import TEXTS, Record, Type, must_fit
from rehearsal.org.formula import Kind

Predicate = Callable[[Interview], bool]

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": op.gt,
    "GreaterThanOrEqualTo": op.ge,
    "LessThan": op.lt,
    "LessThanOrEqualTo": op.le,
}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "Contains": lambda left, right: right in left,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}
_YES_OR_NO = frozenset({"IsNull", "IsBlank", "IsEmpty", "IsChanged", "WasSet"})
_REFUSED = frozenset(
    {"HasError", "WasSelected", "WasVisited", "None", "NoneSelected", "WasRemoved", "IsAsOf"}
)


def all_of(
    resources: Resources, logic: str, conditions: Sequence[model.Condition], where: Where
) -> Predicate:
    """The conditions of an outcome or of a start, joined by their logic.

    Raises MetadataError, Unsupported.
    """
    predicates = [condition(resources, item) for item in conditions]
    return decide(parse_logic(logic, len(predicates), where), predicates)


def condition(resources: Resources, item: model.Condition) -> Predicate:
    """One condition. A comparison of order with null is false; null equals null."""
    if item.operator in _REFUSED:
        raise Unsupported(f"Flow operator {item.operator}", item.where)
    left_type, left = resources.read(item.left)
    if item.operator in _YES_OR_NO:
        return _yes_or_no(resources, item, left_type, left)
    right_type, right = resources.typed(item.right)
    where = item.right.where if item.right else item.where
    if item.operator in ("In", "NotIn"):
        must_fit(right_type.item, left_type, where)
        if not right_type.collection or left_type.sobject:
            raise MetadataError(f"{item.operator} needs a collection of values", where)
        wanted = item.operator == "In"
        return lambda i: (left(i) in (right(i) or [])) is wanted
    if left_type.collection and item.operator == "Contains":
        must_fit(right_type, left_type.item, where)
        return lambda i: right(i) in (left(i) or [])
    must_fit(right_type, left_type, where)
    if left_type.sobject or left_type.collection:
        raise MetadataError(f"{item.operator} can't compare a {left_type}", item.where)
    if item.operator == "EqualTo":
        return lambda i: left(i) == right(i)
    if item.operator == "NotEqualTo":
        return lambda i: left(i) != right(i)
    if item.operator in _ORDER:
        return _ordered(item, left_type, left, right)
    if item.operator in _TEXT:
        if left_type.kind not in TEXTS:
            raise MetadataError(f"{item.operator} can't test a {left_type}", item.where)
        test = _TEXT[item.operator]
        return lambda i: test(left(i) or "", right(i) or "")
    raise MetadataError(f"unknown operator {item.operator}", item.where)


def _ordered(item: model.Condition, left_type: Type, left: Getter, right: Getter) -> Predicate:
    if left_type.kind is Kind.BOOLEAN:
        raise MetadataError(f"{item.operator} can't compare a Boolean", item.where)
    compare = _ORDER[item.operator]

    def run(interview: Interview) -> bool:
        a, b = left(interview), right(interview)
        return a is not None and b is not None and compare(a, b)

    return run


def _yes_or_no(
    resources: Resources, item: model.Condition, left_type: Type, left: Getter
) -> Predicate:
    """Operators whose right side says whether they should hold."""
    expected = resources.value(item.right, Type(Kind.BOOLEAN), item.where)
    if item.right is None:
        raise MetadataError(f"{item.operator} needs true or false", item.where)
    match item.operator:
        case "IsChanged":
            return _is_changed(resources, item, expected)
        case "IsEmpty":
            if not left_type.collection:
                raise MetadataError(f"IsEmpty can't test a {left_type}", item.where)
            return lambda i: (not left(i)) is expected(i)
        case "IsBlank":
            if left_type.collection or left_type.kind not in TEXTS:
                raise MetadataError(f"IsBlank can't test a {left_type}", item.where)
            return lambda i: (not (left(i) or "").strip()) is expected(i)
        case "WasSet":
            raise Unsupported("Flow operator WasSet", item.where)
    if left_type.collection:
        return lambda i: (not left(i)) is expected(i)
    return lambda i: (left(i) is None) is expected(i)


def _is_changed(resources: Resources, item: model.Condition, expected: Getter) -> Predicate:
    """Whether the save changed a field of `$Record`; a new record has no change."""
    trigger, path = resources.flow.trigger, item.left.path
    if trigger is None or len(path) != 2 or path[0].lower() != "$record":
        raise MetadataError("IsChanged tests a field of $Record", item.where)
    name = resources.field(trigger.object, path[1], item.where).name

    def changed(interview: Interview) -> bool:
        record, prior = interview.record, interview.prior
        return record is not None and prior is not None and record.get(name) != prior.get(name)

    return lambda i: changed(i) is expected(i)


def changed_to_meet(predicate: Predicate) -> Predicate:
    """Only when a record is updated to meet the conditions: it meets them now and did not before.

    A new record did not meet them (Salesforce Help, "Define the Conditions for a Record-Triggered
    Flow").
    """

    def run(interview: Interview) -> bool:
        if not predicate(interview):
            return False
        prior = interview.prior
        if prior is None:
            return True
        before = Interview(interview.tx, record=Record(prior.sobject, prior.row), prior=prior)
        before.values = interview.values
        return not predicate(before)

    return run
