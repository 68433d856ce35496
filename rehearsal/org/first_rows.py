"""The records of a new org: its users, its settings, its permission sets."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from rehearsal.org.currencies import CODE
from rehearsal.org.schema import FieldType, ObjectKind, ObjectType
from rehearsal.org.security import (
    ADMINISTRATOR,
    AUTOMATED_PROCESS,
    INTEGRATION,
    INTEGRATION_LICENSE,
)
from rehearsal.org.source import PermissionSet, Project
from rehearsal.org.store import Store
from rehearsal.org.values import Row

LOCALE = "en_US"
NOTIFICATION_TYPE = "CustomNotificationType"


@dataclass(frozen=True, slots=True)
class FirstIds:
    """Ids of what every org has."""

    org: str
    admin: str
    integration_user: str
    automated_process: str


def put_first_rows(project: Project, store: Store, now: dt.datetime) -> FirstIds:
    """Writes straight to the store: these records were there before any automation."""
    writer = _Writer(project, store, now.replace(microsecond=0))
    writer.admin = store.ids.next(project.schema.objects["user"].key_prefix)
    settings = dict(project.setting_rows)
    organization = {
        **settings.pop("Organization")[0],
        "TimeZoneSidKey": project.schema.time_zone,
        "LanguageLocaleKey": project.options.language,
    }
    org_id = writer.put("Organization", organization)
    profiles: dict[str, str] = {}
    for name, rows in settings.items():
        for row in rows:
            id_ = writer.put(name, row)
            if name == "Profile":
                profiles[row["Name"]] = id_
    sets = {
        granted.name: writer.put("PermissionSet", _permission_set(granted))
        for granted in project.permission_sets.values()
    }
    for target in project.schema.objects.values():
        if target.kind is ObjectKind.METADATA:
            for record in target.records:
                writer.put(target.name, record)
    admin = writer.user("Alex", "Admin", "admin", profiles[ADMINISTRATOR], writer.admin)
    robot = writer.user(None, "Integration User", "integration", profiles[INTEGRATION])
    process = writer.user(None, AUTOMATED_PROCESS, "autoproc", None)
    for granted in project.permission_sets.values():
        holders = [admin, robot] if granted.license == INTEGRATION_LICENSE else [admin]
        for holder in holders:
            writer.put(
                "PermissionSetAssignment",
                {"AssigneeId": holder, "PermissionSetId": sets[granted.name], "IsActive": True},
            )
    store.commit()
    return FirstIds(org_id, admin, robot, process)


def put_deployed_rows(project: Project, store: Store, now: dt.datetime, ids: FirstIds) -> None:
    """The records that a deployment brings: permission sets, notification types and custom
    metadata, by their names.

    The caller commits.
    """
    writer = _Writer(project, store, now.replace(microsecond=0))
    writer.admin = ids.admin
    for granted in project.permission_sets.values():
        writer.replace("PermissionSet", "Name", _permission_set(granted))
    for kind in project.setting_rows.get(NOTIFICATION_TYPE, ()):
        writer.replace(NOTIFICATION_TYPE, "DeveloperName", kind)
    for target in project.schema.objects.values():
        if target.kind is ObjectKind.METADATA:
            for record in target.records:
                writer.replace(target.name, "DeveloperName", record)


def _permission_set(granted: PermissionSet) -> Row:
    return {"Name": granted.name, "Label": granted.label, "IsCustom": True}


class _Writer:
    def __init__(self, project: Project, store: Store, now: dt.datetime) -> None:
        self._schema, self._store, self._now = project.schema, store, now
        self._language = project.options.language
        self.admin = ""

    def put(self, sobject: str, values: Row, id_: str | None = None) -> str:
        target = self._schema.objects[sobject.lower()]
        row: Row = {"Id": id_ or self._store.ids.next(target.key_prefix)}
        row |= _false(target)
        row |= {
            "CreatedDate": self._now,
            "CreatedById": self.admin,
            "LastModifiedDate": self._now,
            "LastModifiedById": self.admin,
            "SystemModstamp": self._now,
            CODE: self._schema.currency,
        }
        row |= {name: value for name, value in values.items() if value is not None}
        row = {name: value for name, value in row.items() if target.find(name) is not None}
        self._store.put(target.name, row)
        return str(row["Id"])

    def replace(self, sobject: str, key: str, values: Row) -> None:
        """Puts a record in the place of the one that has its key, if there is one."""
        known = self._store.table(sobject).find(key, (values[key],)) or ()
        self.put(sobject, values, next((str(row["Id"]) for row in known), None))

    def user(
        self, first: str | None, last: str, alias: str, profile: str | None, id_: str | None = None
    ) -> str:
        username = f"{alias}@localorg.example"
        return self.put(
            "User",
            {
                "Username": username,
                "FirstName": first,
                "LastName": last,
                "Name": f"{first} {last}" if first else last,
                "Email": username,
                "Alias": alias[:8],
                "IsActive": True,
                "TimeZoneSidKey": self._schema.time_zone,
                "LocaleSidKey": LOCALE,
                "LanguageLocaleKey": self._language,
                "EmailEncodingKey": "UTF-8",
                "ProfileId": profile,
                "UserType": "Standard" if profile else "AutomatedProcess",
                "DefaultCurrencyIsoCode": self._schema.currency,
            },
            id_,
        )


def _false(target: ObjectType) -> Row:
    return {
        field.name: False
        for field in target
        if field.type is FieldType.BOOLEAN and not field.calculated
    }
