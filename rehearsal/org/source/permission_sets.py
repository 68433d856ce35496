"""Permission sets, custom permissions and subscriber configurations."""

from __future__ import annotations

from pathlib import Path

from rehearsal.org.errors import MetadataError, Where
from rehearsal.org.schema import Field, ObjectKind, Schema
from rehearsal.org.source.project import (
    CustomPermission,
    PermissionSet,
    Project,
    SubscriberConfig,
)
from rehearsal.org.source.xml import Node, read_xml

_OBJECT_FLAGS = {
    "allowCreate": "create",
    "allowDelete": "delete",
    "allowEdit": "edit",
    "allowRead": "read",
    "modifyAllRecords": "modify_all",
    "viewAllRecords": "view_all",
}
_NEEDS = {
    "create": ("read",),
    "edit": ("read",),
    "delete": ("read", "edit"),
    "view_all": ("read",),
    "modify_all": ("read", "edit", "delete", "view_all"),
}
_READ = frozenset({"read"})
_TOP = frozenset(
    {
        "label", "description", "license", "hasActivationRequired", "objectPermissions",
        "fieldPermissions", "userPermissions", "customPermissions", "classAccesses",
        "tabSettings", "applicationVisibilities", "pageAccesses", "customMetadataTypeAccesses",
        "flowAccesses", "recordTypeVisibilities",
    }
)  # fmt: skip


def read_permission_set(path: Path, name: str) -> PermissionSet:
    """One `.permissionset-meta.xml`. Raises MetadataError, Unsupported."""
    node = read_xml(path, "PermissionSet")
    node.only(_TOP)
    return PermissionSet(
        name=name,
        label=node.need("label"),
        license=node.text("license"),
        objects={
            **dict.fromkeys(_enabled(node, "customMetadataTypeAccesses", "name"), _READ),
            **dict(_object(item) for item in node.all("objectPermissions")),
        },
        fields=dict(_field(item) for item in node.all("fieldPermissions")),
        user_permissions=_enabled(node, "userPermissions", "name"),
        custom_permissions=_enabled(node, "customPermissions", "name"),
        classes=_enabled(node, "classAccesses", "apexClass"),
        where=node.where,
    )


def _object(node: Node) -> tuple[str, frozenset[str]]:
    node.only(frozenset(_OBJECT_FLAGS), frozenset({"object", "viewAllFields"}))
    granted = frozenset(right for tag, right in _OBJECT_FLAGS.items() if node.flag(tag))
    for right in sorted(granted):
        for needed in _NEEDS.get(right, ()):
            if needed not in granted:
                raise MetadataError(
                    f"Permission {right} {node.need('object')} depends on permission(s): "
                    f"{needed} {node.need('object')}",
                    node.where,
                )
    return node.need("object").lower(), granted


def _field(node: Node) -> tuple[tuple[str, str], frozenset[str]]:
    node.only(frozenset({"field", "readable", "editable"}))
    owner, dot, name = node.need("field").partition(".")
    if not dot:
        raise MetadataError(f"field '{owner}' does not name its object", node.where)
    readable, editable = node.flag("readable"), node.flag("editable")
    if editable and not readable:
        raise MetadataError(f"{owner}.{name}: editable needs readable", node.where)
    granted = {"read": readable, "edit": editable}
    return (owner.lower(), name.lower()), frozenset(k for k, on in granted.items() if on)


def _enabled(node: Node, tag: str, name: str) -> frozenset[str]:
    items = node.all(tag)
    for item in items:
        item.only(frozenset({"enabled", name}))
    return frozenset(item.need(name).lower() for item in items if item.flag("enabled"))


def read_custom_permission(path: Path, name: str) -> CustomPermission:
    node = read_xml(path, "CustomPermission")
    node.only(frozenset({"label", "description", "isLicensed", "connectedApp"}))
    return CustomPermission(name=name, label=node.need("label"), where=node.where)


def read_subscriber_config(path: Path, name: str) -> SubscriberConfig:
    """One `PlatformEventSubscriberConfigs` file. Raises MetadataError, Unsupported."""
    node = read_xml(path, "PlatformEventSubscriberConfig")
    node.only(
        frozenset(
            {
                "batchSize",
                "isProtected",
                "masterLabel",
                "numPartitions",
                "partitionKey",
                "platformEventConsumer",
                "user",
            }
        )
    )
    batch = node.number("batchSize") or 2000
    partitions = node.number("numPartitions") or 1
    if not 1 <= batch <= 2000:
        raise MetadataError(f"batchSize {batch} is not within 1 and 2000", node.where)
    if not 1 <= partitions <= 10:
        raise MetadataError(f"numPartitions {partitions} is not within 1 and 10", node.where)
    if node.text("masterLabel") is None:
        raise MetadataError("Required field is missing: masterLabel", node.where)
    return SubscriberConfig(
        name=name,
        consumer=node.need("platformEventConsumer"),
        batch_size=batch,
        partitions=partitions,
        partition_key=node.text("partitionKey"),
        user=node.text("user"),
        where=node.where,
    )


def check_permission_set(granted: PermissionSet, project: Project) -> None:
    """Checks that what is granted exists and can be granted. Raises MetadataError."""
    schema, where = project.schema, granted.where or Where()
    for name, rights in granted.objects.items():
        target = schema.find(name)
        if target is None:
            raise MetadataError(f"no object named {name} found", where)
        if target.kind is ObjectKind.EVENT and rights - {"create", "read"}:
            raise MetadataError(f"{target.name}: an event has only create and read", where)
        for field in target:
            if field.master_detail and rights:
                parent = field.reference_to[0]
                if "read" not in granted.objects.get(parent.lower(), frozenset()):
                    raise MetadataError(
                        f"Permission Read {target.name} depends on permission(s): Read {parent}",
                        where,
                    )
    for owner, field_name in granted.fields:
        _check_field(schema, owner, field_name, where)
    for name in granted.custom_permissions:
        if name not in {known.lower() for known in project.custom_permissions}:
            raise MetadataError(f"no CustomPermission named {name} found", where)
    classes = {source.name.lower() for source in project.classes}
    for name in granted.classes - classes:
        raise MetadataError(f"no ApexClass named {name} found", where)


def _check_field(schema: Schema, owner: str, name: str, where: Where) -> None:
    target = schema.find(owner)
    found: Field | None = target.find(name) if target else None
    if target is None or found is None:
        raise MetadataError(f"no CustomField named {owner}.{name} found", where)
    if found.custom and (found.required or found.master_detail):
        raise MetadataError(
            f"You cannot deploy to a required field: {target.name}.{found.name}", where
        )


def check_subscriber_config(config: SubscriberConfig, schema: Schema, triggers: set[str]) -> None:
    """Platform Events Developer Guide, "Parallel Subscriptions": the key is a required field."""
    where = config.where or Where()
    if config.consumer.lower() not in triggers:
        raise MetadataError(f"no ApexTrigger named {config.consumer} found", where)
    if config.partitions > 1 and config.partition_key is None:
        raise MetadataError("numPartitions needs a partitionKey", where)
    if config.partition_key is None:
        return
    event, _, name = config.partition_key.partition(".")
    if name.lower() == "eventuuid":
        return
    target = schema.find(event)
    field = target.find(name) if target else None
    if target is None or target.kind is not ObjectKind.EVENT or field is None:
        raise MetadataError(f"no CustomField named {config.partition_key} found", where)
    if not field.required:
        raise MetadataError(f"partitionKey {config.partition_key} is not a required field", where)
