"""Metadata types that can be deployed: where their files are, what they are called.

Metadata API Developer Guide, "Metadata Types", and `describeMetadata`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChildType:
    """A component inside an object's file: `fields` in `Widget__c.object`."""

    name: str
    tag: str
    suffix: str
    prefix: str
    """Of its record id."""


@dataclass(frozen=True, slots=True)
class MetadataType:
    """A type and the folder of a deployment that holds it."""

    name: str
    folder: str
    suffix: str | None
    """Without the dot; None for bundles, which are folders."""
    prefix: str
    meta_file: bool = False
    in_folder: bool = False
    children: tuple[ChildType, ...] = ()


_OBJECT_CHILDREN = (
    ChildType("CustomField", "fields", "field", "00N"),
    ChildType("ValidationRule", "validationRules", "validationRule", "03d"),
    ChildType("ListView", "listViews", "listView", "00B"),
    ChildType("CompactLayout", "compactLayouts", "compactLayout", "0AH"),
    ChildType("FieldSet", "fieldSets", "fieldSet", "0IX"),
    ChildType("WebLink", "webLinks", "webLink", "00b"),
    ChildType("Index", "indexes", "index", "08h"),
    ChildType("RecordType", "recordTypes", "recordType", "012"),
    ChildType("BusinessProcess", "businessProcesses", "businessProcess", "019"),
    ChildType("SharingReason", "sharingReasons", "sharingReason", "02c"),
)
OBJECT = MetadataType("CustomObject", "objects", "object", "01I", children=_OBJECT_CHILDREN)
_ALL = (
    MetadataType("ApexClass", "classes", "cls", "01p", meta_file=True),
    MetadataType("ApexTrigger", "triggers", "trigger", "01q", meta_file=True),
    OBJECT,
    MetadataType("CustomMetadata", "customMetadata", "md", "m00"),
    MetadataType("Flow", "flows", "flow", "301"),
    MetadataType("PermissionSet", "permissionsets", "permissionset", "0PS"),
    MetadataType("PermissionSetGroup", "permissionsetgroups", "permissionsetgroup", "0PG"),
    MetadataType("CustomPermission", "customPermissions", "customPermission", "0CP"),
    MetadataType(
        "PlatformEventSubscriberConfig",
        "PlatformEventSubscriberConfigs",
        "platformEventSubscriberConfig",
        "0k7",
    ),
    MetadataType("PlatformEventChannel", "platformEventChannels", "platformEventChannel", "0YL"),
    MetadataType(
        "PlatformEventChannelMember",
        "platformEventChannelMembers",
        "platformEventChannelMember",
        "0v8",
    ),
    MetadataType("CustomApplication", "applications", "app", "02u"),
    MetadataType("CustomTab", "tabs", "tab", "01r"),
    MetadataType("Layout", "layouts", "layout", "00h"),
    MetadataType("FlexiPage", "flexipages", "flexipage", "0M0"),
    MetadataType("CustomLabels", "labels", "labels", "101"),
    MetadataType("QuickAction", "quickActions", "quickAction", "09D"),
    MetadataType("CustomNotificationType", "notificationtypes", "notiftype", "0ML"),
    MetadataType("ReportType", "reportTypes", "reportType", "070"),
    MetadataType("Report", "reports", "report", "00O", in_folder=True),
    MetadataType("Dashboard", "dashboards", "dashboard", "01Z", in_folder=True),
    MetadataType("PathAssistant", "pathAssistants", "pathAssistant", "0Ep"),
    MetadataType("RemoteSiteSetting", "remoteSiteSettings", "remoteSite", "0rp"),
    MetadataType("CspTrustedSite", "cspTrustedSites", "cspTrustedSite", "08y"),
    MetadataType("ApexTestSuite", "testSuites", "testSuite", "05F"),
    MetadataType("LightningComponentBundle", "lwc", None, "0Rb"),
    MetadataType("AuraDefinitionBundle", "aura", None, "0Ab"),
)
BY_FOLDER = {kind.folder: kind for kind in _ALL}
BY_NAME = {kind.name: kind for kind in _ALL}
BY_SUFFIX = {kind.suffix: kind for kind in _ALL if kind.suffix is not None}
CHILDREN = {child.name: child for child in _OBJECT_CHILDREN}
