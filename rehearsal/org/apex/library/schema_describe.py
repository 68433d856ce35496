"""`Schema`: tokens and describe results (Apex Reference Guide, "Schema Namespace")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.classes import EnumValue
from rehearsal.org.apex.registry import native
from rehearsal.org.apex.types import (
    SOBJECT_FIELD,
    SOBJECT_TYPE,
    STRING,
    list_of,
    map_of,
    parse_type,
)
from rehearsal.org.apex.values import ApexList, ApexMap, FieldToken, SObject
from rehearsal.org.ports import Permissions
from rehearsal.org.schema import Field, FieldType, ObjectKind, ObjectType, PicklistValue, Schema

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution

_PICKLIST_ENTRIES = list_of(parse_type("Schema.PicklistEntry"))


class FieldTokens(ApexMap):
    """The map of `fields.getMap()`: keys are lower case and found in any case."""

    __slots__ = ()

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key.lower() if isinstance(key, str) else key)

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key.lower() if isinstance(key, str) else key, default)


class DescribeObject:
    """A Schema.DescribeSObjectResult."""

    APEX = "Schema.DescribeSObjectResult"
    __slots__ = ("object", "schema")

    def __init__(self, schema: Schema, object_: ObjectType) -> None:
        self.schema, self.object = schema, object_


class DescribeField:
    """A Schema.DescribeFieldResult."""

    APEX = "Schema.DescribeFieldResult"
    __slots__ = ("field", "object")

    def __init__(self, object_: ObjectType, field: Field) -> None:
        self.object, self.field = object_, field


class FieldMap:
    """What `describe.fields` is."""

    APEX = "Schema.SObjectTypeFields"
    __slots__ = ("object",)

    def __init__(self, object_: ObjectType) -> None:
        self.object = object_


class PicklistEntry:
    """A Schema.PicklistEntry."""

    APEX = "Schema.PicklistEntry"
    __slots__ = ("value",)

    def __init__(self, value: PicklistValue) -> None:
        self.value = value


# --- tokens ----------------------------------------------------------------------------


@native("static Schema.getGlobalDescribe(): Map<String, Schema.SObjectType>")
def get_global_describe(run: Execution) -> Any:
    return FieldTokens(map_of(STRING, SOBJECT_TYPE), run.tx.schema.objects)


@native("Schema.SObjectType.getDescribe(): Schema.DescribeSObjectResult")
def get_describe(run: Execution, this: ObjectType) -> Any:
    return DescribeObject(run.tx.schema, this)


@native("Schema.SObjectType.newSObject(): SObject", "Schema.SObjectType.newSObject(Id): SObject")
def new_sobject(run: Execution, this: ObjectType, id_: str | None = None) -> Any:
    return SObject(this, {} if id_ is None else {"Id": id_})


@native("Schema.SObjectType.toString(): String")
def type_to_string(run: Execution, this: ObjectType) -> str:
    return this.name


@native("Schema.SObjectField.getDescribe(): Schema.DescribeFieldResult")
def describe_field(run: Execution, this: FieldToken) -> Any:
    return DescribeField(this.object, this.field)


@native("Schema.SObjectField.toString(): String")
def field_to_string(run: Execution, this: FieldToken) -> str:
    return this.field.name


# --- objects ---------------------------------------------------------------------------


@native("Schema.DescribeSObjectResult.getName(): String")
def object_name(run: Execution, this: DescribeObject) -> str:
    return this.object.name


@native("Schema.DescribeSObjectResult.getLocalName(): String")
def object_local_name(run: Execution, this: DescribeObject) -> str:
    return this.object.name


@native("Schema.DescribeSObjectResult.getLabel(): String")
def object_label(run: Execution, this: DescribeObject) -> str:
    return this.object.label


@native("Schema.DescribeSObjectResult.getKeyPrefix(): String")
def object_key_prefix(run: Execution, this: DescribeObject) -> str | None:
    return this.object.key_prefix or None


@native("Schema.DescribeSObjectResult.isCustom(): Boolean")
def object_custom(run: Execution, this: DescribeObject) -> bool:
    return this.object.kind is not ObjectKind.STANDARD


@native("Schema.DescribeSObjectResult.getSObjectType(): Schema.SObjectType")
def object_type(run: Execution, this: DescribeObject) -> ObjectType:
    return this.object


@native("Schema.DescribeSObjectResult.fields: Schema.SObjectTypeFields")
def object_fields(run: Execution, this: DescribeObject) -> FieldMap:
    return FieldMap(this.object)


@native("Schema.SObjectTypeFields.getMap(): Map<String, Schema.SObjectField>")
def get_map(run: Execution, this: FieldMap) -> Any:
    tokens = {name: FieldToken(this.object, field) for name, field in this.object.fields.items()}
    return FieldTokens(map_of(STRING, SOBJECT_FIELD), tokens)


def _object_permission(run: Execution, kind: ObjectType, right: str) -> bool:
    permissions: Permissions | None = run.tx.user.permissions
    if permissions is None:
        return True
    return right in permissions.objects.get(kind.name.lower(), frozenset())


@native("Schema.DescribeSObjectResult.isAccessible(): Boolean")
def object_accessible(run: Execution, this: DescribeObject) -> bool:
    return _object_permission(run, this.object, "read")


@native("Schema.DescribeSObjectResult.isCreateable(): Boolean")
def object_createable(run: Execution, this: DescribeObject) -> bool:
    return this.object.createable and _object_permission(run, this.object, "create")


@native("Schema.DescribeSObjectResult.isUpdateable(): Boolean")
def object_updateable(run: Execution, this: DescribeObject) -> bool:
    return this.object.updateable and _object_permission(run, this.object, "edit")


@native("Schema.DescribeSObjectResult.isDeletable(): Boolean")
def object_deletable(run: Execution, this: DescribeObject) -> bool:
    return this.object.deletable and _object_permission(run, this.object, "delete")


# --- fields ----------------------------------------------------------------------------


@native("Schema.DescribeFieldResult.getName(): String")
def field_name(run: Execution, this: DescribeField) -> str:
    return this.field.name


@native("Schema.DescribeFieldResult.getLocalName(): String")
def field_local_name(run: Execution, this: DescribeField) -> str:
    return this.field.name


@native("Schema.DescribeFieldResult.getLabel(): String")
def field_label(run: Execution, this: DescribeField) -> str:
    return this.field.label


@native("Schema.DescribeFieldResult.getLength(): Integer")
def field_length(run: Execution, this: DescribeField) -> int:
    return this.field.length


@native("Schema.DescribeFieldResult.getScale(): Integer")
def field_scale(run: Execution, this: DescribeField) -> int:
    return this.field.scale


@native("Schema.DescribeFieldResult.getPrecision(): Integer")
def field_precision(run: Execution, this: DescribeField) -> int:
    return this.field.precision


@native("Schema.DescribeFieldResult.getType(): Schema.DisplayType")
def field_display_type(run: Execution, this: DescribeField) -> EnumValue:
    name = "integer" if this.field.type is FieldType.INT else this.field.type.value
    return run.world.builtins["schema.displaytype"].values[name]


@native("Schema.DescribeFieldResult.getSObjectField(): Schema.SObjectField")
def field_token(run: Execution, this: DescribeField) -> FieldToken:
    return FieldToken(this.object, this.field)


@native("Schema.DescribeFieldResult.getRelationshipName(): String")
def field_relationship(run: Execution, this: DescribeField) -> str | None:
    return this.field.relationship


@native("Schema.DescribeFieldResult.getReferenceTo(): List<Schema.SObjectType>")
def field_reference_to(run: Execution, this: DescribeField) -> ApexList:
    found = [run.tx.schema.find(name) for name in this.field.reference_to]
    return ApexList(list_of(SOBJECT_TYPE), [kind for kind in found if kind is not None])


@native("Schema.DescribeFieldResult.getPicklistValues(): List<Schema.PicklistEntry>")
def field_picklist(run: Execution, this: DescribeField) -> ApexList:
    return ApexList(_PICKLIST_ENTRIES, [PicklistEntry(value) for value in this.field.picklist])


@native("Schema.DescribeFieldResult.isNillable(): Boolean")
def field_nillable(run: Execution, this: DescribeField) -> bool:
    field = this.field
    return not (
        field.required or field.master_detail or field.type in (FieldType.BOOLEAN, FieldType.ID)
    )


@native("Schema.DescribeFieldResult.isDefaultedOnCreate(): Boolean")
def field_defaulted(run: Execution, this: DescribeField) -> bool:
    field = this.field
    if field.type is FieldType.BOOLEAN or field.auto_number or field.name == "OwnerId":
        return True
    return field.default is not None or any(value.default for value in field.picklist)


@native("Schema.DescribeFieldResult.isCustom(): Boolean")
def field_custom(run: Execution, this: DescribeField) -> bool:
    return this.field.custom


@native("Schema.DescribeFieldResult.isCalculated(): Boolean")
def field_calculated(run: Execution, this: DescribeField) -> bool:
    return this.field.calculated


@native("Schema.DescribeFieldResult.isAutoNumber(): Boolean")
def field_auto_number(run: Execution, this: DescribeField) -> bool:
    return this.field.auto_number is not None


@native("Schema.DescribeFieldResult.isUnique(): Boolean")
def field_unique(run: Execution, this: DescribeField) -> bool:
    return this.field.unique


@native("Schema.DescribeFieldResult.isExternalId(): Boolean")
def field_external_id(run: Execution, this: DescribeField) -> bool:
    return this.field.external_id


def _field_permission(run: Execution, this: DescribeField, right: str) -> bool:
    permissions: Permissions | None = run.tx.user.permissions
    if permissions is None or not this.field.custom or not this.field.updateable:
        return True
    if this.field.required or this.field.master_detail:
        return True
    key = (this.object.name.lower(), this.field.name.lower())
    return right in permissions.fields.get(key, frozenset())


@native("Schema.DescribeFieldResult.isAccessible(): Boolean")
def field_accessible(run: Execution, this: DescribeField) -> bool:
    return _field_permission(run, this, "read")


@native("Schema.DescribeFieldResult.isCreateable(): Boolean")
def field_createable(run: Execution, this: DescribeField) -> bool:
    field = this.field
    if field.calculated or field.auto_number:
        return False
    return field.createable and _field_permission(run, this, "edit")


@native("Schema.DescribeFieldResult.isUpdateable(): Boolean")
def field_updateable(run: Execution, this: DescribeField) -> bool:
    field = this.field
    if field.calculated or field.auto_number or (field.master_detail and not field.reparentable):
        return False
    return field.updateable and _field_permission(run, this, "edit")


@native("Schema.PicklistEntry.getValue(): String")
def entry_value(run: Execution, this: PicklistEntry) -> str:
    return this.value.value


@native("Schema.PicklistEntry.getLabel(): String")
def entry_label(run: Execution, this: PicklistEntry) -> str:
    return this.value.label


@native("Schema.PicklistEntry.isActive(): Boolean")
def entry_active(run: Execution, this: PicklistEntry) -> bool:
    return this.value.active


@native("Schema.PicklistEntry.isDefaultValue(): Boolean")
def entry_default(run: Execution, this: PicklistEntry) -> bool:
    return this.value.default
