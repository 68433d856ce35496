"""The elements of a Flow, one function each."""

from __future__ import annotations

from rehearsal.org.errors import MetadataError, Unsupported
from rehearsal.org.flow import model
from rehearsal.org.flow.reading.common import (
    CANVAS,
    conditions,
    connector,
    field_values,
    filters,
    logic,
    needed_reference,
    optional_reference,
    output_assignments,
    raw_text,
    value,
)
from rehearsal.org.source.xml import Node

_RECORDS = frozenset({"connector", "faultConnector", "object", "filterLogic", "filters"})


def assignment(node: Node) -> model.Assignment:
    node.only(CANVAS, frozenset({"assignmentItems", "connector"}))
    items = []
    for child in node.all("assignmentItems"):
        child.only(frozenset({"assignToReference", "operator", "value"}))
        items.append(
            model.AssignmentItem(
                needed_reference(child, "assignToReference"),
                child.need("operator"),
                value(child.find("value")),
                child.where,
            )
        )
    return model.Assignment(
        node.need("name"), tuple(items), connector(node, "connector"), node.where
    )


def decision(node: Node) -> model.Decision:
    node.only(CANVAS, frozenset({"defaultConnector", "defaultConnectorLabel", "rules"}))
    return model.Decision(
        node.need("name"),
        tuple(_rule(child) for child in node.all("rules")),
        connector(node, "defaultConnector"),
        node.where,
    )


def _rule(node: Node) -> model.Rule:
    node.only(
        frozenset(
            {
                "name",
                "label",
                "description",
                "conditionLogic",
                "conditions",
                "connector",
                "doesRequireRecordChangedToMeetCriteria",
            }
        )
    )
    found = conditions(node)
    if not found:
        raise MetadataError("an outcome needs conditions", node.where)
    return model.Rule(
        node.need("name"),
        logic(node, "conditionLogic"),
        found,
        node.flag("doesRequireRecordChangedToMeetCriteria"),
        connector(node, "connector"),
        node.where,
    )


def loop(node: Node) -> model.Loop:
    node.only(
        CANVAS,
        frozenset(
            {
                "assignNextValueToReference",
                "collectionReference",
                "iterationOrder",
                "nextValueConnector",
                "noMoreValuesConnector",
            }
        ),
    )
    order = node.one_of("iterationOrder", frozenset({"Asc", "Desc"}), "Asc")
    return model.Loop(
        node.need("name"),
        needed_reference(node, "collectionReference"),
        order == "Desc",
        optional_reference(node, "assignNextValueToReference"),
        connector(node, "nextValueConnector"),
        connector(node, "noMoreValuesConnector"),
        node.where,
    )


def record_lookup(node: Node) -> model.RecordLookup:
    node.only(
        CANVAS,
        _RECORDS,
        frozenset(
            {
                "assignNullValuesIfNoRecordsFound",
                "getFirstRecordOnly",
                "limit",
                "outputAssignments",
                "outputReference",
                "queriedFields",
                "sortField",
                "sortOrder",
                "storeOutputAutomatically",
            }
        ),
    )
    outputs = output_assignments(node, "field")
    output = optional_reference(node, "outputReference")
    automatic = node.flag("storeOutputAutomatically")
    if (bool(outputs) + (output is not None) + automatic) != 1:
        raise MetadataError(
            "Get Records stores its result automatically, in outputReference or by "
            "outputAssignments: exactly one of them",
            node.where,
        )
    order = node.find("sortOrder")
    if order is not None and order.value not in ("Asc", "Desc"):
        raise MetadataError(f"sortOrder {order.value}", order.where)
    limit = node.find("limit")
    return model.RecordLookup(
        name=node.need("name"),
        object=node.need("object"),
        logic=logic(node, "filterLogic"),
        filters=filters(node),
        first_only=node.flag("getFirstRecordOnly") or bool(outputs),
        queried_fields=tuple((child.value, child.where) for child in node.all("queriedFields")),
        output=output,
        output_assignments=outputs,
        store_automatically=automatic,
        null_when_none=node.flag("assignNullValuesIfNoRecordsFound"),
        sort_field=node.text("sortField"),
        descending=order is not None and order.value == "Desc",
        limit=value(limit),
        next=connector(node, "connector"),
        fault=connector(node, "faultConnector"),
        where=node.where,
    )


def record_create(node: Node) -> model.RecordCreate:
    node.only(
        CANVAS,
        frozenset(
            {
                "assignRecordIdToReference",
                "connector",
                "faultConnector",
                "inputAssignments",
                "inputReference",
                "object",
                "storeOutputAutomatically",
            }
        ),
    )
    found = model.RecordCreate(
        name=node.need("name"),
        object=node.text("object"),
        values=field_values(node, "inputAssignments", "field"),
        input=optional_reference(node, "inputReference"),
        id_target=optional_reference(node, "assignRecordIdToReference"),
        store_automatically=node.flag("storeOutputAutomatically"),
        next=connector(node, "connector"),
        fault=connector(node, "faultConnector"),
        where=node.where,
    )
    if (found.input is None) == (found.object is None) or (found.input and found.values):
        raise MetadataError(
            "Create Records needs either inputReference, or object with inputAssignments",
            node.where,
        )
    return found


def record_update(node: Node) -> model.RecordUpdate:
    node.only(CANVAS, _RECORDS, frozenset({"inputAssignments", "inputReference"}))
    found = model.RecordUpdate(
        name=node.need("name"),
        object=node.text("object"),
        logic=logic(node, "filterLogic"),
        filters=filters(node),
        values=field_values(node, "inputAssignments", "field"),
        input=optional_reference(node, "inputReference"),
        next=connector(node, "connector"),
        fault=connector(node, "faultConnector"),
        where=node.where,
    )
    if (found.input is None) == (found.object is None):
        raise MetadataError(
            "Update Records needs either inputReference, or object with filters", node.where
        )
    if found.object and not (found.filters and found.values):
        raise MetadataError("Update Records needs filters and inputAssignments", node.where)
    return found


def record_delete(node: Node) -> model.RecordDelete:
    node.only(CANVAS, _RECORDS, frozenset({"inputReference"}))
    found = model.RecordDelete(
        name=node.need("name"),
        object=node.text("object"),
        logic=logic(node, "filterLogic"),
        filters=filters(node),
        input=optional_reference(node, "inputReference"),
        next=connector(node, "connector"),
        fault=connector(node, "faultConnector"),
        where=node.where,
    )
    if (found.input is None) == (found.object is None) or (found.object and not found.filters):
        raise MetadataError(
            "Delete Records needs either inputReference, or object with filters", node.where
        )
    return found


def subflow(node: Node) -> model.Subflow:
    node.only(
        CANVAS,
        frozenset(
            {
                "connector",
                "flowName",
                "inputAssignments",
                "outputAssignments",
                "storeOutputAutomatically",
            }
        ),
    )
    return model.Subflow(
        node.need("name"),
        node.need("flowName"),
        field_values(node, "inputAssignments", "name"),
        output_assignments(node, "name"),
        node.flag("storeOutputAutomatically"),
        connector(node, "connector"),
        node.where,
    )


def action_call(node: Node) -> model.ActionCall:
    node.only(
        CANVAS,
        frozenset(
            {
                "actionName",
                "actionType",
                "connector",
                "faultConnector",
                "flowTransactionModel",
                "inputParameters",
                "nameSegment",
                "offset",
                "outputParameters",
                "storeOutputAutomatically",
                "versionSegment",
            }
        ),
    )
    mode = node.find("flowTransactionModel")
    if mode is not None and mode.value not in ("CurrentTransaction", "Automatic"):
        raise Unsupported(f"Flow transaction model {mode.value}", mode.where)
    outputs = []
    for child in node.all("outputParameters"):
        child.only(frozenset({"name", "assignToReference"}))
        target = needed_reference(child, "assignToReference")
        outputs.append(model.OutputAssignment(child.need("name"), target, child.where))
    return model.ActionCall(
        node.need("name"),
        node.need("actionType"),
        node.need("actionName"),
        field_values(node, "inputParameters", "name"),
        tuple(outputs),
        node.flag("storeOutputAutomatically"),
        connector(node, "connector"),
        connector(node, "faultConnector"),
        node.where,
    )


def custom_error(node: Node) -> model.CustomError:
    node.only(CANVAS, frozenset({"connector", "customErrorMessages"}))
    messages = []
    for child in node.all("customErrorMessages"):
        child.only(frozenset({"errorMessage", "fieldSelection", "isFieldError"}))
        text = child.find("errorMessage")
        field = child.text("fieldSelection")
        if text is None or child.flag("isFieldError") != (field is not None):
            raise MetadataError(
                "a custom error needs a message, and a field exactly where it is a field error",
                child.where,
            )
        template = model.Template(raw_text(text), text.where)
        messages.append(model.CustomErrorMessage(template, field, child.where))
    if not messages:
        raise MetadataError("Required field is missing: customErrorMessages", node.where)
    return model.CustomError(
        node.need("name"), tuple(messages), connector(node, "connector"), node.where
    )
