"""`System`, `Assert`, `UserInfo`, `Type`, `FeatureManagement` (Apex Reference Guide)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rehearsal.org.apex.arithmetic import same
from rehearsal.org.apex.classes import EnumValue
from rehearsal.org.apex.conversion import instance_of
from rehearsal.org.apex.library.exceptions import stable_hash
from rehearsal.org.apex.registry import native
from rehearsal.org.apex.text import to_text
from rehearsal.org.apex.types import Kind, Type
from rehearsal.org.apex.values import (
    ApexList,
    ApexMap,
    ApexObject,
    ApexSet,
    ApexThrow,
    SObject,
    TypeValue,
)

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution

# --- System ----------------------------------------------------------------------------


@native("static System.debug(Object?): void")
def debug(run: Execution, value: Any) -> None:
    run.log.append(to_text(run, value))


@native("static System.debug(LoggingLevel, Object?): void")
def debug_at(run: Execution, level: EnumValue, value: Any) -> None:
    run.log.append(to_text(run, value))


def _failed(run: Execution, what: str, message: Any) -> ApexThrow:
    said = "" if message is None else f": {to_text(run, message)}"
    return run.error("AssertException", f"Assertion Failed{said}{what}")


@native(
    "static System.assert(Boolean?): void",
    "static System.assert(Boolean?, Object?): void",
    "static Assert.isTrue(Boolean?): void",
    "static Assert.isTrue(Boolean?, String?): void",
)
def assert_true(run: Execution, condition: bool | None, message: Any = None) -> None:
    """Raises AssertException."""
    if condition is not True:
        raise _failed(run, "", message)


@native("static Assert.isFalse(Boolean?): void", "static Assert.isFalse(Boolean?, String?): void")
def assert_false(run: Execution, condition: bool | None, message: Any = None) -> None:
    if condition is not False:
        raise _failed(run, "", message)


@native(
    "static System.assertEquals(Object?, Object?): void",
    "static System.assertEquals(Object?, Object?, Object?): void",
    "static Assert.areEqual(Object?, Object?): void",
    "static Assert.areEqual(Object?, Object?, String?): void",
)
def assert_equals(run: Execution, expected: Any, actual: Any, message: Any = None) -> None:
    if not same(expected, actual):
        what = f": Expected: {to_text(run, expected)}, Actual: {to_text(run, actual)}"
        raise _failed(run, what, message)


@native(
    "static System.assertNotEquals(Object?, Object?): void",
    "static System.assertNotEquals(Object?, Object?, Object?): void",
    "static Assert.areNotEqual(Object?, Object?): void",
    "static Assert.areNotEqual(Object?, Object?, String?): void",
)
def assert_not_equals(run: Execution, expected: Any, actual: Any, message: Any = None) -> None:
    if same(expected, actual):
        raise _failed(run, f": Same value: {to_text(run, expected)}", message)


@native("static Assert.isNull(Object?): void", "static Assert.isNull(Object?, String?): void")
def assert_null(run: Execution, value: Any, message: Any = None) -> None:
    if value is not None:
        raise _failed(run, f": Expected: null, Actual: {to_text(run, value)}", message)


@native("static Assert.isNotNull(Object?): void", "static Assert.isNotNull(Object?, String?): void")
def assert_not_null(run: Execution, value: Any, message: Any = None) -> None:
    if value is None:
        raise _failed(run, ": Value is null", message)


@native("static Assert.fail(): void", "static Assert.fail(String?): void")
def fail(run: Execution, message: Any = None) -> None:
    raise _failed(run, "", message)


@native(
    "static Assert.isInstanceOfType(Object?, Type): void",
    "static Assert.isInstanceOfType(Object?, Type, String?): void",
)
def assert_instance(run: Execution, value: Any, kind: TypeValue, message: Any = None) -> None:
    if not instance_of(run, value, kind.type):
        raise _failed(run, f": Expected type: {kind.type}", message)


@native("static System.equals(Object?, Object?): Boolean")
def equals(run: Execution, a: Any, b: Any) -> bool:
    return same(a, b)


@native("static System.hashCode(Object?): Integer")
def hash_code(run: Execution, value: Any) -> int:
    return stable_hash(to_text(run, value))


@native(
    "static System.isBatch(): Boolean",
    "static System.isFuture(): Boolean",
    "static System.isQueueable(): Boolean",
    "static System.isScheduled(): Boolean",
)
def never(run: Execution) -> bool:
    return False


# --- UserInfo --------------------------------------------------------------------------


class TimeZoneValue:
    """A System.TimeZone."""

    __slots__ = ("zone",)
    APEX = "TimeZone"

    def __init__(self, zone: str) -> None:
        self.zone = zone


@native("static UserInfo.getUserId(): Id")
def get_user_id(run: Execution) -> str:
    return run.tx.user.id


@native("static UserInfo.getUserName(): String")
def get_user_name(run: Execution) -> str:
    return run.tx.user.username


@native("static UserInfo.getName(): String")
def get_name(run: Execution) -> str:
    return run.tx.user.name


@native("static UserInfo.getLocale(): String")
def get_locale(run: Execution) -> str:
    return run.tx.user.locale


@native("static UserInfo.getLanguage(): String")
def get_language(run: Execution) -> str:
    return run.tx.user.language


@native("static UserInfo.getDefaultCurrency(): String")
def get_default_currency(run: Execution) -> str:
    return run.tx.user.currency


@native("static UserInfo.isMultiCurrencyOrganization(): Boolean")
def is_multi_currency(run: Execution) -> bool:
    return run.tx.schema.multicurrency


@native("static UserInfo.getTimeZone(): TimeZone")
def get_time_zone(run: Execution) -> TimeZoneValue:
    return TimeZoneValue(run.tx.user.time_zone)


@native("TimeZone.getID(): String")
def zone_id(run: Execution, this: TimeZoneValue) -> str:
    return this.zone


@native("TimeZone.getOffset(Datetime): Integer")
def zone_offset(run: Execution, this: TimeZoneValue, at: Any) -> int:
    offset = at.astimezone(ZoneInfo(this.zone)).utcoffset()
    return int(offset.total_seconds() * 1000) if offset is not None else 0


@native("static FeatureManagement.checkPermission(String): Boolean")
def check_permission(run: Execution, name: str) -> bool:
    permissions = run.tx.user.permissions
    return permissions is not None and name.lower() in permissions.custom


_COLLECTIONS: dict[str, Callable[[Type], Any]] = {"List": ApexList, "Set": ApexSet, "Map": ApexMap}

# --- Type ------------------------------------------------------------------------------


@native("static Type.forName(String?): Type")
def for_name(run: Execution, name: str | None) -> TypeValue | None:
    found = run.world.type_named(name) if name else None
    return TypeValue(found) if found is not None else None


@native("Type.getName(): String")
def type_name(run: Execution, this: TypeValue) -> str:
    return str(this.type)


@native("Type.toString(): String")
def type_to_string(run: Execution, this: TypeValue) -> str:
    return str(this.type)


@native("Type.newInstance(): Object")
def new_instance(run: Execution, this: TypeValue) -> Any:
    """Raises TypeException for a type without a constructor that takes nothing."""
    if this.type.kind is Kind.SOBJECT:
        found = run.world.object_of(this.type)
        return SObject(found) if found is not None else None
    if this.type.kind is Kind.COLLECTION:
        return _COLLECTIONS[this.type.name](this.type)
    if this.type.kind is Kind.CLASS:
        cls = run.world.class_of(this.type)
        made = next((item for item in cls.constructors if not item.params), None)
        if made is not None and made.invoke is not None and not cls.abstract:
            instance = ApexObject(cls)
            made.invoke(run, instance, [])
            return instance
    raise run.error("TypeException", f"Type cannot be constructed: {this.type}")
