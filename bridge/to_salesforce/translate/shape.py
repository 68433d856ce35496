"""Reading Stripe's JSON: typed, and loud where a required part is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from bridge.stripe_api.events import instant
from bridge.to_salesforce.translate.outcome import Untranslatable

Json: TypeAlias = Mapping[str, Any]


def first(found: Json, *paths: str) -> Any:
    """The value at the first dotted path that leads to one; ``None`` when none does."""
    for path in paths:
        value: Any = found
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is not None:
            return value
    return None


def reference(value: Any) -> str | None:
    """The id in an expandable field, expanded or not."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) and value else None


def expanded(value: Any) -> Json | None:
    """The object in an expandable field, ``None`` when it is an id or nothing."""
    return value if isinstance(value, Mapping) else None


def text(found: Json, *paths: str) -> str | None:
    """Text without spaces around it, at the first path that has any; ``None`` when none has."""
    for path in paths:
        value = first(found, path)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def required(found: Json, *paths: str) -> str:
    """Text that must be there."""
    value = text(found, *paths)
    if value is None:
        raise Untranslatable(f"{name_of(found)} has no {paths[0]}")
    return value


def flag(found: Json, *paths: str) -> bool:
    """A boolean; false when it is not there."""
    return first(found, *paths) is True


def whole(found: Json, *paths: str) -> int | None:
    """A whole number, ``None`` when there is none."""
    value = first(found, *paths)
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Untranslatable(f"{name_of(found)}: {paths[0]} is not a whole number")


def amount(found: Json, *paths: str) -> int:
    """Minor units that must be there."""
    value = whole(found, *paths)
    if value is None:
        raise Untranslatable(f"{name_of(found)} has no {paths[0]}")
    return value


def decimal(found: Json, *paths: str) -> Decimal | None:
    """A number, also one that Stripe writes as text (``unit_amount_decimal``)."""
    value = first(found, *paths)
    if value is None:
        return None
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    raise Untranslatable(f"{name_of(found)}: {paths[0]} is not a number")


def moment(found: Json, *paths: str) -> dt.datetime | None:
    """An instant, ``None`` when there is none."""
    seconds = whole(found, *paths)
    if seconds is None:
        return None
    try:
        return instant(seconds)
    except (ValueError, OverflowError, OSError) as error:
        raise Untranslatable(f"{name_of(found)}: {paths[0]} is out of range") from error


def happened(found: Json, *paths: str) -> dt.datetime:
    """An instant that must be there."""
    value = moment(found, *paths)
    if value is None:
        raise Untranslatable(f"{name_of(found)} has no {paths[0]}")
    return value


def members(found: Json, *paths: str) -> list[Json]:
    """The objects of a list, whether bare or in Stripe's list form."""
    value = first(found, *paths)
    if isinstance(value, Mapping):
        value = value.get("data")
    return [entry for entry in value if isinstance(entry, Mapping)] if _is_list(value) else []


def references(found: Json, *paths: str) -> list[str]:
    """The ids of a list of expandable fields."""
    value = first(found, *paths)
    ids = [reference(entry) for entry in value] if _is_list(value) else []
    return [each for each in ids if each]


def name_of(found: Json) -> str:
    """An object in words, for a reason."""
    kind, key = found.get("object"), found.get("id")
    return f"{kind if isinstance(kind, str) else 'object'} {key if isinstance(key, str) else '?'}"


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)
