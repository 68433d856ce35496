"""What a user may see by API (Help, "User Permissions and Access")."""

from __future__ import annotations

from rehearsal.org.ports import User
from rehearsal.org.schema import Field, ObjectType
from rehearsal.org.security import may, may_field


def visible(user: User, target: ObjectType) -> bool:
    """Whether the user knows that the object exists."""
    return may(user, target, "read") or may(user, target, "create")


def readable_fields(user: User, target: ObjectType) -> list[Field]:
    return [declared for declared in target if may_field(user, target, declared, "read")]


def has_permission(user: User, name: str) -> bool:
    """A user permission such as `ViewSetup`."""
    return user.permissions is None or name.lower() in user.permissions.system
