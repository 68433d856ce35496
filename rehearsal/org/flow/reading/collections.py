"""Collection Filter and Collection Sort, which the metadata calls collectionProcessors."""

from __future__ import annotations

from rehearsal.org.errors import MetadataError, Unsupported
from rehearsal.org.flow import model
from rehearsal.org.flow.reading.common import (
    CANVAS,
    conditions,
    connector,
    logic,
    needed_reference,
    value,
)
from rehearsal.org.source.xml import Node

_ANY = frozenset({"collectionProcessorType", "collectionReference", "connector"})


def collection_processor(node: Node) -> model.Element:
    kind = node.need("collectionProcessorType")
    match kind:
        case "FilterCollectionProcessor":
            return _filter(node)
        case "SortCollectionProcessor":
            return _sort(node)
    raise Unsupported(f"Flow collectionProcessorType {kind}", node.where)


def _filter(node: Node) -> model.CollectionFilter:
    node.only(
        CANVAS,
        _ANY,
        frozenset({"assignNextValueToReference", "conditionLogic", "conditions", "formula"}),
    )
    found, formula = conditions(node), node.text("formula")
    if bool(found) == (formula is not None):
        raise MetadataError("a filter needs either conditions or a formula", node.where)
    return model.CollectionFilter(
        node.need("name"),
        needed_reference(node, "collectionReference"),
        needed_reference(node, "assignNextValueToReference"),
        logic(node, "conditionLogic"),
        found,
        formula,
        connector(node, "connector"),
        node.where,
    )


def _sort(node: Node) -> model.CollectionSort:
    node.only(CANVAS, _ANY, frozenset({"limit", "sortOptions"}))
    options = []
    for child in node.all("sortOptions"):
        child.only(frozenset({"doesPutEmptyStringAndNullFirst", "sortField", "sortOrder"}))
        order = child.one_of("sortOrder", frozenset({"Asc", "Desc"}), "Asc")
        options.append(
            model.SortOption(
                child.text("sortField"),
                order == "Desc",
                child.flag("doesPutEmptyStringAndNullFirst"),
                child.where,
            )
        )
    if not options:
        raise MetadataError("Required field is missing: sortOptions", node.where)
    return model.CollectionSort(
        node.need("name"),
        needed_reference(node, "collectionReference"),
        tuple(options),
        value(node.find("limit")),
        connector(node, "connector"),
        node.where,
    )
