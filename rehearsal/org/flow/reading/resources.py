"""Variables, constants, formulas and text templates."""

from __future__ import annotations

from rehearsal.org.errors import MetadataError, Unsupported
from rehearsal.org.flow import model
from rehearsal.org.flow.reading.common import raw_text, value
from rehearsal.org.source.xml import Node

_NAMED = frozenset({"name", "description"})
_DATA_TYPES = frozenset(
    {
        "Boolean",
        "Currency",
        "Date",
        "DateTime",
        "Multipicklist",
        "Number",
        "Picklist",
        "SObject",
        "String",
    }
)
_FORMULA_TYPES = frozenset({"Boolean", "Currency", "Date", "DateTime", "Number", "String"})


def _data_type(node: Node, known: frozenset[str]) -> str:
    found = node.need("dataType")
    if found not in known:
        raise Unsupported(f"Flow {node.tag} of dataType {found}", node.where)
    return found


def variable(node: Node) -> model.Variable:
    node.only(
        _NAMED,
        frozenset(
            {"dataType", "isCollection", "isInput", "isOutput", "objectType", "scale", "value"}
        ),
    )
    data_type = _data_type(node, _DATA_TYPES)
    object_type = node.text("objectType")
    if (data_type == "SObject") != (object_type is not None):
        raise MetadataError("objectType belongs to a variable of dataType SObject", node.where)
    return model.Variable(
        name=node.need("name"),
        data_type=data_type,
        is_collection=node.flag("isCollection"),
        is_input=node.flag("isInput"),
        is_output=node.flag("isOutput"),
        object_type=object_type,
        scale=node.number("scale") or 0,
        value=value(node.find("value")),
        where=node.where,
    )


def constant(node: Node) -> model.ConstantResource:
    node.only(_NAMED, frozenset({"dataType", "value"}))
    return model.ConstantResource(
        node.need("name"),
        _data_type(node, _DATA_TYPES - {"SObject"}),
        value(node.find("value")),
        node.where,
    )


def formula(node: Node) -> model.Formula:
    node.only(_NAMED, frozenset({"dataType", "expression", "scale"}))
    return model.Formula(
        node.need("name"),
        _data_type(node, _FORMULA_TYPES),
        node.need("expression"),
        node.number("scale") or 0,
        node.where,
    )


def text_template(node: Node) -> model.TextTemplate:
    node.only(_NAMED, frozenset({"isViewedAsPlainText", "text"}))
    if not node.flag("isViewedAsPlainText"):
        raise Unsupported("Flow textTemplates in rich text", node.where)
    text = node.find("text")
    return model.TextTemplate(
        node.need("name"), raw_text(text) if text is not None else "", node.where
    )
