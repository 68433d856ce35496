"""What the org is made of: resources, objects, fields (REST API Developer Guide, "sObject
Describe")."""

from __future__ import annotations

from typing import Any

from rehearsal.org.currencies import DEFAULTED_CODES
from rehearsal.org.ports import User
from rehearsal.org.schema import NUMERIC, Field, FieldType, ObjectKind, ObjectType
from rehearsal.org.security import may, may_field
from rehearsal.org.server.rest.access import readable_fields, visible
from rehearsal.org.server.rest.call import Call, Reply
from rehearsal.org.server.rest.context import Context

_SOAP_TYPES = {
    FieldType.ID: "tns:ID",
    FieldType.REFERENCE: "tns:ID",
    FieldType.BOOLEAN: "xsd:boolean",
    FieldType.INT: "xsd:int",
    FieldType.DOUBLE: "xsd:double",
    FieldType.CURRENCY: "xsd:double",
    FieldType.PERCENT: "xsd:double",
    FieldType.DATE: "xsd:date",
    FieldType.DATETIME: "xsd:dateTime",
}
_RECORDS = frozenset({ObjectKind.STANDARD, ObjectKind.CUSTOM})


def resources(context: Context, call: Call) -> Reply:
    """The resources of one API version."""
    names = ("sobjects", "query", "queryAll", "composite", "limits", "tooling")
    body = {name: f"{call.root}/{name}" for name in names}
    body["identity"] = f"{call.own_url}/id/{context.org.org_id}/{call.user.id}"
    return Reply(body=body)


def composite_resources(context: Context, call: Call) -> Reply:
    return Reply(
        body={
            "batch": f"{call.root}/composite/batch",
            "sobjects": f"{call.root}/composite/sobjects",
        }
    )


def all_objects(context: Context, call: Call) -> Reply:
    """Describe Global: the objects that the user may see."""
    found = [target for target in context.schema.objects.values() if visible(call.user, target)]
    return Reply(
        body={
            "encoding": "UTF-8",
            "maxBatchSize": 200,
            "sobjects": [
                _summary(call, target) for target in sorted(found, key=lambda one: one.name)
            ],
        }
    )


def basic(context: Context, call: Call, name: str) -> Reply:
    """sObject Basic Information."""
    target = context.object_type(call, name)
    return Reply(body={"objectDescribe": _summary(call, target), "recentItems": []})


def one_object(context: Context, call: Call, name: str) -> Reply:
    """The object with the fields that the user may read."""
    target = context.object_type(call, name)
    body = _summary(call, target)
    body["fields"] = [
        _field(call.user, target, declared) for declared in readable_fields(call.user, target)
    ]
    body["childRelationships"] = [
        {
            "childSObject": child.name,
            "field": declared.name,
            "relationshipName": declared.child_relationship,
            "cascadeDelete": declared.master_detail or declared.delete_rule == "Cascade",
            "restrictedDelete": declared.delete_rule == "Restrict",
            "deprecatedAndHidden": False,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
        }
        for child, declared in context.schema.children(target.name)
    ]
    body["recordTypeInfos"] = []
    body["namedLayoutInfos"] = []
    body["supportedScopes"] = []
    return Reply(body=body)


def _summary(call: Call, target: ObjectType) -> dict[str, Any]:
    root = f"{call.root}/sobjects/{target.name}"
    event, records = target.kind is ObjectKind.EVENT, target.kind in _RECORDS
    urls = {"sobject": root, "describe": f"{root}/describe", "rowTemplate": f"{root}/{{ID}}"}
    return {
        "activateable": False,
        "createable": target.createable and may(call.user, target, "create"),
        "custom": target.kind is not ObjectKind.STANDARD,
        "customSetting": target.kind is ObjectKind.SETTING,
        "deepCloneable": False,
        "deletable": target.deletable and not event and may(call.user, target, "delete"),
        "deprecatedAndHidden": False,
        "feedEnabled": False,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": target.key_prefix or None,
        "label": target.label or target.name,
        "labelPlural": target.plural_label or target.label or target.name,
        "layoutable": records,
        "mergeable": target.find("MasterRecordId") is not None,
        "mruEnabled": False,
        "name": target.name,
        "queryable": not event and may(call.user, target, "read"),
        "replicateable": records,
        "retrieveable": not event and may(call.user, target, "read"),
        "searchable": False,
        "triggerable": target.triggerable,
        "undeletable": records and target.deletable,
        "updateable": target.updateable and not event and may(call.user, target, "edit"),
        "urls": urls,
    }


def _field(user: User, target: ObjectType, declared: Field) -> dict[str, Any]:
    numeric = declared.type in NUMERIC
    whole = declared.type is FieldType.INT
    editable = may_field(user, target, declared, "edit") and not declared.calculated
    return {
        "aggregatable": not declared.long_text,
        "autoNumber": declared.auto_number is not None,
        "byteLength": 0 if numeric or declared.type is FieldType.BOOLEAN else declared.length * 3,
        "calculated": declared.calculated,
        "calculatedFormula": declared.formula,
        "caseSensitive": declared.case_sensitive,
        "compoundFieldName": None,
        "createable": declared.createable and editable,
        "custom": declared.custom,
        "defaultValue": declared.default,
        "defaultedOnCreate": declared.default is not None
        or declared.type is FieldType.BOOLEAN
        or declared.name in DEFAULTED_CODES
        or any(value.default for value in declared.picklist),
        "deprecatedAndHidden": False,
        "digits": declared.precision if whole else 0,
        "encrypted": False,
        "externalId": declared.external_id,
        "filterable": declared.filterable and not declared.long_text,
        "groupable": not numeric and not declared.long_text,
        "htmlFormatted": False,
        "idLookup": declared.external_id or declared.name == "Id",
        "inlineHelpText": None,
        "label": declared.label or declared.name,
        "length": declared.length,
        "name": declared.name,
        "nameField": declared.name == "Name",
        "nillable": not declared.required and declared.type is not FieldType.BOOLEAN,
        "permissionable": declared.custom and not declared.required,
        "picklistValues": [
            {
                "active": value.active,
                "defaultValue": value.default,
                "label": value.label,
                "validFor": None,
                "value": value.value,
            }
            for value in declared.picklist
        ],
        "precision": 0 if whole else declared.precision,
        "referenceTo": list(declared.reference_to),
        "relationshipName": declared.relationship,
        "relationshipOrder": 0 if declared.master_detail else None,
        "restrictedDelete": declared.delete_rule == "Restrict",
        "restrictedPicklist": declared.restricted,
        "scale": declared.scale,
        "soapType": _SOAP_TYPES.get(declared.type, "xsd:string"),
        "sortable": not declared.long_text,
        "type": declared.type.value,
        "unique": declared.unique,
        "updateable": declared.updateable and editable,
        "writeRequiresMasterRead": False,
    }
