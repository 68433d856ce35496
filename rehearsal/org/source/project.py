"""What a project holds, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.org.errors import Where
from rehearsal.org.options import OrgOptions
from rehearsal.org.schema import Schema
from rehearsal.org.values import Row


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A component whose text another room compiles: a class, a trigger or a Flow."""

    path: Path
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class PermissionSet:
    """Grants; every name is lower case.

    `objects` maps an object to a subset of create, read, edit, delete, view_all, modify_all;
    `fields` maps (object, field) to a subset of read, edit.
    """

    name: str
    label: str
    license: str | None = None
    objects: dict[str, frozenset[str]] = field(default_factory=dict)
    fields: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    user_permissions: frozenset[str] = frozenset()
    custom_permissions: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class CustomPermission:
    """A permission of the project's own, for `$Permission` and `FeatureManagement`."""

    name: str
    label: str
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class SubscriberConfig:
    """A PlatformEventSubscriberConfig: how an Apex trigger takes its events.

    `consumer` is the trigger's name; `partition_key` is `Event__e.Field__c`.
    """

    name: str
    consumer: str
    batch_size: int = 2000
    partitions: int = 1
    partition_key: str | None = None
    user: str | None = None
    where: Where | None = None


@dataclass(slots=True)
class Project:
    """Everything the package directories of one project hold, merged."""

    root: Path
    schema: Schema
    options: OrgOptions = field(default_factory=OrgOptions)
    classes: list[SourceFile] = field(default_factory=list)
    triggers: list[SourceFile] = field(default_factory=list)
    flows: list[SourceFile] = field(default_factory=list)
    permission_sets: dict[str, PermissionSet] = field(default_factory=dict)
    custom_permissions: dict[str, CustomPermission] = field(default_factory=dict)
    subscriber_configs: list[SubscriberConfig] = field(default_factory=list)
    setting_rows: dict[str, list[Row]] = field(default_factory=dict)
    """Stages, statuses, profiles and the like, by object."""
