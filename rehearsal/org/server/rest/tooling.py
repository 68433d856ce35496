"""`/tooling/query`: what the org is made of, as records (Tooling API, "REST Resources").

Three objects, each with the fields that its page names and that a project knows: ValidationRule,
CustomField, EntityDefinition. Everything else is an INVALID_TYPE or an INVALID_FIELD.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rehearsal.org.schema import Field, FieldType, ObjectKind, ObjectType, Schema
from rehearsal.org.server.rest.access import has_permission
from rehearsal.org.server.rest.call import Call, Reply
from rehearsal.org.server.rest.context import Context
from rehearsal.org.server.rest.errors import ApiError
from rehearsal.org.server.rest.query import answer, text_of
from rehearsal.org.soql import execute, parse
from rehearsal.org.values import Row, Value, id18

_ENTITY_OF_ACTIVITY = "Activity"


def query(context: Context, call: Call) -> Reply:
    """The answer to `q=`; asks for View Setup and Configuration."""
    if not has_permission(call.user, "ViewSetup"):
        raise ApiError(
            403,
            "INSUFFICIENT_ACCESS",
            "You don't have the View Setup and Configuration permission.",
        )
    found = parse(text_of(call))
    rows = execute(
        found,
        _SCHEMA,
        _Rows(context.schema),
        user=call.user,
        now=context.org.clock.now(),
    )
    return answer(context, call, found, rows, _SCHEMA)


def _type(name: str, prefix: str, *fields: Field) -> ObjectType:
    all_fields = (Field("Id", FieldType.ID, length=18), *fields)
    return ObjectType(
        name=name,
        kind=ObjectKind.SETTING,
        label=name,
        key_prefix=prefix,
        fields={field.name.lower(): field for field in all_fields},
    )


_ENTITY = Field(
    "EntityDefinitionId",
    FieldType.REFERENCE,
    length=18,
    reference_to=("EntityDefinition",),
    relationship="EntityDefinition",
)
_SCHEMA = Schema(
    {
        "entitydefinition": _type(
            "EntityDefinition",
            "000",
            Field("DurableId", FieldType.STRING, length=80),
            Field("QualifiedApiName", FieldType.STRING, length=80),
            Field("DeveloperName", FieldType.STRING, length=80),
            Field("KeyPrefix", FieldType.STRING, length=3),
        ),
        "validationrule": _type(
            "ValidationRule",
            "03d",
            Field("ValidationName", FieldType.STRING, length=80),
            Field("Active", FieldType.BOOLEAN),
            Field("ErrorMessage", FieldType.STRING, length=255),
            Field("ErrorDisplayField", FieldType.STRING, length=255),
            _ENTITY,
        ),
        "customfield": _type(
            "CustomField",
            "00N",
            Field("DeveloperName", FieldType.STRING, length=80),
            Field("TableEnumOrId", FieldType.STRING, length=80),
            _ENTITY,
        ),
    }
)


class _Rows:
    """A `soql.Source` over what the schema of the org says of itself."""

    def __init__(self, schema: Schema) -> None:
        self._rows: dict[str, list[Row]] = {name: [] for name in _SCHEMA.objects}
        for number, target in enumerate(schema.objects.values(), 1):
            if target.kind is ObjectKind.SETTING:
                continue
            self._entity(number, target)

    def scan(
        self,
        sobject: str,
        ids: Collection[str] | None = None,
        include_deleted: bool = False,
    ) -> Iterable[Row]:
        rows = self._rows[sobject.lower()]
        return rows if ids is None else [row for row in rows if row["Id"] in ids]

    def get(self, sobject: str, id: str) -> Row | None:  # noqa: A002 - as in the port
        return next((row for row in self._rows[sobject.lower()] if row["Id"] == id), None)

    def find(self, sobject: str, field: str, values: Collection[Value]) -> Iterable[Row] | None:
        return None

    def value(self, sobject: str, row: Row, field: Field) -> Value:
        return row.get(field.name)

    def _entity(self, number: int, target: ObjectType) -> None:
        entity = _id("000", number)
        custom = target.kind is not ObjectKind.STANDARD
        durable = _id("01I", number) if custom else target.name
        self._add(
            "EntityDefinition",
            entity,
            DurableId=durable,
            QualifiedApiName=target.name,
            DeveloperName=target.name.partition("__")[0],
            KeyPrefix=target.key_prefix or None,
        )
        for rule in target.validation_rules:
            self._add(
                "ValidationRule",
                ValidationName=rule.name,
                Active=rule.active,
                ErrorMessage=rule.message,
                ErrorDisplayField=rule.error_field,
                EntityDefinitionId=entity,
            )
        if target.name == "Event":
            return  # shares its custom fields with Task
        for field in target:
            if field.custom:
                self._add(
                    "CustomField",
                    DeveloperName=field.name.removesuffix("__c"),
                    TableEnumOrId=_ENTITY_OF_ACTIVITY if target.name == "Task" else durable,
                    EntityDefinitionId=entity,
                )

    def _add(self, sobject: str, id_: str | None = None, **values: Value) -> None:
        rows = self._rows[sobject.lower()]
        prefix = _SCHEMA.objects[sobject.lower()].key_prefix
        rows.append({"Id": id_ or _id(prefix, len(rows) + 1), **values})


def _id(prefix: str, number: int) -> str:
    return id18(f"{prefix}000{number:09d}")
