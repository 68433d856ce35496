"""The org's schema: what each object and field is. Data only; `source` fills it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from rehearsal.org.errors import Where
from rehearsal.org.values import Row


class FieldType(StrEnum):
    """Field types by their describe names (SOAP API `fieldType`)."""

    ID = "id"
    STRING = "string"
    TEXTAREA = "textarea"
    BOOLEAN = "boolean"
    INT = "int"
    DOUBLE = "double"
    CURRENCY = "currency"
    PERCENT = "percent"
    DATE = "date"
    DATETIME = "datetime"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    PICKLIST = "picklist"
    MULTIPICKLIST = "multipicklist"
    REFERENCE = "reference"


NUMERIC = frozenset({FieldType.INT, FieldType.DOUBLE, FieldType.CURRENCY, FieldType.PERCENT})


@dataclass(frozen=True, slots=True)
class PicklistValue:
    """One value; `value` is the API name that is stored, `label` what people read."""

    value: str
    label: str
    active: bool = True
    default: bool = False


@dataclass(frozen=True, slots=True)
class SummaryFilter:
    """One criterion of a roll-up: a field of the child, an operation, a literal."""

    field: str
    operation: str
    value: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A roll-up summary: `count`, `sum`, `min` or `max` over master-detail children."""

    operation: str
    child: str
    foreign_key: str
    summarized: str | None
    filters: tuple[SummaryFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A field. `name` is the API name as declared; compare names case-insensitively."""

    name: str
    type: FieldType
    label: str = ""
    length: int = 0
    precision: int = 0
    scale: int = 0
    required: bool = False
    unique: bool = False
    case_sensitive: bool = False
    external_id: bool = False
    custom: bool = False
    createable: bool = True
    updateable: bool = True
    long_text: bool = False
    filterable: bool = True
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    """Name of the way up, `Account` or `Customer__r`."""
    child_relationship: str | None = None
    """Name of the way down, `Opportunities` or `Entries__r`."""
    master_detail: bool = False
    reparentable: bool = False
    delete_rule: str = "SetNull"
    """SetNull, Restrict or Cascade."""
    default: str | None = None
    """A formula for custom fields, as the metadata gives it."""
    formula: str | None = None
    blanks_as_zero: bool = False
    summary: Summary | None = None
    picklist: tuple[PicklistValue, ...] = ()
    restricted: bool = False
    auto_number: str | None = None
    """The display format of an auto-number, such as `RE-{000000}`."""
    where: Where | None = None

    @property
    def calculated(self) -> bool:
        return self.formula is not None or self.summary is not None


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """Refuses a record when its condition is true."""

    name: str
    condition: str
    message: str
    error_field: str | None = None
    active: bool = True
    where: Where | None = None


class ObjectKind(StrEnum):
    """What a type is, which decides what may be done with it."""

    STANDARD = "standard"
    CUSTOM = "custom"
    EVENT = "event"
    METADATA = "metadata"
    SETTING = "setting"


@dataclass(slots=True)
class ObjectType:
    """An sObject type. `fields` is keyed by the lower-case name."""

    name: str
    kind: ObjectKind
    label: str = ""
    plural_label: str = ""
    key_prefix: str = ""
    fields: dict[str, Field] = field(default_factory=dict)
    validation_rules: list[ValidationRule] = field(default_factory=list)
    sharing: str = "ReadWrite"
    publish_behavior: str = "PublishAfterCommit"
    track_history: bool = False
    records: list[Row] = field(default_factory=list)
    """The records of a custom metadata type."""
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    triggerable: bool = True
    where: Where | None = None

    def find(self, name: str) -> Field | None:
        """The field of that API name, in any case."""
        return self.fields.get(name.lower())

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields.values())


@dataclass(slots=True)
class Schema:
    """All object types, keyed by the lower-case name."""

    objects: dict[str, ObjectType] = field(default_factory=dict)
    custom_permissions: set[str] = field(default_factory=set)
    """The names that `$Permission` knows, lower case."""
    labels: dict[str, str] = field(default_factory=dict)
    """Custom labels: texts by lower-case name."""
    currency: str = "USD"
    """The corporate currency, of a single-currency org its only one."""
    multicurrency: bool = False
    """Whether records have a `CurrencyIsoCode`."""
    advanced_currencies: bool = False
    """Whether advanced currency management is on."""
    time_zone: str = "America/Los_Angeles"
    """The org's default zone; a user may have another."""

    def find(self, name: str) -> ObjectType | None:
        return self.objects.get(name.lower())

    def children(self, parent: str) -> Iterator[tuple[ObjectType, Field]]:
        """The objects and fields that refer to `parent`."""
        for child in self.objects.values():
            for candidate in child:
                if parent in candidate.reference_to:
                    yield child, candidate


ZERO = Decimal(0)
