"""Objects and validation rules (Metadata API Developer Guide, "CustomObject")."""

from __future__ import annotations

from pathlib import Path

from rehearsal.org.errors import MetadataError, Unsupported
from rehearsal.org.schema import Field, FieldType, ObjectKind, ObjectType, ValidationRule
from rehearsal.org.source.fields import auto_number_format
from rehearsal.org.source.names import api_name, check_developer_name, check_label
from rehearsal.org.source.xml import Node, read_xml

_SUFFIXES = {"__c": ObjectKind.CUSTOM, "__e": ObjectKind.EVENT, "__mdt": ObjectKind.METADATA}
_PASSED = frozenset(
    {
        "description", "deploymentStatus", "enableActivities", "enableBulkApi", "enableFeeds",
        "enableHistory", "enableReports", "enableSearch", "enableSharing", "enableStreamingApi",
        "enableLicensing", "enableEnhancedLookup", "enableDivisions", "allowInChatterGroups",
        "compactLayoutAssignment", "actionOverrides", "searchLayouts", "gender", "startsWith",
        "externalSharingModel", "visibility",
    }
)  # fmt: skip
_READ = frozenset({"fullName", "label", "pluralLabel", "nameField", "sharingModel"})
_EVENT = frozenset({"eventType", "publishBehavior"})
_SHARING = frozenset(
    {"Private", "Read", "ReadWrite", "ReadWriteTransfer", "ControlledByParent", "FullAccess"}
)


def kind_of(name: str) -> ObjectKind:
    """What an object is, by the suffix of its API name."""
    return next(
        (kind for suffix, kind in _SUFFIXES.items() if name.endswith(suffix)), ObjectKind.STANDARD
    )


def read_object(path: Path, name: str) -> ObjectType:
    """One `.object-meta.xml`, without its fields. Raises MetadataError, Unsupported."""
    node = read_xml(path, "CustomObject")
    kind = kind_of(name)
    node.only(_PASSED, _READ, _EVENT if kind is ObjectKind.EVENT else frozenset())
    if kind is ObjectKind.STANDARD:
        sharing = node.one_of("sharingModel", _SHARING, "") if node.find("sharingModel") else ""
        return ObjectType(name=name, kind=kind, sharing=sharing, where=node.where)
    suffix = next(suffix for suffix, value in _SUFFIXES.items() if value is kind)
    api_name(name, suffix, node.where)
    if node.text("fullName") not in (None, name):
        raise MetadataError(f"fullName differs from the folder's name {name}", node.where)
    label, plural = node.need("label"), node.need("pluralLabel")
    check_label(label, node.at("label"))
    check_label(plural, node.at("pluralLabel"))
    made = ObjectType(
        name=name,
        kind=kind,
        label=label,
        plural_label=plural,
        sharing=node.one_of("sharingModel", _SHARING, "ReadWrite"),
        track_history=node.flag("enableHistory"),
        where=node.where,
    )
    match kind:
        case ObjectKind.CUSTOM:
            _custom(node, made)
        case ObjectKind.EVENT:
            _event(node, made)
        case _:
            made.triggerable = False
    return made


def allows_activities(path: Path) -> bool:
    """Whether Tasks and Events may be about records of the object."""
    return read_xml(path, "CustomObject").flag("enableActivities")


def _custom(node: Node, made: ObjectType) -> None:
    if node.text("deploymentStatus") != "Deployed":
        raise MetadataError("deploymentStatus Deployed is missing", node.where)
    if node.find("sharingModel") is None:
        raise MetadataError("Required field is missing: sharingModel", node.where)
    name_field = node.find("nameField")
    if name_field is None:
        raise MetadataError("Required field is missing: nameField", node.where)
    name_field.only(
        frozenset(
            {"label", "type", "displayFormat", "startingNumber", "trackHistory", "trackFeedHistory"}
        )
    )
    label = name_field.need("label")
    check_label(label, name_field.where)
    match name_field.need("type"):
        case "Text":
            field = Field(
                name="Name",
                type=FieldType.STRING,
                label=label,
                length=80,
                required=False,
                where=name_field.where,
            )
        case "AutoNumber":
            field = Field(
                name="Name",
                type=FieldType.STRING,
                label=label,
                length=80,
                auto_number=auto_number_format(name_field),
                createable=False,
                updateable=False,
                where=name_field.where,
            )
        case other:
            raise MetadataError(f"a name field cannot be a {other}", name_field.where)
    made.fields["name"] = field


def _event(node: Node, made: ObjectType) -> None:
    if node.need("eventType") != "HighVolume":
        raise Unsupported(f"eventType {node.need('eventType')}", node.where)
    if node.text("deploymentStatus") != "Deployed":
        raise MetadataError("deploymentStatus Deployed is missing", node.where)
    made.publish_behavior = node.one_of(
        "publishBehavior",
        frozenset({"PublishAfterCommit", "PublishImmediately"}),
        "PublishAfterCommit",
    )
    made.updateable = made.deletable = False


def read_validation_rule(path: Path) -> ValidationRule:
    """One `.validationRule-meta.xml`. Raises MetadataError, Unsupported."""
    node = read_xml(path, "ValidationRule")
    node.only(
        frozenset(
            {
                "fullName",
                "active",
                "description",
                "errorConditionFormula",
                "errorDisplayField",
                "errorMessage",
            }
        )
    )
    name, message = node.need("fullName"), node.need("errorMessage")
    check_developer_name(name, node.at("fullName"))
    check_label(message, node.at("errorMessage"), 255)
    if node.find("active") is None:
        raise MetadataError("Required field is missing: active", node.where)
    return ValidationRule(
        name=name,
        condition=node.need("errorConditionFormula"),
        message=message,
        error_field=node.text("errorDisplayField"),
        active=node.flag("active"),
        where=node.at("errorConditionFormula"),
    )
