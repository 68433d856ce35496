"""`Exception` and its kin, enums, and what every Object has."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from rehearsal.org.apex.classes import ClassInfo, EnumValue
from rehearsal.org.apex.execution import trace_text
from rehearsal.org.apex.registry import native
from rehearsal.org.apex.text import to_text
from rehearsal.org.apex.types import STRING, list_of
from rehearsal.org.apex.values import ApexList, DmlRow, ExceptionObject

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution


@native("Exception.getMessage(): String")
def get_message(run: Execution, this: ExceptionObject) -> str | None:
    return this.message if this.message is not None else "Script-thrown exception"


@native("Exception.setMessage(String?): void")
def set_message(run: Execution, this: ExceptionObject, message: str | None) -> None:
    this.message = message


@native("Exception.getCause(): Exception")
def get_cause(run: Execution, this: ExceptionObject) -> ExceptionObject | None:
    return this.cause


@native("Exception.initCause(Exception): void")
def init_cause(run: Execution, this: ExceptionObject, cause: ExceptionObject) -> None:
    this.cause = cause


@native("Exception.getTypeName(): String")
def get_type_name(run: Execution, this: ExceptionObject) -> str:
    return this.type_name


@native("Exception.getLineNumber(): Integer")
def get_line_number(run: Execution, this: ExceptionObject) -> int:
    return this.trace[0][1] if this.trace else 0


@native("Exception.getStackTraceString(): String")
def get_stack_trace(run: Execution, this: ExceptionObject) -> str:
    return trace_text(this.trace)


@native("Exception.toString(): String")
def exception_to_string(run: Execution, this: ExceptionObject) -> str:
    return to_text(run, this)


def _row(run: Execution, this: ExceptionObject, index: int) -> DmlRow:
    if not 0 <= index < len(this.rows):
        raise run.error("ListException", f"List index out of bounds: {index}")
    return this.rows[index]


@native("Exception.getNumDml(): Integer")
def get_num_dml(run: Execution, this: ExceptionObject) -> int:
    return len(this.rows)


@native("Exception.getDmlMessage(Integer): String")
def get_dml_message(run: Execution, this: ExceptionObject, index: int) -> str:
    return _row(run, this, index).message


@native("Exception.getDmlType(Integer): StatusCode")
def get_dml_type(run: Execution, this: ExceptionObject, index: int) -> EnumValue:
    return status_code(run, _row(run, this, index).status)


@native("Exception.getDmlStatusCode(Integer): String")
def get_dml_status(run: Execution, this: ExceptionObject, index: int) -> str:
    return _row(run, this, index).status


@native("Exception.getDmlIndex(Integer): Integer")
def get_dml_index(run: Execution, this: ExceptionObject, index: int) -> int:
    return _row(run, this, index).index


@native("Exception.getDmlId(Integer): Id")
def get_dml_id(run: Execution, this: ExceptionObject, index: int) -> str | None:
    return _row(run, this, index).id


@native("Exception.getDmlFieldNames(Integer): List<String>")
def get_dml_field_names(run: Execution, this: ExceptionObject, index: int) -> ApexList:
    return ApexList(list_of(STRING), _row(run, this, index).fields)


def status_code(run: Execution, name: str) -> EnumValue:
    """A StatusCode by name; one that the built-in list lacks is added to it."""
    codes = run.world.builtins["statuscode"]
    found = codes.values.get(name.lower())
    if found is None:
        found = codes.values[name.lower()] = EnumValue(name, len(codes.values), codes)
    return found


# --- enums -----------------------------------------------------------------------------


@native("static Enum.values(): List<Object>")
def enum_values(run: Execution, cls: ClassInfo) -> ApexList:
    return ApexList(list_of(cls.type), cls.values.values())


@native("static Enum.valueOf(String): Object")
def enum_value_of(run: Execution, cls: ClassInfo, name: str) -> EnumValue:
    found = cls.values.get(name.lower())
    if found is None:
        raise run.error("NoSuchElementException", f"No enum constant {cls.name}.{name}")
    return found


@native("Enum.name(): String")
def enum_name(run: Execution, this: EnumValue) -> str:
    return this.name


@native("Enum.ordinal(): Integer")
def enum_ordinal(run: Execution, this: EnumValue) -> int:
    return this.ordinal


def stable_hash(text: str) -> int:
    """A hash that is the same in every process."""
    return zlib.crc32(text.encode()) & 0x7FFF_FFFF


# --- Object ----------------------------------------------------------------------------


@native("Object.toString(): String")
def to_string(run: Execution, this: Any) -> str:
    return to_text(run, this)


@native("Object.equals(Object?): Boolean")
def equals(run: Execution, this: Any, other: Any) -> bool:
    return bool(this == other)


@native("Object.hashCode(): Integer")
def hash_code(run: Execution, this: Any) -> int:
    return stable_hash(to_text(run, this))
