"""What a deployment checks across the parts of a schema."""

from __future__ import annotations

from dataclasses import replace

from rehearsal.org.errors import MetadataError, Where
from rehearsal.org.schema import (
    NUMERIC,
    Field,
    FieldType,
    ObjectKind,
    ObjectType,
    Schema,
    Summary,
    ValidationRule,
)
from rehearsal.org.source.faults import Faults
from rehearsal.org.source.names import check_developer_name

_EVENT_TYPES = frozenset(
    {
        FieldType.BOOLEAN,
        FieldType.DATE,
        FieldType.DATETIME,
        FieldType.DOUBLE,
        FieldType.STRING,
        FieldType.TEXTAREA,
    }
)
_MOMENTS = frozenset({FieldType.DATE, FieldType.DATETIME})
MASTER_DETAILS, ROLL_UPS, EXTERNAL_IDS = 2, 40, 25
"""Limits for one object (Salesforce Help, "Custom Fields Allowed Per Object")."""


def check_schema(schema: Schema, faults: Faults) -> None:
    """Checks relationships, roll-ups and limits, and gives roll-ups their type."""
    for target in schema.objects.values():
        _check_fields(schema, target, faults)
        for rule in target.validation_rules:
            with faults.gather():
                _check_error_field(target, rule)
    with faults.gather():
        _check_ways_down(schema)
    for target in schema.objects.values():
        for name, field in list(target.fields.items()):
            if field.summary is not None:
                with faults.gather():
                    target.fields[name] = _typed(schema, target, field, field.summary)


def _check_error_field(target: ObjectType, rule: ValidationRule) -> None:
    if rule.error_field is None:
        return
    field = target.find(rule.error_field)
    if field is None:
        raise MetadataError(f"no field named {target.name}.{rule.error_field} found", rule.where)
    if field.calculated:
        raise MetadataError(
            f"{rule.name}: the error cannot be shown at the read-only field {field.name}",
            rule.where,
        )


def _check_fields(schema: Schema, target: ObjectType, faults: Faults) -> None:
    own = [field for field in target if field.custom]
    for field in own:
        with faults.gather():
            _check_kind(target, field)
            if field.type is FieldType.REFERENCE:
                _check_reference(schema, target, field)
    with faults.gather():
        _check_whole(target, own)


def _check_whole(target: ObjectType, own: list[Field]) -> None:
    for what, count, most in (
        ("master-detail relationships", sum(f.master_detail for f in own), MASTER_DETAILS),
        ("roll-up summaries", sum(f.summary is not None for f in own), ROLL_UPS),
        ("external ids", sum(f.external_id for f in own), EXTERNAL_IDS),
    ):
        if count > most:
            raise MetadataError(f"{target.name} has {count} {what}, at most {most}", target.where)
    detail = any(field.master_detail for field in own)
    if target.kind is ObjectKind.CUSTOM and detail != (target.sharing == "ControlledByParent"):
        raise MetadataError(
            f"Cannot set sharingModel to {target.sharing} on a CustomObject "
            f"{'with' if detail else 'without'} a MasterDetail relationship field",
            target.where,
        )


def _check_kind(target: ObjectType, field: Field) -> None:
    if target.kind is ObjectKind.EVENT and (field.type not in _EVENT_TYPES or field.calculated):
        raise MetadataError(f"an event has no field of type {field.type}", field.where)
    if target.kind is ObjectKind.METADATA and (
        field.type in {FieldType.CURRENCY, FieldType.REFERENCE} or field.calculated
    ):
        raise MetadataError(
            f"a custom metadata type has no field of type {field.type}", field.where
        )
    if field.summary is not None and target.kind not in {ObjectKind.CUSTOM, ObjectKind.STANDARD}:
        raise MetadataError(f"{target.name} cannot have roll-up summaries", field.where)


def _check_reference(schema: Schema, target: ObjectType, field: Field) -> None:
    name = field.reference_to[0]
    parent = schema.find(name)
    if parent is None or parent.name != name:
        raise MetadataError(
            f"referenceTo value of '{name}' does not resolve to a valid sObject type", field.where
        )
    if parent.kind not in {ObjectKind.CUSTOM, ObjectKind.STANDARD}:
        raise MetadataError(f"nothing can refer to {name}", field.where)
    if field.master_detail:
        if target.kind is not ObjectKind.CUSTOM:
            raise MetadataError(f"{target.name} cannot be a detail", field.where)
        if parent is target or _depth(schema, parent) > 2:
            raise MetadataError(f"{field.name}: master-detail too deep", field.where)
        if name == "User":
            raise MetadataError("User cannot be a master", field.where)


def _depth(schema: Schema, target: ObjectType) -> int:
    masters = [schema.find(field.reference_to[0]) for field in target if field.master_detail]
    return 1 + max((_depth(schema, master) for master in masters if master), default=0)


def _check_ways_down(schema: Schema) -> None:
    known: dict[tuple[str, str], Where | None] = {}
    for child in schema.objects.values():
        for field in child:
            if not field.child_relationship or not field.custom:
                continue
            check_developer_name(
                field.child_relationship.removesuffix("__r"), field.where or Where()
            )
            key = (field.reference_to[0].lower(), field.child_relationship.lower())
            if key in known:
                raise MetadataError(
                    f"There is already a Child Relationship named "
                    f"{field.child_relationship.removesuffix('__r')} on {field.reference_to[0]}.",
                    field.where,
                )
            known[key] = field.where


def _typed(schema: Schema, target: ObjectType, field: Field, summary: Summary) -> Field:
    child = schema.find(summary.child)
    key = child.find(summary.foreign_key) if child else None
    if child is None or key is None:
        raise MetadataError(
            f"no field named {summary.child}.{summary.foreign_key} found", field.where
        )
    detail = key.master_detail or (child.name, key.name) in _LIKE_DETAILS
    if not detail or key.reference_to != (target.name,):
        raise MetadataError(
            f"{summary.child}.{key.name} is not a master-detail to {target.name}", field.where
        )
    for item in summary.filters:
        filtered = child.find(item.field)
        if filtered is None:
            raise MetadataError(f"no field named {child.name}.{item.field} found", field.where)
        if filtered.long_text:
            raise MetadataError(f"a roll-up cannot filter on {item.field}", field.where)
    if summary.summarized is None:
        return field
    source = child.find(summary.summarized)
    if source is None:
        raise MetadataError(f"no field named {child.name}.{summary.summarized} found", field.where)
    allowed = NUMERIC if summary.operation == "sum" else NUMERIC | _MOMENTS
    if source.type not in allowed:
        raise MetadataError(
            f"{field.name}: {summary.operation} of a {source.type} field is not possible",
            field.where,
        )
    if source.type is FieldType.CURRENCY and schema.advanced_currencies:
        _check_dated(target, child, field)
    return replace(field, type=source.type, scale=source.scale)


_LIKE_DETAILS = {("Opportunity", "AccountId")}
"""Lookups over which a roll-up is possible all the same (Salesforce Help, "Roll-Up Summary
Field": accounts can show opportunities)."""


def _check_dated(target: ObjectType, child: ObjectType, field: Field) -> None:
    """Salesforce Help, "Advanced Currency Management Considerations": a currency roll-up on an
    account over opportunities, or on an opportunity over a custom object, is invalid."""
    of_opportunities = target.name == "Account" and child.name == "Opportunity"
    if of_opportunities or (target.name == "Opportunity" and child.kind is ObjectKind.CUSTOM):
        raise MetadataError(
            f"{field.name}: a currency roll-up summary on {target.name} is invalid with advanced "
            "currency management",
            field.where,
        )
