"""Reads a `.flow-meta.xml` into a `Flow`. What the local org cannot run is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from lxml import etree

from rehearsal.org.errors import MetadataError, Unsupported, Where
from rehearsal.org.flow import model
from rehearsal.org.flow.reading import collections, elements, resources
from rehearsal.org.flow.reading.common import CANVAS, connector, filters, logic
from rehearsal.org.flow.reading.schedules import read_schedule
from rehearsal.org.source import SourceFile
from rehearsal.org.source.xml import NAMESPACE, Node

_FLOW = frozenset(
    {
        "apiVersion",
        "areMetricsLoggedToDataCloud",
        "description",
        "environments",
        "interviewLabel",
        "isTemplate",
        "label",
        "processMetadataValues",
        "processType",
        "runInMode",
        "start",
        "startElementReference",
        "status",
        "timeZoneSidKey",
        "triggerOrder",
    }
)
_ELEMENTS: dict[str, Callable[[Node], model.Element]] = {
    "assignments": elements.assignment,
    "decisions": elements.decision,
    "loops": elements.loop,
    "recordLookups": elements.record_lookup,
    "recordCreates": elements.record_create,
    "recordUpdates": elements.record_update,
    "recordDeletes": elements.record_delete,
    "subflows": elements.subflow,
    "collectionProcessors": collections.collection_processor,
    "customErrors": elements.custom_error,
    "actionCalls": elements.action_call,
}
_RESOURCES: dict[str, Callable[[Node], model.Resource]] = {
    "variables": resources.variable,
    "constants": resources.constant,
    "formulas": resources.formula,
    "textTemplates": resources.text_template,
}
_START = frozenset(
    {
        "connector",
        "doesRequireRecordChangedToMeetCriteria",
        "filterFormula",
        "filterLogic",
        "filters",
        "object",
        "recordTriggerType",
        "scheduledPaths",
        "triggerType",
    }
)
_EVENTS = {
    model.Moment.BEFORE_SAVE: frozenset({"Create", "Update", "CreateAndUpdate"}),
    model.Moment.AFTER_SAVE: frozenset({"Create", "Update", "CreateAndUpdate"}),
    model.Moment.BEFORE_DELETE: frozenset({"Delete"}),
}


def read_flow(source: SourceFile) -> model.Flow:
    """The Flow that a file holds. Raises MetadataError and Unsupported with the line."""
    node = Node(_root(source), source.path)
    node.only(_FLOW, frozenset(_ELEMENTS), frozenset(_RESOURCES))
    _refuse_other_kinds(node)
    start = node.find("start")
    scheduled = start is not None and start.text("triggerType") == "Scheduled"
    start_reference = node.find("startElementReference")
    if (start is None) == (start_reference is None):
        raise MetadataError("the Flow needs either start or startElementReference", node.where)
    flow = model.Flow(
        name=source.name,
        label=node.need("label"),
        path=source.path,
        active=node.one_of("status", _STATUSES, "Draft") == "Active",
        api_version=_version(node),
        trigger=_trigger(start) if start is not None and not scheduled else None,
        schedule=read_schedule(start) if start is not None and scheduled else None,
        trigger_order=_order(node),
        start=(
            connector(start, "connector")
            if start is not None
            else model.Connector(node.need("startElementReference"), node.where)
        ),
    )
    for child in node:
        if child.tag in _ELEMENTS:
            element = _ELEMENTS[child.tag](child)
            flow.elements[_key(flow, element)] = element
        elif child.tag in _RESOURCES:
            resource = _RESOURCES[child.tag](child)
            flow.resources[_key(flow, resource)] = resource
    return flow


_STATUSES = frozenset({"Active", "Draft", "Obsolete", "InvalidDraft"})


def _root(source: SourceFile) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(source.text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise MetadataError(error.msg or "not XML", Where(source.path, error.lineno or 1)) from None
    name = etree.QName(root)
    if name.namespace != NAMESPACE or name.localname != "Flow":
        raise MetadataError(
            f"expected a Flow in {NAMESPACE}, found {name.localname}", Where(source.path, 1)
        )
    return root


def _key(flow: model.Flow, found: model.Element | model.Resource) -> str:
    key = found.name.lower()
    if key in flow.elements or key in flow.resources:
        raise MetadataError(f"{found.name} is defined twice in the Flow", found.where)
    return key


def _refuse_other_kinds(node: Node) -> None:
    process_type = node.find("processType")
    if process_type is None or process_type.value != "AutoLaunchedFlow":
        found = process_type.value if process_type is not None else "none"
        where = process_type.where if process_type is not None else node.where
        raise Unsupported(f"Flow processType {found}", where)
    mode = node.find("runInMode")
    if mode is not None and mode.value not in ("DefaultMode", "SystemModeWithoutSharing"):
        raise Unsupported(f"Flow runInMode {mode.value}", mode.where)
    environments = node.find("environments")
    if environments is not None and environments.value != "Default":
        raise Unsupported(f"Flow environment {environments.value}", environments.where)
    if node.flag("isTemplate"):
        raise Unsupported("Flow template", node.where)
    zone = node.find("timeZoneSidKey")
    if zone is not None:
        raise Unsupported("Flow timeZoneSidKey", zone.where)


def _version(node: Node) -> Decimal:
    if node.find("apiVersion") is None:
        raise Unsupported("a Flow without apiVersion", node.where)
    try:
        return Decimal(node.need("apiVersion"))
    except InvalidOperation:
        raise MetadataError("apiVersion is not a number", node.where) from None


def _order(node: Node) -> int | None:
    order = node.number("triggerOrder")
    if order is not None and not 1 <= order <= 2000:
        raise MetadataError("triggerOrder must be between 1 and 2000", node.where)
    return order


def _trigger(start: Node) -> model.Trigger | None:
    for child in start:
        if child.tag not in _START and child.tag not in CANVAS:
            raise Unsupported(f"Flow start {child.tag}", child.where)
        if child.tag == "scheduledPaths":
            raise Unsupported(
                f"Flow scheduled path {child.text('pathType') or child.text('name') or ''}".strip(),
                child.where,
            )
    trigger_type = start.find("triggerType")
    if trigger_type is None or trigger_type.value == "None":
        for child in start:
            if child.tag in _START - {"connector", "triggerType"}:
                raise MetadataError(f"{child.tag} needs a triggerType", child.where)
        return None
    if trigger_type.value not in list(model.Moment):
        raise Unsupported(f"Flow triggerType {trigger_type.value}", trigger_type.where)
    moment = model.Moment(trigger_type.value)
    on = start.need("recordTriggerType")
    if on not in _EVENTS[moment]:
        raise MetadataError(f"recordTriggerType {on} does not fit {moment}", start.where)
    only_when_changed = start.flag("doesRequireRecordChangedToMeetCriteria")
    found = filters(start)
    formula = start.text("filterFormula")
    if found and formula:
        raise MetadataError("filters and filterFormula exclude each other", start.where)
    if only_when_changed and (on == "Create" or not (found or formula)):
        raise MetadataError(
            "doesRequireRecordChangedToMeetCriteria needs criteria and an update", start.where
        )
    return model.Trigger(
        object=start.need("object"),
        moment=moment,
        on=on,
        logic=logic(start, "filterLogic"),
        filters=found,
        formula=formula,
        only_when_changed=only_when_changed,
        where=start.where,
    )
