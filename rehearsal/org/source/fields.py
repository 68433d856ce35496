"""Custom fields (Metadata API Developer Guide, "CustomField")."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rehearsal.org.errors import MetadataError, Unsupported
from rehearsal.org.schema import Field, FieldType, PicklistValue, Summary, SummaryFilter
from rehearsal.org.source.names import api_name, check_developer_name, check_label
from rehearsal.org.source.xml import Node, read_xml

_COMMON = frozenset(
    {
        "fullName", "label", "type", "description", "inlineHelpText", "required", "trackHistory",
        "trackFeedHistory", "trackTrending", "externalId", "unique", "caseSensitive",
        "defaultValue", "securityClassification", "businessStatus", "businessOwnerGroup",
        "businessOwnerUser", "complianceGroup", "fieldManageability", "isFilteringDisabled",
        "isSortingDisabled", "isNameField", "formula", "formulaTreatBlanksAs",
    }
)  # fmt: skip
_SIZE = frozenset({"length"})
_LINES = frozenset({"length", "visibleLines"})
_NUMBER = frozenset({"precision", "scale"})
_RELATION = frozenset({"referenceTo", "relationshipName", "relationshipLabel"})
_SUMMARY = frozenset(
    {"summaryForeignKey", "summaryOperation", "summarizedField", "summaryFilterItems"}
)
FILTER_OPERATIONS = frozenset(
    {
        "equals", "notEqual", "lessThan", "greaterThan", "lessOrEqual", "greaterOrEqual",
        "contains", "notContain", "startsWith",
    }
)  # fmt: skip
_AUTO_NUMBER = re.compile(r"[^{}]*(?:\{(?:YYYY|YY|MM|DD)\}[^{}]*)*\{0{1,10}\}[^{}]*")


def read_field(path: Path) -> Field:
    """One `.field-meta.xml`. Raises MetadataError, Unsupported."""
    node = read_xml(path, "CustomField")
    kind = node.text("type")
    if kind is None or _is_standard(path, node):
        return _standard_field(node)
    reader = _READERS.get(kind)
    if reader is None:
        raise Unsupported(f"field type {kind}", node.at("type"))
    name = node.need("fullName")
    api_name(name, "__c", node.at("fullName"))
    label = node.need("label")
    check_label(label, node.at("label"))
    for tag, most in (("description", 1000), ("inlineHelpText", 510)):
        if len(node.text(tag) or "") > most:
            raise MetadataError(f"{tag} is longer than {most} characters", node.at(tag))
    base = Field(
        name=name,
        type=FieldType.STRING,
        label=label,
        custom=True,
        required=node.flag("required"),
        unique=node.flag("unique"),
        case_sensitive=node.flag("caseSensitive"),
        external_id=node.flag("externalId"),
        default=node.text("defaultValue"),
        where=node.at("formula", "defaultValue", "referenceTo", "summaryForeignKey"),
    )
    made = reader(node, base)
    _check_key(node, made)
    return made


def _is_standard(path: Path, node: Node) -> bool:
    """A standard field of a standard object; orgs give some of them out with their type."""
    owner = path.parent.parent.name
    return "__" not in owner and "__" not in node.need("fullName")


def _standard_field(node: Node) -> Field:
    """A standard field brought along for its history or help text; it changes nothing here."""
    node.only(_COMMON)
    for tag in ("required", "unique", "externalId", "defaultValue", "formula"):
        if node.find(tag) is not None:
            raise Unsupported(f"{tag} on the standard field {node.need('fullName')}", node.where)
    return Field(name=node.need("fullName"), type=FieldType.STRING, where=node.where)


def _check_key(node: Node, made: Field) -> None:
    keyable = {FieldType.STRING, FieldType.DOUBLE, FieldType.EMAIL}
    if (made.external_id or made.unique) and (made.type not in keyable or made.formula):
        raise MetadataError(
            f"{made.name}: {made.type} cannot be unique or external id",
            node.at("unique", "externalId"),
        )
    if made.case_sensitive and not made.unique and not made.external_id:
        raise MetadataError(
            f"{made.name}: caseSensitive needs unique or externalId", node.at("caseSensitive")
        )


def _formula(node: Node, field: Field) -> Field:
    formula = node.text("formula")
    if formula is None:
        return field
    if field.required or field.unique or field.default is not None:
        raise MetadataError(
            f"{field.name}: a formula field has no required, unique or defaultValue", node.where
        )
    blanks = node.one_of(
        "formulaTreatBlanksAs", frozenset({"BlankAsZero", "BlankAsBlank"}), "BlankAsZero"
    )
    return replace(
        field,
        formula=formula,
        blanks_as_zero=blanks == "BlankAsZero",
        createable=False,
        updateable=False,
    )


def _checkbox(node: Node, field: Field) -> Field:
    node.only(_COMMON)
    if field.default is None and node.find("formula") is None:
        raise MetadataError(f"{field.name}: a checkbox needs a defaultValue", node.where)
    if field.required:
        raise MetadataError(f"{field.name}: a checkbox cannot be required", node.at("required"))
    return _formula(node, replace(field, type=FieldType.BOOLEAN))


def _text(node: Node, field: Field) -> Field:
    node.only(_COMMON, _SIZE)
    made = _formula(node, replace(field, type=FieldType.STRING))
    if made.formula is not None:
        return replace(made, length=1300)
    return replace(made, length=_length(node, 1, 255))


def _length(node: Node, low: int, high: int) -> int:
    length = node.number("length")
    if length is None:
        raise MetadataError(f"{node.need('fullName')}: length is missing", node.where)
    if not low <= length <= high:
        raise MetadataError(
            f"{node.need('fullName')}: length {length} is not within {low} and {high}",
            node.at("length"),
        )
    return length


def _text_area(node: Node, field: Field) -> Field:
    node.only(_COMMON, _SIZE)
    return replace(field, type=FieldType.TEXTAREA, length=255)


def _long_text(node: Node, field: Field) -> Field:
    node.only(_COMMON, _LINES)
    if node.find("visibleLines") is None:
        raise MetadataError(f"{field.name}: visibleLines is missing", node.where)
    if field.required:
        raise MetadataError(f"{field.name}: a long text area cannot be required", node.where)
    return replace(
        field,
        type=FieldType.TEXTAREA,
        length=_length(node, 256, 131_072),
        long_text=True,
        filterable=False,
    )


def _numeric(kind: FieldType) -> Callable[[Node, Field], Field]:
    def read(node: Node, field: Field) -> Field:
        node.only(_COMMON, _NUMBER)
        precision, scale = node.number("precision"), node.number("scale")
        if precision is None or scale is None:
            raise MetadataError(f"{field.name}: precision and scale are needed", node.where)
        if not 1 <= precision <= 18 or scale > precision or scale > 17:
            raise MetadataError(
                f"{field.name}: precision {precision} and scale {scale} are out of range",
                node.at("precision"),
            )
        return _formula(node, replace(field, type=kind, precision=precision, scale=scale))

    return read


def _plain(kind: FieldType, length: int = 0) -> Callable[[Node, Field], Field]:
    def read(node: Node, field: Field) -> Field:
        node.only(_COMMON)
        made = replace(field, type=kind, length=length)
        if kind in {FieldType.DATE, FieldType.DATETIME}:
            return _formula(node, made)
        if node.find("formula") is not None:
            raise Unsupported(f"a formula of type {kind}", node.where)
        return made

    return read


def _auto_number(node: Node, field: Field) -> Field:
    node.only(_COMMON, frozenset({"displayFormat", "startingNumber"}))
    return replace(
        field,
        type=FieldType.STRING,
        length=30,
        auto_number=auto_number_format(node),
        createable=False,
        updateable=False,
    )


def auto_number_format(node: Node) -> str:
    """The display format of an auto-number field or name. Raises MetadataError."""
    found = node.text("displayFormat") or "{0}"
    if not _AUTO_NUMBER.fullmatch(found) or len(found) > 30:
        raise MetadataError(f"displayFormat '{found}' is not valid", node.at("displayFormat"))
    start = node.number("startingNumber")
    return found if start in (None, 1) else f"{found}#{start}"


def _picklist(node: Node, field: Field) -> Field:
    node.only(_COMMON, frozenset({"valueSet"}))
    values = node.find("valueSet")
    if values is None:
        raise MetadataError(f"{field.name}: valueSet is missing", node.where)
    values.only(frozenset({"restricted", "valueSetDefinition"}))
    definition = values.find("valueSetDefinition")
    if definition is None:
        raise MetadataError(f"{field.name}: valueSetDefinition is missing", values.where)
    definition.only(frozenset({"sorted", "value"}))
    read = tuple(_picklist_value(value) for value in definition.all("value"))
    names = [value.value.lower() for value in read]
    for name in names:
        if names.count(name) > 1:
            raise MetadataError(f"{field.name}: duplicate value '{name}'", definition.where)
    if sum(value.default for value in read) > 1:
        raise MetadataError(f"{field.name}: several default values", definition.where)
    return replace(
        field,
        type=FieldType.PICKLIST,
        length=255,
        picklist=read,
        restricted=values.flag("restricted"),
    )


def _picklist_value(node: Node) -> PicklistValue:
    node.only(frozenset({"fullName", "default", "label", "isActive", "color", "description"}))
    name = node.need("fullName")
    check_label(name, node.where, 255)
    return PicklistValue(
        value=name,
        label=node.need("label"),
        active=node.flag("isActive", True),
        default=node.flag("default"),
    )


def _relation(node: Node, field: Field) -> Field:
    target = node.need("referenceTo")
    child = node.text("relationshipName")
    if child is not None:
        check_developer_name(child, node.at("relationshipName"))
    return replace(
        field,
        type=FieldType.REFERENCE,
        length=18,
        reference_to=(target,),
        relationship=field.name.removesuffix("__c") + "__r",
        child_relationship=f"{child}__r" if child else None,
    )


def _lookup(node: Node, field: Field) -> Field:
    node.only(_COMMON, _RELATION, frozenset({"deleteConstraint"}))
    rule = node.one_of("deleteConstraint", frozenset({"SetNull", "Restrict", "Cascade"}), "SetNull")
    if rule == "Cascade":
        raise Unsupported("deleteConstraint Cascade on a lookup", node.where)
    if field.required and rule == "SetNull" and node.find("deleteConstraint") is not None:
        raise MetadataError(
            f"{field.name}: a required lookup cannot be SetNull", node.at("required")
        )
    return replace(_relation(node, field), delete_rule="Restrict" if field.required else rule)


def _master_detail(node: Node, field: Field) -> Field:
    node.only(
        _COMMON,
        _RELATION,
        frozenset({"relationshipOrder", "reparentableMasterDetail", "writeRequiresMasterRead"}),
    )
    if node.find("required") is not None and not field.required:
        raise MetadataError(f"{field.name}: a master-detail is always required", node.where)
    if node.text("relationshipName") is None:
        raise MetadataError(f"{field.name}: relationshipName is missing", node.where)
    reparentable = node.flag("reparentableMasterDetail")
    return replace(
        _relation(node, field),
        master_detail=True,
        required=True,
        reparentable=reparentable,
        updateable=reparentable,
        delete_rule="Cascade",
    )


def _summary(node: Node, field: Field) -> Field:
    node.only(_COMMON, _SUMMARY)
    operation = node.one_of(
        "summaryOperation", frozenset({"count", "sum", "min", "max"}), "missing"
    )
    if operation == "missing":
        raise MetadataError(f"{field.name}: summaryOperation is missing", node.where)
    child, _, foreign_key = node.need("summaryForeignKey").partition(".")
    summarized = node.text("summarizedField")
    if (summarized is None) != (operation == "count"):
        raise MetadataError(
            f"{field.name}: summarizedField does not go with {operation}",
            node.at("summarizedField", "summaryOperation"),
        )
    if summarized is not None and summarized.partition(".")[0] != child:
        raise MetadataError(f"{field.name}: summarizedField is not one of {child}", node.where)
    return replace(
        field,
        type=FieldType.DOUBLE,
        precision=18,
        createable=False,
        updateable=False,
        summary=Summary(
            operation=operation,
            child=child,
            foreign_key=foreign_key,
            summarized=summarized.partition(".")[2] if summarized else None,
            filters=tuple(_filter(item, child) for item in node.all("summaryFilterItems")),
        ),
    )


def _filter(node: Node, child: str) -> SummaryFilter:
    node.only(frozenset({"field", "operation", "value", "valueField"}))
    if node.find("valueField") is not None:
        raise Unsupported("summaryFilterItems.valueField", node.where)
    owner, _, name = node.need("field").partition(".")
    if owner != child:
        raise MetadataError(f"a roll-up filters on fields of {child} only", node.where)
    operation = node.one_of("operation", FILTER_OPERATIONS, "missing")
    if operation == "missing":
        raise MetadataError("summaryFilterItems.operation is missing", node.where)
    return SummaryFilter(name, operation, node.text("value") or "")


_READERS: dict[str, Callable[[Node, Field], Field]] = {
    "AutoNumber": _auto_number,
    "Checkbox": _checkbox,
    "Currency": _numeric(FieldType.CURRENCY),
    "Date": _plain(FieldType.DATE),
    "DateTime": _plain(FieldType.DATETIME),
    "Email": _plain(FieldType.EMAIL, 80),
    "Html": _long_text,
    "LongTextArea": _long_text,
    "Lookup": _lookup,
    "MasterDetail": _master_detail,
    "Number": _numeric(FieldType.DOUBLE),
    "Percent": _numeric(FieldType.PERCENT),
    "Phone": _plain(FieldType.PHONE, 40),
    "Picklist": _picklist,
    "Summary": _summary,
    "Text": _text,
    "TextArea": _text_area,
    "Url": _plain(FieldType.URL, 255),
}
