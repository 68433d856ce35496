"""Built-in exceptions, enums and interfaces, as classes without source."""

from __future__ import annotations

from rehearsal.org.apex.classes import ClassInfo, ClassKind, EnumValue, MethodInfo
from rehearsal.org.apex.types import INTEGER, OBJECT, VOID, Type

_EXCEPTIONS = (
    "AsyncException",
    "CalloutException",
    "DmlException",
    "EmailException",
    "FinalException",
    "HandledException",
    "IllegalArgumentException",
    "InvalidParameterValueException",
    "JSONException",
    "LimitException",
    "ListException",
    "MathException",
    "NoAccessException",
    "NoDataFoundException",
    "NoSuchElementException",
    "NullPointerException",
    "QueryException",
    "RequiredFeatureMissingException",
    "SObjectException",
    "SearchException",
    "SecurityException",
    "SerializationException",
    "StringException",
    "TypeException",
    "UnexpectedException",
    "AssertException",
    "EventBus.RetryableException",
)

_ENUMS = {
    "RoundingMode": "CEILING DOWN FLOOR HALF_DOWN HALF_EVEN HALF_UP UNNECESSARY UP",
    "LoggingLevel": "NONE INTERNAL FINEST FINER FINE DEBUG INFO WARN ERROR",
    "TriggerOperation": (
        "BEFORE_INSERT BEFORE_UPDATE BEFORE_DELETE"
        " AFTER_INSERT AFTER_UPDATE AFTER_DELETE AFTER_UNDELETE"
    ),
    "AccessType": "CREATABLE READABLE UPDATABLE UPSERTABLE",
    "Schema.DisplayType": (
        "ADDRESS ANYTYPE BASE64 BOOLEAN COMBOBOX CURRENCY DATACATEGORYGROUPREFERENCE DATE DATETIME"
        " DOUBLE EMAIL ENCRYPTEDSTRING ID INTEGER LONG MULTIPICKLIST PERCENT PHONE PICKLIST"
        " REFERENCE STRING TEXTAREA TIME URL"
    ),
    "StatusCode": (
        "ALL_OR_NONE_OPERATION_ROLLED_BACK ALREADY_IN_PROCESS CANNOT_CASCADE_PRODUCT_ACTIVE"
        " CANNOT_CHANGE_FIELD_TYPE_OF_APEX_REFERENCED_FIELD CANNOT_EXECUTE_FLOW_TRIGGER"
        " CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY CIRCULAR_DEPENDENCY DELETE_FAILED"
        " DEPENDENCY_EXISTS DUPLICATE_EXTERNAL_ID DUPLICATE_VALUE DUPLICATES_DETECTED"
        " ENTITY_IS_DELETED ENTITY_IS_LOCKED FIELD_CUSTOM_VALIDATION_EXCEPTION"
        " FIELD_FILTER_VALIDATION_EXCEPTION FIELD_INTEGRITY_EXCEPTION"
        " FIELD_NOT_UPDATABLE INACTIVE_OWNER_OR_USER INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
        " INSUFFICIENT_ACCESS_OR_READONLY INVALID_CROSS_REFERENCE_KEY INVALID_EMAIL_ADDRESS"
        " INVALID_FIELD INVALID_FIELD_FOR_INSERT_UPDATE INVALID_ID_FIELD"
        " INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST INVALID_STATUS INVALID_TYPE"
        " INVALID_TYPE_ON_FIELD_IN_RECORD LIMIT_EXCEEDED MALFORMED_ID MISSING_ARGUMENT"
        " NUMBER_OUTSIDE_VALID_RANGE NUMERIC_OVERFLOW OPERATION_ENQUEUED OPERATION_TOO_LARGE"
        " REQUEST_LIMIT_EXCEEDED REQUIRED_FIELD_MISSING SERVER_UNAVAILABLE STORAGE_LIMIT_EXCEEDED"
        " STRING_TOO_LONG TRANSFER_REQUIRES_READ UNABLE_TO_LOCK_ROW UNKNOWN_EXCEPTION"
        " UNSAFE_HTML_CONTENT VALUE_TOO_LONG PLATFORM_EVENT_PUBLISHING_UNAVAILABLE"
    ),
}


def builtin_classes() -> dict[str, ClassInfo]:
    """Keyed by lower-case name."""
    root = ClassInfo("Exception", modifiers=frozenset({"virtual"}), exception=True, declared=False)
    found = {"exception": root}
    for name in _EXCEPTIONS:
        found[name.lower()] = ClassInfo(
            name,
            modifiers=frozenset({"virtual"}),
            superclass=root,
            exception=True,
            declared=False,
        )
    for name, words in _ENUMS.items():
        enum = ClassInfo(name, ClassKind.ENUM, declared=False)
        for ordinal, word in enumerate(words.split()):
            enum.values[word.lower()] = EnumValue(word, ordinal, enum)
        found[name.lower()] = enum
    for made in (
        _interface("Comparable", "compareTo", [("other", OBJECT)], INTEGER),
        _interface("Comparator", "compare", [("left", OBJECT), ("right", OBJECT)], INTEGER),
        _interface("Queueable", "execute", [("context", Type("QueueableContext"))], VOID),
        ClassInfo("Database.AllowsCallouts", ClassKind.INTERFACE, declared=False),
    ):
        found[made.name.lower()] = made
    return found


def _interface(name: str, method: str, params: list[tuple[str, Type]], result: Type) -> ClassInfo:
    cls = ClassInfo(name, ClassKind.INTERFACE, declared=False)
    info = MethodInfo(method, cls, params, result, frozenset({"abstract", "public"}))
    cls.methods[method.lower()] = [info]
    return cls
