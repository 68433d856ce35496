"""Who may do what: profiles and permission sets, and their enforcement in user mode.

The System Administrator has every standard object and field, and what the permission sets that he
is assigned grant of the project's own: after a metadata deployment nobody has field-level security
on new fields, administrators included. The other profiles grant nothing but standard objects to
Standard User. Convention of the local org: `Org.admin` is assigned every permission set of the
project, `Org.integration_user` those whose licence is `Salesforce API Integration`.

Required fields and master-details have no field-level security (Salesforce Help, "Field-Level
Security"). Which records of an object a user has is decided in `sharing`.
"""

from __future__ import annotations

from collections.abc import Iterable

from rehearsal.org.errors import SaveError
from rehearsal.org.ports import Permissions, User
from rehearsal.org.schema import Field, ObjectKind, ObjectType, Schema
from rehearsal.org.source import PermissionSet
from rehearsal.org.store import Store
from rehearsal.org.values import Row

ADMINISTRATOR = "System Administrator"
STANDARD_USER = "Standard User"
INTEGRATION = "Minimum Access - API Only Integrations"
INTEGRATION_LICENSE = "Salesforce API Integration"
AUTOMATED_PROCESS = "Automated Process"

_ALL = frozenset({"create", "read", "edit", "delete", "view_all", "modify_all"})
_CRUD = frozenset({"create", "read", "edit", "delete"})
_READ = frozenset({"read"})
_BOTH = frozenset({"read", "edit"})
_ADMIN_SYSTEM = frozenset(
    {
        "apienabled", "viewsetup", "customizeapplication", "authorapex", "modifyalldata",
        "viewalldata", "manageusers", "viewallusers", "modifymetadata",
        "manageinteraction",
    }
)  # fmt: skip
_PROFILE_SYSTEM = {ADMINISTRATOR: _ADMIN_SYSTEM, INTEGRATION: frozenset({"apienabled"})}
_SHARED = frozenset({"User", "Profile", "PermissionSet", "Organization", "RecordType"})


class Security:
    """Permissions of the org's users, from the records that say what they are assigned."""

    def __init__(
        self, schema: Schema, store: Store, permission_sets: Iterable[PermissionSet]
    ) -> None:
        self._schema, self._store = schema, store
        self._sets = {granted.name: granted for granted in permission_sets}
        self._known: dict[str, tuple[tuple[int, int], User]] = {}

    def user(self, id_: str) -> User:
        """The user of that id with his permissions now. Raises KeyError."""
        users = self._store.table("User")
        assignments = self._store.table("PermissionSetAssignment")
        version = (users.version, assignments.version)
        known = self._known.get(id_)
        if known is None or known[0] != version:
            row = users.any(id_)
            if row is None:
                raise KeyError(id_)
            known = self._known[id_] = version, self._made(row)
        return known[1]

    def _made(self, row: Row) -> User:
        profile = self._store.table("Profile").any(str(row.get("ProfileId"))) or {}
        name = str(profile.get("Name", ""))
        automated = row.get("UserType") == "AutomatedProcess"
        return User(
            id=str(row["Id"]),
            username=str(row["Username"]),
            name=str(row["Name"]),
            time_zone=str(row["TimeZoneSidKey"]),
            profile=name,
            locale=str(row["LocaleSidKey"]),
            language=str(row["LanguageLocaleKey"]),
            currency=str(row.get("DefaultCurrencyIsoCode") or self._schema.currency),
            permissions=None if automated else self._permissions(str(row["Id"]), name),
        )

    def _permissions(self, user_id: str, profile: str) -> Permissions:
        objects: dict[str, frozenset[str]] = {}
        fields: dict[tuple[str, str], frozenset[str]] = {}
        system = _PROFILE_SYSTEM.get(profile, frozenset())
        custom: frozenset[str] = frozenset()
        for target in self._schema.objects.values():
            granted = _by_profile(target, profile)
            if granted:
                objects[target.name.lower()] = granted
            for field in target:
                if _open(target, field, profile):
                    fields[target.name.lower(), field.name.lower()] = _BOTH
        for granted_set in self._assigned(user_id):
            for name, rights in granted_set.objects.items():
                objects[name] = objects.get(name, frozenset()) | rights
            for key, access in granted_set.fields.items():
                fields[key] = fields.get(key, frozenset()) | access
            system |= granted_set.user_permissions
            custom |= granted_set.custom_permissions
        return Permissions(objects=objects, fields=fields, system=system, custom=custom)

    def _assigned(self, user_id: str) -> list[PermissionSet]:
        sets = self._store.table("PermissionSet")
        held = self._store.table("PermissionSetAssignment").find("AssigneeId", (user_id,)) or ()
        names = [str((sets.live(row["PermissionSetId"]) or {}).get("Name")) for row in held]
        return [self._sets[name] for name in names if name in self._sets]


def _by_profile(target: ObjectType, profile: str) -> frozenset[str]:
    if target.kind is ObjectKind.SETTING or target.name in _SHARED:
        if target.name == "User" and profile == ADMINISTRATOR:
            return _ALL
        return _READ
    if target.kind is ObjectKind.STANDARD:
        return {ADMINISTRATOR: _ALL, STANDARD_USER: _CRUD}.get(profile, frozenset())
    if target.kind is ObjectKind.METADATA:
        return _READ if profile == ADMINISTRATOR else frozenset()
    return frozenset()


def _open(target: ObjectType, field: Field, profile: str) -> bool:
    """Whether a field needs no grant; events and custom metadata have no field-level security."""
    if target.kind in {ObjectKind.EVENT, ObjectKind.METADATA}:
        return True
    return not field.custom and profile in {ADMINISTRATOR, STANDARD_USER}


_RULED_BY = {"OpportunityContactRole": "Opportunity"}
"""Objects that no permission set names: who may do something with the other may do it with these
(Object Reference, "OpportunityContactRole", "Special Access Rules")."""


def may(user: User, target: ObjectType, right: str) -> bool:
    """Whether the user has `create`, `read`, `edit` or `delete` on the object."""
    if user.permissions is None:
        return True
    name = _RULED_BY.get(target.name, target.name).lower()
    return right in user.permissions.objects.get(name, frozenset())


def may_field(user: User, target: ObjectType, field: Field, right: str) -> bool:
    """Whether the user may `read` or `edit` the field."""
    if user.permissions is None or _without_security(field) or target.name in _RULED_BY:
        return True
    key = (target.name.lower(), field.name.lower())
    return right in user.permissions.fields.get(key, frozenset())


def _without_security(field: Field) -> bool:
    free = {"Name", "OwnerId", "CurrencyIsoCode"}
    system = not field.custom and (not field.createable or field.name in free)
    return field.required or field.master_detail or system


def check_write(user: User, target: ObjectType, right: str, names: Iterable[str]) -> None:
    """Raises SaveError where user mode refuses a create, edit or delete of these fields."""
    if not may(user, target, right):
        if right == "create":
            raise SaveError(
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                f"entity type cannot be inserted: {target.label}",
            )
        raise SaveError(
            "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"
        )
    refused = []
    for name in names:
        field = target.find(name)
        if field is None or name == "Id":
            continue
        if not may_field(user, target, field, "read"):
            raise SaveError(
                "INVALID_FIELD", f"No such column '{field.name}' on entity '{target.name}'"
            )
        if not may_field(user, target, field, "edit"):
            refused.append(field.name)
    if refused:
        raise SaveError(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(refused)}. Please check the security "
            "settings of this field and verify that it is read/write for your profile or "
            "permission set.",
            tuple(refused),
        )
