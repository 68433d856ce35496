"""Fields that the platform gives to every record of a kind (Object Reference, "System Fields")."""

from __future__ import annotations

from rehearsal.org.schema import Field, FieldType


def _read_only(name: str, label: str, kind: FieldType, length: int = 0) -> Field:
    return Field(
        name=name, type=kind, label=label, length=length, createable=False, updateable=False
    )


def _user(name: str, label: str, relationship: str) -> Field:
    return Field(
        name=name,
        type=FieldType.REFERENCE,
        label=label,
        length=18,
        createable=False,
        updateable=False,
        reference_to=("User",),
        relationship=relationship,
    )


ID = _read_only("Id", "Record ID", FieldType.ID, 18)
_CREATED = (
    _read_only("CreatedDate", "Created Date", FieldType.DATETIME),
    _user("CreatedById", "Created By ID", "CreatedBy"),
)
_AUDIT = (
    *_CREATED,
    _read_only("LastModifiedDate", "Last Modified Date", FieldType.DATETIME),
    _user("LastModifiedById", "Last Modified By ID", "LastModifiedBy"),
    _read_only("SystemModstamp", "System Modstamp", FieldType.DATETIME),
)
_DELETED = _read_only("IsDeleted", "Deleted", FieldType.BOOLEAN)
_OWNER = Field(
    name="OwnerId",
    type=FieldType.REFERENCE,
    label="Owner ID",
    length=18,
    reference_to=("User",),
    relationship="Owner",
)
_EVENT = (
    _read_only("ReplayId", "Replay ID", FieldType.STRING, 1000),
    _read_only("EventUuid", "Event UUID", FieldType.STRING, 36),
    *_CREATED,
)
_METADATA = (
    ID,
    _read_only("DeveloperName", "Custom Metadata Record Name", FieldType.STRING, 40),
    _read_only("MasterLabel", "Label", FieldType.STRING, 40),
    _read_only("Label", "Label", FieldType.STRING, 40),
    _read_only("Language", "Master Language", FieldType.PICKLIST, 40),
    _read_only("NamespacePrefix", "Namespace Prefix", FieldType.STRING, 15),
    _read_only("QualifiedApiName", "Qualified API Name", FieldType.STRING, 70),
    _read_only("SystemModstamp", "System Modstamp", FieldType.DATETIME),
)


def system_fields(*, owner: bool, deletable: bool = True) -> tuple[Field, ...]:
    """The fields of an ordinary record; a detail record has no owner."""
    return (
        ID,
        *((_OWNER,) if owner else ()),
        *((_DELETED,) if deletable else ()),
        *_AUDIT,
    )


EVENT_FIELDS = _EVENT
METADATA_FIELDS = _METADATA
