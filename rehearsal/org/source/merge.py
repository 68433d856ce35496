"""Joins what the project says about an object with what the platform gives it."""

from __future__ import annotations

from collections.abc import Sequence

from rehearsal.org.errors import MetadataError, Unsupported
from rehearsal.org.schema import Field, ObjectKind, ObjectType, Schema, ValidationRule
from rehearsal.org.source.objects import kind_of
from rehearsal.org.standard.system import EVENT_FIELDS, METADATA_FIELDS, system_fields

_EVENT_PREFIX, _METADATA_PREFIX, _CUSTOM_PREFIX = "e", "m", "a"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACTIVITY = "Activity"


def merge_object(
    schema: Schema,
    name: str,
    declared: ObjectType | None,
    fields: Sequence[Field],
    rules: Sequence[ValidationRule],
) -> None:
    """Adds an object's parts to the schema. Raises MetadataError."""
    if name == _ACTIVITY:
        for activity in ("Task", "Event"):
            target = schema.objects[activity.lower()]
            for field in fields:
                if field.external_id:
                    raise MetadataError("an activity field cannot be an external id", field.where)
                _add(target, field)
        return
    kind = kind_of(name)
    where = next((part.where for part in (declared, *fields, *rules) if part), None)
    if kind is ObjectKind.STANDARD:
        known = schema.find(name)
        if known is None:
            raise Unsupported(f"the standard object {name}", where)
        target = known
        if declared is not None and declared.sharing:
            target.sharing = declared.sharing
    elif declared is None:
        raise MetadataError(f"{name} has parts but no object-meta.xml", where)
    else:
        target = declared
        _give_system_fields(schema, target, fields)
        schema.objects[name.lower()] = target
    for field in fields:
        _add(target, field)
    for rule in rules:
        if rule.name.lower() in {known_rule.name.lower() for known_rule in target.validation_rules}:
            raise MetadataError(f"{name}.{rule.name} is there twice", rule.where)
        target.validation_rules.append(rule)


def _add(target: ObjectType, field: Field) -> None:
    known = target.find(field.name)
    if not field.custom:
        if known is None:
            if "__" in target.name:
                raise MetadataError(f"'{field.name}' does not end in __c", field.where)
            raise Unsupported(f"the standard field {target.name}.{field.name}", field.where)
        return
    if known is not None:
        raise MetadataError(f"{target.name}.{field.name} is there twice", field.where)
    target.fields[field.name.lower()] = field


def _give_system_fields(schema: Schema, target: ObjectType, fields: Sequence[Field]) -> None:
    detail = any(field.master_detail for field in fields)
    given: tuple[Field, ...]
    match target.kind:
        case ObjectKind.EVENT:
            given, first = EVENT_FIELDS, _EVENT_PREFIX
        case ObjectKind.METADATA:
            given, first = METADATA_FIELDS, _METADATA_PREFIX
        case _:
            given, first = system_fields(owner=not detail), _CUSTOM_PREFIX
    own = target.fields
    target.fields = {field.name.lower(): field for field in given} | own
    target.key_prefix = _free_prefix(schema, first)


def _free_prefix(schema: Schema, first: str) -> str:
    taken = {known.key_prefix for known in schema.objects.values()}
    return next(
        prefix
        for tens in _DIGITS
        for ones in _DIGITS
        if (prefix := f"{first}{tens}{ones}") not in taken
    )
