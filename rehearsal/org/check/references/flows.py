"""Flows: elements, connectors, resources, merge fields, records, subflows and actions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rehearsal.org.check.formulas import global_fault
from rehearsal.org.check.names import Names
from rehearsal.org.check.references.report import Report
from rehearsal.org.check.tree import Element, Tree
from rehearsal.org.check.words import words

_NODES = frozenset(
    {
        "actionCalls", "apexPluginCalls", "assignments", "collectionProcessors", "customErrors",
        "decisions", "ends", "experiments", "loops", "orchestratedStages", "recordCreates",
        "recordDeletes", "recordLookups", "recordRollbacks", "recordUpdates", "screens", "steps",
        "subflows", "transforms", "waits",
    }
)  # fmt: skip
_RESOURCES = frozenset(
    {
        "choices", "constants", "dynamicChoiceSets", "formulas", "stages", "textTemplates",
        "variables",
    }
)  # fmt: skip
_REFERENCES = frozenset(
    {
        "assignNextValueToReference", "assignToReference", "collectionReference",
        "elementReference", "inputReference", "leftValueReference", "outputReference",
        "leftHandReference", "valueReference", "collectionName",
    }
)  # fmt: skip
_MERGE = re.compile(r"\{!\s*([^{}\s]+?)\s*\}")
_TEXTS = frozenset(
    {
        "expression",
        "stringValue",
        "text",
        "filterFormula",
        "errorMessage",
        "formulaExpression",
        "helpText",
        "fieldText",
        "interviewLabel",
    }
)
_KNOWN_GLOBALS = words(
    """
    $record $record__prior $flow $user $organization $profile $api $label $system $setup
    $permission $userrole $custommetadata $client $globalconstant $eventrecord $request $app
    $component $browser $presentation $useragent $screen $objecttype $orchestration $triggering
    """
)
_SCALARS = frozenset(
    {
        "Boolean",
        "Currency",
        "Date",
        "DateTime",
        "Number",
        "Picklist",
        "String",
        "Multipicklist",
        "Time",
    }
)


@dataclass(frozen=True, slots=True)
class Signature:
    """What a subflow takes and gives, in lower case."""

    inputs: frozenset[str]
    outputs: frozenset[str]


@dataclass(slots=True)
class _Known:
    """What a Flow declares."""

    nodes: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    records: dict[str, str] = field(default_factory=dict)
    """Names that stand for records of an object."""
    scalars: set[str] = field(default_factory=set)
    """Names that have no fields."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What Flows can call: Flows and Apex classes, by lower-case name."""

    flows: dict[str, Signature]
    classes: dict[str, str]
    """Their text."""

    @classmethod
    def of(cls, tree: Tree) -> Targets:
        def named(root: Element, flag: str) -> frozenset[str]:
            found = (v for v in root.all("variables") if v.flag(flag))
            return frozenset(v.text("name").lower() for v in found)

        return cls(
            {
                component.name.lower(): Signature(named(root, "isInput"), named(root, "isOutput"))
                for component, root in tree.of("flow")
            },
            {code.name.lower(): code.text for code in tree.classes},
        )


def check_flow(root: Element, names: Names, report: Report, targets: Targets) -> None:
    """One `.flow-meta.xml`."""
    known = _declared(root, report)
    _records(root, names, known)
    for element in root.walk():
        if (element.tag == "targetReference" and element.value.lower() not in known.nodes) or (
            element.tag == "startElementReference" and element.value.lower() not in known.nodes
        ):
            report.add(element, f"there is no element {element.value}", "flow-connector")
        elif element.tag in _REFERENCES and element.value and not element.children:
            _reference(element, element.value, names, known, report)
        elif element.tag in _TEXTS and "{!" in element.value:
            for found in _MERGE.finditer(element.value):
                line = element.line + element.value.count("\n", 0, found.start())
                _reference(line, found[1], names, known, report)
        if (
            element.tag in {"object", "objectType", "targetObject"}
            and element.value
            and not element.children
        ):
            report.object(names, element, "flow-object")
    for element in root.walk():
        _record_element(element, names, known, report)
        _logic(element, report)
    for call in root.all("subflows"):
        _subflow(call, targets.flows, names, report)
    for call in root.all("actionCalls"):
        _action(call, targets.classes, names, report)
    for variable in root.all("variables"):
        if variable.text("dataType") == "SObject" and variable.find("objectType") is None:
            report.add(variable, f"{variable.text('name')} needs an objectType", "flow-variable")


def _declared(root: Element, report: Report) -> _Known:
    known = _Known()
    for child in root.children:
        name = child.find("name")
        if name is None or child.tag not in _NODES | _RESOURCES:
            continue
        low = name.value.lower()
        if low in known.names:
            report.add(name, f"{name.value} is there twice", "flow-name")
        known.names.add(low)
        if child.tag in _NODES:
            known.nodes.add(low)
    for child in root.children:
        for inner in child.walk():
            if inner is child or inner.tag not in {
                "rules", "fields", "waitEvents", "stageSteps", "outcomes", "choices", "paths",
                "columns", "actions", "exitActions",
            }:  # fmt: skip
                continue
            known.names.add(inner.text("name").lower())
    start = root.find("start")
    for path in start.all("scheduledPaths") if start is not None else ():
        known.names.add(path.text("name").lower())
    return known


def _records(root: Element, names: Names, known: _Known) -> None:
    start = root.find("start")
    if start is not None and start.text("object"):
        known.records["$record"] = known.records["$record__prior"] = start.text("object")
    for item in root.all("variables"):
        name = item.text("name").lower()
        if item.text("dataType") == "SObject" and item.text("objectType"):
            known.records[name] = item.text("objectType")
        elif item.text("dataType") in _SCALARS:
            known.scalars.add(name)
    for tag in ("formulas", "constants", "textTemplates"):
        known.scalars.update(item.text("name").lower() for item in root.all(tag))
    for item in root.all("recordLookups"):
        if item.flag("storeOutputAutomatically") and item.text("object"):
            known.records[item.text("name").lower()] = item.text("object")
    derived = [
        (item.text("name").lower(), item.text("collectionReference"))
        for tag in ("loops", "collectionProcessors")
        for item in root.all(tag)
    ]
    for _ in derived:
        for name, source in derived:
            target = known.records.get(source.lower())
            if target is None and "." not in source:
                continue
            if target is not None:
                known.records.setdefault(name, target)


def _reference(at: Element | int, text: str, names: Names, known: _Known, report: Report) -> None:
    path = text.split("[")[0].split(".")
    head = path[0].lower()
    if head.startswith("$"):
        if head in {"$record", "$record__prior"}:
            owner = known.records.get(head, "")
            if not owner:
                report.add(
                    at, f"{path[0]} is there only in a record-triggered Flow", "flow-reference"
                )
            elif len(path) > 1:
                _path(at, owner, path[1:], names, report)
        elif head not in _KNOWN_GLOBALS:
            report.add(at, f"there is no {path[0]}", "flow-reference")
        else:
            fault = global_fault(names, path)
            if fault is not None:
                report.add(at, fault, "flow-reference")
        return
    if head not in known.names:
        report.add(at, f"there is no resource or element {path[0]}", "flow-reference")
    elif len(path) > 1 and head in known.records:
        _path(at, known.records[head], path[1:], names, report)
    elif len(path) > 1 and head in known.scalars:
        report.add(at, f"{path[0]} has no fields", "flow-reference")


def _path(at: Element | int, owner: str, path: list[str], names: Names, report: Report) -> None:
    if names.has_object(owner):
        fault = names.path_fault(owner, path)
        if fault is not None:
            report.add(at, fault, "flow-field")


def _record_element(element: Element, names: Names, known: _Known, report: Report) -> None:
    owner = element.text("object")
    if not owner and element.tag == "recordUpdates":
        owner = known.records.get(element.text("inputReference").lower(), "")
    if not owner or not names.has_object(owner):
        return
    for tag in ("filters", "inputAssignments", "outputAssignments"):
        for item in element.all(tag):
            at = item.find("field")
            if at is None or not report.field(names, owner, at, "flow-field"):
                continue
            if tag == "inputAssignments":
                _assigned(owner, at, item.find("value"), names, report)
    for tag in ("queriedFields", "sortField", "displayField", "valueField"):
        for at in element.all(tag):
            if element.tag != "collectionProcessors":
                report.field(names, owner, at, "flow-field")


def _assigned(owner: str, at: Element, value: Element | None, names: Names, report: Report) -> None:
    field = names.field(owner, at.value)
    if field is None:
        return
    if field.calculated:
        report.add(at, f"{owner}.{field.name} is read-only", "flow-field")
    elif value is not None:
        _value(at, field.type, value, report)


_LITERALS = {
    "booleanValue": frozenset({"Checkbox", "Text", "Summary"}),
    "numberValue": frozenset(
        {"Number", "Currency", "Percent", "Text", "Summary", "TextArea", "LongTextArea"}
    ),
}


def _value(at: Element, kind: str, value: Element, report: Report) -> None:
    for tag, allowed in _LITERALS.items():
        if value.find(tag) is not None and kind not in allowed:
            message = f"{at.value} is a {kind} field and takes no {tag}"
            report.add(value.find(tag) or at, message, "flow-value")
    if value.find("stringValue") is not None and kind in {
        "Checkbox",
        "Number",
        "Currency",
        "Percent",
        "Date",
        "DateTime",
    }:
        message = f"{at.value} is a {kind} field and takes no stringValue"
        report.add(value.find("stringValue") or at, message, "flow-value")


def _logic(element: Element, report: Report) -> None:
    for tag, of in (("filterLogic", "filters"), ("conditionLogic", "conditions")):
        logic = element.find(tag)
        if logic is None or logic.value.lower() in {"and", "or", ""}:
            continue
        count = len(element.all(of))
        numbers = {int(number) for number in re.findall(r"\d+", logic.value)}
        if not numbers and logic.value not in {"formula_evaluates_to_true", "no_conditions"}:
            report.add(logic, f"'{logic.value}' is no logic", "filter-logic")
        for number in sorted(numbers - set(range(1, count + 1))):
            report.add(logic, f"there is no condition {number}", "filter-logic")
        for number in sorted(set(range(1, count + 1)) - numbers if numbers else ()):
            report.add(logic, f"condition {number} is not in the logic", "filter-logic")


def _subflow(call: Element, flows: dict[str, Signature], names: Names, report: Report) -> None:
    name = call.find("flowName")
    if name is None:
        return
    target = flows.get(name.value.lower())
    if target is None:
        if not names.foreign(name.value):
            report.add(name, f"there is no flow {name.value}", "flow-subflow")
        return
    for tag, known, what in (
        ("inputAssignments", target.inputs, "input"),
        ("outputAssignments", target.outputs, "output"),
    ):
        for item in call.all(tag):
            at = item.find("name")
            if at is not None and at.value.lower() not in known:
                message = f"{name.value} has no {what} variable {at.value}"
                report.add(at, message, "flow-subflow")


def _action(call: Element, classes: dict[str, str], names: Names, report: Report) -> None:
    name, kind = call.find("actionName"), call.text("actionType")
    if name is None or kind not in {"apex", "flow", "quickAction", "emailAlert"}:
        return
    if kind == "apex":
        if names.foreign(name.value):
            return
        text = classes.get(name.value.lower())
        if text is None:
            report.add(name, f"there is no Apex class {name.value}", "flow-action")
        elif "@invocablemethod" not in text.lower():
            report.add(name, f"{name.value} has no @InvocableMethod", "flow-action")
    elif kind == "flow" and not names.has("flow", name.value):
        report.add(name, f"there is no flow {name.value}", "flow-action")
    elif kind == "quickAction" and "." in name.value and not names.has("quickAction", name.value):
        report.add(name, f"there is no quick action {name.value}", "flow-action")
